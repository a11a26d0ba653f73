//! The mail that the message writer's images write, around the content of each.

use embedded_smtp::message::{Address, Content, Date, HeaderText, Message, MessageId, WriteError};
use embedded_smtp::wire::{Domain, Mailbox, Syntax};

use crate::{Lent, Wire, unknown};

static PIECE: Lent<[u8; 64]> = Lent::new([0; 64]);

/// Why there is no mail.
pub enum Failure {
    /// A value that does not follow its grammar.
    Value,
    /// The writer's.
    Write,
}

/// Writes a mail with this content piece by piece; its octets. Once, as the piece is lent once.
pub fn write<C: Content>(wire: &mut Wire, content: C) -> Result<u32, Failure> {
    let from = Address::new(Mailbox::new(unknown("device@example.com"))?).with_name(unknown("A device"))?;
    let to = [Address::new(Mailbox::new(unknown("someone@example.com"))?)];
    let id = MessageId::unique(unknown(1), unknown(2), Domain::new(unknown("device.example"))?);
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
