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
        // Cut in two steps, so that the optimiser sees that the lengths agree.
        let room = self.buffer.get_mut(self.wanted..).and_then(|room| room.get_mut(..octets.len()));
        if let Some(room) = room {
            room.copy_from_slice(octets);
        }
        self.wanted = self.wanted.saturating_add(octets.len());
    }

    /// Appends one octet.
    pub fn byte(&mut self, octet: u8) {
        self.put(&[octet]);
    }

    /// Appends a number in decimal digits.
    pub fn number(&mut self, mut number: u64) {
        let mut digits = [0_u8; 20];
        let mut used = 0_usize;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' | (number % 10) as u8;
            number /= 10;
            used = used.saturating_add(1);
            if number == 0 {
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
