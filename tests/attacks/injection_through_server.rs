//! What a client says is neither obeyed by whoever is behind the server nor said back: paths that are none are refused, no control
//! character gets into an event's name or path, and no reply has an octet of the client's.
//!
//! Class: injection through the server (server). Records: CVE-2026-23829, CVE-2020-7247.

use embedded_smtp::server::Policy;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension};

use super::server::{Setup, Trace, policy};

fn offering() -> Policy<'static> {
    let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::CramMd5);
    policy()
        .offer(Extension::Dsn)
        .offer(Extension::DeliverBy)
        .offer(Extension::FutureRelease)
        .offer(Extension::MtPriority)
        .auth(mechanisms)
        .allow_clear_text_auth()
        .ask_vrfy()
        .max_errors(255)
}

const HELLO: &str = "EHLO c\r\n";
const MAIL: &str = "EHLO c\r\nMAIL FROM:<a@b> SMTPUTF8\r\n";

/// What stands before a line, and the line.
const LINES: &[(&str, &str)] = &[
    ("", "EHLO client.example"),
    ("", "HELO [192.0.2.1]"),
    (HELLO, "MAIL FROM:<al.ice@b.example> SMTPUTF8"),
    (HELLO, "MAIL FROM:<\"a b\"@b.example> SMTPUTF8"),
    (HELLO, "MAIL FROM:<a@b> SMTPUTF8 ENVID=QQ+2B ORCPT=x"),
    (HELLO, "MAIL FROM:<a@b> AUTH=a@b SIZE=12 BODY=8BITMIME RET=HDRS BY=120;R"),
    (HELLO, "MAIL FROM:<a@b> HOLDUNTIL=2026-11-21T12:00:00Z"),
    (MAIL, "RCPT TO:<@one,@two:c@d>"),
    (MAIL, "RCPT TO:<c@d> NOTIFY=FAILURE ORCPT=rfc822;c@d"),
    (MAIL, "RCPT TO:<Postmaster>"),
    (HELLO, "VRFY somebody"),
    (HELLO, "EXPN a list"),
    (HELLO, "HELP topic"),
    (HELLO, "NOOP text"),
    (HELLO, "AUTH PLAIN AHVzZXIAcGFzcw=="),
    (HELLO, "AUTH CRAM-MD5"),
    (HELLO, "RSET"),
    (HELLO, "DATA"),
    (HELLO, "STARTTLS"),
    (HELLO, "FOOBAR"),
];

fn is_clean(trace: &Trace, context: &str) {
    // `codes` demands that there is no control character, `text` that there is nothing but ASCII.
    trace.codes();
    assert!(trace.text().is_ascii(), "{context}: {}", trace.text());
    for told in &trace.told {
        if !told.starts_with("VRFY")
            && !told.starts_with("EXPN")
            && !told.starts_with("Login")
            && !told.contains("MD5")
        {
            assert!(!told.chars().any(char::is_control), "{context}: {told:?}");
        }
    }
}

#[test]
fn eight_bit_nul_and_control_octets_in_every_field_reach_nobody() {
    let policy = offering();
    for (before, line) in LINES {
        for at in 0..=line.len() {
            for octets in [
                &b"\0"[..],
                b"\x1b",
                b"\r",
                b"\x7f",
                b"\x80",
                b"\xff",
                b"\xc2\x85",
                b"\xc2\x9b31m",
                b"\xe2\x80\xa8",
                b"\xc3\xa4",
                b"\xc0\x8d",
            ] {
                let says =
                    [before.as_bytes(), &line.as_bytes()[..at], octets, &line.as_bytes()[at..], b"\r\n"]
                        .concat();
                let setup = Setup::new(&policy);
                let trace = setup.every_cut(&says);
                is_clean(&trace, &format!("{line:?} {at} {octets:?}"));
                assert_eq!(trace.error, None);
                // One reply a line, whatever is in it (a bad AUTH or a good one too).
                let lines = 1 + before.matches('\n').count();
                assert_eq!(trace.codes().len(), 1 + lines, "{line:?} {at} {octets:?}");
            }
        }
    }
}

/// U+0080 to U+009F are control characters as good as any: 9B begins a terminal's sequences, 85 a new line.
#[test]
fn control_characters_of_utf8_are_in_no_name_and_no_path() {
    let policy = offering();
    for code in 0x80..=0x9f_u32 {
        let c1 = char::from_u32(code).unwrap();
        for (says, codes) in [
            (format!("EHLO a{c1}b\r\n"), "501 5.5.4"),
            (format!("HELO {c1}\r\n"), "501 5.5.4"),
            (format!("MAIL FROM:<a{c1}@b> SMTPUTF8\r\n"), "501 5.1.7"),
            (format!("MAIL FROM:<\"{c1}\"@b> SMTPUTF8\r\n"), "501 5.1.7"),
            (format!("MAIL FROM:<a@b{c1}> SMTPUTF8\r\n"), "501 5.1.7"),
            (format!("MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<{c1}a@b>\r\n"), "250 2.1.0, 501 5.1.3"),
            (format!("MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<a@{c1}.b>\r\n"), "250 2.1.0, 501 5.1.3"),
        ] {
            let trace = Setup::new(&policy).every_split(format!("EHLO c\r\n{says}").as_bytes());
            assert_eq!(trace.behind_hello(), codes, "{says:?}");
        }
    }
    // What stands next to them is text.
    let trace = Setup::new(&policy)
        .every_split("EHLO c\r\nMAIL FROM:<\u{a0}\u{e4}\u{2028}@b\u{c4}> SMTPUTF8\r\n".as_bytes());
    assert_eq!(trace.behind_hello(), "250 2.1.0");
}

/// What shells, directories and spools make something of, as far as it is no path by the grammar.
#[test]
fn paths_that_would_be_more_than_a_path_are_refused() {
    let policy = offering();
    for path in [
        ";/bin/sh@b",
        "a;b@c",
        "|/bin/sh",
        "a@b;rm",
        "`id`",
        "$(id)@b",
        "a b@c",
        "../../etc/passwd",
        "a@../b",
        "a@b/c",
        "/dev/null",
        "a@b c",
        "a@b,c@d",
        "a@b\tc",
        "a@",
        "@b",
        "a@@b",
        "a@b@c",
        "-oQ/tmp/x",
        "a@-b",
        "a@b-",
        "a@.b",
        "a@b..c",
        "a..b@c",
        ".a@b",
        "a.@b",
        "<a@b>",
        "a@b>",
        "a@[1.2.3",
        "a@1.2.3.4]",
        "\"a@b",
        "\"a\"b@c",
        "\\a@b",
        "a\\@b",
        "a@b\\",
        "\"a\\\"@b",
        "(x)a@b",
        "a:b@c",
        "a@b:25",
        "a@[IPv6:::g]",
        "a@[300.1.1.1]",
    ] {
        for (before, verb) in [(HELLO, "MAIL FROM"), (MAIL, "RCPT TO")] {
            let trace = Setup::new(&policy).every_split(format!("{before}{verb}:<{path}>\r\n").as_bytes());
            let last = trace.codes().pop().unwrap();
            assert!(
                last.starts_with("501 5.1.") || last == "501 5.5.4" || last == "555 5.5.4",
                "{verb} {path}: {last}"
            );
            assert_eq!(trace.told.len(), before.matches('\n').count(), "{verb} {path}");
        }
    }
}

#[test]
fn nobody_is_looked_up_for_those_who_may_not_send() {
    for (policy, code) in [(policy().require_tls(), "530 5.7.0"), (policy().require_auth(), "530 5.7.0")] {
        for command in ["VRFY root", "EXPN all"] {
            let policy = policy.ask_vrfy();
            let trace = Setup::new(&policy).every_split(format!("{command}\r\n").as_bytes());
            assert_eq!(trace.codes(), ["220", code], "{command}");
            assert_eq!(trace.told.len(), 0, "{command}");
        }
    }
}
