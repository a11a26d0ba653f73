//! A mail's content: stuffing and unstuffing.

use std::hint::black_box;

use embedded_smtp::data::{BareLineEnds, LineEnds, Stuffer, Then, Unstuffer};

use super::{LEAST, OURS};
use crate::corpus;
use crate::row::{Row, Work};

/// Octets that one read brings, where they come in pieces.
pub const PIECE: usize = 1460;

pub fn rows() -> Vec<Row> {
    let mut rows = stuffing();
    rows.extend(unstuffing());
    rows
}

fn stuffing() -> Vec<Row> {
    let mut rows = Vec::new();
    for (work, content) in [(Work::StuffSlices, corpus::text()), (Work::StuffDots, corpus::dots())] {
        let expected = corpus::stuffed(&content);
        for (who, stuff) in [(OURS, slices as fn(&[u8], &mut dyn FnMut(&[u8]))), (LEAST, least_slices)] {
            let mut wire = Vec::new();
            stuff(&content, &mut |piece| wire.extend_from_slice(piece));
            assert!(wire == expected, "{who} {work:?}");
            let content = content.clone();
            let row = Row::new(work, who, (content.len(), 1), move || {
                stuff(black_box(&content), &mut |piece| {
                    black_box(piece);
                });
            });
            rows.push(if who == LEAST { row.differs("bare CR and LF pass") } else { row });
        }
    }
    let content = corpus::text();
    let mut wire = vec![0; content.len() + 16];
    let written = copied(&content, &mut wire);
    assert!(wire[..written] == corpus::stuffed(&content));
    rows.push(Row::new(Work::StuffCopied, OURS, (content.len(), 1), move || {
        black_box(copied(black_box(&content), &mut wire));
    }));
    rows
}

/// As slices of the content.
fn slices(content: &[u8], each: &mut dyn FnMut(&[u8])) {
    let mut stuffer = Stuffer::new(LineEnds::Reject);
    let mut rest = content;
    while !rest.is_empty() {
        let piece = stuffer.next(rest).expect("CRLF everywhere");
        each(piece.octets);
        rest = &rest[piece.taken..];
    }
    each(stuffer.finish().expect("CRLF everywhere"));
}

fn copied(content: &[u8], wire: &mut [u8]) -> usize {
    let mut stuffer = Stuffer::new(LineEnds::Reject);
    let (taken, written) = stuffer.stuff_into(content, wire).expect("CRLF everywhere");
    assert_eq!(taken, content.len());
    let end = stuffer.finish().expect("CRLF everywhere");
    wire[written..][..end.len()].copy_from_slice(end);
    written + end.len()
}

/// Looks for LF and dot, and for nothing else.
fn least_slices(content: &[u8], each: &mut dyn FnMut(&[u8])) {
    let mut from = 0;
    if content.starts_with(b".") {
        each(b".");
    }
    for at in memchr::memmem::find_iter(content, b"\n.") {
        each(&content[from..=at]);
        each(b".");
        from = at + 1;
    }
    each(&content[from..]);
    each(b".\r\n");
}

fn unstuffing() -> Vec<Row> {
    let mut rows = Vec::new();
    for (work, content, piece) in [
        (Work::Unstuff, corpus::text(), usize::MAX),
        (Work::UnstuffPieces, corpus::text(), PIECE),
        (Work::UnstuffDots, corpus::dots(), usize::MAX),
    ] {
        let wire = corpus::stuffed(&content);
        let mut found = Vec::new();
        runs(&wire, piece, &mut |run| found.extend_from_slice(run));
        assert!(found == content, "{work:?}");
        let size = (wire.len(), 1);
        let (slices, copies) = (wire.clone(), wire.clone());
        rows.push(Row::new(work, OURS, size, move || {
            runs(black_box(&slices), piece, &mut |run| {
                black_box(run);
            });
        }));
        let mut into = Vec::with_capacity(wire.len());
        rows.push(
            Row::new(work, "embedded-smtp, into a buffer", size, move || {
                into.clear();
                runs(black_box(&copies), piece, &mut |run| into.extend_from_slice(run));
                black_box(&mut into);
            })
            .differs("same octets, copied"),
        );
        let mut found = Vec::new();
        least_runs(&wire, &mut |run| found.extend_from_slice(run));
        assert!(found == content, "{work:?}");
        if piece == usize::MAX {
            let row = Row::new(work, LEAST, size, move || {
                least_runs(black_box(&wire), &mut |run| {
                    black_box(run);
                });
            });
            rows.push(row.differs("whole only; bare CR and LF pass"));
        }
    }
    rows
}

/// The runs of content in `wire`, of which `piece` octets come at once.
fn runs(wire: &[u8], piece: usize, each: &mut dyn FnMut(&[u8])) {
    let mut unstuffer = Unstuffer::new(BareLineEnds::Reject);
    let (mut at, mut come) = (0, 0);
    loop {
        let step = unstuffer.next(&wire[at..come]);
        let run = &wire[at + step.skip..][..step.run];
        if !run.is_empty() {
            each(run);
        }
        at += step.consumed();
        match step.then {
            Then::End => return,
            Then::Bare => panic!("no bare line end here"),
            Then::More if step.consumed() == 0 || at == come => {
                come = come.saturating_add(piece).min(wire.len())
            }
            Then::More => {}
        }
    }
}

/// Looks for LF and dot, and for nothing else.
fn least_runs(wire: &[u8], each: &mut dyn FnMut(&[u8])) {
    let mut from = usize::from(wire.starts_with(b"."));
    for at in memchr::memmem::find_iter(wire, b"\n.") {
        each(&wire[from..=at]);
        from = at + 2;
        if wire[from..].starts_with(b"\r\n") {
            return;
        }
    }
}
