//! Where header fields become octets: folded, and resumable at any octet.
//!
//! A header section is made of atoms (one address, one subject, the fields of one part). An atom is
//! always produced from its front; the [`Ink`] drops what went out before and what does not fit any
//! more. So the writer's whole memory of a half-written atom is one number, and a count of octets
//! (for SIZE) is the same run over an empty buffer.

use super::coding::hex;

/// Columns of a folded line. 78 are allowed (RFC 5322 §2.1.1), 76 where encoded words stand
/// (RFC 2047 §2); one limit is enough.
pub(crate) const WIDTH: usize = 76;

/// Appends one atom to a lent buffer, without the octets that went out before.
#[derive(Debug)]
pub(crate) struct Ink<'o> {
    out: &'o mut [u8],
    used: usize,
    skip: u32,
    total: u32,
    column: usize,
}

impl<'o> Ink<'o> {
    /// An atom that starts at `column`, of which `skip` octets are out already.
    pub(crate) fn new(out: &'o mut [u8], skip: u32, column: u16) -> Self {
        Self { out, used: 0, skip, total: 0, column: usize::from(column) }
    }

    /// Appends `octets` as they are. In one place in flash: it is called from a hundred.
    #[inline(never)]
    pub(crate) fn put(&mut self, octets: &[u8]) {
        let length = u32::try_from(octets.len()).unwrap_or(u32::MAX);
        self.total = self.total.saturating_add(length);
        self.column = self.column.saturating_add(octets.len());
        let skipped = self.skip.min(length);
        self.skip = self.skip.saturating_sub(skipped);
        let fresh = octets.get(skipped as usize..).unwrap_or_default();
        let room = self.out.get_mut(self.used..).unwrap_or_default();
        self.used = self.used.saturating_add(copy(fresh, room));
    }

    /// Appends one octet.
    pub(crate) fn byte(&mut self, octet: u8) {
        self.put(&[octet]);
    }

    /// Appends `mark` and the octet in hexadecimal.
    pub(crate) fn escape(&mut self, mark: u8, octet: u8) {
        let [high, low] = hex(octet);
        self.put(&[mark, high, low]);
    }

    /// Appends the space in front of something `width` columns wide, on a new line if it would
    /// not fit on this one (folding, RFC 5322 §2.2.3).
    #[inline(never)]
    pub(crate) fn space(&mut self, width: usize) {
        if self.column.saturating_add(width) >= WIDTH {
            self.line_end();
        }
        self.byte(b' ');
    }

    /// Ends a line.
    pub(crate) fn line_end(&mut self) {
        self.put(b"\r\n");
        self.column = 0;
    }

    /// Columns left on this line.
    pub(crate) fn room(&self) -> usize {
        WIDTH.saturating_sub(self.column)
    }

    /// What became of the atom.
    pub(crate) fn finish(self) -> Inked {
        Inked { used: self.used, total: self.total, column: u16::try_from(self.column).unwrap_or(u16::MAX) }
    }
}

/// What became of an atom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inked {
    /// Octets put into the buffer this time.
    pub(crate) used: usize,
    /// Octets of the whole atom.
    pub(crate) total: u32,
    /// The column after it.
    pub(crate) column: u16,
}

/// Copies as much as fits; says how much.
pub(crate) fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let length = from.len().min(to.len());
    if let (Some(from), Some(to)) = (from.get(..length), to.get_mut(..length)) {
        to.copy_from_slice(from);
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(ink: &mut Ink<'_>) {
        ink.put(b"Subject:");
        for word in [&[b'a'; 60][..], b"bcdefgh", b"i"] {
            ink.space(word.len());
            ink.put(word);
        }
        ink.line_end();
    }

    #[test]
    fn an_atom_is_the_same_in_any_pieces() {
        let mut whole = [0; 128];
        let mut ink = Ink::new(&mut whole, 0, 0);
        atom(&mut ink);
        let done = ink.finish();
        assert_eq!(done.used as u32, done.total);
        let whole = &whole[..done.used];
        assert!(whole.ends_with(b"aaa\r\n bcdefgh i\r\n"));
        for size in 1..whole.len() {
            let mut out = std::vec::Vec::new();
            while out.len() < whole.len() {
                let mut piece = std::vec![0; size];
                let mut ink = Ink::new(&mut piece, out.len() as u32, 0);
                atom(&mut ink);
                let done = ink.finish();
                assert!(done.used > 0);
                out.extend_from_slice(&piece[..done.used]);
            }
            assert_eq!(out, whole);
        }
    }
}
