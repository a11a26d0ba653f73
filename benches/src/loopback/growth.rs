//! What one thing costs as it grows: a mail, a list of recipients, a line that comes octet by octet.

use std::hint::black_box;

use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::HelloName;

use super::many::{RX, TX};
use crate::corpus;
use crate::ours::OURS;
use crate::row::{Row, Work};

/// What it is called, how large it is, and how many instructions for one of what are asked for.
#[derive(Debug)]
pub struct Label {
    pub what: &'static str,
    pub size: usize,
    pub each: &'static str,
}

pub fn rows() -> Vec<(Label, Row)> {
    let mut rows = Vec::new();
    for size in [1 << 10, 10 << 10, 100 << 10, 1 << 20, 10 << 20, 100 << 20] {
        let text = corpus::text();
        rows.push((Label { what: "a mail", size, each: "octet" }, row(size, move || mail(&text, size))));
    }
    for size in [1, 10, 100, 1000, 10_000] {
        rows.push((
            Label { what: "recipients of a mail", size, each: "recipient" },
            row(size, move || recipients(size)),
        ));
    }
    for size in [64, 256, 1024, 2000] {
        rows.push((
            Label { what: "a line, octet by octet", size, each: "octet" },
            row(size, move || slow_line(size)),
        ));
    }
    rows
}

fn row(size: usize, run: impl FnMut() + 'static) -> Row {
    Row::new(Work::ServerMail, OURS, (size, size), run)
}

fn mail(text: &[u8], octets: usize) {
    let taken = served(|say| {
        say(b"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n");
        let mut left = octets;
        while left > 0 {
            let piece = text.get(..left).unwrap_or(text);
            say(piece);
            left -= piece.len();
        }
        say(if octets.is_multiple_of(text.len()) { b".\r\n" } else { b"\r\n.\r\n" });
    });
    assert_eq!(taken.mails, 1);
}

fn recipients(count: usize) {
    let taken = served(|say| {
        say(b"EHLO a\r\nMAIL FROM:<a@b>\r\n");
        for _ in 0..count {
            say(b"RCPT TO:<somebody@example.com>\r\n");
        }
        say(b"DATA\r\nx\r\n.\r\n");
    });
    assert_eq!((taken.recipients, taken.mails), (count, 1));
}

fn slow_line(octets: usize) {
    served(|say| {
        say(b"EHLO a\r\nNOOP ");
        for _ in 0..octets {
            say(b"x");
        }
        say(b"\r\n");
    });
}

#[derive(Debug, Default)]
struct Taken {
    mails: usize,
    recipients: usize,
}

/// A session with a client that says what `client` says.
fn served(client: impl FnOnce(&mut dyn FnMut(&[u8]))) -> Taken {
    let name = HelloName::new("mx1.example.com").expect("a name");
    let policy = Policy::new(name).max_size(1 << 30).max_recipients(u16::MAX);
    let (mut rx, mut tx) = ([0; RX], [0; TX]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let mut taken = Taken::default();
    client(&mut |octets| {
        let mut rest = octets;
        while go_on(&mut server, &mut taken) && !rest.is_empty() {
            let room = server.receive_buffer();
            let (now, later) = rest.split_at(rest.len().min(room.len()));
            room[..now.len()].copy_from_slice(now);
            server.received(now.len());
            rest = later;
        }
    });
    go_on(&mut server, &mut taken);
    taken
}

/// Up to where the server wants to read; whether it still does.
fn go_on(server: &mut Server<'_, '_>, taken: &mut Taken) -> bool {
    loop {
        match server.poll().expect("a session") {
            Want::Event => {
                match server.event() {
                    Some(Event::EndOfData { .. }) => taken.mails += 1,
                    Some(Event::Rcpt { .. }) => taken.recipients += 1,
                    event => {
                        black_box(event);
                    }
                }
                if server.reply_owed().is_some() {
                    server.accept().expect("room");
                }
            }
            Want::Write => {
                let octets = black_box(server.transmit()).len();
                server.transmitted(octets);
            }
            Want::Read => return true,
            Want::Closed => return false,
        }
    }
}
