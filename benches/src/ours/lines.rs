//! Replies and commands: from a stream of octets to typed values.

use std::hint::black_box;

use embedded_smtp::wire::{Capabilities, Command, Reply};

use super::{LEAST, OURS};
use crate::corpus;
use crate::row::{Row, Work};

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mixed = corpus::replies();
    let size = (mixed.len(), 1000);
    assert_eq!(codes_of(&mixed, replies), expected_codes(&mixed));
    assert_eq!(codes_of(&mixed, least_replies), expected_codes(&mixed));
    for (who, parse) in [(OURS, replies as fn(&[u8], &mut dyn FnMut(u16, &[u8]))), (LEAST, least_replies)] {
        let mixed = mixed.clone();
        rows.push(Row::new(Work::Replies, who, size, move || {
            parse(black_box(&mixed), &mut |code, text| {
                black_box((code, text));
            });
        }));
    }
    let first = |mut stream: &'static [u8]| Reply::take(&mut stream).expect("a reply").expect("a whole one");
    assert_eq!((first(corpus::OK).code.number(), first(corpus::OK).text), (250, &b"Ok"[..]));
    rows.push(Row::new(Work::OkReply, OURS, (corpus::OK.len(), 1), move || {
        black_box(first(black_box(corpus::OK)));
    }));

    let offered = ehlo(corpus::EHLO);
    assert!(offered.has(embedded_smtp::wire::Extension::SmtpUtf8) && offered.size().allows(52_428_800));
    rows.push(Row::new(Work::Ehlo, OURS, (corpus::EHLO.len(), 1), || {
        black_box(ehlo(black_box(corpus::EHLO)));
    }));

    let mixed = corpus::commands();
    let size = (mixed.len(), 1000);
    let mut count = 0;
    commands(&mixed, &mut |command| {
        count += usize::from(!matches!(command, Command::Unknown(_)));
    });
    assert_eq!(count, 1000);
    let ours = mixed.clone();
    rows.push(Row::new(Work::Commands, OURS, size, move || {
        commands(black_box(&ours), &mut |command| {
            black_box(command);
        });
    }));
    rows.push(
        Row::new(Work::Commands, LEAST, size, move || {
            least_commands(black_box(&mixed), &mut |verb, path| {
                black_box((verb, path));
            });
        })
        .differs("verb and path; parameters not parsed"),
    );
    rows
}

/// The lines of `stream`, without their CRLF, which must be there: what the engines' buffers do.
pub fn lines(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(b'\n', stream).map(move |lf| {
        let line = stream.get(start..lf).unwrap_or_default();
        start = lf + 1;
        line.strip_suffix(b"\r").expect("CRLF")
    })
}

/// One code and the text of one line for each line.
fn replies(mut stream: &[u8], each: &mut dyn FnMut(u16, &[u8])) {
    while let Some(reply) = Reply::take(&mut stream).expect("replies") {
        each(reply.code.number(), reply.text);
        black_box((reply.enhanced, reply.last));
    }
}

fn least_replies(stream: &[u8], each: &mut dyn FnMut(u16, &[u8])) {
    for line in lines(stream) {
        let [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ' | b'-', text @ ..] = line else {
            panic!("a reply")
        };
        each(u16::from(a & 15) * 100 + u16::from(b & 15) * 10 + u16::from(c & 15), text);
    }
}

fn ehlo(reply: &[u8]) -> Capabilities {
    let mut offered = Capabilities::NONE;
    let mut first = true;
    let mut stream = reply;
    while let Some(line) = Reply::take(&mut stream).expect("replies") {
        offered.fold(line.text, first, line.truncated);
        first = false;
    }
    offered
}

fn commands(stream: &[u8], each: &mut dyn FnMut(Command<'_>)) {
    for line in lines(stream) {
        each(Command::parse(line).expect("a command"));
    }
}

fn least_commands(stream: &[u8], each: &mut dyn FnMut(&[u8], &[u8])) {
    for line in lines(stream) {
        let verb = &line[..4];
        let path = match memchr::memchr(b'<', line) {
            Some(open) => {
                let close = memchr::memchr(b'>', &line[open..]).expect("a path");
                &line[open + 1..open + close]
            }
            None => &[],
        };
        each(verb, path);
    }
}

fn codes_of(stream: &[u8], parse: impl Fn(&[u8], &mut dyn FnMut(u16, &[u8]))) -> Vec<u16> {
    let mut codes = Vec::new();
    parse(stream, &mut |code, _| codes.push(code));
    codes
}

/// By the standard library, one for each line.
pub fn expected_codes(stream: &[u8]) -> Vec<u16> {
    let text = std::str::from_utf8(stream).expect("ASCII");
    text.lines().map(|line| line[..3].parse().expect("three digits")).collect()
}
