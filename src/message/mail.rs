//! A mail, described by what the caller lends.

use super::address::Address;
use super::body::MessageBody;
use super::coding::Coding;
use super::date::Date;
use super::entity::{Content, Place, measure};
use super::envelope::Recipients;
use super::field::Field;
use super::header::{At, AutoSubmitted, Header};
use super::id::MessageId;
use super::reader::WriteError;
use super::text::HeaderText;
use super::transport::Transport;
use super::writer::MessageWriter;
use crate::data::Needs;
use crate::wire::Mailbox;

/// A mail: what its header fields say, and its content.
///
/// Date, Message-ID and From are asked for at once, since a mail without them is wrong or looks like
/// spam (RFC 5322 §3.6); all else is added.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Message<'a, C> {
    header: Header<'a>,
    content: C,
    transport: Transport,
}

impl<'a, C: Content> Message<'a, C> {
    /// A mail by `from`, made at `date`, with an identifier that no other mail has.
    pub fn new(from: Address<'a>, date: Date, id: MessageId<'a>, content: C) -> Self {
        let header = Header {
            date,
            id,
            from,
            co_authors: &[],
            sender: None,
            reply_to: &[],
            to: &[],
            cc: &[],
            bcc: &[],
            in_reply_to: &[],
            references: &[],
            subject: None,
            auto_submitted: None,
            signature: None,
            fields: &[],
        };
        Self { header, content, transport: Transport::seven_bit() }
    }

    /// Further authors. Without a [`sender`](Message::sender) the first author is it (RFC 5322 §3.6.2).
    pub fn co_authors(mut self, co_authors: &'a [Address<'a>]) -> Self {
        self.header.co_authors = co_authors;
        self
    }

    /// Who hands the mail over, if not its author.
    pub fn sender(mut self, sender: Address<'a>) -> Self {
        self.header.sender = Some(sender);
        self
    }

    /// Where answers shall go, if not to the author.
    pub fn reply_to(mut self, reply_to: &'a [Address<'a>]) -> Self {
        self.header.reply_to = reply_to;
        self
    }

    /// The recipients.
    pub fn to(mut self, to: &'a [Address<'a>]) -> Self {
        self.header.to = to;
        self
    }

    /// Recipients whom it concerns less.
    pub fn cc(mut self, cc: &'a [Address<'a>]) -> Self {
        self.header.cc = cc;
        self
    }

    /// Recipients whom nobody sees: they are in the envelope and in no header field.
    pub fn bcc(mut self, bcc: &'a [Address<'a>]) -> Self {
        self.header.bcc = bcc;
        self
    }

    /// What it is about.
    pub fn subject(mut self, subject: HeaderText<'a>) -> Self {
        self.header.subject = Some(subject);
        self
    }

    /// The mails that it answers.
    pub fn in_reply_to(mut self, ids: &'a [MessageId<'a>]) -> Self {
        self.header.in_reply_to = ids;
        self
    }

    /// The mails of its thread, the oldest first.
    pub fn references(mut self, ids: &'a [MessageId<'a>]) -> Self {
        self.header.references = ids;
        self
    }

    /// Says that no person sent it.
    pub fn auto_submitted(mut self, reason: AutoSubmitted) -> Self {
        self.header.auto_submitted = Some(reason);
        self
    }

    /// Fields of the caller's own.
    pub fn fields(mut self, fields: &'a [Field<'a>]) -> Self {
        self.header.fields = fields;
        self
    }

    /// A field in front of all others: a signature over them and the body (RFC 6376 §5.6), made with
    /// [`observe`](Message::observe).
    pub fn signature(mut self, field: Field<'a>) -> Self {
        self.header.signature = Some(field);
        self
    }

    /// What the way to the recipients can carry; 7-bit lines unless this says more.
    pub fn transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// The content, say to take a reader back.
    pub fn into_content(self) -> C {
        self.content
    }

    /// Octets of the whole mail, exact, without writing it; `None` if a reader does not know its
    /// length. For the SIZE parameter (RFC 1870).
    pub fn size(&self) -> Option<u64> {
        let content = self.content.size(self.place())?;
        let header = measure(|ink| {
            let mut next = Some(At::START);
            while let Some(at) = next {
                next = self.header.emit(at, self.utf8(), ink);
            }
        });
        let size = content.saturating_add(header);
        Some(if self.content.ends_line(self.place()) { size } else { size.saturating_add(2) })
    }

    /// What the mail asks of the server.
    pub fn needs(&self) -> Needs {
        let certainly = self.header.has_utf8_address() || self.content.has_utf8_header();
        let utf8_headers = certainly || (self.utf8() && self.header.has_utf8_text());
        let eight_bit = utf8_headers || self.content.coding(self.place()).is_raw();
        Needs { eight_bit, utf8_headers, binary: self.is_binary() }
    }

    /// Whether the mail can go by BDAT only, with BODY=BINARYMIME (RFC 3030): a part goes out as it
    /// is, in no lines. It can be so only after [`Transport::with_binary`].
    pub fn is_binary(&self) -> bool {
        self.content.coding(self.place()) == Coding::Binary
    }

    /// The mailbox to which reports of failure go: the sender's, or the author's.
    pub fn reverse_path(&self) -> Mailbox<'a> {
        self.header.agent().unwrap_or(self.header.from).mailbox()
    }

    /// Everyone in To, Cc and Bcc, each mailbox once: the recipients of the envelope.
    pub fn recipients(&self) -> Recipients<'a> {
        Recipients::new([self.header.to, self.header.cc, self.header.bcc])
    }

    /// Writes the mail into any buffers. Can be called again to write it again.
    pub fn writer(&mut self) -> MessageWriter<'_, 'a, C> {
        MessageWriter::new(self)
    }

    /// The mail as a [`Body`](crate::data::Body) to submit, made piece by piece in `buffer`.
    pub fn body<'m>(&'m mut self, buffer: &'m mut [u8]) -> MessageBody<'m, 'a, C> {
        MessageBody::new(self, buffer)
    }

    /// Shows a signer all octets of the mail in order, before it is sent: the header section, then
    /// the body, made piece by piece in `scratch`. What is written afterwards is the same, so long as
    /// the readers read the same.
    ///
    /// # Errors
    /// When a reader fails or `scratch` is empty.
    pub fn observe(&mut self, signer: &mut impl Signer, scratch: &mut [u8]) -> Result<(), WriteError> {
        if scratch.is_empty() {
            return Err(WriteError::NoBuffer);
        }
        let mut writer = self.writer();
        loop {
            let (length, body) = writer.write_section(scratch)?;
            let piece = scratch.get(..length).unwrap_or_default();
            match (piece, body) {
                ([], true) => return Ok(()),
                (_, true) => signer.body(piece),
                (_, false) => signer.header(piece),
            }
        }
    }

    pub(crate) fn parts(&mut self) -> (&Header<'a>, &mut C, Place, bool) {
        let (place, utf8) = (self.place(), self.utf8());
        (&self.header, &mut self.content, place, utf8)
    }

    fn utf8(&self) -> bool {
        self.transport.utf8_headers()
    }

    fn place(&self) -> Place {
        Place { transport: self.transport, tag: self.header.id.tag(), depth: 0 }
    }
}

/// Sees a mail before it is sent, say to sign it (DKIM, RFC 6376).
///
/// The octets are those of the mail as it is sent, without dot-stuffing, in pieces of any size.
///
/// ```
/// use embedded_smtp::message::{Address, Date, Field, Message, MessageId, Signer, Text};
/// use embedded_smtp::wire::{Domain, Mailbox};
///
/// /// Stands for a hash of the body and a signature over the header section.
/// #[derive(Default)]
/// struct Sum(u32, u32);
///
/// impl Signer for Sum {
///     fn header(&mut self, octets: &[u8]) {
///         self.0 += octets.iter().map(|octet| u32::from(*octet)).sum::<u32>();
///     }
///     fn body(&mut self, octets: &[u8]) {
///         self.1 += octets.iter().map(|octet| u32::from(*octet)).sum::<u32>();
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let from = Address::new(Mailbox::new("a@example.org")?);
/// let id = MessageId::unique(1, 2, Domain::new("example.org")?);
/// let mut message = Message::new(from, Date::from_unix(0, 0)?, id, Text::plain("Hello\n"));
///
/// let mut sum = Sum::default();
/// message.observe(&mut sum, &mut [0; 64])?;
/// let value = format!("v=1; bh={}; b={}", sum.1, sum.0);
/// let message = message.signature(Field::structured("DKIM-Signature", &value)?);
/// # assert_eq!(sum.1, 523);
/// # Ok(())
/// # }
/// ```
pub trait Signer {
    /// More of the header section. Its last octets are those of the empty line that ends it.
    fn header(&mut self, octets: &[u8]);

    /// More of the body.
    fn body(&mut self, octets: &[u8]);
}
