//! Where values become octets.
//!
//! A [`Writer`] never fails half way: it goes on counting past the end of its buffer, so that the
//! caller learns how many octets would have been enough and can leave everything as it was.

use super::size::{Octets, told};
use super::syntax::{WIDE, is_ascii};

/// Appends to a lent buffer and counts what did not fit.
pub struct Writer<'b> {
    buffer: &'b mut [u8],
    wanted: usize,
}

impl<'b> Writer<'b> {
    /// A writer at the front of `buffer`.
    pub fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, wanted: 0 }
    }

    /// Appends `octets` as they are.
    pub fn put(&mut self, octets: &[u8]) {
        if WIDE {
            copy(octets, self.buffer.get_mut(self.wanted..).unwrap_or_default());
            self.wanted = self.wanted.saturating_add(octets.len());
            return;
        }
        for octet in octets {
            if let Some(place) = self.buffer.get_mut(self.wanted) {
                *place = *octet;
            }
            self.wanted = self.wanted.saturating_add(1);
        }
    }

    /// As [`put`](Self::put), of a length that is known when compiling, so that nothing is called for it.
    pub(crate) fn fixed<const N: usize>(&mut self, octets: [u8; N]) {
        if let Some(room) = self.buffer.get_mut(self.wanted..).and_then(<[u8]>::first_chunk_mut) {
            *room = octets;
        }
        self.wanted = self.wanted.saturating_add(N);
    }

    /// The first `length` octets of some that are copied whole where there is room, which takes no call.
    pub(crate) fn front<const N: usize>(&mut self, octets: &[u8; N], length: usize) {
        let rest = self.buffer.get_mut(self.wanted..).unwrap_or_default();
        if let Some(room) = rest.first_chunk_mut() {
            *room = *octets;
            self.wanted = self.wanted.saturating_add(length);
        } else {
            self.put(octets.get(..length).unwrap_or_default());
        }
    }

    /// As [`fixed`](Self::fixed) where flash does not matter.
    pub(crate) fn short<const N: usize>(&mut self, octets: [u8; N]) {
        if WIDE { self.fixed(octets) } else { self.put(&octets) }
    }

    /// Appends one octet.
    pub fn byte(&mut self, octet: u8) {
        self.short([octet]);
    }

    /// Appends a number in decimal digits, of which there are 20 at most.
    pub fn number(&mut self, number: u64) {
        if WIDE {
            return self.digits(number);
        }
        let (rest, digit) = tenth(number);
        if rest > 0 {
            self.number(rest);
        }
        self.byte(b'0' | digit);
    }

    /// The same of a size as it is kept.
    pub(crate) fn octets(&mut self, octets: Octets) {
        if WIDE {
            return self.number(told(octets));
        }
        let rest = octets / 10;
        if rest > 0 {
            self.octets(rest);
        }
        self.byte(b'0' | (octets % 10) as u8);
    }

    /// As [`number`](Self::number), without a call for each digit.
    fn digits(&mut self, mut number: u64) {
        let (mut digits, mut at) = ([0; 20], 20_usize);
        for digit in digits.iter_mut().rev() {
            *digit = b'0' | (number % 10) as u8;
            number /= 10;
            at = at.wrapping_sub(1);
            if number == 0 {
                break;
            }
        }
        self.put(digits.get(at..).unwrap_or_default());
    }

    /// Ends a line. The only place in the crate that writes the CRLF of a command or a reply, but for replies that are known
    /// beforehand as a whole.
    pub(crate) fn crlf(&mut self) {
        if WIDE { self.fixed(*b"\r\n") } else { self.put(b"\r\n") }
    }

    /// Ends a line; the octets of all that was to be written, also beyond the buffer's end.
    pub(crate) fn line(&mut self) -> usize {
        self.crlf();
        self.wanted
    }

    /// The octets of all that was to be written, also beyond the buffer's end.
    pub(crate) fn wanted(&self) -> usize {
        self.wanted
    }

    /// Whether there is no octet above 127 in what found room.
    pub(crate) fn is_ascii(&self) -> bool {
        is_ascii(self.buffer.get(..self.wanted).unwrap_or(self.buffer))
    }

    /// The buffer, with what was written in it.
    pub(crate) fn into_buffer(self) -> &'b mut [u8] {
        self.buffer
    }

    /// Takes back what was written behind the first `octets`.
    pub(crate) fn truncate(&mut self, octets: usize) {
        self.wanted = octets;
    }

    /// Octets written, or, as the error, octets that the buffer should have had.
    ///
    /// # Errors
    /// The number of octets needed, when the buffer was too small. The buffer's contents are then
    /// of no meaning.
    pub fn finish(self) -> Result<usize, usize> {
        if self.wanted <= self.buffer.len() { Ok(self.wanted) } else { Err(self.wanted) }
    }
}

/// A tenth, and what is left over. In four steps of 16 bits on machines without an instruction for dividing 64 bits, which would
/// link half a kilobyte for it; a tenth of 32 bits is a multiplication.
fn tenth(number: u64) -> (u64, u8) {
    if cfg!(all(target_pointer_width = "64", not(embedded_smtp_narrow))) {
        return (number / 10, (number % 10) as u8);
    }
    let (mut quotient, mut left) = (number, 0_u32);
    for _ in 0..4 {
        let part = left << 16 | (quotient >> 48) as u32;
        quotient = quotient << 16 | u64::from(part / 10);
        left = part % 10;
    }
    (quotient, left as u8)
}

/// Without what is written: it may be a password.
impl core::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Writer {{ wanted: {} of {} }}", self.wanted, self.buffer.len())
    }
}

/// Copies as much of `from` as `to` has room for; returns how much. Unlike `copy_from_slice`, which
/// it compiles to, it cannot panic.
pub(crate) fn copy(from: &[u8], to: &mut [u8]) -> usize {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    from.len().min(to.len())
}

/// A value that has a form on the wire.
pub trait Emit {
    /// Appends the value's octets, without any line end.
    fn emit(&self, out: &mut Writer<'_>);
}

#[cfg(test)]
mod tests {
    use super::super::size::counted;
    use super::*;

    #[test]
    fn numbers_are_written_in_full() {
        let of_every_width = (0..64).flat_map(|bits| [(1 << bits) - 1, 1 << bits, u64::MAX >> bits]);
        let of_every_length = (0..20).flat_map(|zeros| [10_u64.pow(zeros), 10_u64.pow(zeros) - 1]);
        for number in of_every_width.chain(of_every_length).chain([123_456_789_012_345_678]) {
            let text = std::format!("{number}");
            let mut buffer = [0; 20];
            let mut out = Writer::new(&mut buffer);
            out.number(number);
            let length = out.finish().unwrap();
            assert_eq!(&buffer[..length], text.as_bytes());
            // A size as it is kept, which may be no more than 32 bits.
            let mut out = Writer::new(&mut buffer);
            match counted(number) {
                Some(octets) => out.octets(octets),
                None => assert!(number > u64::from(u32::MAX) && Octets::BITS == 32, "{number}"),
            }
            let length = out.finish().unwrap();
            assert!(length == 0 || buffer[..length] == *text.as_bytes(), "{number}");
        }
    }

    #[test]
    fn the_front_of_what_is_copied_whole_is_written_whatever_room_there_is() {
        for room in 0..24 {
            let (mut whole, mut plain) = ([b'.'; 24], [b'.'; 24]);
            let mut out = Writer::new(&mut whole[..room]);
            out.front(b"250-DSN\r\n.......", 9);
            out.front(b"250 OK\r\n........", 8);
            let written = out.finish();
            let mut out = Writer::new(&mut plain[..room]);
            out.put(b"250-DSN\r\n250 OK\r\n");
            assert_eq!(written, out.finish());
            assert_eq!(whole[..room.min(17)], plain[..room.min(17)]);
        }
    }

    #[test]
    fn a_small_buffer_is_told_how_much_is_needed() {
        let mut buffer = [0; 3];
        let mut out = Writer::new(&mut buffer);
        out.put(b"ab");
        out.put(b"cde");
        out.crlf();
        assert_eq!(out.finish(), Err(7));
    }
}
