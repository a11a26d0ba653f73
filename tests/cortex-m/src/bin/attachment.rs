//! (f) The message writer: all of (e) with text that may need an encoding, and a file from a reader.

#![no_std]
#![no_main]

use cortex_m_images::{Lent, Wire, done, entry, report, unknown};
use embedded_smtp::message::{
    Address, Attachment, Date, FileName, HeaderText, Message, MessageId, MimeType, Multipart, ReadError,
    Reader, Text, WriteError,
};
use embedded_smtp::wire::{Domain, Mailbox, Syntax};

static PIECE: Lent<[u8; 64]> = Lent::new([0; 64]);

#[entry]
fn main() -> ! {
    let octets = write(&mut Wire::new()).unwrap_or(0);
    report("octets", octets);
    done()
}

enum Failure {
    Value,
    Write,
}

fn write(wire: &mut Wire) -> Result<u32, Failure> {
    let from = Address::new(Mailbox::new(unknown("device@example.com"))?).with_name(unknown("A device"))?;
    let to = [Address::new(Mailbox::new(unknown("someone@example.com"))?)];
    let id = MessageId::unique(unknown(1), unknown(2), Domain::new(unknown("device.example"))?);
    let text = Text::plain(unknown("It is 42 \u{b0}C.\r\n"));
    let file = Attachment::stream(MimeType::new(unknown("text/csv"))?, Rows(0))
        .with_name(FileName::new(unknown("readings.csv"))?);
    let content = Multipart::mixed(text, [file]);
    let mut message = Message::new(from, Date::from_unix(unknown(1_795_239_371), 0)?, id, content)
        .to(&to)
        .subject(HeaderText::new(unknown("An alert"))?);
    unknown(message.size());
    let piece = PIECE.lend();
    let mut writer = message.writer();
    let mut octets = 0;
    while !writer.is_done() {
        let length = writer.write_into(piece)?;
        octets += wire.write(piece.get(..length).unwrap_or_default()) as u32;
    }
    Ok(octets)
}

/// Ten rows, and how many have been read.
struct Rows(u8);

impl Reader for Rows {
    fn restart(&mut self) -> Result<(), ReadError> {
        self.0 = 0;
        Ok(())
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        if self.0 == 10 {
            return Ok(0);
        }
        self.0 = self.0.wrapping_add(1);
        let row = unknown(b"42\r\n");
        into.iter_mut().zip(row).for_each(|(to, from)| *to = *from);
        Ok(row.len().min(into.len()))
    }
}

impl From<Syntax> for Failure {
    fn from(_: Syntax) -> Self {
        Self::Value
    }
}

impl From<WriteError> for Failure {
    fn from(_: WriteError) -> Self {
        Self::Write
    }
}
