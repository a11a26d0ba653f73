//! Stuffing: right at every cut, by whichever of its three ways it is asked for.

mod cuts;

use cuts::{Random, all_ways, every_input, few_pieces};
use embedded_smtp::data::{BareLineEnd, LineEnds, Stuffer};

type Sent = Result<Vec<u8>, BareLineEnd>;

/// By `next`, checking what each piece promises.
fn by_pieces(line_ends: LineEnds, reads: &[&[u8]]) -> Sent {
    let mut stuffer = Stuffer::new(line_ends);
    let mut wire = Vec::new();
    for &read in reads {
        let mut rest = read;
        while !rest.is_empty() {
            let piece = stuffer.next(rest)?;
            assert!(!piece.octets.is_empty(), "no progress on {rest:?}");
            match piece.taken {
                0 => assert!(matches!(piece.octets, b"." | b"\r" | b"\n")),
                taken => assert_eq!(piece.octets, &rest[..taken]),
            }
            wire.extend_from_slice(piece.octets);
            rest = &rest[piece.taken..];
        }
    }
    wire.extend_from_slice(stuffer.finish()?);
    Ok(wire)
}

/// By `plain` and `advance`, with a transport that takes at most `most` octets a write.
fn from_memory(line_ends: LineEnds, reads: &[&[u8]], most: usize) -> Sent {
    let mut stuffer = Stuffer::new(line_ends);
    let mut wire = Vec::new();
    for &read in reads {
        let mut rest = read;
        while !rest.is_empty() {
            let sent = stuffer.plain(rest).min(most);
            if sent > 0 {
                stuffer.advance(&rest[..sent]);
                wire.extend_from_slice(&rest[..sent]);
                rest = &rest[sent..];
            } else {
                let piece = stuffer.next(rest)?;
                assert_eq!(piece.octets.len(), 1);
                wire.extend_from_slice(piece.octets);
                rest = &rest[piece.taken..];
            }
        }
    }
    wire.extend_from_slice(stuffer.finish()?);
    Ok(wire)
}

/// By `stuff_into`, with an output of `room` octets.
fn by_copy(line_ends: LineEnds, reads: &[&[u8]], room: usize) -> Sent {
    let mut stuffer = Stuffer::new(line_ends);
    let mut wire = Vec::new();
    for &read in reads {
        let mut rest = read;
        while !rest.is_empty() {
            let mut out = vec![0xff; room];
            let (taken, written) = stuffer.stuff_into(rest, &mut out)?;
            assert!(written > 0, "no progress on {rest:?}");
            assert!(out[written..].iter().all(|octet| *octet == 0xff), "wrote behind what it told");
            wire.extend_from_slice(&out[..written]);
            rest = &rest[taken..];
        }
    }
    wire.extend_from_slice(stuffer.finish()?);
    Ok(wire)
}

/// The definition, octet by octet over the whole content.
fn by_the_rules(line_ends: LineEnds, content: &[u8]) -> Result<Vec<u8>, u8> {
    let mut wire = Vec::new();
    let mut octets = content.iter().copied().peekable();
    while let Some(octet) = octets.next() {
        match octet {
            b'\r' | b'\n' => {
                let crlf = octet == b'\r' && octets.next_if_eq(&b'\n').is_some();
                if !crlf && line_ends == LineEnds::Reject {
                    return Err(octet);
                }
                wire.extend_from_slice(b"\r\n");
            }
            b'.' if wire.is_empty() || wire.ends_with(b"\r\n") => wire.extend_from_slice(b".."),
            _ => wire.push(octet),
        }
    }
    if !wire.is_empty() && !wire.ends_with(b"\r\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b".\r\n");
    Ok(wire)
}

fn check(content: &[u8], reads: &[&[u8]]) {
    for line_ends in [LineEnds::Normalize, LineEnds::Reject] {
        let expected = by_the_rules(line_ends, content);
        let told = |sent: Sent| sent.map_err(|bare| bare.octet);
        assert_eq!(told(by_pieces(line_ends, reads)), expected, "next: {line_ends:?} {reads:?}");
        for most in [1, 2, 100] {
            let sent = told(from_memory(line_ends, reads, most));
            assert_eq!(sent, expected, "plain, {most} at once: {line_ends:?} {reads:?}");
            let sent = told(by_copy(line_ends, reads, most));
            assert_eq!(sent, expected, "stuff_into, room for {most}: {line_ends:?} {reads:?}");
        }
    }
}

/// Content, what is sent for it, and the first bare CR or LF for which it can be refused.
type Row = (&'static [u8], &'static [u8], Result<(), u8>);

#[test]
fn known_traps_are_sent_right_at_every_cut() {
    let rows: [Row; 18] = [
        (b"", b".\r\n", Ok(())),
        (b".", b"..\r\n.\r\n", Ok(())),
        (b".\r\n", b"..\r\n.\r\n", Ok(())),
        (b"..x", b"...x\r\n.\r\n", Ok(())),
        (b"a\n", b"a\r\n.\r\n", Err(b'\n')),
        (b"a\r", b"a\r\n.\r\n", Err(b'\r')),
        (b"a\r\n", b"a\r\n.\r\n", Ok(())),
        (b"a", b"a\r\n.\r\n", Ok(())),
        (b"\r\n.\r\r\n", b"\r\n..\r\n\r\n.\r\n", Err(b'\r')),
        (b"\n.\n", b"\r\n..\r\n.\r\n", Err(b'\n')),
        (b"\n.\r\n", b"\r\n..\r\n.\r\n", Err(b'\n')),
        (b"\r\n.\n", b"\r\n..\r\n.\r\n", Err(b'\n')),
        (b"\r.\r", b"\r\n..\r\n.\r\n", Err(b'\r')),
        (b"\r\n\0.\r\n", b"\r\n\0.\r\n.\r\n", Ok(())),
        (b"\r\n.\r\n", b"\r\n..\r\n.\r\n", Ok(())),
        (b"\n\r", b"\r\n\r\n.\r\n", Err(b'\n')),
        (b"a\r\n.\r\nMAIL FROM:<>", b"a\r\n..\r\nMAIL FROM:<>\r\n.\r\n", Ok(())),
        (b"\xff.\xe9", b"\xff.\xe9\r\n.\r\n", Ok(())),
    ];
    for (content, normalized, strict) in rows {
        assert_eq!(by_pieces(LineEnds::Normalize, &[content]).as_deref(), Ok(normalized), "{content:?}");
        let rejected = by_pieces(LineEnds::Reject, &[content]);
        match strict {
            Ok(()) => assert_eq!(rejected.as_deref(), Ok(normalized), "{content:?}"),
            Err(octet) => assert_eq!(rejected.map_err(|bare| bare.octet), Err(octet), "{content:?}"),
        }
        few_pieces(content, |reads| check(content, reads));
    }
}

#[test]
fn every_short_content_is_sent_right_at_every_chunking() {
    every_input(5, |content| all_ways(content, |reads| check(content, reads)));
}

#[test]
fn long_content_is_sent_right_wherever_the_blocks_fall() {
    let mut random = Random::new(0x5321);
    for round in 0..4000 {
        let rarity = [2, 8, 40, 100][round % 4];
        let content = random.text(400, rarity);
        let reads = random.cut(&content, [3, 17, 65, 400][round / 4 % 4]);
        check(&content, &reads);
    }
}

#[test]
fn what_is_sent_holds_one_end_and_no_bare_cr_or_lf() {
    every_input(6, |content| {
        let wire = by_pieces(LineEnds::Normalize, &[content]).unwrap();
        let mut lines: Vec<&[u8]> = Vec::new();
        let mut rest = &wire[..];
        while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
            lines.push(&rest[..at]);
            rest = &rest[at + 2..];
        }
        assert!(rest.is_empty(), "{wire:?}");
        assert!(lines.iter().all(|line| !line.contains(&b'\r') && !line.contains(&b'\n')), "{wire:?}");
        assert_eq!(lines.iter().position(|line| line == b"."), Some(lines.len() - 1), "{wire:?}");
    });
}

#[test]
fn content_that_breaks_off_anywhere_still_ends_as_a_mail_of_what_was_taken() {
    every_input(5, |content| {
        let mut stuffer = Stuffer::new(LineEnds::Normalize);
        let (mut wire, mut taken) = (Vec::new(), 0);
        loop {
            let ended = [&wire[..], stuffer.finish().unwrap()].concat();
            let end = ended.windows(5).position(|octets| octets == b"\r\n.\r\n").map(|at| at + 5);
            let end = if ended.starts_with(b".\r\n") { Some(3) } else { end };
            assert_eq!(end, Some(ended.len()), "{content:?} {ended:?}");
            if taken == content.len() {
                break;
            }
            let piece = stuffer.next(&content[taken..]).unwrap();
            wire.extend_from_slice(piece.octets);
            taken += piece.taken;
        }
    });
}

#[test]
fn a_bare_line_end_is_told_with_its_place() {
    let rows: [(&[&[u8]], usize, u8); 7] = [
        (&[b"ab\ncd"], 2, b'\n'),
        (&[b"ab\rcd"], 2, b'\r'),
        (&[b"ab\r\r\n"], 2, b'\r'),
        (&[b"\n"], 0, b'\n'),
        (&[b"..\r\n..\n"], 6, b'\n'),
        (&[b"ab\r", b"cd"], 0, b'\r'),
        (&[b"ab\r\n", b"c\r", b"\rd"], 0, b'\r'),
    ];
    for (reads, at, octet) in rows {
        for room in [1, 2, 3, 100] {
            let bare = by_copy(LineEnds::Reject, reads, room).unwrap_err();
            assert_eq!(bare.octet, octet, "{reads:?}");
            if room == 100 {
                assert_eq!(bare.at, at, "{reads:?}");
            }
        }
        let bare = by_pieces(LineEnds::Reject, reads).unwrap_err();
        assert_eq!((bare.at, bare.octet), (0, octet), "the pieces before it are taken: {reads:?}");
    }
}

#[test]
fn a_bare_cr_far_inside_the_input_is_told_with_its_place() {
    for at in 4090..4100 {
        let mut content = vec![b'a'; 5000];
        content[at] = b'\r';
        let bare = by_copy(LineEnds::Reject, &[&content], 8192).unwrap_err();
        assert_eq!((bare.at, bare.octet), (at, b'\r'));
    }
}

#[test]
fn no_room_takes_nothing() {
    let mut stuffer = Stuffer::new(LineEnds::Normalize);
    assert_eq!(stuffer.stuff_into(b".", &mut []), Ok((0, 0)));
    assert_eq!(stuffer.stuff_into(b".", &mut [0; 1]), Ok((1, 1)));
    assert_eq!(stuffer.stuff_into(b"", &mut []), Ok((0, 0)));
    // Small machines leave the dot that is owed to what follows, or to the end.
    let (taken, written) = stuffer.stuff_into(b"", &mut [0; 1]).unwrap();
    let end = stuffer.finish().unwrap();
    assert_eq!((taken, written + end.len()), (0, b".\r\n.\r\n".len()), "the dot that was owed");
    assert_eq!(stuffer.stuff_into(b"", &mut [0; 1]), Ok((0, 0)));
}

#[test]
fn pieces_of_clean_text_are_as_long_as_the_text() {
    let line = [&[b'x'; 76][..], b"\r\n"].concat();
    let text = line.repeat(1000);
    let mut stuffer = Stuffer::new(LineEnds::Reject);
    assert_eq!(stuffer.plain(&text), text.len());
    assert_eq!(stuffer.next(&text).unwrap().taken, text.len());
}
