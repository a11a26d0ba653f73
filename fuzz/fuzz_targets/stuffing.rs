//! Stuffing and unstuffing undo each other at any chunking; and nothing stuffed ends before its end. What is not stuffed well is
//! received the same at any chunking, too.
#![no_main]

use embedded_smtp::data::{BareLineEnds, LineEnds, Stuffer, Then, Unstuffer};
use embedded_smtp_fuzz::{Cuts, normalised, stuffed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &[u8], &[u8])| {
    let (sizes, room, content) = input;
    let wire = stuff(content, &mut Cuts::new(sizes), &mut Cuts::new(room));
    let end = wire.windows(5).position(|window| window == b"\r\n.\r\n");
    if wire != b".\r\n" {
        assert_eq!(end, wire.len().checked_sub(5), "an end before the end");
        assert!(!wire.starts_with(b".\r\n"));
    }
    assert_eq!(wire, stuffed(content));
    assert_eq!(unstuff(&wire, &mut Cuts::new(room)), normalised(content));
    for bare in [BareLineEnds::Reject, BareLineEnds::Accept] {
        // Octet by octet nothing is seen at a glance.
        let expected = received(content, bare, 1);
        assert_eq!(received(content, bare, content.len()), expected);
        assert_eq!(received(content, bare, 23), expected);
    }
});

/// The content of the mails in `wire`, of which so many octets come at once, and where each ends or is lost.
fn received(wire: &[u8], bare: BareLineEnds, piece: usize) -> (Vec<u8>, Vec<(usize, Then)>) {
    let mut unstuffer = Unstuffer::new(bare);
    let (mut content, mut events, mut from, mut to) = (Vec::new(), Vec::new(), 0, 0);
    loop {
        let step = unstuffer.next(&wire[from..to]);
        content.extend_from_slice(&wire[from + step.skip..][..step.run]);
        from += step.consumed();
        if step.then != Then::More {
            events.push((from, step.then));
        } else if step.consumed() == 0 {
            if to == wire.len() {
                return (content, events);
            }
            to = (to + piece).min(wire.len());
        }
    }
}

fn stuff(mut content: &[u8], sizes: &mut Cuts<'_>, room: &mut Cuts<'_>) -> Vec<u8> {
    let mut stuffer = Stuffer::new(LineEnds::Normalize);
    let mut wire = Vec::new();
    while !content.is_empty() {
        let mut piece = &content[..sizes.next_size().min(content.len())];
        content = &content[piece.len()..];
        while !piece.is_empty() {
            let mut out = [0; 256];
            let size = room.next_size().min(out.len());
            let (taken, written) = stuffer.stuff_into(piece, &mut out[..size]).unwrap();
            assert!(taken > 0 || written > 0);
            wire.extend_from_slice(&out[..written]);
            piece = &piece[taken..];
        }
    }
    wire.extend_from_slice(stuffer.finish().unwrap());
    wire
}

fn unstuff(wire: &[u8], cuts: &mut Cuts<'_>) -> Vec<u8> {
    let mut unstuffer = Unstuffer::new(BareLineEnds::Reject);
    let (mut content, mut from, mut to) = (Vec::new(), 0, 0);
    loop {
        let step = unstuffer.next(&wire[from..to]);
        content.extend_from_slice(&wire[from + step.skip..][..step.run]);
        from += step.consumed();
        match step.then {
            Then::End => break,
            Then::Bare => panic!("nothing stuffed holds a bare CR or LF"),
            Then::More if step.consumed() > 0 => {}
            Then::More => {
                assert!(to - from <= 2, "at most two octets are undecided");
                assert!(to < wire.len(), "the end is found in the last octet");
                to += cuts.next_size().min(wire.len() - to);
            }
        }
    }
    assert_eq!(from, wire.len());
    content
}
