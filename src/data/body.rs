//! Where a mail's text comes from.

use crate::wire::syntax::is_ascii;

/// The content of a mail, pulled piece by piece: header section, empty line and body, before
/// dot-stuffing, in any chunking.
///
/// A slice of memory is a `Body` as it stands ([`Slice`]); anything else (a file, a flash
/// reader, a MIME writer) lends its own buffer, just as a buffered reader does.
pub trait Body {
    /// Why the content could not be read.
    type Error;

    /// Lends the octets that come next; empty means that the content has ended.
    ///
    /// Called again without [`consume`](Body::consume) it lends the same octets, or more of them.
    ///
    /// # Errors
    /// The mail is then given up without its end being sent, so that no server takes half of it.
    fn fill(&mut self) -> Result<&[u8], Self::Error>;

    /// Drops the first `octets` of what [`fill`](Body::fill) lent.
    fn consume(&mut self, octets: usize);

    /// Octets of the whole content when they are known, for the SIZE parameter (RFC 1870 §4);
    /// an estimate is allowed.
    fn size(&self) -> Option<u64> {
        None
    }

    /// What the content asks of the server.
    fn needs(&self) -> Needs {
        Needs::default()
    }
}

/// What a mail's content asks of the server beyond RFC 5321.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Needs {
    /// Octets above 127 (8BITMIME, RFC 6152).
    pub eight_bit: bool,
    /// Header fields in UTF-8 (SMTPUTF8, RFC 6531).
    pub utf8_headers: bool,
    /// Octets that stand in no lines: the content may go by BDAT only (BINARYMIME, RFC 3030 §3).
    pub binary: bool,
}

/// A mail that lies in memory as a whole.
///
/// Its announced size is the slice's own: what makes a bare CR or LF a CRLF on the way, and ends a last line, is not counted, for
/// it would take another look at every octet. So a mail of such lines may be a little larger than SIZE says; one that is
/// only just within a server's limit is refused by the server at its end then, and not here before MAIL.
#[derive(Debug, Clone, Copy)]
pub struct Slice<'a> {
    rest: &'a [u8],
    size: usize,
    needs: Needs,
}

impl<'a> Slice<'a> {
    /// Looks through `content` once, to see whether it needs 8BITMIME.
    pub fn new(content: &'a [u8]) -> Self {
        let needs = Needs { eight_bit: !is_ascii(content), ..Needs::default() };
        Self { rest: content, size: content.len(), needs }
    }

    /// The same, with header fields in UTF-8.
    pub fn with_utf8_headers(mut self) -> Self {
        self.needs.utf8_headers = true;
        self
    }
}

impl Body for Slice<'_> {
    type Error = core::convert::Infallible;

    fn fill(&mut self) -> Result<&[u8], Self::Error> {
        Ok(self.rest)
    }

    fn consume(&mut self, octets: usize) {
        self.rest = self.rest.get(octets..).unwrap_or_default();
    }

    fn size(&self) -> Option<u64> {
        Some(self.size as u64)
    }

    fn needs(&self) -> Needs {
        // A constant, by which the compiler drops BDAT from a firmware that sends nothing but slices.
        Needs { binary: false, ..self.needs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_lent_until_it_is_consumed() {
        let mut body = Slice::new(b"abc");
        assert_eq!(body.fill(), Ok(&b"abc"[..]));
        body.consume(2);
        assert_eq!(body.fill(), Ok(&b"c"[..]));
        body.consume(9);
        assert_eq!(body.fill(), Ok(&b""[..]));
        assert_eq!(body.size(), Some(3));
        assert!(!body.needs().eight_bit);
        assert!(Slice::new(b"\xe9").needs().eight_bit);
        assert_eq!(Slice::new(b"a\nb\n").size(), Some(4), "as it lies, not as CRLF would make it");
    }
}
