//! A server, or whoever sits in between, that takes TLS or the better mechanisms away: what is required is kept to, and nothing is said
//! that was not for everybody's ears.
//!
//! Class: stripping and downgrade (client, server). Records: CVE-2016-0772, CVE-2021-22946, CVE-2021-38373.

use embedded_smtp::server::Policy;
use embedded_smtp::submission::{Cause, TlsPolicy, Verdict};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension};

use super::server::{Setup, policy};
use super::support::mailing::{PASSWORD, USER, WISH, Wish};
use super::support::script::Script;

const REQUIRED: Wish<'_> = Wish { tls: TlsPolicy::Required, login: true, ..WISH };

/// What a server says to STARTTLS that is no leave to begin with TLS.
const NO_TLS: &[&str] = &[
    "454 4.7.0 TLS not available\r\n",
    "421 4.3.0 closing\r\n",
    "500 5.5.1 what?\r\n",
    "501 5.5.4 no parameters\r\n",
    "502 5.5.1 no\r\n",
    "503 5.5.1 not now\r\n",
    "530 5.7.0 authenticate first\r\n",
    "554 no\r\n",
    "334 \r\n",
    "354 go on\r\n",
    "",
    "garbage\r\n",
    "2",
    "220",
    "220 go on",
    "220-go on\r\n",
    "220-go on\r\n250 ok\r\n",
    "220 go on\n",
    "\n",
    "\0\r\n",
];

/// What must never have been said in clear.
fn nothing_leaked(clear: &[u8], context: &str) {
    let clear = String::from_utf8_lossy(clear);
    for secret in [
        USER,
        PASSWORD,
        "AHRpbQB0YW5zdGFhZnRhbnN0YWFm",
        "dGFuc3RhYWZ0YW5zdGFhZg==",
        "dGlt",
        "MAIL",
        "AUTH",
        "alarm",
    ] {
        assert!(!clear.contains(secret), "{context}: {clear}");
    }
}

#[test]
fn where_tls_is_required_nothing_is_sent_to_a_server_that_does_not_start_it() {
    for answer in NO_TLS {
        let script = Script::new(&["STARTTLS", "AUTH PLAIN LOGIN"]).answer("STARTTLS", answer).then_closes();
        let outcome = REQUIRED.every_split(&script);
        assert_eq!(outcome.heard.lines, ["EHLO c", "STARTTLS"], "{answer:?}");
        nothing_leaked(&outcome.heard.clear, answer);
        assert!(!outcome.tls, "{answer:?}");
        assert!(matches!(outcome.verdict, Verdict::RetryLater | Verdict::Rejected), "{answer:?}");
    }
}

#[test]
fn where_tls_is_required_and_not_offered_not_even_starttls_is_said() {
    for keywords in [
        &[][..],
        &["AUTH PLAIN LOGIN"],
        &["STARTTLSX"],
        &["XSTARTTLS"],
        &["STARTTL"],
        &["X-STARTTLS"],
        &["START TLS"],
        &["PIPELINING", "SIZE STARTTLS"],
        &["AUTH STARTTLS PLAIN"],
    ] {
        let outcome = REQUIRED.every_split(&Script::new(keywords));
        assert_eq!(outcome.heard.lines, ["EHLO c"], "{keywords:?}");
        assert_eq!(outcome.cause, Some(Cause::TlsNotOffered), "{keywords:?}");
    }
    // EHLO refused: HELO has no STARTTLS.
    for refusal in ["500 what?\r\n", "502 no\r\n", "550 no\r\n", "421 no\r\n", "450 later\r\n"] {
        let outcome = REQUIRED.every_split(&Script::new(&[]).answer("EHLO", refusal).then_closes());
        let lines = outcome.heard.lines.join(" ");
        assert!(!lines.contains("HELO") && !lines.contains("MAIL"), "{refusal:?}: {lines}");
        nothing_leaked(&outcome.heard.clear, refusal);
    }
}

#[test]
fn where_tls_is_taken_if_offered_no_password_goes_in_clear_instead() {
    let wish = Wish { tls: TlsPolicy::IfOffered, ..REQUIRED };
    for answer in NO_TLS {
        let script = Script::new(&["STARTTLS", "AUTH PLAIN LOGIN"]).answer("STARTTLS", answer).then_closes();
        nothing_leaked(&wish.every_split(&script).heard.clear, answer);
    }
    let outcome = wish.every_split(&Script::new(&["AUTH PLAIN LOGIN"]));
    assert_eq!(
        (outcome.heard.lines, outcome.cause),
        (vec!["EHLO c".to_owned(), "QUIT".into()], Some(Cause::ClearText))
    );
}

/// The list of before TLS is nobody's word behind it, nor is the list behind it that of before.
#[test]
fn a_mechanism_that_was_stripped_is_not_replaced_by_a_weaker_one() {
    let wish = Wish { tls: TlsPolicy::Required, login: true, ..WISH };
    for (behind, cause) in [
        ("250-server\r\n250 AUTH CRAM-MD5\r\n", Some(Cause::NoMechanism)),
        ("250-server\r\n250 HELP\r\n", Some(Cause::NoMechanism)),
        ("250-server\r\n250 AUTH PLAINX XPLAIN\r\n", Some(Cause::NoMechanism)),
        ("250-server\r\n250 AUTH PLAIN\r\n", None),
    ] {
        let before = "250-server\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n";
        let script = Script::new(&[]).answers("EHLO", &[before, behind]).answer("STARTTLS", "220 go on\r\n");
        let outcome = wish.every_split(&script);
        assert_eq!(outcome.cause, cause, "{behind:?}");
        nothing_leaked(&outcome.heard.clear, behind);
        let authenticated = outcome.heard.lines.iter().any(|line| line.starts_with("AUTH"));
        assert_eq!(authenticated, cause.is_none(), "{behind:?}");
    }
    // HELO behind TLS, since EHLO is refused there, has no AUTH.
    let script = Script::new(&[])
        .answers("EHLO", &["250-server\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n", "502 no\r\n"])
        .answer("STARTTLS", "220 go on\r\n");
    let outcome = wish.every_split(&script);
    assert_eq!(outcome.cause, Some(Cause::NoMechanism));
}

#[test]
fn a_server_that_requires_tls_takes_neither_mail_nor_login_without_it() {
    let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::CramMd5);
    let policy: Policy<'_> =
        policy().offer(Extension::StartTls).require_tls().auth(mechanisms).allow_clear_text_auth().ask_vrfy();
    for says in [
        "MAIL FROM:<a@b>",
        "AUTH PLAIN AHVzZXIAcGFzcw==",
        "AUTH PLAIN",
        "AUTH CRAM-MD5",
        "VRFY a",
        "EXPN a",
        "mail from:<>",
        "MAIL FROM:<a@b> REQUIRETLS",
    ] {
        let trace = Setup::new(&policy).every_split(format!("EHLO c\r\n{says}\r\n").as_bytes());
        assert!(["530 5.7.0"].contains(&trace.behind_hello().as_str()), "{says}: {}", trace.behind_hello());
        assert_eq!(trace.told, ["EHLO c"], "{says}");
    }
}
