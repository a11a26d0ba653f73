//! BDAT (RFC 3030) in the server, each session at every split of the input.

#[path = "support/server.rs"]
mod server;

use embedded_smtp::data::BareLineEnds;
use embedded_smtp::server::Policy;
use embedded_smtp::wire::Extension;
use server::{Setup, Trace, policy};

const ENVELOPE: &str = "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";

/// Says `says` behind EHLO and an envelope.
fn chunks(policy: &Policy<'_>, says: &str) -> (String, Vec<Vec<u8>>) {
    let trace = session(policy, &[ENVELOPE, says].concat());
    let codes = trace.behind_hello();
    (codes.strip_prefix("250 2.1.0, 250 2.1.5, ").unwrap_or(&codes).to_owned(), trace.mails)
}

fn session(policy: &Policy<'_>, says: &str) -> Trace {
    Setup::new(policy).every_split(format!("EHLO c\r\n{says}").as_bytes())
}

#[test]
fn chunks_become_a_mail_octet_for_octet() {
    for (says, codes, mail) in [
        ("BDAT 0 LAST\r\n", "250 2.6.0", ""),
        ("BDAT 3 LAST\r\nabc", "250 2.6.0", "abc"),
        ("bdat 3 last\r\nabc", "250 2.6.0", "abc"),
        ("BDAT 3\r\nabcBDAT 0 LAST\r\n", "250 2.0.0, 250 2.6.0", "abc"),
        ("BDAT 3\r\nabcBDAT 3 LAST\r\ndef", "250 2.0.0, 250 2.6.0", "abcdef"),
        ("BDAT 0\r\nBDAT 1\r\naBDAT 0\r\nBDAT 0 LAST\r\n", "250 2.0.0, 250 2.0.0, 250 2.0.0, 250 2.6.0", "a"),
        ("BDAT 0003 LAST\r\nabc", "250 2.6.0", "abc"),
        // Nothing in a chunk means anything.
        ("BDAT 3 LAST\r\n.\r\n", "250 2.6.0", ".\r\n"),
        ("BDAT 9 LAST\r\na\r\n.\r\n..\n", "250 2.6.0", "a\r\n.\r\n..\n"),
        ("BDAT 6 LAST\r\nQUIT\r\n", "250 2.6.0", "QUIT\r\n"),
        ("BDAT 13 LAST\r\nBDAT 0 LAST\r\n", "250 2.6.0", "BDAT 0 LAST\r\n"),
        ("BDAT 4 LAST\r\n\0\r\n\0", "250 2.6.0", "\0\r\n\0"),
        // NOOP may stand between chunks.
        ("BDAT 1\r\naNOOP\r\nVRFY x\r\nBDAT 1 LAST\r\nb", "250 2.0.0, 250 2.0.0, 252 2.5.2, 250 2.6.0", "ab"),
    ] {
        let (found, mails) = chunks(&policy(), &format!("{says}NOOP\r\n"));
        assert_eq!(found, format!("{codes}, 250 2.0.0"), "{says:?}");
        assert_eq!(mails, [mail.as_bytes()], "{says:?}");
    }
}

#[test]
fn envelope_and_chunks_may_travel_together_and_a_second_mail_behind_them() {
    let says = format!(
        "{ENVELOPE}BDAT 3\r\nabcBDAT 2 LAST\r\nde{ENVELOPE}BDAT 1 LAST\r\nf{ENVELOPE}DATA\r\ng\r\n.\r\nQUIT\r\n"
    );
    let trace = session(&policy(), &says);
    assert_eq!(trace.mails, [&b"abcde"[..], b"f", b"g\r\n"]);
    assert!(trace.behind_hello().ends_with("354, 250 2.6.0, 221 2.0.0"));
}

#[test]
fn a_refused_chunk_is_answered_once_and_its_octets_are_passed_over() {
    let bare = "BDAT 17\r\nMAIL FROM:<x@y>\r\nNOOP\r\n";
    for (before, codes, told) in [
        ("", "503 5.5.1", 1),
        ("MAIL FROM:<>\r\n", "250 2.1.0, 503 5.5.1", 2),
        ("MAIL FROM:<>\r\nRCPT TO:<reject@d>\r\n", "250 2.1.0, 550 5.1.1, 503 5.5.1", 3),
    ] {
        for last in ["", " LAST"] {
            let says = format!("{before}{}", bare.replace("17\r\n", &format!("17{last}\r\n")));
            let trace = session(&policy(), &says);
            assert_eq!(trace.behind_hello(), format!("{codes}, 250 2.0.0"), "{says:?}");
            assert_eq!(trace.told.len(), told, "{says:?}");
        }
    }
    // Before EHLO, and where CHUNKING is not offered.
    let trace = Setup::new(&policy()).every_split(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
    assert_eq!(trace.codes(), ["220", "503 5.5.1", "250 2.0.0"]);
    let without = policy().without(Extension::Chunking);
    let (codes, mails) = chunks(&without, "BDAT 6 LAST\r\nQUIT\r\nDATA\r\nx\r\n.\r\n");
    assert_eq!((codes.as_str(), mails), ("502 5.5.1, 354, 250 2.6.0", vec![b"x\r\n".to_vec()]));
}

#[test]
fn a_chunk_is_refused_when_all_of_it_has_come_and_not_before() {
    let limited = policy().max_size(5);
    for (says, code) in [("BDAT 9 LAST\r\n", "503 5.5.1"), ("BDAT 9\r\n", "503 5.5.1")] {
        let before = Setup::new(&limited).whole(format!("EHLO c\r\n{says}12345678").as_bytes());
        assert_eq!(before.behind_hello(), "", "{says:?}");
        let after = Setup::new(&limited).whole(format!("EHLO c\r\n{says}123456789").as_bytes());
        assert_eq!(after.behind_hello(), code, "{says:?}");
        let too_large = format!("EHLO c\r\n{ENVELOPE}{says}");
        let before = Setup::new(&limited).whole(format!("{too_large}12345678").as_bytes());
        assert_eq!(before.behind_hello(), "250 2.1.0, 250 2.1.5", "{says:?}");
        let after = Setup::new(&limited).whole(format!("{too_large}123456789").as_bytes());
        assert_eq!(after.behind_hello(), "250 2.1.0, 250 2.1.5, 552 5.3.4", "{says:?}");
    }
}

#[test]
fn an_announced_end_of_time_is_counted_exactly() {
    let (codes, mails) = chunks(&policy(), "BDAT 18446744073709551615 LAST\r\nQUIT\r\nNOOP\r\n");
    assert_eq!((codes.as_str(), mails.len()), ("250 2.1.0, 250 2.1.5", 0));
    let unlimited = policy().max_size(0);
    let trace =
        session(&unlimited, &format!("{ENVELOPE}BDAT 5\r\nhelloBDAT 18446744073709551615 LAST\r\nQUIT\r\n"));
    assert_eq!(trace.told.last().unwrap(), "Body");
    assert_eq!(trace.mails.len(), 0);
}

#[test]
fn data_and_rcpt_are_refused_between_chunks() {
    let (codes, mails) =
        chunks(&policy(), "BDAT 1\r\naDATA\r\nRCPT TO:<e@f>\r\nMAIL FROM:<>\r\nBDAT 1 LAST\r\nb");
    assert_eq!(codes, "250 2.0.0, 503 5.5.1, 503 5.5.1, 503 5.5.1, 250 2.6.0");
    assert_eq!(mails, [b"ab"]);
}

#[test]
fn rset_and_hello_between_chunks_take_the_mail_back() {
    for (says, code, told) in [("RSET", "250 2.0.0", "Reset"), ("EHLO d", "250", "EHLO d")] {
        let says = format!("{ENVELOPE}BDAT 3\r\nabc{says}\r\nBDAT 1 LAST\r\nd{ENVELOPE}BDAT 1 LAST\r\ne");
        let trace = session(&policy(), &says);
        let codes = trace.behind_hello();
        let tail = format!("250 2.0.0, {code}, 503 5.5.1, 250 2.1.0, 250 2.1.5, 250 2.6.0");
        assert!(codes.ends_with(&tail), "{codes}");
        assert_eq!(trace.mails, [b"e"]);
        assert!(trace.told.contains(&told.to_owned()));
    }
}

#[test]
fn chunks_beyond_the_limit_are_passed_over_and_the_mail_is_lost_whole() {
    let policy = policy().max_size(10);
    for (says, codes, kept) in [
        ("BDAT 10 LAST\r\n0123456789", "250 2.6.0", true),
        ("BDAT 11 LAST\r\n0123456789a", "552 5.3.4", false),
        ("BDAT 9\r\n012345678BDAT 1 LAST\r\n9", "250 2.0.0, 250 2.6.0", true),
        ("BDAT 9\r\n012345678BDAT 2 LAST\r\n9a", "250 2.0.0, 552 5.3.4", false),
        ("BDAT 9\r\n012345678BDAT 18446744073709551610\r\n9a", "250 2.0.0", false),
    ] {
        let (found, mails) = chunks(&policy, says);
        assert_eq!(found, codes, "{says:?}");
        assert_eq!(mails.len(), usize::from(kept), "{says:?}");
    }
    // Behind a refused chunk only RSET (or a new hello) helps, and what is announced is passed over.
    let says =
        "BDAT 11\r\n0123456789aBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nDATA\r\nRSET\r\nMAIL FROM:<>\r\n";
    let trace = session(&policy, &format!("{ENVELOPE}{says}"));
    let codes = trace.behind_hello();
    let tail = "552 5.3.4, 503 5.5.1, 503 5.5.1, 503 5.5.1, 250 2.0.0, 250 2.1.0";
    assert!(codes.ends_with(tail), "{codes}");
    assert_eq!(trace.told[3..], ["Lost TooLarge", "Reset", "MAIL <>"]);
    // Behind a refused last chunk the next mail may begin.
    let says = format!("{ENVELOPE}BDAT 11 LAST\r\n0123456789a{ENVELOPE}BDAT 1 LAST\r\nb");
    let trace = session(&policy, &says);
    assert_eq!(trace.mails, [b"b"]);
}

#[test]
fn a_bdat_whose_size_cannot_be_known_ends_the_session() {
    for line in [
        "BDAT",
        "BDAT x",
        "BDAT -1",
        "BDAT +1",
        "BDAT 1x",
        "BDAT 1 LASTX",
        "BDAT 1 LAST LAST",
        "BDAT 0x10",
        "BDAT 18446744073709551616",
        "BDAT 99999999999999999999999",
        "BDAT \0",
        "BDAT 6\0",
        "BDAT 6\r",
    ] {
        let trace = session(&policy(), &format!("{ENVELOPE}{line}\r\nQUIT\r\nNOOP\r\n"));
        let codes = trace.behind_hello();
        assert_eq!(codes, "250 2.1.0, 250 2.1.5, 501 5.5.4, 421 4.3.0", "{line:?}");
        assert_eq!(trace.told.len(), 3, "{line:?}");
    }
}

#[test]
fn a_bdat_in_a_line_that_is_too_long_or_broken_ends_the_session_too() {
    let spaces = " ".repeat(600);
    for (line, rx, code) in [
        (format!("BDAT {spaces} 6\r\nQUIT\r\n"), 2048, "500 5.5.2"),
        (format!("BDAT {spaces} 6\r\nQUIT\r\n"), 512, "500 5.5.2"),
        (format!("bdat 6{spaces}\r\nQUIT\r\n"), 512, "500 5.5.2"),
        (format!("BDAT 6{spaces}{spaces}\r\nQUIT\r\n"), 64, "500 5.5.2"),
        ("BDAT 6\nQUIT\r\n".into(), 512, "500 5.5.2"),
        ("BDAT 6\n\r\nQUIT\r\n".into(), 512, "500 5.5.2"),
    ] {
        let says = format!("EHLO c\r\n{ENVELOPE}{line}NOOP\r\n");
        let trace = Setup::new(&policy()).rx(rx).every_split(says.as_bytes());
        let codes = trace.behind_hello();
        assert_eq!(codes, format!("250 2.1.0, 250 2.1.5, {code}, 421 4.3.0"), "{line:?} {rx}");
        assert!(!trace.told.contains(&"Quit".to_owned()), "{line:?}");
    }
}

#[test]
fn the_last_words_are_not_lost_when_the_broken_bdat_is_one_error_too_many() {
    let policy = policy().max_errors(1);
    let trace = session(&policy, "NOOP\r\nBDAT x\r\n");
    assert_eq!(trace.behind_hello(), "250 2.0.0, 501 5.5.4, 421 4.7.0");
}

#[test]
fn binarymime_needs_bdat_and_chunking() {
    let binary = "MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<c@d>\r\n";
    let trace = session(&policy(), &format!("{binary}DATA\r\nBDAT 2 LAST\r\n\n\rNOOP\r\n"));
    assert_eq!(trace.behind_hello(), "250 2.1.0, 250 2.1.5, 503 5.5.1, 250 2.6.0, 250 2.0.0");
    assert_eq!(trace.mails, [b"\n\r"]);
    // It is the transaction's, not the session's.
    let trace = session(&policy(), &format!("{binary}RSET\r\n{ENVELOPE}DATA\r\n"));
    assert!(trace.behind_hello().ends_with("250 2.1.5, 354"));
    for without in [Extension::Chunking, Extension::BinaryMime] {
        let trace = session(&policy().without(without), binary);
        assert_eq!(trace.behind_hello(), "555 5.5.4, 503 5.5.1");
    }
}

#[test]
fn bare_line_ends_in_chunks_are_content_under_every_policy() {
    for bare in [BareLineEnds::Reject, BareLineEnds::Accept] {
        let (codes, mails) = chunks(&policy().bare_line_ends(bare), "BDAT 5 LAST\r\n\r\n.\n\r");
        assert_eq!((codes.as_str(), &mails[..]), ("250 2.6.0", &[b"\r\n.\n\r".to_vec()][..]));
    }
}

#[test]
fn a_client_that_goes_away_in_a_chunk_leaves_no_mail() {
    let says = format!("EHLO c\r\n{ENVELOPE}BDAT 4\r\nabcdBDAT 4 LAST\r\nefgh");
    for end in 0..says.len() {
        let trace = Setup::new(&policy()).whole(&says.as_bytes()[..end]);
        assert_eq!(trace.mails.len(), 0, "{end}");
        assert!(!trace.told.iter().any(|told| told.starts_with("EndOfData")), "{end}");
    }
}

#[test]
fn in_lmtp_the_last_chunk_is_answered_for_each_recipient() {
    let policy = policy().lmtp().max_size(10);
    let three = "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<reject@b>\r\nRCPT TO:<c@b>\r\n";
    for (says, codes) in [
        ("BDAT 2\r\nabBDAT 1 LAST\r\nc", "250 2.0.0, 250 2.6.0, 250 2.6.0"),
        ("BDAT 11 LAST\r\n0123456789a", "552 5.3.4, 552 5.3.4"),
        ("BDAT 11\r\n0123456789aBDAT 1 LAST\r\nc", "552 5.3.4, 552 5.3.4, 552 5.3.4"),
    ] {
        let trace = Setup::new(&policy).every_split(format!("{three}{says}NOOP\r\n").as_bytes());
        let codes = format!("250 2.1.0, 250 2.1.5, 550 5.1.1, 250 2.1.5, {codes}, 250 2.0.0");
        assert_eq!(trace.behind_hello(), codes, "{says:?}");
    }
}
