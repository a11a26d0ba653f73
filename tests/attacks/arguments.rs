//! Arguments that end too early, end in what asks for more, or are not there: nothing is read before or behind the line.
//!
//! Class: arguments (client, server). Records: CVE-2020-28022, CVE-2020-10957, CVE-2019-15846.

use embedded_smtp::server::Policy;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Command, Extension, Reply};

use super::server::{Setup, policy};
use super::support::mailing::WISH;
use super::support::script::Script;

fn offering() -> Policy<'static> {
    policy().offer(Extension::Dsn).auth(AuthMechanisms::NONE.with(AuthMechanism::CramMd5)).max_errors(255)
}

const LINES: &[&str] = &[
    "EHLO client.example",
    "EHLO [IPv6:2001:db8::1]",
    "MAIL FROM:<\"a \\\" b\"@[192.0.2.1]> SIZE=12 BODY=8BITMIME SMTPUTF8",
    "MAIL FROM:<@one,@two:a@b> RET=HDRS ENVID=a+2Bb",
    "RCPT TO:<\"\\\\\"@b> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+2Bb",
    "BDAT 12 LAST",
    "AUTH CRAM-MD5 AAAA",
    "VRFY a",
    "NOOP a",
];

/// What asks for more behind it.
const ENDINGS: &[&str] =
    &["", "\\", "\"", "\"\\", " ", "<", ":", "+", "+2", "=", ",", ";", "[", "(", "@", "\u{e4}", "\\\\"];

#[test]
fn a_line_means_the_same_whatever_stands_behind_it_in_the_buffer() {
    for line in LINES {
        for end in 0..=line.len() {
            for ending in ENDINGS {
                let text = format!("{}{ending}", &line[..end]);
                let alone = Command::parse(text.as_bytes()).map(|command| format!("{command:?}"));
                for behind in ["\"@b> SIZE=1", "a", "\\", "2B", "> \r\n", "]>\r\nDATA\r\n"] {
                    let whole = format!("{behind}{text}{behind}");
                    let part = &whole.as_bytes()[behind.len()..behind.len() + text.len()];
                    let within = Command::parse(part).map(|command| format!("{command:?}"));
                    assert_eq!(within, alone, "{text:?} {behind:?}");
                }
            }
        }
    }
}

#[test]
fn lines_that_end_too_early_are_answered_once_and_the_next_one_is_served() {
    let policy = offering();
    for line in LINES.iter().filter(|line| !line.starts_with("BDAT")) {
        for end in 0..=line.len() {
            for ending in ENDINGS {
                let text = format!("{}{ending}", &line[..end]);
                // In an exchange the next line is a response.
                if text.trim_end().starts_with("AUTH CRAM-MD5") {
                    continue;
                }
                let says = format!("EHLO c\r\nMAIL FROM:<> SMTPUTF8\r\n{text}\r\nNOOP\r\n");
                let setup = Setup::new(&policy);
                let whole = setup.every_cut(says.as_bytes());
                let codes = whole.codes();
                assert_eq!(codes.len(), 5, "{text:?}: {codes:?}");
                assert_eq!(codes[4], "250 2.0.0", "{text:?}");
            }
        }
    }
}

#[test]
fn arguments_that_are_not_there_are_missed() {
    let policy = offering();
    for verb in ["EHLO", "HELO", "MAIL", "MAIL FROM:", "RCPT", "RCPT TO:", "VRFY", "EXPN", "AUTH"] {
        for spaces in ["", " ", "   "] {
            let says = format!("EHLO c\r\nMAIL FROM:<>\r\n{verb}{spaces}\r\nNOOP\r\n");
            let trace = Setup::new(&policy).every_split(says.as_bytes());
            let codes = trace.behind_hello();
            assert!(
                codes.starts_with("250 2.1.0, 501 ") && codes.ends_with(", 250 2.0.0"),
                "{verb:?}: {codes}"
            );
            assert_eq!(trace.told, ["EHLO c", "MAIL <>"], "{verb:?}");
        }
    }
}

/// In the client: replies and keyword lines, cut short and odd.
#[test]
fn a_reply_means_the_same_whatever_stands_behind_it_in_the_buffer() {
    for line in [
        "250-2.1.0 Sender ok",
        "250 2",
        "250 2.",
        "250 2.1",
        "250 2.1.",
        "550 5.123.999",
        "334 AAAA",
        "250-",
        "25",
        "",
    ] {
        let alone = format!("{:?}", Reply::parse(line.as_bytes()));
        for behind in ["0 x", ".1.0", "-", " ", "0", "="] {
            let whole = format!("{behind}{line}{behind}");
            let part = &whole.as_bytes()[behind.len()..behind.len() + line.len()];
            assert_eq!(format!("{:?}", Reply::parse(part)), alone, "{line:?} {behind:?}");
        }
    }
}

#[test]
fn keywords_of_a_server_that_end_too_early_offer_nothing_more_and_break_nothing() {
    for line in [
        "SIZE 12345",
        "AUTH PLAIN LOGIN",
        "AUTH=PLAIN",
        "LIMITS RCPTMAX=2 MAILMAX=3",
        "8BITMIME",
        "FUTURERELEASE 60 2026-11-21T00:00:00Z",
        "DELIVERBY 120",
    ] {
        for end in 0..=line.len() {
            for ending in ["", " ", "=", "\\", "\"", "\t", "\u{e4}"] {
                let keyword = format!("{}{ending}", &line[..end]);
                let outcome = WISH.every_cut(&Script::new(&[&keyword]));
                // A size may be too small for the mail, or no more than two recipients; both are for this one no obstacle or a true one.
                assert!(
                    outcome.cause.is_none() || keyword.starts_with("SIZE "),
                    "{keyword:?}: {:?}",
                    outcome.cause
                );
            }
        }
    }
}
