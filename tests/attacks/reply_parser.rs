//! Replies with octets in them that have no business there: whatever stands where, the client says what it was asked to say, reports a
//! delivery only behind the 250 to the mail, and hands on nothing that a terminal would obey. (The parser alone is tried in tests/replies.rs.)
//!
//! Class: the reply parser (client). Records: CVE-2019-3823, CVE-2020-8794, CVE-2018-0500.

use embedded_smtp::submission::Status;

use super::support::mailing::{CONTENT, WISH};
use super::support::script::Script;

const ANSWERS: &[(&str, &str)] = &[
    ("", "220-server.example.test\r\n220 ready\r\n"),
    ("EHLO", "250-server.example.test\r\n250-SIZE 1000\r\n250-AUTH PLAIN\r\n250 PIPELINING\r\n"),
    ("MAIL", "250 2.1.0 Sender ok\r\n"),
    ("RCPT", "250-2.1.5 Recipient\r\n250 2.1.5 ok\r\n"),
    ("DATA", "354 go on\r\n"),
    (".", "250 2.0.0 queued as 1\r\n"),
    (".", "550 5.7.1 not wanted\r\n"),
    ("QUIT", "221 bye\r\n"),
];

#[test]
fn eight_bit_nul_and_control_octets_in_every_reply_lead_to_nothing_that_was_not_asked_for() {
    for (command, answer) in ANSWERS {
        for at in 0..=answer.len() {
            for octets in [
                &b"\0"[..],
                b"\x1b[2J",
                b"\r",
                b"\n",
                b"\x80",
                b"\xff",
                b"\xc2\x9b",
                b"\r\n",
                b"\r\n\r\n",
                b"250 ok\r\n",
            ] {
                let said = [&answer.as_bytes()[..at], octets, &answer.as_bytes()[at..]].concat();
                let script = Script::new(&["SIZE 1000"]).answer_octets(command, &said).then_closes();
                let context = format!("{command} {}", said.escape_ascii());
                WISH.each_cut(&script, |outcome| {
                    let known = [
                        "EHLO c",
                        "HELO c",
                        "MAIL FROM:<a@client.example.test>",
                        "MAIL FROM:<a@client.example.test> SIZE=41",
                        "RCPT TO:<b@server.example.test>",
                        "DATA",
                        "QUIT",
                    ];
                    assert!(
                        outcome.heard.lines.iter().all(|line| known.contains(&line.as_str())),
                        "{context}: {:?}",
                        outcome.heard.lines
                    );
                    let contents = &outcome.heard.contents;
                    assert!(contents.is_empty() || *contents == [CONTENT], "{context}");
                    let delivered = outcome.statuses == [Status::Delivered];
                    assert!(!delivered || *contents == [CONTENT], "{context}");
                    if *command == "." {
                        assert!(!delivered || said.starts_with(b"250"), "{context}");
                    }
                    let odd = |char: char| char.is_control() && char != '\n';
                    assert!(!outcome.texts.contains(odd), "{context}: {:?}", outcome.texts);
                });
            }
        }
    }
}
