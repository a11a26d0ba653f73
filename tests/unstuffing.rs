//! Unstuffing: right at every cut, exactly one end, and the inverse of stuffing.

mod cuts;

use cuts::{Random, every_input, few_pieces};
use embedded_smtp::data::{BareLineEnds, LineEnds, Stuffer, Then, Unstuffer};

/// What a receiver made of the octets behind DATA.
#[derive(Debug, PartialEq, Eq, Default)]
struct Received {
    content: Vec<u8>,
    bare: bool,
    /// Octets behind the end, or `None` if it did not come.
    rest: Option<Vec<u8>>,
}

/// Reads as a server does: what is left undecided is kept, and the next read appended to it.
fn receive(policy: BareLineEnds, reads: &[&[u8]]) -> Received {
    let mut unstuffer = Unstuffer::new(policy);
    let mut received = Received::default();
    let mut buffer: Vec<u8> = Vec::new();
    for &read in reads {
        buffer.extend_from_slice(read);
        while received.rest.is_none() {
            let step = unstuffer.next(&buffer);
            assert!(step.consumed() <= buffer.len(), "{step:?} {buffer:?}");
            let run = &buffer[step.skip..][..step.run];
            assert!(!received.bare || run.is_empty(), "content behind a bare line end: {step:?}");
            received.content.extend_from_slice(run);
            match step.then {
                Then::More => {}
                Then::Bare => {
                    assert!(!received.bare, "told twice");
                    received.bare = true;
                }
                Then::End => received.rest = Some(Vec::new()),
            }
            buffer.drain(..step.consumed());
            if step.consumed() == 0 {
                assert!(buffer.len() <= 2, "left {buffer:?}");
                break;
            }
        }
    }
    received.rest = received.rest.map(|_| buffer);
    received
}

/// The definition, line by line over the whole input, which must hold an end.
fn by_the_rules(policy: BareLineEnds, wire: &[u8]) -> Received {
    let mut received = Received::default();
    let mut rest = wire;
    loop {
        let at = rest.windows(2).position(|pair| pair == b"\r\n").expect("an end");
        let line = &rest[..at];
        rest = &rest[at + 2..];
        if line == b"." {
            received.rest = Some(rest.to_vec());
            return received;
        }
        let text = line.strip_prefix(b".").unwrap_or(line);
        let bare = text.iter().position(|octet| matches!(octet, b'\r' | b'\n'));
        match bare {
            _ if received.bare => {}
            Some(at) if policy == BareLineEnds::Reject => {
                received.content.extend_from_slice(&text[..at]);
                received.bare = true;
            }
            _ => received.content.extend_from_slice(&[text, b"\r\n"].concat()),
        }
    }
}

const BOTH: [BareLineEnds; 2] = [BareLineEnds::Reject, BareLineEnds::Accept];

fn ended(content: &[u8], bare: bool) -> Received {
    Received { content: content.to_vec(), bare, rest: Some(b"NOOP\r\n".to_vec()) }
}

/// What comes behind DATA, without the true end and a command that follow; `Err` if it holds a
/// bare CR or LF, with the content in front of that; the content where those are accepted.
type Row = (&'static [u8], Result<(), &'static [u8]>, &'static [u8]);

#[test]
fn only_the_true_end_ends_the_mail_at_every_cut() {
    let rows: [Row; 17] = [
        (b"a", Ok(()), b"a\r\n"),
        (b"..x", Ok(()), b".x\r\n"),
        (b".x", Ok(()), b"x\r\n"),
        (b"a\r\n..", Ok(()), b"a\r\n.\r\n"),
        (b"a\r\n...\r\n", Ok(()), b"a\r\n..\r\n\r\n"),
        (b"\r\n\0.", Ok(()), b"\r\n\0.\r\n"),
        (b"\r\n\0.\r\n\0", Ok(()), b"\r\n\0.\r\n\0\r\n"),
        (b"a\r\n.\r\r\nb", Err(b"a\r\n"), b"a\r\n\r\r\nb\r\n"),
        (b"a\n.\nb", Err(b"a"), b"a\n.\nb\r\n"),
        (b"a\n.\r\nb", Err(b"a"), b"a\n.\r\nb\r\n"),
        (b"a\r\n.\nb", Err(b"a\r\n"), b"a\r\n\nb\r\n"),
        (b"a\r.\rb", Err(b"a"), b"a\r.\rb\r\n"),
        (b"a\r.\r\nb", Err(b"a"), b"a\r.\r\nb\r\n"),
        (b"a\r\n.\rb", Err(b"a\r\n"), b"a\r\n\rb\r\n"),
        (b".\nMAIL FROM:<>", Err(b""), b"\nMAIL FROM:<>\r\n"),
        (b"\n..", Err(b""), b"\n..\r\n"),
        (b"a\r", Err(b"a"), b"a\r\r\n"),
    ];
    for (wire, strict, accepted) in rows {
        let wire = [wire, b"\r\n.\r\nNOOP\r\n"].concat();
        let strict = match strict {
            Ok(()) => ended(accepted, false),
            Err(front) => ended(front, true),
        };
        few_pieces(&wire, |reads| {
            assert_eq!(receive(BareLineEnds::Reject, reads), strict, "{reads:?}");
            assert_eq!(receive(BareLineEnds::Accept, reads), ended(accepted, false), "{reads:?}");
        });
    }
}

#[test]
fn a_lone_dot_as_first_line_is_an_empty_mail() {
    for policy in BOTH {
        few_pieces(b".\r\nNOOP\r\n", |reads| {
            assert_eq!(receive(policy, reads), ended(b"", false), "{reads:?}");
        });
    }
}

#[test]
fn what_only_looks_like_the_end_waits_for_more() {
    for policy in BOTH {
        for (wire, content) in [
            (&b""[..], &b""[..]),
            (b".", b""),
            (b".\r", b""),
            (b"a\r", b"a"),
            (b"a\r\n.", b"a\r\n"),
            (b"a\r\n.\r", b"a\r\n"),
            (b"a.\r\n", b"a.\r\n"),
        ] {
            few_pieces(wire, |reads| {
                let expected = Received { content: content.to_vec(), bare: false, rest: None };
                assert_eq!(receive(policy, reads), expected, "{reads:?}");
            });
        }
    }
}

#[test]
fn every_short_input_is_read_as_the_rules_say_at_every_cut() {
    every_input(5, |front| {
        let wire = [front, b"\r\n.\r\n"].concat();
        for policy in BOTH {
            let expected = by_the_rules(policy, &wire);
            few_pieces(&wire, |reads| assert_eq!(receive(policy, reads), expected, "{policy:?} {reads:?}"));
        }
    });
}

#[test]
fn long_input_is_read_as_the_rules_say_wherever_the_blocks_fall() {
    let mut random = Random::new(0x3030);
    for round in 0..8000 {
        let mut wire = random.text(400, [2, 8, 40, 100][round % 4]);
        wire.extend_from_slice(b"\r\n.\r\nRSET\r\n");
        let reads = random.cut(&wire, [3, 17, 65, 400][round / 4 % 4]);
        for policy in BOTH {
            assert_eq!(receive(policy, &reads), by_the_rules(policy, &wire), "{policy:?} {reads:?}");
        }
    }
}

#[test]
fn unstuffing_undoes_stuffing() {
    let mut random = Random::new(0x822);
    let mut out = vec![0; 2048];
    let mut check = |content: &[u8], reads: usize| {
        let mut stuffer = Stuffer::new(LineEnds::Normalize);
        let (taken, written) = stuffer.stuff_into(content, &mut out).unwrap();
        assert_eq!(taken, content.len());
        let wire = [&out[..written], stuffer.finish().unwrap(), b"NOOP\r\n"].concat();
        let reads = random.cut(&wire, reads);
        let content = normalized(content);
        assert_eq!(receive(BareLineEnds::Reject, &reads), ended(&content, false), "{reads:?}");
    };
    every_input(6, |content| check(content, 3));
    let mut texts = Random::new(0x5322);
    for round in 0..2000 {
        check(&texts.text(400, [2, 8, 40, 100][round % 4]), 90);
    }
}

/// Every line ended by CRLF, the last one too.
fn normalized(content: &[u8]) -> Vec<u8> {
    let text = content.iter().map(|octet| char::from(*octet)).collect::<String>();
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines = lines.strip_suffix('\n').map(str::to_owned).unwrap_or(lines);
    if content.is_empty() {
        Vec::new()
    } else {
        lines.replace('\n', "\r\n").into_bytes().into_iter().chain(*b"\r\n").collect()
    }
}

#[test]
fn a_discarded_mail_is_skipped_up_to_its_end() {
    let wire = b"a\r\n..b\n.\n\r\nc\r.\r\n\r\n.\r\nNOOP\r\n";
    let mut unstuffer = Unstuffer::new(BareLineEnds::Reject);
    unstuffer.discard();
    let (mut at, mut content) = (0, 0);
    loop {
        let step = unstuffer.next(&wire[at..]);
        assert_ne!(step.then, Then::Bare);
        content += step.run;
        at += step.consumed();
        if step.then == Then::End {
            break;
        }
        assert_ne!(step.consumed(), 0);
    }
    assert_eq!((content, &wire[at..]), (0, &b"NOOP\r\n"[..]));
    assert_eq!(unstuffer, Unstuffer::new(BareLineEnds::Reject), "fit for the next mail");
}

#[test]
fn runs_of_clean_text_are_as_long_as_the_text() {
    let text = [&[b'x'; 76][..], b"\r\n"].concat().repeat(1000);
    let step = Unstuffer::new(BareLineEnds::Reject).next(&text);
    assert_eq!((step.skip, step.run, step.then), (0, text.len(), Then::More));
}
