//! The transfer encodings (RFC 2045 §6), line by line.

use super::ink::copy;

/// Octets that make one full base64 line of 76 characters (RFC 2045 §6.8).
pub(crate) const RAW_LINE: usize = 57;

/// Longest encoded line with a CRLF at one end.
pub(crate) const CODED_LINE: usize = 78;

/// How content is made fit for the transport (RFC 2045 §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Coding {
    /// As it is: ASCII in lines of at most 998 octets.
    SevenBit,
    /// As it is: any octets but NUL, in lines of at most 998 octets.
    EightBit,
    /// As it is, whatever it is (BINARYMIME, RFC 3030).
    Binary,
    /// Quoted-printable: mostly ASCII, the rest as `=XX`.
    QuotedPrintable,
    /// Base64: three octets as four characters.
    Base64,
}

impl Coding {
    /// Whether octets above 127 may stand in it.
    pub(crate) fn is_raw(self) -> bool {
        matches!(self, Self::EightBit | Self::Binary)
    }

    /// The name in Content-Transfer-Encoding.
    pub(crate) fn name(self) -> &'static [u8] {
        match self {
            Self::SevenBit => b"7bit",
            Self::EightBit => b"8bit",
            Self::Binary => b"binary",
            Self::QuotedPrintable => b"quoted-printable",
            Self::Base64 => b"base64",
        }
    }
}

/// A line on its way: encoded as a whole, handed out in any pieces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    octets: [u8; CODED_LINE],
    length: u8,
    taken: u8,
}

impl Line {
    pub(crate) const fn new() -> Self {
        Self { octets: [0; CODED_LINE], length: 0, taken: 0 }
    }

    /// Appends `octets`; a line has room for all that its encoder puts there.
    pub(crate) fn put(&mut self, octets: &[u8]) {
        let room = self.octets.get_mut(usize::from(self.length)..).unwrap_or_default();
        self.length = self.length.saturating_add(copy(octets, room) as u8);
    }

    /// Octets in the line.
    pub(crate) fn length(&self) -> usize {
        usize::from(self.length)
    }

    /// Takes back the last `octets`.
    pub(crate) fn cut(&mut self, octets: u8) {
        self.length = self.length.saturating_sub(octets);
    }

    /// Hands out as much as fits; says how much.
    pub(crate) fn drain(&mut self, out: &mut [u8]) -> usize {
        let rest = self.octets.get(usize::from(self.taken)..usize::from(self.length)).unwrap_or_default();
        let length = copy(rest, out);
        self.taken = self.taken.saturating_add(length as u8);
        if self.taken >= self.length {
            self.taken = 0;
            self.length = 0;
        }
        length
    }

    /// Whether all of it is out.
    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// The base64 alphabet (RFC 4648 §4).
const ALPHABET: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The character of the lowest six bits.
fn character(bits: u32) -> u8 {
    ALPHABET.get((bits & 63) as usize).copied().unwrap_or_default()
}

/// Encodes `raw` into the front of `out` as far as it fits, padded (RFC 4648 §4).
///
/// Written here and not taken from a crate, because this one cannot panic and needs a quarter of
/// the flash.
pub(crate) fn base64(raw: &[u8], out: &mut [u8]) {
    let (raw, out) = if cfg!(target_pointer_width = "64") { by_words(raw, out) } else { (raw, out) };
    let mut triples = raw.chunks_exact(3);
    let mut quads = out.chunks_exact_mut(4);
    for (triple, quad) in triples.by_ref().zip(quads.by_ref()) {
        if let ([a, b, c], [w, x, y, z]) = (triple, quad) {
            let bits = u32::from(*a) << 16 | u32::from(*b) << 8 | u32::from(*c);
            *w = character(bits >> 18);
            *x = character(bits >> 12);
            *y = character(bits >> 6);
            *z = character(bits);
        }
    }
    let (first, second) = match triples.remainder() {
        [first] => (*first, None),
        [first, second] => (*first, Some(*second)),
        _ => return,
    };
    if let Some([w, x, y, z]) = quads.next() {
        let bits = u32::from(first) << 16 | u32::from(second.unwrap_or_default()) << 8;
        *w = character(bits >> 18);
        *x = character(bits >> 12);
        *y = if second.is_some() { character(bits >> 6) } else { b'=' };
        *z = b'=';
    }
}

/// Encodes six octets at a time, read as one word with the two behind them; gives back what is left of both. This takes half
/// the instructions, and more flash than a small machine has for it.
fn by_words<'r, 'o>(mut raw: &'r [u8], out: &'o mut [u8]) -> (&'r [u8], &'o mut [u8]) {
    let mut filled = 0_usize;
    for eight in out.as_chunks_mut::<8>().0 {
        let Some(word) = raw.first_chunk() else { break };
        let word = u64::from_be_bytes(*word);
        let mut shift = u64::BITS;
        for place in eight {
            shift = shift.wrapping_sub(6);
            *place = character((word >> shift) as u32);
        }
        raw = raw.get(6..).unwrap_or_default();
        filled = filled.wrapping_add(8);
    }
    (raw, out.get_mut(filled..).unwrap_or_default())
}

/// Characters that `octets` octets become, without line breaks.
pub(crate) fn base64_length(octets: usize) -> usize {
    octets.div_ceil(3).saturating_mul(4)
}

/// Octets of a whole base64 body with the line breaks between its lines.
pub(crate) fn base64_size(octets: u64) -> u64 {
    let breaks = divided_up(octets, RAW_LINE as u16).saturating_sub(1).saturating_mul(2);
    divided_up(octets, 3).saturating_mul(4).saturating_add(breaks)
}

/// How many `by` hold `number`: with 32-bit divisions only, since the 64-bit one of a small
/// processor takes a kilobyte of flash.
fn divided_up(number: u64, by: u16) -> u64 {
    let by = u32::from(by.max(1));
    let mut left = 0;
    let mut quotient = 0_u64;
    let number = number.saturating_add(u64::from(by.wrapping_sub(1)));
    for digit in [number >> 48, number >> 32, number >> 16, number] {
        let part = left << 16 | (digit & 0xffff) as u32;
        quotient = quotient << 16 | u64::from(part / by);
        left = part % by;
    }
    quotient
}

/// The digits of `=XX` and `%XX`: upper case (RFC 2045 §6.7).
pub(crate) fn hex(octet: u8) -> [u8; 2] {
    let digit =
        |bits: u8| if bits < 10 { b'0'.wrapping_add(bits) } else { b'A'.wrapping_sub(10).wrapping_add(bits) };
    [digit(octet >> 4), digit(octet & 15)]
}

/// Whether quoted-printable takes the octet as it is, wherever it stands (RFC 2045 §6.7 rule 2).
pub(crate) fn is_literal(octet: u8) -> bool {
    matches!(octet, b' '..=b'~' | b'\t') && octet != b'='
}

/// What the line breaks of quoted-printable's source are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Breaks {
    /// Any of CRLF, CR and LF is a line break and becomes a CRLF.
    Text,
    /// CR and LF are octets like others and are encoded, so that nothing on the way changes them.
    Octets,
}

/// Encodes one line of quoted-printable from the front of `source`; says how many octets it took.
///
/// The line ends with a soft break, with a hard one, or with the source (RFC 2045 §6.7 rules 3 to 5).
pub(crate) fn quoted_printable(source: &[u8], breaks: Breaks, line: &mut Line) -> usize {
    const WITHOUT_SOFT_BREAK: usize = 75;
    let mut taken = 0_usize;
    let mut rest = source;
    while let Some((octet, behind)) = rest.split_first() {
        if breaks == Breaks::Text && matches!(octet, b'\r' | b'\n') {
            close(line);
            line.put(b"\r\n");
            let pair = *octet == b'\r' && behind.first() == Some(&b'\n');
            return taken.saturating_add(1 + usize::from(pair));
        }
        let literal = is_literal(*octet);
        // White space may still grow to `=20` or `=09` when the line ends behind it: see `close`.
        let width = match octet {
            b' ' | b'\t' => 2,
            _ if literal => 1,
            _ => 3,
        };
        if line.length().saturating_add(width) > WITHOUT_SOFT_BREAK {
            line.put(b"=\r\n");
            return taken;
        }
        if literal {
            line.put(&[*octet]);
        } else {
            escape(*octet, line);
        }
        taken = taken.saturating_add(1);
        rest = behind;
    }
    close(line);
    taken
}

fn escape(octet: u8, line: &mut Line) {
    let [high, low] = hex(octet);
    line.put(&[b'=', high, low]);
}

/// White space may not end a line, because it gets lost on the way (RFC 2045 §6.7 rule 3).
fn close(line: &mut Line) {
    let last = line.length().checked_sub(1).and_then(|last| line.octets.get(last)).copied();
    if let Some(octet @ (b' ' | b'\t')) = last {
        line.cut(1);
        escape(octet, line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_base64_at_any_length() {
        for octets in (0..400).chain([65_535, 65_536, 1 << 32, (1 << 32) - 1, 1 << 48, 123_456_789_012_345]) {
            for by in [3_u16, 57] {
                assert_eq!(divided_up(octets, by), octets.div_ceil(u64::from(by)));
            }
        }
    }
}
