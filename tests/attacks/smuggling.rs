//! Content behind DATA: only CRLF.CRLF ends it, and what looks alike makes the mail be refused whole, at
//! every split of the input.
//!
//! Class: smuggling: look-alikes of the end of the data (server). Records: CVE-2023-51764, CVE-2023-51765,
//! CVE-2023-51766, CVE-2023-51747, CVE-2024-27305.

use super::server::{Setup, policy};
use embedded_smtp::data::BareLineEnds;

const ENVELOPE: &str = "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";

/// What would be two mails to whoever takes a look-alike for the end.
const SMUGGLED: &str = "MAIL FROM:<evil@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nforged\r\n.\r\n";

/// Look-alikes of CRLF.CRLF.
const LOOK_ALIKES: &[&[u8]] = &[
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r\n.\r\r\n",
    b"\r\r\n.\r\r\n",
    b"\n\n.\n\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n. \r\n",
    b"\r\n .\r\n",
    b"\r\n..\r\n",
    b"\n..\r\n",
    b"\r\n.\rQUIT\r\n",
    b"\x0a.\x0d\x0a",
    b"\r\n.\x0b\r\n",
    b"\x8d\x8a.\x8d\x8a",
];

fn has_bare(octets: &[u8]) -> bool {
    let lone_lf = (0..octets.len()).any(|at| octets[at] == b'\n' && (at == 0 || octets[at - 1] != b'\r'));
    lone_lf || (0..octets.len()).any(|at| octets[at] == b'\r' && octets.get(at + 1) != Some(&b'\n'))
}

#[test]
fn every_look_alike_of_the_end_makes_the_mail_be_refused_whole() {
    let policy = policy();
    let mut refused = 0;
    for look_alike in LOOK_ALIKES {
        for text in ["", "text"] {
            let content = [text.as_bytes(), look_alike, SMUGGLED.as_bytes()].concat();
            let says = [ENVELOPE.as_bytes(), &content, b"NOOP\r\n"].concat();
            let trace = Setup::new(&policy).every_split(&says);
            let bare = has_bare(&content);
            refused += usize::from(bare);
            let (end, last) = if bare { ("554 5.6.0", "Lost BareLineEnd") } else { ("250 2.6.0", "End 0") };
            let expected = format!("250 2.1.0, 250 2.1.5, 354, {end}, 250 2.0.0");
            assert_eq!(trace.behind_hello(), expected, "{look_alike:?}");
            assert_eq!(trace.told.last().unwrap(), last, "{look_alike:?}");
            assert_eq!(trace.mails.len(), usize::from(!bare), "{look_alike:?}");
            let mails = trace.told.iter().filter(|told| told.starts_with("MAIL")).count();
            assert_eq!(mails, 1, "{look_alike:?}");
        }
    }
    assert_eq!(refused, 2 * 12);
}

#[test]
fn look_alikes_are_content_where_the_policy_accepts_them() {
    let policy = policy().bare_line_ends(BareLineEnds::Accept);
    for look_alike in LOOK_ALIKES {
        let content = [b"text", *look_alike, SMUGGLED.as_bytes()].concat();
        let says = [ENVELOPE.as_bytes(), &content, b"NOOP\r\n"].concat();
        let trace = Setup::new(&policy).every_split(&says);
        assert_eq!(trace.behind_hello(), "250 2.1.0, 250 2.1.5, 354, 250 2.6.0, 250 2.0.0", "{look_alike:?}");
        let text = String::from_utf8_lossy(&content[..content.len() - 3]).replace("\r\n.", "\r\n");
        assert_eq!(String::from_utf8_lossy(&trace.mails[0]), text, "{look_alike:?}");
    }
}

#[test]
fn the_mail_behind_a_lost_one_is_taken() {
    let policy = policy();
    let envelope = &ENVELOPE[8..];
    let says = format!("{ENVELOPE}lost\n.\r\n\r\n.\r\n{envelope}good\r\n.\r\n");
    let trace = Setup::new(&policy).every_split(says.as_bytes());
    assert!(trace.behind_hello().ends_with("354, 554 5.6.0, 250 2.1.0, 250 2.1.5, 354, 250 2.6.0"));
    assert_eq!(trace.mails, [b"good\r\n"]);
}

#[test]
fn content_comes_out_as_it_was_before_stuffing() {
    let policy = policy();
    for (wire, content) in [
        (".\r\n", ""),
        ("\r\n.\r\n", "\r\n"),
        ("..\r\n.\r\n", ".\r\n"),
        ("..x\r\n.\r\n", ".x\r\n"),
        (".x\r\n.\r\n", "x\r\n"),
        ("a\r\n..\r\n.\r\n", "a\r\n.\r\n"),
        ("a\r\n...\r\n.\r\n", "a\r\n..\r\n"),
        ("a.\r\n.\r\n", "a.\r\n"),
        ("MAIL FROM:<x@y>\r\nQUIT\r\n.\r\n", "MAIL FROM:<x@y>\r\nQUIT\r\n"),
        ("\0\x01\x7f\r\n.\r\n", "\0\x01\x7f\r\n"),
    ] {
        let says = format!("{ENVELOPE}{wire}QUIT\r\n");
        let trace = Setup::new(&policy).every_split(says.as_bytes());
        assert_eq!(trace.mails, [content.as_bytes()], "{wire:?}");
        assert!(trace.behind_hello().ends_with("354, 250 2.6.0, 221 2.0.0"), "{wire:?}");
    }
}

#[test]
fn a_client_that_goes_away_in_its_content_leaves_no_mail() {
    let policy = policy();
    let content = "line\r\n..dots\r\n.\r\n";
    for end in 0..content.len() {
        for setup in [Setup::new(&policy), Setup::new(&policy).rx(64)] {
            let trace = setup.whole(format!("{ENVELOPE}{}", &content[..end]).as_bytes());
            assert!(trace.behind_hello().ends_with("354"), "{end}");
            assert_eq!(trace.mails.len(), 0, "{end}");
            assert!(!trace.told.iter().any(|told| told.starts_with("End")), "{end}");
        }
    }
}

#[test]
fn content_of_any_size_passes_through_the_smallest_buffer() {
    let policy = policy().max_size(0);
    let line = format!("{}\r\n", "x".repeat(997));
    let content = [line.repeat(300), ".".into(), line.repeat(3)].concat();
    let wire = content.replace("\r\n.", "\r\n..");
    for rx in [64, 65, 100, 1024, 70_000] {
        let trace = Setup::new(&policy).rx(rx).whole(format!("{ENVELOPE}{wire}.\r\n").as_bytes());
        assert!(trace.mails == [content.as_bytes()], "rx {rx}");
    }
}

#[test]
fn a_mail_larger_than_the_limit_is_drained_and_refused_and_nothing_of_it_is_told_afterwards() {
    let policy = policy().max_size(10);
    for (content, fits) in [
        ("12345678\r\n", true),
        ("123456789\r\n", false),
        ("..345678\r\n", true),
        ("12345678\r\n\r\n", false),
        ("12345678901234567890\r\nbare\nline\r\n", false),
    ] {
        let says = format!("{ENVELOPE}{content}.\r\nNOOP\r\n");
        let trace = Setup::new(&policy).every_split(says.as_bytes());
        let end = if fits { "250 2.6.0" } else { "552 5.3.4" };
        assert_eq!(
            trace.behind_hello(),
            format!("250 2.1.0, 250 2.1.5, 354, {end}, 250 2.0.0"),
            "{content:?}"
        );
        assert_eq!(trace.mails.len(), usize::from(fits), "{content:?}");
        if !fits {
            assert_eq!(trace.told.last().unwrap(), "Lost TooLarge", "{content:?}");
        }
    }
}
