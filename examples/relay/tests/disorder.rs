//! Next hops that answer by the dice: whatever they say, each command of the sender's is answered once and in form, and the sender is
//! told 250 exactly for the mails that the next hop said 250 to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};

use super::Relay;

#[tokio::test]
async fn a_next_hop_that_answers_by_the_dice_neither_loses_a_mail_nor_ends_the_senders_session() {
    let (mut delivered, mut refused) = (0, 0);
    for seed in 1..=25 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let accepted = Arc::new(AtomicUsize::new(0));
        let hop = tokio::spawn(hop(listener, Dice(seed), accepted.clone()));
        let mut sender = Relay::start(&address).await.sender().await;
        sender.says("EHLO client.example.test", "250").await;
        let mut dice = Dice(seed + 1000);
        let mut taken = 0;
        for mail in 0..6 {
            let what = format!("seed {seed}, mail {mail}");
            let size = dice.below(2000);
            let content = format!("{}.", "..a line of a mail\r\n".repeat(size));
            let mut accepts = 0;
            for command in [
                "MAIL FROM:<a@b.example>",
                "RCPT TO:<c@d.example>",
                "RCPT TO:<e@f.example>",
                "DATA",
                &content,
            ] {
                if command == "DATA" && accepts < 2 {
                    break;
                }
                let reply = sender.asks(command).await;
                let code = reply.get(..3).and_then(|code| code.parse::<u16>().ok()).unwrap_or(0);
                let in_form = if command == "DATA" { code == 354 } else { code == 250 };
                assert!(
                    in_form || (400..600).contains(&code) && code != 421,
                    "{what}, {command:.20}: {reply:?}"
                );
                accepts += usize::from(code == 250);
                taken += usize::from(code == 250 && command == content);
                refused += usize::from(code != 250 && command == content);
                if !in_form && !command.starts_with("RCPT") {
                    break;
                }
            }
            sender.says("RSET", "250").await;
        }
        sender.says("QUIT", "221").await;
        assert_eq!(taken, accepted.load(Relaxed), "seed {seed}");
        delivered += taken;
        hop.abort();
    }
    // The dice have done both.
    assert!(delivered > 10 && refused > 10, "{delivered} delivered, {refused} refused");
}

/// One session after the other, by one run of the dice.
async fn hop(listener: TcpListener, mut dice: Dice, accepted: Arc<AtomicUsize>) {
    while let Ok((socket, _)) = listener.accept().await {
        let _ = session(BufStream::new(socket), &mut dice, &accepted).await;
    }
}

async fn session(
    mut socket: BufStream<TcpStream>,
    dice: &mut Dice,
    accepted: &AtomicUsize,
) -> std::io::Result<()> {
    let mut line = Vec::new();
    let mut content = false;
    let mut reply = dice.reply("220 hop", 40);
    loop {
        socket.write_all(reply.as_bytes()).await?;
        socket.flush().await?;
        if reply.is_empty() || reply.starts_with("421") || reply.starts_with("552") {
            return Ok(());
        }
        // RFC 5321 §4.2.1: the first digit counts.
        content |= line == b"DATA\r\n" && reply.starts_with('3');
        line.clear();
        if socket.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        reply = match &line[..] {
            b".\r\n" if content => {
                content = false;
                let reply = dice.reply("250 2.0.0 taken", 3);
                accepted.fetch_add(is_yes(&reply).into(), Relaxed);
                reply
            }
            _ if content && dice.below(4000) > 0 => {
                // Nothing is said to a line of the content.
                while !line.ends_with(b"\n.\r\n")
                    && dice.below(4000) > 0
                    && socket.read_until(b'\n', &mut line).await? > 0
                {}
                if line.ends_with(b"\n.\r\n") {
                    content = false;
                    let reply = dice.reply("250 2.0.0 taken", 3);
                    accepted.fetch_add(is_yes(&reply).into(), Relaxed);
                    reply
                } else {
                    "552 5.3.4 too much\r\n".into()
                }
            }
            _ if content => "552 5.3.4 too much\r\n".into(),
            b"DATA\r\n" => dice.reply("354 go on", 5),
            _ => dice.reply("250-2.0.0 fine\r\n250 2.0.0 really", 8),
        };
    }
}

/// A yes to the end of a mail, by whatever code of that kind.
fn is_yes(reply: &str) -> bool {
    matches!(reply, "250 2.0.0 taken\r\n" | "250 yes\r\n" | "220 hello\r\n")
}

struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    /// The right reply, or once in so many times another; none is that the session ends without a word.
    fn reply(&mut self, right: &str, once_in: usize) -> String {
        let others = [
            "",
            "421 4.3.2 going",
            "450 4.2.0 later",
            "550 5.7.1 no",
            "354 go on",
            "250 yes",
            "220 hello",
            "334 dGVsbCBtZQ==",
            "199 what",
            "25 short",
            "hello",
            "250-a\r\n550 b",
            "550 5.7.1 no\r\n250 2.0.0 stray",
            "\u{e9}\u{1b}[2J",
            "250 a\n250 b",
        ];
        let words = if self.below(once_in) > 0 { right } else { others[self.below(others.len())] };
        if words.is_empty() { String::new() } else { format!("{words}\r\n") }
    }
}
