//! What a mail or a part of it is made of: header fields and a body (RFC 2045 §2.4).

use super::coding::{Coding, hex};
use super::flow::{Cursor, Stepped};
use super::id::{MessageId, hexadecimal};
use super::ink::Ink;
use super::mime::{FileName, MimeType};
use super::prose::TextStream;
use super::reader::{Reader, WriteError};
use super::source::{AnySource, Ascii, Octets, Source, Stream, Utf8};
use super::transport::Transport;
use crate::wire::Syntax;

/// What a mail carries: a [`Text`], an [`Attachment`] or a [`Multipart`](super::Multipart) of them.
///
/// Sealed: its methods follow the writer.
pub trait Content: Entity {}

impl<E: Entity> Content for E {}

/// What the writer asks of a [`Content`]: it goes out in numbered steps, of which step 0 is its
/// header fields and the empty line.
pub trait Entity {
    /// Type and subtype.
    fn media_type(&self) -> &str;

    /// The lightest transport encoding under which it can stand.
    fn coding(&self, place: Place) -> Coding;

    /// Octets in all, if known.
    fn size(&self, place: Place) -> Option<u64>;

    /// Whether its last octets are a line end.
    fn ends_line(&self, place: Place) -> bool;

    /// Whether a header field of it, or of a part of it, cannot be written in ASCII.
    fn has_utf8_header(&self) -> bool {
        false
    }

    /// How many steps it has.
    fn steps(&self) -> u32;

    /// Goes on with a step.
    fn step(
        &mut self,
        step: u32,
        place: Place,
        cursor: &mut Cursor,
        out: &mut [u8],
    ) -> Result<Stepped, WriteError>;
}

/// Where in the mail an entity stands.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// What the writer may rely on.
    pub(crate) transport: Transport,
    /// What tells this mail's boundaries from those of others.
    pub(crate) tag: u64,
    /// How many multiparts it is inside of.
    pub(crate) depth: u8,
}

impl Place {
    /// The place of a multipart's parts.
    pub(crate) fn inside(self) -> Self {
        Self { depth: self.depth.saturating_add(1), ..self }
    }

    /// Appends the boundary between the parts of a multipart at this place: 21 octets, of which the
    /// depth keeps the boundaries of one mail apart.
    pub(crate) fn boundary(self, ink: &mut Ink<'_>) {
        ink.put(b"=_");
        ink.put(&hex(self.depth));
        ink.byte(b'_');
        hexadecimal(self.tag, ink);
    }
}

/// Goes on with an atom of header fields.
pub(crate) fn atom(cursor: &mut Cursor, out: &mut [u8], write: impl FnOnce(&mut Ink<'_>)) -> Stepped {
    let mut ink = Ink::new(out, cursor.skip, 0);
    write(&mut ink);
    let inked = ink.finish();
    cursor.skip = cursor.skip.saturating_add(inked.used as u32);
    Stepped { used: inked.used, done: cursor.skip >= inked.total }
}

/// Octets of an atom.
pub(crate) fn measure(write: impl FnOnce(&mut Ink<'_>)) -> u64 {
    let mut ink = Ink::new(&mut [], 0, 0);
    write(&mut ink);
    u64::from(ink.finish().total)
}

/// Appends a Content-Transfer-Encoding field.
pub(crate) fn transfer_encoding(coding: Coding, ink: &mut Ink<'_>) {
    ink.put(b"Content-Transfer-Encoding: ");
    ink.put(coding.name());
    ink.line_end();
}

/// A text for people, plain or HTML, in UTF-8.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a, S = Utf8<'a>> {
    media_type: MimeType<'a>,
    source: S,
}

impl<'a> Text<'a> {
    /// Plain text. Its line ends may be CRLF, CR or LF; they become CRLF.
    pub fn plain(text: &'a str) -> Self {
        Self { media_type: MimeType::PLAIN, source: Utf8::new(text) }
    }

    /// HTML.
    pub fn html(text: &'a str) -> Self {
        Self { media_type: MimeType::HTML, source: Utf8::new(text) }
    }
}

impl<'a> Text<'a, Ascii<'a>> {
    /// Plain text that needs no encoding: a firmware that sends only such text carries no encoder
    /// for it.
    ///
    /// # Errors
    /// As for [`Ascii::new`].
    pub fn ascii(text: &'a str) -> Result<Self, Syntax> {
        Ok(Self { media_type: MimeType::PLAIN, source: Ascii::new(text)? })
    }
}

impl<R: Reader> Text<'_, TextStream<R>> {
    /// Plain text that a reader reads.
    pub fn plain_stream(text: TextStream<R>) -> Self {
        Self { media_type: MimeType::PLAIN, source: text }
    }

    /// HTML that a reader reads.
    pub fn html_stream(text: TextStream<R>) -> Self {
        Self { media_type: MimeType::HTML, source: text }
    }
}

impl<S: Source> Text<'_, S> {
    /// The source, say to take a reader back.
    pub fn into_source(self) -> S {
        self.source
    }

    fn header(&self, coding: Coding, ink: &mut Ink<'_>) {
        ink.put(b"Content-Type:");
        self.media_type.emit(ink);
        ink.put(b"; charset=utf-8");
        ink.line_end();
        transfer_encoding(coding, ink);
        ink.line_end();
    }
}

impl<S: Source> Entity for Text<'_, S> {
    fn media_type(&self) -> &str {
        self.media_type.as_str()
    }

    fn coding(&self, place: Place) -> Coding {
        self.source.coding(place.transport)
    }

    fn size(&self, place: Place) -> Option<u64> {
        let coding = self.coding(place);
        let header = measure(|ink| self.header(coding, ink));
        self.source.size(coding).map(|body| body.saturating_add(header))
    }

    fn ends_line(&self, place: Place) -> bool {
        self.source.ends_line(self.coding(place))
    }

    fn steps(&self) -> u32 {
        2
    }

    fn step(
        &mut self,
        step: u32,
        place: Place,
        cursor: &mut Cursor,
        out: &mut [u8],
    ) -> Result<Stepped, WriteError> {
        let coding = self.coding(place);
        match step {
            0 => Ok(atom(cursor, out, |ink| self.header(coding, ink))),
            _ => self.source.step(coding, cursor, out),
        }
    }
}

/// A file that travels with the mail, or a picture that its HTML shows.
#[derive(Debug, Clone, Copy)]
pub struct Attachment<'a, S> {
    media_type: MimeType<'a>,
    source: S,
    name: Option<FileName<'a>>,
    inline: Option<MessageId<'a>>,
}

impl<'a> Attachment<'a, Octets<'a>> {
    /// Octets in memory.
    pub fn octets(media_type: MimeType<'a>, octets: &'a [u8]) -> Self {
        Self::new(media_type, Octets::new(octets))
    }
}

impl<'a> Attachment<'a, Utf8<'a>> {
    /// Text in memory: its line ends become CRLF, and it goes out as it is when it fits. Where every
    /// octet counts, take [`octets`](Attachment::octets).
    pub fn text(media_type: MimeType<'a>, text: &'a str) -> Self {
        Self::new(media_type, Utf8::new(text))
    }
}

impl<'a, R: Reader> Attachment<'a, Stream<R>> {
    /// What `reader` reads.
    pub fn stream(media_type: MimeType<'a>, reader: R) -> Self {
        Self::new(media_type, Stream::new(reader))
    }
}

impl<'a, S: Source> Attachment<'a, S> {
    /// Content from any source.
    pub fn new(media_type: MimeType<'a>, source: S) -> Self {
        Self { media_type, source, name: None, inline: None }
    }

    /// The name under which a recipient may save it.
    pub fn with_name(self, name: FileName<'a>) -> Self {
        Self { name: Some(name), ..self }
    }

    /// Shown inside the HTML, which names it by `src="cid:..."`, not offered beside it (RFC 2392).
    pub fn inline(self, id: MessageId<'a>) -> Self {
        Self { inline: Some(id), ..self }
    }

    /// The source, say to take a reader back.
    pub fn into_source(self) -> S {
        self.source
    }

    fn header(&self, coding: Coding, ink: &mut Ink<'_>) {
        ink.put(b"Content-Type:");
        self.media_type.emit(ink);
        ink.line_end();
        transfer_encoding(coding, ink);
        if let Some(id) = self.inline {
            ink.put(b"Content-ID:");
            ink.space(id.width());
            id.emit(ink);
            ink.line_end();
        }
        ink.put(b"Content-Disposition: ");
        ink.put(if self.inline.is_some() { b"inline" } else { b"attachment" });
        if let Some(name) = self.name {
            name.emit(ink);
        }
        ink.line_end();
        ink.line_end();
    }
}

/// Attachments of different kinds in one list.
impl<'a, R: Reader> Attachment<'a, AnySource<'a, R>> {
    /// The same attachment, for a list in which others have other sources.
    pub fn any(from: Attachment<'a, impl Into<AnySource<'a, R>>>) -> Self {
        let Attachment { media_type, source, name, inline } = from;
        Self { media_type, source: source.into(), name, inline }
    }
}

impl<S: Source> Entity for Attachment<'_, S> {
    fn media_type(&self) -> &str {
        self.media_type.as_str()
    }

    fn coding(&self, place: Place) -> Coding {
        match self.source.coding(place.transport) {
            // A mail that is nothing but this part ends with a line end, which would become part of it.
            Coding::Binary | Coding::QuotedPrintable if place.depth == 0 => Coding::Base64,
            coding => coding,
        }
    }

    fn size(&self, place: Place) -> Option<u64> {
        let coding = self.coding(place);
        let header = measure(|ink| self.header(coding, ink));
        self.source.size(coding).map(|body| body.saturating_add(header))
    }

    fn ends_line(&self, place: Place) -> bool {
        self.source.ends_line(self.coding(place))
    }

    /// A name gets encoded, a Content-ID cannot be.
    fn has_utf8_header(&self) -> bool {
        self.inline.is_some_and(|id| !id.is_ascii())
    }

    fn steps(&self) -> u32 {
        2
    }

    fn step(
        &mut self,
        step: u32,
        place: Place,
        cursor: &mut Cursor,
        out: &mut [u8],
    ) -> Result<Stepped, WriteError> {
        let coding = self.coding(place);
        match step {
            0 => Ok(atom(cursor, out, |ink| self.header(coding, ink))),
            _ => self.source.step(coding, cursor, out),
        }
    }
}
