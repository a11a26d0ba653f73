//! STARTTLS in the client (RFC 3207): nothing that came before TLS is read behind it.
//!
//! Class: response injection across STARTTLS (client). Records: CVE-2021-22947, CVE-2021-38371, CVE-2026-41319.

use embedded_smtp::submission::{Cause, TlsPolicy, Verdict};
use embedded_smtp::{Error, Protocol};

use super::support::mailing::{WISH, Wish};
use super::support::script::{Come, Script};

const WITH_TLS: Wish<'_> = Wish { tls: TlsPolicy::Required, login: true, ..WISH };

/// A whole session in clear, up to the delivery, said by whoever sits in between.
const INJECTED: &[&str] = &[
    "\r\n",
    "\n",
    "\0",
    "2",
    "250 ok\r\n",
    "250-server\r\n250 AUTH PLAIN\r\n",
    "250-server\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 taken\r\n",
    "220 go on\r\n",
    "421 closing\r\n",
];

#[test]
fn replies_in_clear_behind_the_220_are_never_taken_for_replies_under_tls() {
    for injected in INJECTED {
        let answer = format!("220 go on\r\n{injected}");
        let script = Script::new(&["STARTTLS", "AUTH PLAIN"]).answer("STARTTLS", &answer).then_closes();
        let whole = WITH_TLS.send(&script, Come::Whole);
        assert_eq!(whole.heard.lines, ["EHLO c", "STARTTLS"], "{injected:?}");
        assert_eq!(
            whole.cause,
            Some(Cause::Engine(Error::Protocol(Protocol::InputBeforeTls))),
            "{injected:?}"
        );
        assert_ne!(whole.verdict, Verdict::Delivered);
        // Up to the first octet of what is injected the reads may be cut anywhere. A cut that parts it from the 220 makes it octets of
        // the handshake, which are TLS's to refuse: the engine has no room for them.
        let first = whole.heard.said - injected.len();
        for cut in 1..first {
            let other = WITH_TLS.send(&script, Come::Cut(cut));
            assert_eq!(
                (other.heard.lines, other.cause),
                (whole.heard.lines.clone(), whole.cause),
                "{injected:?} {cut}"
            );
        }
    }
}

/// The script's server goes on in clear behind the handshake: what it said before is forgotten, what it says behind counts.
#[test]
fn behind_tls_nothing_is_known_that_was_said_before_it() {
    let before =
        "250-server\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 10\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n";
    let behind = "250-server\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n";
    let script = Script::new(&[]).answers("EHLO", &[before, behind]).answer("STARTTLS", "220 go on\r\n");
    let outcome = WITH_TLS.every_split(&script);
    let lines: Vec<_> =
        outcome.heard.lines.iter().map(|line| line.split([' ', ':']).next().unwrap()).collect();
    assert_eq!(lines, ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]);
    assert_eq!(outcome.verdict, Verdict::Delivered, "{:?}", outcome.cause);
    assert_eq!(outcome.heard.clear, b"EHLO c\r\nSTARTTLS\r\n");
}
