//! What has no end by itself is ended: commands without a mail, content that is dropped, refused recipients, last words.
//!
//! Class: unbounded input and endless sessions (client, server). Records: CVE-2026-67445.

use embedded_smtp::data::BareLineEnds;
use embedded_smtp::server::{Event, Policy};
use embedded_smtp::submission::Verdict;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension};

use super::server::{Say, Setup, policy};
use super::support::mailing::{CONTENT, WISH};
use super::support::script::Script;

const MAIL: &str = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";

fn taking() -> Policy<'static> {
    let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::CramMd5);
    policy().auth(mechanisms).allow_clear_text_auth().offer(Extension::XClient)
}

/// Refuses DATA and all who are to be refused; defers what is to be deferred.
fn reluctant(event: &Event<'_>) -> Say {
    match event {
        Event::Data => Say::Reply(451, (4, 3, 0), "not now"),
        Event::Mail { path, .. } if path.as_str().starts_with("no@") => Say::Reply(450, (4, 7, 1), "not now"),
        event => super::server::usual(event),
    }
}

#[test]
fn commands_that_bring_no_mail_nearer_come_to_an_end() {
    for idle in [
        "NOOP\r\n",
        "NOOP and then some\r\n",
        "RSET\r\n",
        "HELP\r\n",
        "VRFY a\r\n",
        "EHLO again\r\n",
        "HELO again\r\n",
        "MAIL FROM:<no@b>\r\n",
        "MAIL FROM:<a@b>\r\nRSET\r\n",
        "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRSET\r\n",
        "MAIL FROM:<a@b>\r\nRCPT TO:<reject@d>\r\nRCPT TO:<defer@d>\r\nRSET\r\n",
        "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nRSET\r\n",
        "MAIL FROM:<a@b>\r\nEHLO again\r\n",
        "XCLIENT NAME=x\r\nEHLO c\r\n",
        // What is refused has had a limit before.
        "FOO\r\n",
        "NOOP\n\r\n",
        "STARTTLS\r\n",
        "DATA\r\n",
        "BDAT 1\r\nx",
        "AUTH PLAIN AHVzZXIAd3Jvbmc=\r\n",
        "AUTH PLAIN\r\n*\r\n",
        "AUTH PLAIN\r\nx\r\n",
        "AUTH CRAM-MD5\r\n*\r\n",
    ] {
        let policy = taking().max_idle(12);
        let says = format!("EHLO c\r\n{}QUIT\r\n", idle.repeat(20));
        let trace = Setup::new(&policy).tx(20_000).caller(reluctant).every_split(says.as_bytes());
        assert_eq!(trace.codes().last().unwrap(), "421 4.7.0", "{idle:?}");
        assert!(!trace.told.contains(&"Quit".to_owned()), "{idle:?}");
    }
    // By default, too.
    let policy = taking();
    for idle in
        ["NOOP\r\n", "RSET\r\n", "HELP\r\n", "VRFY a\r\n", "EHLO again\r\n", "MAIL FROM:<a@b>\r\nRSET\r\n"]
    {
        let trace =
            Setup::new(&policy).tx(60_000).whole(format!("EHLO c\r\n{}", idle.repeat(110)).as_bytes());
        let codes = trace.codes();
        // The greeting, as many commands as are counted, and the last words.
        assert_eq!((codes.len(), codes.last().unwrap().as_str()), (1 + 100 + 1, "421 4.7.0"), "{idle:?}");
    }
}

#[test]
fn recipients_and_mails_beyond_their_limits_come_to_an_end_too() {
    let policy = taking().max_idle(12).max_recipients(3).max_mails(2);
    for (says, last) in [
        (format!("MAIL FROM:<>\r\n{}", "RCPT TO:<reject@d>\r\n".repeat(30)), "452 4.5.3"),
        (format!("{MAIL}BDAT 0 LAST\r\n{MAIL}BDAT 0 LAST\r\n{}", "MAIL FROM:<>\r\n".repeat(30)), "452 4.5.0"),
    ] {
        let codes = Setup::new(&policy).every_split(format!("EHLO c\r\n{says}").as_bytes()).codes();
        assert_eq!(codes[codes.len() - 2..], [last, "421 4.7.0"], "{says:?}");
    }
    // Where no progress is asked for, empty chunks are none all the same.
    let patient = policy.patience(300, 300, 0);
    let says = format!("EHLO c\r\n{MAIL}{}", "BDAT 0\r\n".repeat(30));
    assert_eq!(Setup::new(&patient).whole(says.as_bytes()).codes().last().unwrap(), "421 4.7.0");
    // Where some were accepted there is a mail to come, and a thousand more, and as many as may be refused, are answered first.
    for (more, last) in [(1015, "452 4.5.3"), (1016, "421 4.7.0")] {
        let says = format!("EHLO c\r\nMAIL FROM:<>\r\n{}", "RCPT TO:<c@d>\r\n".repeat(3 + more));
        let policy = policy.max_idle(14);
        let codes = Setup::new(&policy).whole(says.as_bytes()).codes();
        let refused = codes.iter().filter(|code| *code == "452 4.5.3").count();
        assert_eq!((refused, codes.last().unwrap().as_str()), (more, last));
    }
}

#[test]
fn refused_recipients_have_an_end() {
    let policy = policy().max_recipients(20).max_idle(40);
    let says = format!("EHLO a\r\nMAIL FROM:<>\r\n{}", "RCPT TO:<reject@d>\r\n".repeat(50));
    let trace = Setup::new(&policy).every_split(says.as_bytes());
    assert_eq!(trace.told.iter().filter(|told| told.starts_with("RCPT")).count(), 20);
    assert_eq!(trace.codes().iter().filter(|code| *code == "452 4.5.3").count(), 30);
}

#[test]
fn a_session_that_brings_mails_goes_on() {
    let policy = taking().max_idle(4).patience(300, 300, 50);
    // EHLO, AUTH, MAIL: three, and each mail begins anew.
    let mail = format!("{MAIL}RCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\nNOOP\r\n{MAIL}BDAT 1\r\nxBDAT 1 LAST\r\ny");
    let says = format!("EHLO c\r\nAUTH PLAIN AHVzZXIAcGFzcw==\r\n{}QUIT\r\n", mail.repeat(30));
    let trace = Setup::new(&policy).whole(says.as_bytes());
    assert_eq!(trace.mails.len(), 60);
    assert_eq!(trace.codes().last().unwrap(), "221 2.0.0");
    // Content, too: one mail in many chunks.
    let chunk = format!("BDAT 25\r\n{}", "x".repeat(25));
    let says = format!("EHLO c\r\n{MAIL}{}BDAT 0 LAST\r\nQUIT\r\n", chunk.repeat(30));
    let trace = Setup::new(&policy).every_split(says.as_bytes());
    assert_eq!(trace.mails.len(), 1);
    // A mail for many recipients, some of them refused.
    let many = "RCPT TO:<c@d>\r\nRCPT TO:<reject@d>\r\n".repeat(40);
    let says = format!("EHLO c\r\nMAIL FROM:<>\r\n{many}DATA\r\n.\r\nQUIT\r\n");
    let trace = Setup::new(&policy).whole(says.as_bytes());
    assert_eq!((trace.mails.len(), trace.codes().last().unwrap().as_str()), (1, "221 2.0.0"));
}

#[test]
fn the_last_command_that_is_allowed_is_answered_and_then_the_session_ends() {
    for (most, says, codes) in [
        (1, "NOOP\r\n", "421 4.7.0"),
        (2, "NOOP\r\nNOOP\r\n", "250 2.0.0, 421 4.7.0"),
        (3, "MAIL FROM:<>\r\nRSET\r\nNOOP\r\n", "250 2.1.0, 250 2.0.0, 421 4.7.0"),
        (2, "HELP\r\nNOOP\r\n", "214 2.0.0, 421 4.7.0"),
        (2, "QUIT\r\n", "221 2.0.0"),
        (0, "QUIT\r\n", "421 4.7.0"),
    ] {
        let policy = policy().max_idle(most);
        let trace = Setup::new(&policy).every_split(format!("EHLO c\r\n{says}").as_bytes());
        assert_eq!(trace.behind_hello(), codes, "{most} {says:?}");
    }
}

#[test]
fn the_rest_of_a_lost_mail_is_read_up_to_a_limit() {
    for (bare, content, lost) in [
        (BareLineEnds::Reject, "\n", "554 5.6.0"),
        (BareLineEnds::Reject, "12345678901\r\n", "552 5.3.4"),
        (BareLineEnds::Accept, "12345678901\r\n", "552 5.3.4"),
    ] {
        let policy = policy().max_size(10).max_drained(20).bare_line_ends(bare);
        // How much of what follows counts: of a mail that is too large, what is more than the limit does.
        let counted = if lost == "552 5.3.4" { 3 } else { 0 };
        for octets in [15, 16, 17, 18, 19, 60] {
            let rest = format!("{}\r\n", "x".repeat(octets - 2 + 3 - counted));
            let says = format!("EHLO c\r\n{MAIL}DATA\r\n{content}{rest}.\r\n{MAIL}");
            let trace = Setup::new(&policy).every_split(says.as_bytes());
            let codes = trace.behind_hello();
            let drained = counted + rest.len();
            let end = if drained <= 20 { "250 2.1.0, 250 2.1.5" } else { "421 4.7.0" };
            assert_eq!(codes, format!("250 2.1.0, 250 2.1.5, 354, {lost}, {end}"), "{content:?} {octets}");
            assert_eq!(trace.mails.len(), 0);
        }
    }
    // Lost mails are counted together, good ones are not.
    let policy = policy().max_drained(20);
    let lost = format!("{MAIL}DATA\r\n\n45678\r\n.\r\n");
    let good = format!("{MAIL}DATA\r\n{}\r\n.\r\n", "x".repeat(100));
    let says = format!("EHLO c\r\n{good}{lost}{good}{lost}{good}{lost}{good}");
    let trace = Setup::new(&policy).every_split(says.as_bytes());
    assert_eq!(trace.mails.len(), 3);
    assert!(trace.behind_hello().ends_with("354, 554 5.6.0, 421 4.7.0"), "{}", trace.behind_hello());
}

/// In LMTP, where each recipient is owed a reply, the session ends behind the first.
#[test]
fn a_lost_lmtp_mail_without_an_end_ends_the_session() {
    let policy = policy().lmtp().max_drained(20);
    let says = format!("LHLO c\r\n{MAIL}RCPT TO:<e@f>\r\nDATA\r\n\n{}\r\n.\r\nNOOP\r\n", "x".repeat(50));
    let trace = Setup::new(&policy).every_split(says.as_bytes());
    assert!(trace.behind_hello().ends_with("354, 554 5.6.0, 421 4.7.0"));
}

/// In the client: however often a server says that it closes, it has closed once.
#[test]
fn a_flood_of_421_is_one() {
    let flood = "421 4.3.2 closing\r\n".repeat(20);
    for command in ["", "EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"] {
        for long in [
            flood.clone(),
            format!("{}421 end\r\n", flood.replace("421 ", "421-")),
            format!("{flood}250 ok\r\n"),
            flood.replace("\r\n", "\r\n\r\n"),
        ] {
            let outcome =
                WISH.every_split(&Script::new(&["PIPELINING"]).answer(command, &long).then_closes());
            // Content that was begun for a 354 is not; last words behind a delivery change nothing.
            let verdict = if command == "QUIT" { Verdict::Delivered } else { Verdict::RetryLater };
            assert_eq!(outcome.verdict, verdict, "{command} {long:?}");
            assert!(!outcome.permits_mail);
            let contents = if ["QUIT", "."].contains(&command) { vec![CONTENT.to_vec()] } else { vec![] };
            assert_eq!(outcome.heard.contents, contents, "{command}");
        }
    }
}
