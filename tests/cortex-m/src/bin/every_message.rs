//! What tests/no-panic.sh looks through besides `everything`: the message writer, with every kind of content.

#![no_std]
#![no_main]

use cortex_m_images::{Lent, Wire, done, entry, report, unknown};
use embedded_smtp::message::{
    Address, Attachment, AutoSubmitted, Content, Date, Field, FileName, HeaderText, Message, MessageId,
    MimeType, Multipart, ReadError, Reader, Signer, Text, TextStream, Transport,
};
use embedded_smtp::wire::{Domain, Mailbox};

static INPUT: Lent<[u8; 256]> = Lent::new([0; 256]);
static OUTPUT: Lent<[u8; 256]> = Lent::new([0; 256]);

/// Anything at all, of any length and in any pieces.
struct Flash;

impl Reader for Flash {
    fn restart(&mut self) -> Result<(), ReadError> {
        unknown(Ok(()))
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        into.fill(unknown(b'x'));
        unknown(Ok(into.len()))
    }

    fn length(&self) -> Option<u64> {
        unknown(None)
    }
}

struct Seen<'w>(&'w mut Wire);

impl Signer for Seen<'_> {
    fn header(&mut self, octets: &[u8]) {
        self.0.write(octets);
    }

    fn body(&mut self, octets: &[u8]) {
        self.0.write(octets);
    }
}

#[entry]
fn main() -> ! {
    let mut wire = Wire::new();
    let input = INPUT.lend();
    let count = wire.read(input);
    let text = core::str::from_utf8(input.get(..count).unwrap_or_default()).unwrap_or_default();
    report("message", u32::from(messages(text, OUTPUT.lend(), &mut wire).is_some()));
    done()
}

fn messages(text: &str, out: &mut [u8], wire: &mut Wire) -> Option<()> {
    let (plain, html) = (Text::plain(text), Text::html(text));
    write(text, Text::ascii(text).ok()?, out, wire)?;
    write(text, Text::plain_stream(TextStream::quoted_printable(Flash)), out, wire)?;
    write(text, Text::html_stream(TextStream::surveyed(Flash).ok()?), out, wire)?;
    write(text, Text::plain_stream(TextStream::base64(Flash)), out, wire)?;
    let octets =
        Attachment::octets(MimeType::new(text).ok()?, text.as_bytes()).with_name(FileName::new(text).ok()?);
    let files = [octets.inline(MessageId::new(text).ok()?), octets];
    let stream = [Attachment::stream(MimeType::OCTET_STREAM, Flash)];
    let related = Multipart::related(Multipart::alternative(plain, html), files);
    write(text, Multipart::mixed(related, stream), out, wire)
}

#[inline(never)]
fn write<C: Content>(text: &str, content: C, out: &mut [u8], wire: &mut Wire) -> Option<()> {
    let from = Address::new(Mailbox::new(text).ok()?).with_name(text).ok()?;
    let id = MessageId::unique(unknown(1), unknown(2), Domain::new(text).ok()?);
    let (people, ids) = ([from, from], [id, id]);
    let fields = [Field::text("Comments", text).ok()?, Field::structured("X-Reading", text).ok()?];
    let mut message = Message::new(from, Date::from_unix(unknown(0), unknown(0)).ok()?, id, content)
        .to(&people)
        .bcc(&people)
        .references(&ids)
        .subject(HeaderText::new(text).ok()?)
        .auto_submitted(AutoSubmitted::Generated)
        .fields(&fields)
        .transport(unknown(Transport::seven_bit()));
    unknown((message.size(), message.needs().eight_bit));
    for mailbox in message.recipients() {
        wire.write(mailbox.as_str().as_bytes());
    }
    message.observe(&mut Seen(wire), out).ok()?;
    let room = out.get_mut(..unknown(64))?;
    let mut writer = message.writer();
    while !writer.is_done() {
        let octets = writer.write_into(room).ok()?;
        wire.write(room.get(..octets)?);
    }
    Some(())
}
