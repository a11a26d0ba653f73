//! Where values become octets.
//!
//! A [`Writer`] never fails half way: it goes on counting past the end of its buffer, so that the
//! caller learns how many octets would have been enough and can leave everything as it was.

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
        copy(octets, self.buffer.get_mut(self.wanted..).unwrap_or_default());
        self.wanted = self.wanted.saturating_add(octets.len());
    }

    /// Appends one octet.
    pub fn byte(&mut self, octet: u8) {
        self.put(&[octet]);
    }

    /// Appends a number in decimal digits.
    pub fn number(&mut self, number: u64) {
        // By hand in base 2^16, since 32-bit machines have no instruction for dividing 64 bits and
        // would link half a kilobyte for it.
        let mut limbs = [number >> 48, number >> 32, number >> 16, number].map(|limb| (limb & 0xffff) as u32);
        let mut digits = [0_u8; 20];
        let mut used = 0_usize;
        for digit in digits.iter_mut().rev() {
            let mut remainder = 0;
            for limb in &mut limbs {
                let dividend = remainder << 16 | *limb;
                (*limb, remainder) = (dividend / 10, dividend % 10);
            }
            *digit = b'0' | remainder as u8;
            used = used.saturating_add(1);
            if limbs.iter().all(|limb| *limb == 0) {
                break;
            }
        }
        let first = digits.len().saturating_sub(used);
        self.put(digits.get(first..).unwrap_or_default());
    }

    /// Ends a line. The only place in the crate that writes the CRLF of a command or a reply.
    pub(crate) fn crlf(&mut self) {
        self.put(b"\r\n");
    }

    /// Ends a line; the octets of all that was to be written, also beyond the buffer's end.
    pub(crate) fn line(mut self) -> usize {
        self.crlf();
        self.wanted
    }

    /// The octets of all that was to be written, also beyond the buffer's end.
    pub(crate) fn wanted(&self) -> usize {
        self.wanted
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
    use super::*;

    #[test]
    fn numbers_are_written_in_full() {
        for (number, text) in [(0, "0"), (7, "7"), (10, "10"), (u64::MAX, "18446744073709551615")] {
            let mut buffer = [0; 20];
            let mut out = Writer::new(&mut buffer);
            out.number(number);
            let length = out.finish().unwrap();
            assert_eq!(&buffer[..length], text.as_bytes());
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
