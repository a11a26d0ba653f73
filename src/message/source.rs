//! Where a part's content lies, and how it goes out from there.

use super::coding::{Breaks, Coding, base64_size};
use super::flow::{Cursor, Lines, Read, Stepped, Whole, in_base64, in_lines, quoted, verbatim};
use super::reader::{Reader, WriteError};
use super::survey::{Survey, seven_bit};
use super::transport::Transport;
use crate::wire::{Fault, Syntax};

/// Content, wherever it lies: [`Utf8`], [`Ascii`], [`Octets`], [`Stream`], [`TextStream`](super::TextStream) or [`AnySource`].
///
/// Sealed: its methods follow the writer.
pub trait Source: Supply {}

impl<S: Supply> Source for S {}

/// What the writer asks of a [`Source`].
pub trait Supply {
    /// The encoding for `transport`.
    fn coding(&self, transport: Transport) -> Coding;

    /// Octets of the encoded body, if known.
    fn size(&self, coding: Coding) -> Option<u64>;

    /// Whether the encoded body ends with a line end, or is empty.
    fn ends_line(&self, _: Coding) -> bool {
        false
    }

    /// Writes more of the encoded body.
    fn step(&mut self, coding: Coding, cursor: &mut Cursor, out: &mut [u8]) -> Result<Stepped, WriteError>;
}

/// Text in memory. Its line ends may be CRLF, CR or LF; they become CRLF.
#[derive(Debug, Clone, Copy)]
pub struct Utf8<'a> {
    text: &'a str,
    survey: Survey,
}

impl<'a> Utf8<'a> {
    /// Looks through `text` once.
    pub fn new(text: &'a str) -> Self {
        Self { text, survey: Survey::of_text(text.as_bytes()) }
    }
}

impl Supply for Utf8<'_> {
    fn coding(&self, transport: Transport) -> Coding {
        self.survey.coding(transport)
    }

    fn size(&self, coding: Coding) -> Option<u64> {
        Some(self.survey.size(coding))
    }

    fn ends_line(&self, coding: Coding) -> bool {
        self.survey.ends_line(coding)
    }

    fn step(&mut self, coding: Coding, cursor: &mut Cursor, out: &mut [u8]) -> Result<Stepped, WriteError> {
        let text = self.text.as_bytes();
        match coding {
            Coding::QuotedPrintable => Ok(quoted(text, Breaks::Text, cursor, out)),
            Coding::Base64 => in_base64(&mut Lines(text), cursor, out),
            _ if self.survey.verbatim() => Ok(verbatim(text, cursor, out)),
            _ => Ok(in_lines(text, cursor, out)),
        }
    }
}

/// Text in memory that needs no encoding, on no transport: a firmware that sends only such text
/// carries neither of the encoders.
#[derive(Debug, Clone, Copy)]
pub struct Ascii<'a> {
    text: &'a str,
    size: u64,
    ends_line: bool,
}

impl<'a> Ascii<'a> {
    /// # Errors
    /// The first octet above 127; or a NUL, a line of more than 998 octets, or something that looks
    /// like a boundary (`--=_`): the fault is then put at the end of the text.
    pub fn new(text: &'a str) -> Result<Self, Syntax> {
        let octets = text.as_bytes();
        if let Some(at) = octets.iter().position(|octet| !octet.is_ascii()) {
            return Err(Syntax::new(Fault::Unexpected, octets, at));
        }
        match seven_bit(octets) {
            Some((size, ends_line)) => Ok(Self { text, size, ends_line }),
            None => Err(Syntax::new(Fault::Value, octets, octets.len())),
        }
    }
}

impl Supply for Ascii<'_> {
    fn coding(&self, _: Transport) -> Coding {
        Coding::SevenBit
    }

    fn size(&self, _: Coding) -> Option<u64> {
        Some(self.size)
    }

    fn ends_line(&self, _: Coding) -> bool {
        self.ends_line
    }

    fn step(&mut self, _: Coding, cursor: &mut Cursor, out: &mut [u8]) -> Result<Stepped, WriteError> {
        Ok(in_lines(self.text.as_bytes(), cursor, out))
    }
}

/// Octets in memory, each of which arrives as it is: base64 or quoted-printable, by which is shorter.
#[derive(Debug, Clone, Copy)]
pub struct Octets<'a> {
    octets: &'a [u8],
    survey: Survey,
}

impl<'a> Octets<'a> {
    /// Looks through `octets` once.
    pub fn new(octets: &'a [u8]) -> Self {
        Self { octets, survey: Survey::of_octets(octets) }
    }
}

impl Supply for Octets<'_> {
    fn coding(&self, transport: Transport) -> Coding {
        self.survey.coding(transport)
    }

    fn size(&self, coding: Coding) -> Option<u64> {
        Some(self.survey.size(coding))
    }

    fn step(&mut self, coding: Coding, cursor: &mut Cursor, out: &mut [u8]) -> Result<Stepped, WriteError> {
        match coding {
            Coding::QuotedPrintable => Ok(quoted(self.octets, Breaks::Octets, cursor, out)),
            Coding::Base64 => in_base64(&mut Whole(self.octets), cursor, out),
            _ => Ok(verbatim(self.octets, cursor, out)),
        }
    }
}

/// What a [`Reader`] reads, in base64: nobody can know beforehand what it holds.
#[derive(Debug)]
pub struct Stream<R> {
    reader: R,
}

impl<R: Reader> Stream<R> {
    /// The content of `reader`.
    pub fn new(reader: R) -> Self {
        Self { reader }
    }

    /// The reader.
    pub fn into_inner(self) -> R {
        self.reader
    }
}

impl<R: Reader> Supply for Stream<R> {
    fn coding(&self, _: Transport) -> Coding {
        Coding::Base64
    }

    fn size(&self, _: Coding) -> Option<u64> {
        self.reader.length().map(base64_size)
    }

    fn step(&mut self, _: Coding, cursor: &mut Cursor, out: &mut [u8]) -> Result<Stepped, WriteError> {
        if cursor.skip == 0 {
            self.reader.restart()?;
            cursor.skip = 1;
        }
        in_base64(&mut Read(&mut self.reader), cursor, out)
    }
}

/// One of the three kinds of content that a list of attachments may hold side by side.
#[derive(Debug)]
#[non_exhaustive]
pub enum AnySource<'a, R> {
    /// Text in memory.
    Text(Utf8<'a>),
    /// Octets in memory.
    Octets(Octets<'a>),
    /// What a [`Reader`] reads.
    Stream(Stream<R>),
}

impl<'a, R> From<Utf8<'a>> for AnySource<'a, R> {
    fn from(source: Utf8<'a>) -> Self {
        Self::Text(source)
    }
}

impl<'a, R> From<Octets<'a>> for AnySource<'a, R> {
    fn from(source: Octets<'a>) -> Self {
        Self::Octets(source)
    }
}

impl<R> From<Stream<R>> for AnySource<'_, R> {
    fn from(source: Stream<R>) -> Self {
        Self::Stream(source)
    }
}

impl<R: Reader> Supply for AnySource<'_, R> {
    fn coding(&self, transport: Transport) -> Coding {
        match self {
            Self::Text(source) => source.coding(transport),
            Self::Octets(source) => source.coding(transport),
            Self::Stream(source) => source.coding(transport),
        }
    }

    fn size(&self, coding: Coding) -> Option<u64> {
        match self {
            Self::Text(source) => source.size(coding),
            Self::Octets(source) => source.size(coding),
            Self::Stream(source) => source.size(coding),
        }
    }

    fn ends_line(&self, coding: Coding) -> bool {
        match self {
            Self::Text(source) => source.ends_line(coding),
            Self::Octets(source) => source.ends_line(coding),
            Self::Stream(source) => source.ends_line(coding),
        }
    }

    fn step(&mut self, coding: Coding, cursor: &mut Cursor, out: &mut [u8]) -> Result<Stepped, WriteError> {
        match self {
            Self::Text(source) => source.step(coding, cursor, out),
            Self::Octets(source) => source.step(coding, cursor, out),
            Self::Stream(source) => source.step(coding, cursor, out),
        }
    }
}
