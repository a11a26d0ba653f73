//! An attached file in base64, through the whole message writer, beside the base64 crate alone.

use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use embedded_smtp::message::{
    Address, Attachment, Date, Message, MessageId, MimeType, Multipart, ReadError, Reader, Source, Text,
};
use embedded_smtp::wire::{Domain, Mailbox};

use super::OURS;
use crate::corpus;
use crate::row::{Row, Work};

pub fn rows() -> Vec<Row> {
    let content = corpus::binary();
    let size = (content.len(), 1);
    let mut text = vec![0; content.len().div_ceil(3) * 4];
    let written = STANDARD.encode_slice(&content, &mut text).expect("room");
    let expected = std::str::from_utf8(&text[..written]).expect("ASCII").to_owned();

    let mut wire = vec![0; content.len() * 2];
    let written = in_memory(&content, &mut wire);
    assert!(base64_of(&wire[..written]) == expected);
    let written = streamed(&content, &mut wire);
    assert!(base64_of(&wire[..written]) == expected);

    let (one, two) = (content.clone(), content.clone());
    vec![
        Row::new(Work::Base64, OURS, size, move || {
            black_box(in_memory(black_box(&one), &mut wire));
        }),
        Row::new(Work::Base64, "embedded-smtp, from a reader", size, {
            let mut wire = vec![0; content.len() * 2];
            move || {
                black_box(streamed(black_box(&two), &mut wire));
            }
        }),
        Row::new(Work::Base64, "base64's encode_slice", size, move || {
            let written = STANDARD.encode_slice(black_box(&content), &mut text).expect("room");
            black_box((&mut text, written));
        })
        .differs("one line, no mail"),
    ]
}

/// Octets that the writer is given room for at a time.
const ROOM: usize = 4096;

fn in_memory(content: &[u8], wire: &mut [u8]) -> usize {
    mail(Attachment::octets(MimeType::OCTET_STREAM, content), wire)
}

fn streamed(content: &[u8], wire: &mut [u8]) -> usize {
    mail(Attachment::stream(MimeType::OCTET_STREAM, Flash { content, rest: content }), wire)
}

fn mail<S: Source>(attachment: Attachment<'_, S>, wire: &mut [u8]) -> usize {
    let from = Address::new(Mailbox::new("alice@example.org").expect("a mailbox"));
    let id = MessageId::unique(1, 2, Domain::new("example.org").expect("a domain"));
    let parts = Multipart::mixed(Text::plain("See the file.\n"), [attachment]);
    let mut message = Message::new(from, Date::from_unix(0, 0).expect("a date"), id, parts);
    let mut writer = message.writer();
    let mut written = 0;
    loop {
        let end = (written + ROOM).min(wire.len());
        match writer.write_into(&mut wire[written..end]).expect("a mail") {
            0 => return written,
            octets => written += octets,
        }
    }
}

/// The base64 in a mail, lines put together: all full lines between the last empty line and the boundary.
fn base64_of(mail: &[u8]) -> String {
    let mail = std::str::from_utf8(mail).expect("7-bit");
    let part = mail.rsplit("\r\n\r\n").next().expect("a part");
    part.lines().take_while(|line| !line.starts_with("--")).collect()
}

/// What a driver of an external flash does.
struct Flash<'a> {
    content: &'a [u8],
    rest: &'a [u8],
}

impl Reader for Flash<'_> {
    fn restart(&mut self) -> Result<(), ReadError> {
        self.rest = self.content;
        Ok(())
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        let octets = into.len().min(self.rest.len());
        let (front, rest) = self.rest.split_at(octets);
        into[..octets].copy_from_slice(front);
        self.rest = rest;
        Ok(octets)
    }

    fn length(&self) -> Option<u64> {
        Some(self.content.len() as u64)
    }
}
