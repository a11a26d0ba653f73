//! Next hops that keep silent, an end that does not wait, and senders who want to be taken for others.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::super::serve::is_itself;
use super::{Arc, Hop, Manner, PATIENCE, Relay, printer};

async fn impatient(next_hop: &str) -> Relay {
    Relay::start_with(&["--next-hop", next_hop, "--next-hop-tls", "never", "--answer-seconds", "1"]).await
}

#[tokio::test]
async fn a_next_hop_that_keeps_silent_costs_a_451_within_the_relays_patience() {
    for at in ["greeting", "MAIL", "RCPT", "DATA"] {
        let hop = Hop::start(Manner::Silent(at)).await;
        let mut sender = impatient(&hop.address).await.sender().await;
        sender.says("EHLO client.example.test", "250").await;
        let began = Instant::now();
        let mut last = sender.asks("MAIL FROM:<a@example.test>").await;
        for command in ["RCPT TO:<b@example.test>", "DATA"] {
            if last.starts_with("250") {
                last = sender.asks(command).await;
            }
        }
        assert!(last.starts_with("451 4.4.1 "), "silent at {at}: {last}");
        // Not the minutes of the standard.
        assert!(began.elapsed() < PATIENCE, "silent at {at}");
        // The sender's session is in good order.
        sender.says("RSET", "250").await;
        sender.says("NOOP", "250").await;
    }
}

/// Who gives up here makes the mail come twice.
#[tokio::test]
async fn the_next_hops_word_on_a_whole_mail_is_waited_for_beyond_the_relays_patience() {
    let release = Arc::new(Notify::new());
    let hop = Hop::start(Manner::Hesitating(release.clone())).await;
    let mut sender = impatient(&hop.address).await.sender().await;
    sender.begins_content().await;
    sender.writes("text\r\n.\r\n").await;
    hop.has_whole_mail().await;
    assert!(timeout(Duration::from_millis(1500), sender.reply()).await.is_err(), "given up too early");
    release.notify_one();
    assert!(sender.reply().await.starts_with("250 "));
}

#[tokio::test]
async fn told_to_end_without_grace_the_relay_says_421_and_logs_the_mail_that_it_leaves_in_doubt() {
    let hop = Hop::start(Manner::Hesitating(Arc::default())).await;
    let arguments = ["--next-hop", &hop.address, "--next-hop-tls", "never", "--grace", "0"];
    let relay = Relay::start_with(&arguments).await;
    let mut sender = relay.sender().await;
    sender.says("EHLO client.example.test", "250").await;
    sender.says("MAIL FROM:<in.doubt@example.test>", "250").await;
    sender.says("RCPT TO:<b@example.test>", "250").await;
    sender.says("DATA", "354").await;
    sender.writes("text\r\n.\r\n").await;
    hop.has_whole_mail().await;
    relay.end().await;
    assert!(sender.reply().await.starts_with("421 4.3.2 "));
    assert!(printer::tests::waits("from=<in.doubt@example.test> for=1/1 octets=6 "));
    assert!(printer::tests::waits(" (it may have been taken)"));
}

#[tokio::test]
async fn no_address_writes_a_line_of_the_journal_by_itself() {
    let hop = Hop::start(Manner::Obliging).await;
    let mut sender = Relay::start(&hop.address).await.sender().await;
    sender.says("EHLO client.example.test", "250").await;
    sender.says(r#"MAIL FROM:<"x> for=9/9 octets=9 seconds=0.001: 250 forged"@example.test>"#, "250").await;
    sender.says("RSET", "250").await;
    assert!(!printer::tests::waits(": 250 forged"));
    assert!(printer::tests::waits(
        r#"from=<"x??for=9/9?octets=9?seconds=0.001:?250?forged"@example.test> for=0/0 "#
    ));
}

/// Without SMTPUTF8 a header field has no UTF-8 (RFC 6532), whatever the sender calls itself.
#[tokio::test]
async fn a_greeting_outside_ascii_does_not_get_into_the_mail() {
    let hop = Hop::start(Manner::Obliging).await;
    let mut sender = Relay::start(&hop.address).await.sender().await;
    sender.says("EHLO b\u{fc}cher.example", "250").await;
    sender.says("MAIL FROM:<a@example.test>", "250").await;
    sender.says("RCPT TO:<b@example.test>", "250").await;
    sender.says("DATA", "354").await;
    sender.says("text\r\n.", "250").await;
    let mails = hop.mails();
    assert!(mails[0].starts_with("Received: from [127.0.0.1] ([127.0.0.1])\r\n"), "{}", mails[0]);
}

/// However many lines its replies have, and however short they are.
#[tokio::test]
async fn a_next_hop_of_many_words_is_quoted_within_bounds_and_the_session_goes_on() {
    for (line, lines) in [("a", 100), ("", 3000), ("2.1.0 a few words", 100), (&*"long".repeat(100), 60)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let reply = format!("{}250 end\r\n", format!("250-{line}\r\n").repeat(lines));
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut reply = [b"220 x\r\n".as_slice(), b"250 x\r\n"]
                .into_iter()
                .chain(std::iter::repeat(reply.as_bytes()));
            while socket.write_all(reply.next().unwrap()).await.is_ok() {
                if socket.read(&mut [0; 512]).await.unwrap_or(0) == 0 {
                    break;
                }
            }
        });
        let mut sender = Relay::start(&address).await.sender().await;
        sender.says("EHLO client.example.test", "250").await;
        let recipients = "RCPT TO:<b@example.test>\r\n".repeat(20);
        sender.writes(&format!("MAIL FROM:<a@example.test>\r\n{recipients}")).await;
        for command in 0..21 {
            let reply = timeout(PATIENCE, sender.lines()).await.expect("no reply");
            let octets = reply.iter().map(|line| line.len() + 2).sum::<usize>();
            assert!(
                reply[0].starts_with("250") && octets < 288,
                "{line:.9}, {command}: {octets} octets, {reply:?}"
            );
        }
        sender.says("RSET", "250").await;
    }
}

/// To close with octets unread tears a connection down, and takes from the sender what it has not read.
#[tokio::test]
async fn a_session_that_the_relay_ends_is_closed_in_good_order() {
    let hop = Hop::start(Manner::Obliging).await;
    let relay = Relay::start(&hop.address).await;
    let mut sender = relay.sender().await;
    sender.writes(&"NOSUCH\r\n".repeat(10_000)).await;
    let mut said = String::new();
    timeout(PATIENCE, sender.0.read_to_string(&mut said)).await.unwrap().unwrap();
    assert!(said.contains("421 "), "{said:.100}");
}

/// RFC 5321 §6.3: what has come through more hosts than any mail does goes in circles. It is refused for good, and the next hop has none of it.
#[tokio::test]
async fn a_mail_that_goes_in_circles_is_stopped() {
    let hop = Hop::start(Manner::Obliging).await;
    let mut sender = Relay::start(&hop.address).await.sender().await;
    for (fields, expected) in
        [(101, "554 5.4.6 Too many hops"), (100, "250"), (5000, "554 5.4.6"), (0, "250")]
    {
        sender.begins_content().await;
        let mail = format!(
            "{}Subject: round\r\n\r\ntext\r\n.",
            "Received: by relay.example.test\r\n".repeat(fields)
        );
        sender.says(&mail, expected).await;
    }
    assert_eq!(hop.mails().len(), 2);
}

#[tokio::test]
async fn a_relay_knows_itself_as_its_next_hop() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    assert!(is_itself(&listener, &format!("127.0.0.1:{port}")).await);
    assert!(is_itself(&listener, &format!("localhost:{port}")).await);
    let everywhere = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let other = everywhere.local_addr().unwrap().port();
    assert!(is_itself(&everywhere, &format!("127.0.0.1:{other}")).await);
    for next_hop in [format!("127.0.0.1:{other}"), format!("192.0.2.1:{port}"), "no address".into()] {
        assert!(!is_itself(&listener, &next_hop).await, "{next_hop}");
    }
}
