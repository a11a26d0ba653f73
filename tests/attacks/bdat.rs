//! BDAT (RFC 3030) in the server, each session at every split of the input.
//!
//! Class: BDAT (client, server). Records: CVE-2017-16943, CVE-2017-16944, CVE-2020-28017 to CVE-2020-28026.

use super::server::{Say, Setup, Trace, policy};
use embedded_smtp::data::BareLineEnds;
use embedded_smtp::server::{Event, Policy};
use embedded_smtp::wire::Extension;

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
        ("BDAT 10 LAST\r\na\r\n.\r\n..\r\n", "250 2.6.0", "a\r\n.\r\n..\r\n"),
        // Nor does it matter where in a line the cut is.
        ("BDAT 2\r\na\rBDAT 1 LAST\r\n\n", "250 2.0.0, 250 2.6.0", "a\r\n"),
        ("BDAT 3\r\na\r\nBDAT 3 LAST\r\n.\r\n", "250 2.0.0, 250 2.6.0", "a\r\n.\r\n"),
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

/// RFC 3030 §2 wants what is announced to be read; not for ever.
#[test]
fn a_refused_chunk_is_read_up_to_a_limit_and_one_that_announces_more_ends_the_session() {
    let policy = policy().max_size(5).max_drained(20);
    let content = "QUIT\r\n";
    for (says, codes) in [
        // Refused for its size, for its place, for its time; each announces what is still allowed, or more.
        (format!("{ENVELOPE}BDAT 6 LAST\r\n{content}NOOP\r\n"), "250 2.1.0, 250 2.1.5, 552 5.3.4, 250 2.0.0"),
        (format!("BDAT 20\r\n{}NOOP\r\n", "x".repeat(20)), "503 5.5.1, 250 2.0.0"),
        (format!("BDAT 21\r\n{content}"), "503 5.5.1, 421 4.7.0"),
        (format!("BDAT 99 LAST\r\n{content}"), "503 5.5.1, 421 4.7.0"),
        (format!("BDAT 18446744073709551615 LAST\r\n{content}"), "503 5.5.1, 421 4.7.0"),
        (format!("{ENVELOPE}BDAT 21\r\n{content}"), "250 2.1.0, 250 2.1.5, 552 5.3.4, 421 4.7.0"),
        (
            format!("{ENVELOPE}BDAT 4294967296 LAST\r\n{content}"),
            "250 2.1.0, 250 2.1.5, 552 5.3.4, 421 4.7.0",
        ),
        // All of a session counts.
        (
            format!("BDAT 14\r\n{}BDAT 6\r\n{content}BDAT 1\r\nx", "x".repeat(14)),
            "503 5.5.1, 503 5.5.1, 503 5.5.1, 421 4.7.0",
        ),
        // Of a lost mail the rest of the chunk counts, and every other one.
        (format!("{ENVELOPE}BDAT 5 LAST\r\na\nxxxNOOP\r\n"), "250 2.1.0, 250 2.1.5, 554 5.6.0, 250 2.0.0"),
    ] {
        assert_eq!(session(&policy, &says).behind_hello(), codes, "{says:?}");
    }
    let unlimited = policy.max_size(0);
    let says = format!("{ENVELOPE}BDAT 18446744073709551615\r\na\nMAIL FROM:<evil@x>\r\n");
    let trace = session(&unlimited, &says);
    assert_eq!(trace.behind_hello(), "250 2.1.0, 250 2.1.5, 554 5.6.0, 421 4.7.0");
    assert_eq!(trace.told.last().unwrap(), "Lost BareLineEnd");
}

#[test]
fn an_announced_end_of_time_is_counted_exactly() {
    let unlimited = policy().max_size(0);
    let trace =
        session(&unlimited, &format!("{ENVELOPE}BDAT 5\r\nhelloBDAT 18446744073709551615 LAST\r\nQUIT\r\n"));
    assert_eq!(trace.told.last().unwrap(), "Body");
    assert_eq!(trace.mails.len(), 0);
    assert_eq!(trace.behind_hello(), "250 2.1.0, 250 2.1.5, 250 2.0.0");
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
        ("BDAT 9\r\n012345678BDAT 18446744073709551610\r\n9a", "250 2.0.0, 552 5.3.4, 421 4.7.0", false),
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

/// Whoever takes the mail and passes it on behind DATA would pass on what ends it early.
#[test]
fn bare_line_ends_in_chunks_lose_the_mail_whole_unless_it_is_binary() {
    let binary = "MAIL FROM:<a@b> BODY=BINARYMIME\r\nRCPT TO:<c@d>\r\n";
    let eight_bit = "MAIL FROM:<a@b> BODY=8BITMIME\r\nRCPT TO:<c@d>\r\n";
    for content in [
        &b"\n"[..],
        b"\r",
        b"\n.\n",
        b"\r.\r",
        b"a\r\n.\n",
        b"a\n.\r\nb",
        b"a\r\n.\r\r\n",
        b"a\r",
        b"\r\r\n",
        b"a\n\r\n",
        b".\n",
        b"a\r.\r\n",
        b"a\r\n.\rb",
        b"\r\n.\r",
    ] {
        for cut in 0..=content.len() {
            let (front, back) = content.split_at(cut);
            let chunks = [
                format!("BDAT {}\r\n", front.len()).as_bytes(),
                front,
                format!("BDAT {} LAST\r\n", back.len()).as_bytes(),
                back,
                b"NOOP\r\n",
            ]
            .concat();
            let says = |envelope: &str| [b"EHLO c\r\n", envelope.as_bytes(), &chunks].concat();
            for envelope in [ENVELOPE, eight_bit] {
                let trace = Setup::new(&policy()).every_split(&says(envelope));
                assert_eq!(trace.mails.len(), 0, "{content:?} {cut}");
                assert_eq!(trace.told.last().unwrap(), "Lost BareLineEnd", "{content:?} {cut}");
                let codes = trace.behind_hello();
                // In the first chunk, which leaves nothing to add to; in the last; at the end of it.
                let good = ["554 5.6.0, 503 5.5.1, 250 2.0.0", "250 2.0.0, 554 5.6.0, 250 2.0.0"];
                assert!(good.iter().any(|good| codes.ends_with(good)), "{content:?} {cut}: {codes}");
            }
            let accept = policy().bare_line_ends(BareLineEnds::Accept);
            for (policy, envelope) in [(accept, ENVELOPE), (policy(), binary)] {
                let trace = Setup::new(&policy).every_split(&says(envelope));
                assert_eq!(trace.mails, [content], "{cut}");
                assert!(
                    trace.behind_hello().ends_with("250 2.0.0, 250 2.6.0, 250 2.0.0"),
                    "{content:?} {cut}"
                );
            }
        }
    }
    // What is refused is no content: a CR of it stands in front of none.
    for (refused, content) in [("\r", "\n"), ("\r", "a\r\n"), ("a", "\n")] {
        let says = format!(
            "EHLO c\r\nMAIL FROM:<>\r\nBDAT 1\r\n{refused}RCPT TO:<c@d>\r\nBDAT {} LAST\r\n{content}",
            content.len()
        );
        let trace = Setup::new(&policy()).every_split(says.as_bytes());
        assert_eq!(trace.mails.len(), usize::from(content != "\n"), "{says:?}");
    }
    // The next mail is judged by itself.
    let says = format!(
        "EHLO c\r\n{ENVELOPE}BDAT 2 LAST\r\na\r{ENVELOPE}BDAT 2 LAST\r\nb\n{binary}BDAT 1\r\n\rRSET\r\n{ENVELOPE}BDAT 2 LAST\r\n\r\n"
    );
    assert_eq!(Setup::new(&policy()).every_split(says.as_bytes()).mails, [b"\r\n"]);
}

#[test]
fn what_looks_like_bdat_ends_the_session_before_its_octets_are_commands() {
    let behind = "RSET\r\nMAIL FROM:<evil@x>\r\n";
    for (line, last) in [
        ("BDAT\t25 LAST\r\n", "501 5.5.4, 421 4.3.0"),
        // Where an LF ends a line for whoever sends it on, this one is two.
        ("NOOP\nBDAT 25 LAST\r\n", "500 5.5.2, 421 4.3.0"),
        ("\nbdat 25\r\n", "500 5.5.2, 421 4.3.0"),
        ("MAIL FROM:<>\nNOOP\nBdat 25\nx\r\n", "500 5.5.2, 421 4.3.0"),
    ] {
        let trace = session(&policy(), &format!("{line}{behind}"));
        assert_eq!(trace.behind_hello(), last, "{line:?}");
        assert_eq!(trace.told, ["EHLO c"], "{line:?}");
    }
    // Where the line was too long to be kept, nobody knows.
    let long = format!("NOOP {}\nBDAT 25\r\n{behind}", "x".repeat(600));
    let trace = Setup::new(&policy()).rx(512).every_split(format!("EHLO c\r\n{long}").as_bytes());
    assert_eq!(trace.behind_hello(), "500 5.5.2, 421 4.3.0");
}

/// Chunks of next to nothing, one in each five minutes, are no mail.
#[test]
fn chunks_that_bring_nothing_come_to_an_end() {
    let policy = policy().max_idle(20).patience(300, 300, 100);
    for chunk in ["BDAT 0\r\n", "BDAT 1\r\nx", "BDAT 4\r\nxxxx", "BDAT 0\r\nBDAT 2\r\nxx"] {
        let trace = session(&policy, &format!("{ENVELOPE}{}", chunk.repeat(60)));
        assert!(trace.behind_hello().ends_with("250 2.0.0, 421 4.7.0"), "{chunk:?}");
    }
    for chunk in ["BDAT 6\r\nxxxxxx", "BDAT 10\r\n\r\n\r\n\r\n\r\n\r\n"] {
        let trace = session(&policy, &format!("{ENVELOPE}{}BDAT 0 LAST\r\n", chunk.repeat(60)));
        assert!(trace.behind_hello().ends_with("250 2.0.0, 250 2.6.0"), "{chunk:?}");
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

#[test]
fn a_mail_of_which_a_chunk_was_refused_is_not_taken_by_lmtp_either() {
    let policy = policy().lmtp();
    let says = b"LHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nBDAT 5\r\nfirstBDAT 6 LAST\r\nsecondNOOP\r\n";
    let setup = Setup::new(&policy).caller(|event| match event {
        Event::EndOfChunk => Say::Reply(451, (4, 3, 0), "no"),
        event => super::server::usual(event),
    });
    let trace = setup.every_split(says);
    assert_eq!(trace.told[1..], ["MAIL <a@b>", "RCPT <c@d>", "RCPT <e@f>", "Body", "EndOfChunk"]);
    assert!(trace.behind_hello().ends_with("451 4.3.0, 554 5.6.0, 554 5.6.0, 250 2.0.0"));
}
