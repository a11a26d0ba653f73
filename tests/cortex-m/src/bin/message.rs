//! (e) The message writer: a text with its header fields.

#![no_std]
#![no_main]

use cortex_m_images::{Lent, Wire, done, entry, report, unknown};
use embedded_smtp::message::{Address, Date, HeaderText, Message, MessageId, Text, WriteError};
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
    let text = Text::ascii(unknown("It is 42 degrees.\r\n"))?;
    let mut message = Message::new(from, Date::from_unix(unknown(1_795_239_371), 0)?, id, text)
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
