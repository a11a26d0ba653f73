//! What a part in memory is like, looked at once when the part is made: so the choice of its
//! encoding and its exact size cost nothing later.

use super::coding::{Breaks, Coding, Line, base64_size, is_literal, quoted_printable};
use super::transport::Transport;
use crate::wire::syntax::find;

/// Octets of a line without its CRLF (RFC 5322 §2.1.1).
pub(crate) const LONGEST_LINE: usize = 998;

/// What every boundary starts with. `=_` occurs in neither base64 nor quoted-printable
/// (RFC 2045 §6.7); content that goes out as it is and holds this gets encoded.
const BOUNDARY_MARK: [u8; 4] = *b"--=_";

/// All octets are below 128.
const ASCII: u8 = 1;
/// No NUL and no line of more than 998 octets.
const LINES: u8 = 2;
/// Something in it could be taken for a boundary.
const BOUNDARY: u8 = 4;
/// Line ends are CRLF already.
const VERBATIM: u8 = 8;
/// Ends with a line end, or is empty.
const ENDS_LINE: u8 = 16;
/// What text must have to go out as it is over any transport.
const FITS: u8 = ASCII | LINES;

/// What a part in memory is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) struct Survey {
    /// Octets with CRLF line ends.
    size: u64,
    /// Octets in quoted-printable; `None` if certainly more than in base64.
    quoted: Option<u64>,
    traits: u8,
}

impl Survey {
    /// Looks through text, whose line ends may be CRLF, CR or LF.
    pub(crate) fn of_text(text: &[u8]) -> Self {
        let (size, traits) = look(text);
        let fits = traits & (FITS | BOUNDARY) == FITS;
        let quoted = if fits { None } else { quoted_size(text, Breaks::Text, size) };
        Self { size, quoted, traits }
    }

    /// Looks through octets, of which each must arrive as it is.
    pub(crate) fn of_octets(octets: &[u8]) -> Self {
        let size = octets.len() as u64;
        let traits = flag(holds_boundary(octets), BOUNDARY) | VERBATIM;
        Self { size, quoted: quoted_size(octets, Breaks::Octets, size), traits }
    }

    /// The lightest encoding that the transport lets through.
    pub(crate) fn coding(&self, transport: Transport) -> Coding {
        if !self.is(BOUNDARY) {
            if self.is(FITS) {
                return Coding::SevenBit;
            }
            if self.is(LINES) && transport.eight_bit() {
                return Coding::EightBit;
            }
            if transport.binary() {
                return Coding::Binary;
            }
        }
        match self.quoted {
            Some(size) if size <= base64_size(self.size) => Coding::QuotedPrintable,
            _ => Coding::Base64,
        }
    }

    /// Octets of the encoded body.
    pub(crate) fn size(&self, coding: Coding) -> u64 {
        match coding {
            Coding::QuotedPrintable => self.quoted.unwrap_or_default(),
            Coding::Base64 => base64_size(self.size),
            _ => self.size,
        }
    }

    fn is(&self, traits: u8) -> bool {
        self.traits & traits == traits
    }

    /// Whether the content can go out without being looked at again.
    pub(crate) fn verbatim(&self) -> bool {
        self.is(VERBATIM)
    }

    /// Whether the encoded body ends with a line end, or is empty.
    pub(crate) fn ends_line(&self, coding: Coding) -> bool {
        self.is(ENDS_LINE) && (coding != Coding::Base64 || self.size == 0)
    }
}

/// Octets of `text` with CRLF line ends, and its traits.
fn look(text: &[u8]) -> (u64, u8) {
    let mut traits = FITS | VERBATIM | ENDS_LINE | flag(holds_boundary(text), BOUNDARY);
    let mut size = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.iter().position(|octet| matches!(octet, b'\r' | b'\n')).unwrap_or(rest.len());
        let (line, behind) = rest.split_at_checked(length).unwrap_or_default();
        if length > LONGEST_LINE || line.contains(&0) {
            traits &= !LINES;
        }
        if line.iter().fold(0, |all, octet| all | octet) > 127 {
            traits &= !ASCII;
        }
        size = size.saturating_add(length as u64).saturating_add(2);
        rest = match behind {
            [b'\r', b'\n', behind @ ..] => behind,
            [_, behind @ ..] => {
                traits &= !VERBATIM;
                behind
            }
            [] => {
                traits &= !ENDS_LINE;
                size = size.saturating_sub(2);
                behind
            }
        };
    }
    (size, traits)
}

/// The same look at text that comes in pieces, octet by octet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    size: u64,
    /// Octets of the line so far.
    line: u16,
    /// Octets of [`BOUNDARY_MARK`] that have just come.
    mark: u8,
    traits: u8,
    after_cr: bool,
}

impl Look {
    pub(crate) const fn new() -> Self {
        Self { size: 0, line: 0, mark: 0, traits: FITS | VERBATIM, after_cr: false }
    }

    pub(crate) fn at(&mut self, piece: &[u8]) {
        for octet in piece {
            self.mark = match (self.mark, octet) {
                (0 | 3, b'-') => 1,
                (1 | 2, b'-') => 2,
                (2, b'=') => 3,
                (3, b'_') => {
                    self.traits |= BOUNDARY;
                    0
                }
                _ => 0,
            };
            let after_cr = core::mem::replace(&mut self.after_cr, *octet == b'\r');
            if after_cr != (*octet == b'\n') {
                self.traits &= !VERBATIM;
            }
            match octet {
                b'\n' if after_cr => {}
                b'\r' | b'\n' => {
                    self.size = self.size.saturating_add(2);
                    self.line = 0;
                }
                _ => {
                    self.size = self.size.saturating_add(1);
                    self.line = self.line.saturating_add(1);
                    if *octet == 0 || usize::from(self.line) > LONGEST_LINE {
                        self.traits &= !LINES;
                    }
                    if *octet > 127 {
                        self.traits &= !ASCII;
                    }
                }
            }
        }
    }

    /// Whether the text, when it ends here, is like the one that was surveyed.
    pub(crate) fn is_of(&self, survey: &Survey) -> bool {
        self.survey(survey.quoted) == *survey
    }

    /// What the text is like when it ends here; in quoted-printable it takes `quoted` octets.
    pub(crate) fn survey(&self, quoted: Option<u64>) -> Survey {
        let verbatim = if self.after_cr { !VERBATIM } else { u8::MAX };
        Survey { size: self.size, quoted, traits: self.traits & verbatim | flag(self.line == 0, ENDS_LINE) }
    }
}

/// Octets of text that goes out as it is over any transport, and whether it ends with a line end.
/// Knows nothing of encoders, so that they drop out of an image without other text.
pub(crate) fn seven_bit(text: &[u8]) -> Option<(u64, bool)> {
    let (size, traits) = look(text);
    if traits & (FITS | BOUNDARY) == FITS { Some((size, traits & ENDS_LINE != 0)) } else { None }
}

fn flag(set: bool, flag: u8) -> u8 {
    if set { flag } else { 0 }
}

fn holds_boundary(octets: &[u8]) -> bool {
    let [one, two, three, last] = BOUNDARY_MARK;
    let mut rest = octets;
    // The last octet of the mark stands nowhere else in it, so that none begins in front of a place that was found.
    while let Some((before, behind)) = find(last, rest).and_then(|at| rest.split_at_checked(at)) {
        if before.last_chunk() == Some(&[one, two, three]) {
            return true;
        }
        rest = behind.get(1..).unwrap_or_default();
    }
    false
}

/// Runs the encoder to count, unless a quick look shows that base64 is shorter.
fn quoted_size(octets: &[u8], breaks: Breaks, size: u64) -> Option<u64> {
    let line_end = |octet: &u8| breaks == Breaks::Text && matches!(octet, b'\r' | b'\n');
    let mut least = size;
    let most = base64_size(size);
    // Counted in octets, of which a vector unit takes many at once.
    let mut rest = octets;
    while !rest.is_empty() {
        let (chunk, behind) = rest.split_at_checked(255).unwrap_or((rest, &[]));
        let escaped = |octet: &u8| u8::from(!is_literal(*octet) && !line_end(octet));
        let count = chunk.iter().fold(0_u8, |count, octet| count.wrapping_add(escaped(octet)));
        least = least.saturating_add(2 * u64::from(count));
        if least > most {
            return None;
        }
        rest = behind;
    }
    let mut total = 0_u64;
    let mut rest = octets;
    while !rest.is_empty() {
        let mut line = Line::new();
        let taken = quoted_printable(rest, breaks, &mut line);
        total = total.saturating_add(line.length() as u64);
        rest = rest.get(taken..).unwrap_or_default();
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_in_pieces_looks_like_text_in_one() {
        let long = "x".repeat(998);
        let texts = [
            "",
            "a",
            "\r",
            "\n",
            "\r\n",
            "a\r\nb",
            "a\rb\n",
            "a\r\r\n",
            "\n\r",
            "a\r\n\r\n",
            "--=_",
            "---=_a",
            "--=-=_",
            "--=--=_\r",
            "-\r\n-=_",
            "caf\u{e9}\r\n",
            "a\0b",
            &long,
            &(long.clone() + "y\r\n"),
            &(long.clone() + "\n"),
        ];
        for text in texts {
            let (size, traits) = look(text.as_bytes());
            for piece in [1, 2, 3, 1000] {
                let mut in_pieces = Look::new();
                text.as_bytes().chunks(piece).for_each(|piece| in_pieces.at(piece));
                let survey = in_pieces.survey(None);
                assert_eq!((survey.size, survey.traits), (size, traits), "{text:.20?} by {piece}");
            }
        }
    }
}
