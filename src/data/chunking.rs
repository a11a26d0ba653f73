//! BDAT (RFC 3030 §2): content in chunks whose sizes are told beforehand, without stuffing.

/// A chunk on its way, in either direction: what follows the line `BDAT <size> [LAST]`.
///
/// ```
/// use embedded_smtp::data::Chunk;
///
/// let mut chunk = Chunk::new(6, true);
/// assert_eq!(chunk.take(4), 4);
/// assert_eq!(chunk.take(9), 2);
/// assert!(chunk.is_done() && chunk.is_last());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use]
pub struct Chunk {
    left: u64,
    last: bool,
}

impl Chunk {
    /// A chunk of `size` octets, which may be 0; `last` if it ends the mail.
    pub fn new(size: u64, last: bool) -> Self {
        Self { left: size, last }
    }

    /// How many of the next `octets` belong to the chunk; they count as passed on. What lies
    /// behind them is the next command, whatever it looks like.
    pub fn take(&mut self, octets: usize) -> usize {
        let taken = usize::try_from(self.left).map_or(octets, |left| left.min(octets));
        self.left = self.left.saturating_sub(taken as u64);
        taken
    }

    /// Octets of the chunk that are still to come.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Whether all of the chunk has passed.
    pub fn is_done(&self) -> bool {
        self.left == 0
    }

    /// Whether the chunk ends the mail.
    pub fn is_last(&self) -> bool {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_takes_exactly_its_size() {
        for (size, reads, taken) in [
            (0, [0, 1, 9], [0, 0, 0]),
            (1, [0, 1, 9], [0, 1, 0]),
            (10, [4, 4, 4], [4, 4, 2]),
            (
                u64::MAX,
                [usize::MAX, 1, 0],
                [usize::MAX, u64::MAX.abs_diff(usize::MAX as u64).min(1) as usize, 0],
            ),
        ] {
            let mut chunk = Chunk::new(size, false);
            assert_eq!(reads.map(|octets| chunk.take(octets)), taken, "{size}");
            assert_eq!(chunk.left(), size - taken.iter().map(|taken| *taken as u64).sum::<u64>());
            assert_eq!(chunk.is_done(), chunk.left() == 0);
        }
    }

    #[test]
    fn an_empty_last_chunk_is_done_at_once() {
        let chunk = Chunk::new(0, true);
        assert!(chunk.is_done() && chunk.is_last());
    }
}
