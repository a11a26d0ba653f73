//! xtext: how text with `+`, `=` or spaces travels in a parameter, RFC 3461 §4.

use super::class::{XCHAR, is};
use super::scan::Scan;
use super::syntax::{Fault, Syntax};
use super::writer::{Emit, Writer};

/// Text of one or more octets that is xtext on the wire. It is kept as it came, raw or encoded; no
/// buffer is needed either way.
///
/// Two are equal when they decode to the same octets.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Xtext<'a> {
    octets: &'a [u8],
    encoded: bool,
}

impl<'a> Xtext<'a> {
    /// Takes text that is not encoded yet: printable ASCII and spaces, which is all that RFC 3461
    /// §4.2 and §4.4 allow underneath.
    ///
    /// # Errors
    /// When `text` is empty or has an octet that is not printable ASCII.
    pub fn new(text: &'a str) -> Result<Self, Syntax> {
        let octets = text.as_bytes();
        let wrong = octets.iter().position(|octet| !matches!(octet, b' '..=b'~'));
        let (fault, at) = match wrong {
            None if !octets.is_empty() => return Ok(Self { octets, encoded: false }),
            None => (Fault::Incomplete, 0),
            Some(at) if matches!(octets.get(at), Some(b'\r' | b'\n' | 0)) => (Fault::LineBreak, at),
            Some(at) => (Fault::Unexpected, at),
        };
        Err(Syntax::new(fault, octets, at))
    }

    /// Takes octets that another grammar has already freed of control characters.
    pub(crate) fn of(octets: &'a [u8]) -> Self {
        Self { octets, encoded: false }
    }

    /// The octets behind the encoding.
    pub fn decode(&self) -> Decoded<'a> {
        Decoded { left: self.octets, encoded: self.encoded }
    }

    /// How many octets the encoded form has.
    pub fn encoded_len(&self) -> usize {
        if self.encoded {
            return self.octets.len();
        }
        self.octets.iter().fold(0, |length, &octet| length.saturating_add(width(octet)))
    }

    /// Refuses text whose encoded form is longer than `most` octets.
    pub(crate) fn at_most(self, most: usize) -> Result<Self, Syntax> {
        if self.encoded_len() <= most {
            return Ok(self);
        }
        Err(Syntax::new(Fault::TooLong, self.octets, self.octets.len().min(most)))
    }

    /// ```abnf
    /// xtext   = *( xchar / hexchar )
    /// xchar   = %d33-126 except "+" and "="
    /// hexchar = "+" 2HEXDIG ; upper case
    /// ```
    /// Encoded control characters are refused, as RFC 3461 §4.2 and §4.4 want it.
    ///
    /// Leniencies: an encoded octet above 127 is taken; so is a bare one where `bare` says so, which
    /// RFC 6533 §3 calls utf-8-addr-unitext.
    pub(crate) fn read(scan: &mut Scan<'a>, bare: bool) -> Option<Self> {
        let front = scan.rest;
        loop {
            scan.run(XCHAR);
            scan.rest = match scan.rest {
                [b'+', high, low, behind @ ..] if is_printable(*high, *low) => behind,
                [b'+', ..] => return None,
                [octet, behind @ ..] if bare && !octet.is_ascii() => behind,
                end if end.len() == front.len() => return None,
                _ => return Some(Self { octets: scan.since(front), encoded: true }),
            };
        }
    }
}

/// Whether two digits stand for an octet that is no control character.
fn is_printable(high: u8, low: u8) -> bool {
    matches!((nibble(high), nibble(low)), (Some(high), Some(low)) if high >= 2 && (high, low) != (7, 15))
}

impl PartialEq for Xtext<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.decode().eq(other.decode())
    }
}

impl Eq for Xtext<'_> {}

impl Emit for Xtext<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        if self.encoded {
            out.put(self.octets);
            return;
        }
        for &octet in self.octets {
            if width(octet) == 1 {
                out.byte(octet);
            } else {
                out.byte(b'+');
                out.byte(hex(octet >> 4));
                out.byte(hex(octet & 0x0f));
            }
        }
    }
}

/// The octets of an [`Xtext`], decoded one by one.
#[derive(Debug, Clone)]
pub struct Decoded<'a> {
    left: &'a [u8],
    encoded: bool,
}

impl Iterator for Decoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (&first, behind) = self.left.split_first()?;
        if self.encoded
            && first == b'+'
            && let [high, low, behind @ ..] = behind
        {
            self.left = behind;
            return Some(nibble(*high)? << 4 | nibble(*low)?);
        }
        self.left = behind;
        Some(first)
    }
}

/// How many octets stand for this one on the wire.
fn width(octet: u8) -> usize {
    if is(octet, XCHAR) { 1 } else { 3 }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit & 0x0f),
        b'A'..=b'F' => Some((digit & 0x0f).wrapping_add(9)),
        _ => None,
    }
}

fn hex(nibble: u8) -> u8 {
    if nibble < 10 { b'0' | nibble } else { nibble.wrapping_add(b'A' - 10) }
}
