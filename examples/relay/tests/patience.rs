//! A next hop that falls silent, or answers octet by octet: the sender is told so in time, and what is not known is not claimed.

use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::{PATIENCE, Relay, timeout};

/// Answers so many commands; behind the last it says nothing more, or drips lines of a reply that does not end.
async fn falls_silent(behind: usize, drips: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut socket = BufStream::new(socket);
        for reply in ["220 x", "250 x", "250 ok", "250 ok", "354 go"].into_iter().take(behind) {
            socket.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
            socket.flush().await.unwrap();
            assert!(socket.read_line(&mut String::new()).await.unwrap() > 0);
        }
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            if drips && (socket.write_all(b"250-on\r\n").await.is_err() || socket.flush().await.is_err()) {
                break;
            }
        }
    });
    address
}

/// The last reply to a mail that has so many seconds, and how long it took to come.
async fn mail_through(next_hop: &str, seconds: &str) -> (String, f64) {
    let options = ["--next-hop-tls", "never", "--answer-seconds", "1", "--mail-seconds", seconds];
    let relay = Relay::start_with(&[&["--next-hop", next_hop], &options[..]].concat()).await;
    let mut sender = relay.sender().await;
    sender.says("EHLO client.example.test", "250").await;
    let began = Instant::now();
    for command in ["MAIL FROM:<a@example.test>", "RCPT TO:<b@example.test>", "DATA", "text\r\n."] {
        let reply = sender.asks(command).await;
        if !reply.starts_with(['2', '3']) || command.ends_with('.') {
            sender.says("RSET", "250").await;
            return (reply, began.elapsed().as_secs_f64());
        }
    }
    unreachable!()
}

#[tokio::test]
async fn the_sender_of_a_mail_does_not_wait_longer_than_is_set() {
    let whole = "451 4.4.2 The next hop was given the whole mail and did not answer: it may have been taken";
    let mut cases = JoinSet::new();
    for (behind, drips, text, mail, seconds) in [
        (0, false, "451 4.4.1 The next hop does not answer", "300", 1.0),
        (2, false, "451 4.4.1 The next hop does not answer", "300", 1.0),
        (3, false, "451 4.4.1 The next hop does not answer", "300", 1.0),
        (4, false, "451 4.4.1 The next hop does not answer", "300", 1.0),
        (2, true, "451 4.4.1 The next hop does not answer", "300", 1.0),
        // All the time that there is, since giving up earlier would only tell less.
        (5, false, whole, "3", 3.0),
        (5, true, whole, "3", 3.0),
    ] {
        cases.spawn(async move {
            let address = falls_silent(behind, drips).await;
            let (reply, took) = mail_through(&address, mail).await;
            assert!(reply.starts_with(text), "{behind}: {reply}");
            // Far less than the other limit that there is: of all of a mail, or the standard's for the answer to its end.
            let most = PATIENCE.as_secs_f64();
            assert!((seconds - 0.1..most).contains(&took), "{behind}: {took} seconds");
        });
    }
    let all = async {
        while let Some(case) = cases.join_next().await {
            case.unwrap();
        }
    };
    timeout(2 * PATIENCE, all).await.expect("it is waited for ever");
}
