//! A transaction is reset whole or not at all: whatever ended the one before, and whatever it had come to, the next one goes as the
//! first one does.
//!
//! Class: half-reset transaction (client, server). Records: a mail server's history of changes, 2026-08-12.

use embedded_smtp::client::Client;
use embedded_smtp::server::{Event, Policy};
use embedded_smtp::wire::{Extension, ForwardPath, ReversePath, Verb};

use super::server::{Say, Setup, Trace, policy};
use super::support::feed::{events, feed, ready, sent};

fn strict() -> Policy<'static> {
    policy().max_size(40).max_recipients(3).offer(Extension::Dsn).max_errors(255)
}

/// What a transaction has come to.
const BEFORE: &[&str] = &[
    "",
    "MAIL FROM:<a@b>\r\n",
    "MAIL FROM:<\u{e4}@b> SMTPUTF8 BODY=BINARYMIME SIZE=30\r\n",
    "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n",
    "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<c@d>\r\nRCPT TO:<c@d>\r\nRCPT TO:<c@d>\r\n",
    "MAIL FROM:<a@b>\r\nRCPT TO:<reject@d>\r\nRCPT TO:<reject@d>\r\nRCPT TO:<reject@d>\r\nRCPT TO:<c@d>\r\n",
    "MAIL FROM:<a@b> BODY=BINARYMIME SMTPUTF8\r\nRCPT TO:<\u{e4}@d>\r\nBDAT 20\r\n0123456789012345678\r",
    "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 20\r\n0123456789012345678\r",
    "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 41\r\n01234567890123456789012345678901234567890",
    "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 2\r\n\n\n",
];

/// What ends it, and where the session is then.
const ENDS: &[&str] = &[
    "RSET\r\n",
    "EHLO again\r\n",
    "HELO again\r\n",
    "MAIL FROM:<x@y>\r\nRCPT TO:<z@y>\r\nRSET\r\n",
    "BDAT 0 LAST\r\nRSET\r\n",
    "BDAT 41 LAST\r\n01234567890123456789012345678901234567890RSET\r\n",
];

/// Ways of a mail to its end, each of which leaves a fresh session.
const WHOLE: &[&str] = &[
    "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n",
    "MAIL FROM:<\u{e4}@b> SMTPUTF8\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n",
    "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nbare\nx\r\n.\r\n",
    "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n0123456789012345678901234567890123456789012\r\n.\r\n",
    "MAIL FROM:<a@b> BODY=BINARYMIME\r\nRCPT TO:<c@d>\r\nBDAT 2 LAST\r\n\r\r",
    "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 2 LAST\r\n\r\r",
    "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 41 LAST\r\n01234567890123456789012345678901234567890",
    "MAIL FROM:<a@b>\r\nRCPT TO:<no@d>\r\nDATA\r\nx\r\n.\r\n",
];

/// What tells a fresh session from one that has kept something: each line of it would go otherwise.
const PROBE: &str = "RCPT TO:<c@d>\r\nDATA\r\nBDAT 0 LAST\r\nMAIL FROM:<p@q>\r\nRCPT TO:<\u{e4}@d>\r\nDATA\r\n\
    RCPT TO:<one@d>\r\nRCPT TO:<reject@d>\r\nRCPT TO:<two@d>\r\nRCPT TO:<three@d>\r\nRCPT TO:<four@d>\r\n\
    DATA\r\n.0123456789012345678901234567890123456\r\n.\r\n\
    MAIL FROM:<p@q>\r\nRCPT TO:<one@d>\r\nBDAT 20\r\n01234567890123456789BDAT 20 LAST\r\n\n1234567890123456789NOOP\r\n";

fn refusing(event: &Event<'_>) -> Say {
    match event {
        Event::Rcpt { path, .. } if path.as_str().starts_with("no@") => Say::Accept,
        event => super::server::usual(event),
    }
}

/// The replies and events to the probe, behind `before`, wherever that is cut.
fn probed(policy: &Policy<'_>, before: &str) -> (Vec<String>, Vec<String>) {
    let setup = Setup::new(policy).caller(refusing);
    let front = format!("EHLO c\r\n{before}");
    let (codes, told) =
        (setup.whole(front.as_bytes()).codes().len(), setup.whole(front.as_bytes()).told.len());
    let all = format!("{front}{PROBE}");
    let behind = |trace: &Trace| (trace.codes().split_off(codes), trace.told.clone().split_off(told));
    let whole = behind(&setup.whole(all.as_bytes()));
    let single: Vec<_> = all.as_bytes().chunks(1).collect();
    assert_eq!(behind(&setup.run(&single, &[])), whole, "{before:?} octet by octet");
    for cut in 8..=front.len() {
        let (one, two) = all.as_bytes().split_at(cut);
        assert_eq!(behind(&setup.run(&[one, two], &[])), whole, "{before:?} cut at {cut}");
    }
    whole
}

#[test]
fn whatever_ended_a_transaction_the_next_one_goes_as_the_first() {
    let policy = strict();
    let fresh = probed(&policy, "");
    assert_eq!(fresh.0[..3], ["503 5.5.1"; 3]);
    assert_eq!(fresh.0[fresh.0.len() - 2..], ["554 5.6.0", "250 2.0.0"]);
    for before in BEFORE {
        for end in ENDS {
            assert_eq!(probed(&policy, &format!("{before}{end}")), fresh, "{before:?} {end:?}");
        }
    }
    for before in WHOLE {
        assert_eq!(probed(&policy, before), fresh, "{before:?}");
        assert_eq!(probed(&policy, &before.repeat(2)), fresh, "{before:?}");
    }
}

/// What is refused resets nothing.
#[test]
fn a_command_that_is_refused_leaves_the_transaction_whole() {
    let policy = strict();
    for before in &BEFORE[1..] {
        let as_it_was = probed(&policy, before);
        for refused in [
            "RSET x\r\n",
            "EHLO\r\n",
            "EHLO a b\r\n",
            "HELO \r\n",
            "LHLO c\r\n",
            "FOO\r\n",
            "MAIL FROM:<e@f>\r\n",
            "STARTTLS\r\n",
            "AUTH PLAIN\r\n",
            "RSET\n\r\n",
            "QUIT now\r\n",
            "DATA x\r\n",
            "MAIL\r\n",
            "XCLIENT NAME=x\r\n",
        ] {
            assert_eq!(probed(&policy, &format!("{before}{refused}")), as_it_was, "{before:?} {refused:?}");
        }
    }
}

#[test]
fn behind_tls_and_behind_another_greeting_it_is_as_in_the_beginning() {
    let policy = strict().offer(Extension::StartTls).offer(Extension::XClient);
    let setup = Setup::new(&policy).caller(refusing);
    let probe = format!("EHLO d\r\n{PROBE}");
    let fresh = setup.whole(b"EHLO c\r\nSTARTTLS\r\n").codes();
    assert_eq!(fresh, ["220", "250", "220 2.0.0"]);
    let under_tls = |before: &str| {
        let says = format!("EHLO c\r\n{before}RSET\r\nSTARTTLS\r\n");
        let first = setup.run(&[says.as_bytes()], &[]).codes().len();
        setup.run(&[says.as_bytes()], &[probe.as_bytes()]).codes()[first..].to_vec()
    };
    let clean = under_tls("");
    for before in BEFORE.iter().chain(WHOLE) {
        assert_eq!(under_tls(before), clean, "{before:?}");
    }
    let behind_xclient = |before: &str| {
        let says = format!("EHLO c\r\n{before}RSET\r\nXCLIENT NAME=x\r\n");
        let first = setup.whole(says.as_bytes()).codes().len();
        setup.whole(format!("{says}{probe}").as_bytes()).codes()[first..].to_vec()
    };
    let clean = behind_xclient("");
    for before in BEFORE.iter().chain(WHOLE) {
        assert_eq!(behind_xclient(before), clean, "{before:?}");
    }
}

/// In the client: what may be said, and how much has been counted, behind each way to the end of a mail.
#[test]
fn a_client_is_fit_for_the_next_mail_or_for_none() {
    let verbs = [
        Verb::Mail,
        Verb::Rcpt,
        Verb::Data,
        Verb::Bdat,
        Verb::BdatLast,
        Verb::EndOfData,
        Verb::Rset,
        Verb::Auth,
        Verb::StartTls,
        Verb::Quit,
        Verb::Noop,
    ];
    let permitted = |client: &Client<'_>| verbs.map(|verb| client.permits(verb));
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let fresh = permitted(&ready(&mut rx, &mut tx, &["CHUNKING"]));
    let none = verbs.map(|_| false);
    // Answers to MAIL, RCPT, DATA and the content; where an answer is missing, RSET is said instead of the next command.
    for answers in [
        &["250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 taken\r\n"][..],
        &["250 ok\r\n", "250 ok\r\n", "354 go\r\n", "554 no\r\n"],
        &["250 ok\r\n", "250 ok\r\n", "354 go\r\n", "451 later\r\n"],
        &["250 ok\r\n", "550 no\r\n"],
        &["250 ok\r\n", "250 ok\r\n", "451 later\r\n"],
        &["250 ok\r\n"],
        &["550 no\r\n"],
    ] {
        let (mut rx, mut tx) = ([0; 256], [0; 256]);
        let mut client = ready(&mut rx, &mut tx, &["CHUNKING"]);
        for (at, answer) in answers.iter().enumerate() {
            match at {
                0 => client.mail(&ReversePath::Null, &()),
                1 => client.rcpt(&ForwardPath::Postmaster, &()),
                2 => client.data(),
                _ => client.body(b"text").and_then(|_| client.end_of_body()),
            }
            .unwrap();
            sent(&mut client);
            feed(&mut client, answer.as_bytes());
            events(&mut client);
        }
        if !client.permits(Verb::Mail) {
            client.rset().unwrap();
            sent(&mut client);
            feed(&mut client, b"250 reset\r\n");
            events(&mut client);
        }
        assert_eq!(permitted(&client), fresh, "{answers:?}");
        // 421 leaves none.
        client.noop().unwrap();
        sent(&mut client);
        feed(&mut client, b"421 closing\r\n");
        events(&mut client);
        assert_eq!(permitted(&client), none, "{answers:?}");
    }
}
