//! LMTP (RFC 2033): one reply for each accepted recipient behind the content. A server that gives fewer or more delivers nothing that
//! it did not say.
//!
//! Class: LMTP (client, server). Records: RFC 2033 §4.2.

use embedded_smtp::client::Client;
use embedded_smtp::server::Event;
use embedded_smtp::submission::{Status, Then, Verdict};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath, Verb};

use super::server::{Say, Setup, policy};
use super::support::feed::{events, feed, lmtp, sent};
use super::support::mailing::{WISH, Wish};
use super::support::script::Script;

const THREE: Wish<'_> =
    Wish { lmtp: true, to: &["one@b.test", "two@b.test", "three@b.test"], then: Then::Keep, ..WISH };

#[test]
fn fewer_replies_than_recipients_leave_the_others_unknown() {
    use Status::{Accepted, Delivered, Refused};
    for (replies, statuses, verdict) in [
        ("", [Accepted, Accepted, Accepted], Verdict::Unknown),
        ("250 ok\r\n", [Delivered, Accepted, Accepted], Verdict::Unknown),
        ("250 ok\r\n550 no\r\n", [Delivered, Refused, Accepted], Verdict::Unknown),
        ("250 ok\r\n250 ok\r\n25", [Delivered, Delivered, Accepted], Verdict::Unknown),
        ("250-ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n", [Delivered, Delivered, Delivered], Verdict::Delivered),
        ("250 ok\r\n452 full\r\n250 ok\r\n", [Delivered, Refused, Delivered], Verdict::PartlyDelivered),
        ("550 no\r\n550 no\r\n550 no\r\n", [Refused, Refused, Refused], Verdict::Rejected),
    ] {
        let outcome = THREE.every_split(&Script::new(&[]).answer(".", replies).then_closes());
        assert_eq!((&outcome.statuses[..], outcome.verdict), (&statuses[..], verdict), "{replies:?}");
    }
}

#[test]
fn a_reply_too_many_is_nobodys() {
    for more in ["250 ok\r\n", "550 no\r\n", "354 go on\r\n", "garbage\r\n"] {
        let replies = format!("250 ok\r\n550 no\r\n250 ok\r\n{more}");
        let script = Script::new(&[]).answer(".", &replies).then_closes();
        Wish { then: Then::Quit, ..THREE }.each_cut(&script, |outcome| {
            use Status::{Delivered, Refused};
            assert_eq!(outcome.statuses, [Delivered, Refused, Delivered], "{more:?}");
            assert_eq!(outcome.verdict, Verdict::PartlyDelivered, "{more:?}");
        });
    }
}

/// Where everybody was refused and 354 came all the same, one server replies to the lone dot and another does not: the next reply on this
/// session would be taken for that of another command.
#[test]
fn a_session_in_which_it_is_unclear_who_owes_a_reply_is_not_kept() {
    for keywords in [&[][..], &["PIPELINING"]] {
        for end in ["", "250 ok\r\n", "554 no valid recipients\r\n"] {
            let script = Script::new(keywords).answer("RCPT", "550 no\r\n").answer(".", end);
            for then in [Then::Keep, Then::Quit] {
                let outcome = Wish { then, ..THREE }.every_split(&script.clone().then_closes());
                assert_eq!(
                    (outcome.verdict, &outcome.statuses[..]),
                    (Verdict::Rejected, &[Status::Refused; 3][..])
                );
                // Only a group can ask for it; a session that is not kept need not write it any more.
                let asked = outcome.heard.lines.contains(&"DATA".to_owned());
                assert_eq!(asked, !keywords.is_empty());
                assert!(asked || outcome.heard.contents.is_empty());
                assert_eq!(
                    outcome.permits_mail,
                    !asked && then == Then::Keep,
                    "{keywords:?} {end:?} {then:?}"
                );
            }
        }
    }
    // By hand: QUIT is left.
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut client = lmtp(&mut rx, &mut tx);
    client.mail(&ReversePath::Null, &()).unwrap();
    client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
    client.data().unwrap();
    sent(&mut client);
    feed(&mut client, b"250 ok\r\n550 no\r\n354 go on\r\n");
    events(&mut client);
    client.end_of_body().unwrap();
    assert_eq!(sent(&mut client), ".\r\n");
    for verb in [Verb::Mail, Verb::Rset, Verb::Noop, Verb::Lhlo, Verb::Vrfy] {
        assert!(!client.permits(verb), "{verb:?}");
    }
    client.quit().unwrap();
    assert_eq!(sent(&mut client), "QUIT\r\n");
}

/// Recipients of a mail that was taken back, or of one before a refused MAIL, owe nobody a reply.
#[test]
fn recipients_of_a_mail_that_is_over_are_not_waited_for() {
    for over in ["RSET", "LHLO", "."] {
        let (mut rx, mut tx) = ([0; 256], [0; 256]);
        let mut client = Client::new(&mut rx, &mut tx);
        let name = HelloName::new("c").unwrap();
        feed(&mut client, b"220 hi\r\n");
        events(&mut client);
        client.lhlo(name).unwrap();
        sent(&mut client);
        feed(&mut client, b"250-hi\r\n250 PIPELINING\r\n");
        events(&mut client);
        for (refused, replies) in [
            (false, &b"250 ok\r\n250 ok\r\n250 ok\r\n"[..]),
            (true, b"452 no\r\n503 no\r\n503 no\r\n354 go\r\n"),
        ] {
            client.mail(&ReversePath::Null, &()).unwrap();
            client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
            client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
            if refused {
                client.data().unwrap();
            }
            sent(&mut client);
            feed(&mut client, replies);
            events(&mut client);
            if refused {
                client.end_of_body().unwrap();
                assert_eq!((client.in_flight(), client.in_doubt()), (0, false), "{over}");
                assert_eq!(sent(&mut client), ".\r\n", "{over}");
                continue;
            }
            match over {
                "RSET" => client.rset().unwrap(),
                "LHLO" => client.lhlo(name).unwrap(),
                _ => {
                    client.data().unwrap();
                    sent(&mut client);
                    feed(&mut client, b"354 go\r\n");
                    events(&mut client);
                    client.end_of_body().unwrap();
                }
            }
            sent(&mut client);
            feed(
                &mut client,
                if over == "." { b"250 ok\r\n250 ok\r\n" } else { b"250-ok\r\n250 PIPELINING\r\n" },
            );
            events(&mut client);
        }
    }
}

#[test]
fn the_server_replies_for_each_accepted_recipient_and_no_other() {
    let policy = policy().lmtp();
    let setup = Setup::new(&policy).caller(|event| match event {
        Event::EndOfData { recipient: 1 } => Say::Reply(452, (4, 2, 2), "full"),
        event => super::server::usual(event),
    });
    for accepted in 1..5 {
        for refused in 0..3 {
            for end in [
                "DATA\r\nx\r\n.\r\n",
                "BDAT 3 LAST\r\nx\r\n",
                "DATA\r\nx\n.\r\n\r\n.\r\n",
                "BDAT 2 LAST\r\nx\n",
            ] {
                let says = format!(
                    "LHLO c\r\nMAIL FROM:<>\r\n{}{}{end}NOOP\r\n",
                    "RCPT TO:<reject@d>\r\n".repeat(refused),
                    "RCPT TO:<a@d>\r\n".repeat(accepted)
                );
                let trace = setup.every_split(says.as_bytes());
                let (codes, lost) = (trace.codes(), end.contains("x\n"));
                let replies = &codes[codes.len() - 1 - accepted..codes.len() - 1];
                let expected: Vec<_> = (0..accepted)
                    .map(|at| {
                        if lost {
                            "554 5.6.0"
                        } else if at == 1 {
                            "452 4.2.2"
                        } else {
                            "250 2.6.0"
                        }
                    })
                    .collect();
                assert_eq!(replies, expected, "{says:?}");
                let before = codes.len() - 1 - accepted - usize::from(end.starts_with("DATA"));
                assert_eq!(before, 2 + 1 + refused + accepted, "{says:?}: {codes:?}");
            }
        }
    }
}
