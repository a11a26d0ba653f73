//! Groups of commands (RFC 2920), and a server that answers them as it likes: content goes only to a 354 for somebody, and what is
//! behind QUIT is for nobody.
//!
//! Class: pipelining (client, server). Records: RFC 2920 §3.1.

use embedded_smtp::submission::{Status, Verdict};
use embedded_smtp::wire::Extension;

use super::server::{Setup, policy};
use super::support::mailing::{CONTENT, WISH, Wish};
use super::support::script::{Come, Script};

/// Every answer to MAIL, to two RCPT and to DATA.
#[test]
fn whatever_is_answered_the_content_goes_to_a_354_for_somebody_and_to_nothing_else() {
    let wish = Wish { to: &["one@b.test", "two@b.test"], ..WISH };
    for keywords in [&[][..], &["PIPELINING"]] {
        for mail in ["250 ok\r\n", "450 later\r\n", "550 no\r\n"] {
            for first in ["250 ok\r\n", "251 ok\r\n", "450 later\r\n", "550 no\r\n"] {
                for second in ["250 ok\r\n", "552 no\r\n", "354 go\r\n"] {
                    for data in ["354 go\r\n", "250 ok\r\n", "451 later\r\n", "503 no\r\n", "554 no\r\n"] {
                        let script = Script::new(keywords)
                            .answer("MAIL", mail)
                            .answer("RCPT TO:<one", first)
                            .answer("RCPT TO:<two", second)
                            .answer("DATA", data)
                            .then_closes();
                        let context = format!("{keywords:?} {mail}{first}{second}{data}");
                        let whole = wish.send(&script, Come::Whole);
                        let somebody =
                            mail.starts_with('2') && (first.starts_with('2') || second.starts_with('2'));
                        let asked = whole.heard.lines.iter().any(|line| line == "DATA");
                        let expected: Vec<&[u8]> = match (asked && data.starts_with("354"), somebody) {
                            (false, _) => vec![],
                            (true, true) => vec![CONTENT],
                            // The lone dot, and nothing before it.
                            (true, false) => vec![b""],
                        };
                        assert_eq!(whole.heard.contents, expected, "{context}");
                        assert_eq!(
                            whole.verdict == Verdict::Delivered,
                            whole.statuses == [Status::Delivered; 2],
                            "{context}"
                        );
                        assert!(somebody || !whole.statuses.contains(&Status::Delivered), "{context}");
                        for come in Come::cuts(whole.heard.said) {
                            let other = wish.send(&script, come);
                            assert_eq!(
                                (other.heard.contents, other.verdict),
                                (whole.heard.contents.clone(), whole.verdict),
                                "{context}"
                            );
                        }
                    }
                }
            }
        }
    }
}

/// At every cut, and the pipelined 354 that came although everybody had been refused before.
#[test]
fn a_354_for_nobody_gets_the_lone_dot_at_every_split() {
    for keywords in [&[][..], &["PIPELINING"]] {
        for end in ["250 taken\r\n", "554 no\r\n", "451 no\r\n", "503 no\r\n"] {
            let script = Script::new(keywords).answer("RCPT", "550 no\r\n").answer(".", end);
            let outcome = WISH.every_split(&script);
            let contents: &[&[u8]] = if keywords.is_empty() { &[] } else { &[b""] };
            assert_eq!(outcome.heard.contents, contents, "{keywords:?} {end}");
            assert_eq!((outcome.verdict, &outcome.statuses[..]), (Verdict::Rejected, &[Status::Refused][..]));
        }
    }
}

#[test]
fn a_server_reads_nothing_behind_quit() {
    let policy = policy();
    for garbage in [
        "x",
        "\r\n",
        "\0\0\0",
        "QUIT\r\n",
        "MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\nx\r\n.\r\n",
        "\n\n",
        "BDAT 5 LAST\r\nabcde",
        "EHLO c\r\n",
    ] {
        for before in ["", "MAIL FROM:<a@b>\r\n", "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 1\r\nx"] {
            let says = format!("EHLO c\r\n{before}QUIT\r\n{garbage}");
            let trace = Setup::new(&policy).every_split(says.as_bytes());
            assert!(trace.behind_hello().ends_with("221 2.0.0"), "{says:?}: {}", trace.behind_hello());
            assert_eq!(trace.told.last().unwrap(), "Quit", "{says:?}");
            assert_eq!(trace.mails.len(), 0, "{says:?}");
        }
    }
}

#[test]
fn a_client_reads_nothing_behind_the_answer_to_quit() {
    for garbage in [
        "",
        "x",
        "\r\n",
        "\0",
        "221 bye\r\n",
        "554 the mail is lost\r\n",
        "250 ok\r\n",
        "\n",
        "421 closing\r\n",
    ] {
        for answer in ["221 bye\r\n", "250 ok\r\n", "500 what?\r\n", "421 closing\r\n"] {
            let script = Script::new(&[]).answer("QUIT", &format!("{answer}{garbage}")).then_closes();
            let outcome = WISH.every_split(&script);
            assert_eq!(
                (outcome.verdict, &outcome.statuses[..]),
                (Verdict::Delivered, &[Status::Delivered][..]),
                "{answer:?} {garbage:?}"
            );
            assert!(!outcome.permits_mail);
        }
    }
}

/// RFC 2920 §3.1: what must end a group ends it for a server, too, as far as that can know: what follows EHLO, DATA and the rest is
/// served in its turn, and what follows STARTTLS is an attack.
#[test]
fn a_group_that_goes_on_behind_its_end_is_served_in_its_turn() {
    let policy = policy().offer(Extension::StartTls);
    let says = "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\nx\r\n.\r\nVRFY a\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\nNOOP\r\nEXPN a\r\nEHLO c\r\nQUIT\r\n";
    let trace = Setup::new(&policy).every_split(says.as_bytes());
    assert_eq!(
        trace.behind_hello(),
        "250 2.1.0, 250 2.1.5, 354, 250 2.6.0, 252 2.5.2, 250 2.1.0, 250 2.1.5, 354, 250 2.6.0, 250 2.0.0, 502 5.5.1, 250, 221 2.0.0"
    );
    assert_eq!(trace.mails, [&b"x\r\n"[..], b""]);
}
