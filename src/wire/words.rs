//! Octets looked at by eight, in words: for targets with a vector unit (`WIDE`), where flash does not matter. Most lines are too
//! short for anything wider, and a word knows the place of what it finds.

/// Octets of a word.
pub(crate) const WORD: usize = 8;

/// The high bit of each octet.
pub(crate) const HIGH: u64 = u64::from_le_bytes([0x80; WORD]);

/// A word with `octet` in each place.
pub(crate) const fn each(octet: u8) -> u64 {
    u64::from_le_bytes([octet; WORD])
}

/// Below this octet are CR, LF and NUL, which end or break a line (RFC 5321 §2.3.8), and others that but for HT are not for text
/// (§4.2).
const LOW: u8 = 14;

/// The high bit of the first octet below `bound`, which is ASCII, the first one lowest; those behind it mean nothing.
#[inline]
pub(crate) const fn below(word: u64, bound: u8) -> u64 {
    // In front of the first one no octet borrows.
    word.wrapping_sub(each(bound)) & !word & HIGH
}

/// The place of the lowest bit set of those in [`HIGH`].
#[inline]
pub(crate) const fn place(marks: u64) -> usize {
    (marks.trailing_zeros() >> 3) as usize
}

/// The place of the first octet below 14 among the whole words of `octets`, of which `most` are looked at; the error is where the
/// search ended.
#[inline]
pub(crate) fn first_low(octets: &[u8], most: usize) -> Result<usize, usize> {
    let mut at = 0_usize;
    for word in octets.as_chunks::<WORD>().0.iter().take(most) {
        let marks = below(u64::from_le_bytes(*word), LOW);
        if marks != 0 {
            return Ok(at.wrapping_add(place(marks)));
        }
        at = at.wrapping_add(WORD);
    }
    Err(at)
}

/// As [`first_low`], when no whole word holds one: in the last octets, as a word that may overlap those. `None` too when there are
/// not so many octets.
#[inline]
pub(crate) fn first_low_of_last(octets: &[u8]) -> Option<usize> {
    let marks = below(u64::from_le_bytes(*octets.last_chunk()?), LOW);
    (marks != 0).then(|| octets.len().wrapping_sub(WORD).wrapping_add(place(marks)))
}

/// The first eight octets of `rest`, the end of `whole`, the first one highest; zeros behind those that there are. `None` when there
/// are none, or `whole` has not so many.
#[inline]
pub(crate) fn front(whole: &[u8], rest: &[u8]) -> Option<u64> {
    if let Some(eight) = rest.first_chunk() {
        return Some(u64::from_be_bytes(*eight));
    }
    let missing = (WORD.wrapping_sub(rest.len()) as u32).wrapping_mul(8);
    u64::from_be_bytes(*whole.last_chunk()?).checked_shl(missing)
}

/// A word, or the front of a longer one, as eight octets of which any case of letters may be compared at once.
#[derive(Clone, Copy)]
pub(crate) struct Word {
    octets: u64,
    /// The bits that count: not those by which capitals and small letters differ, and none behind the word's end.
    cared_for: u64,
    length: u8,
}

impl Word {
    pub(crate) const fn of(word: &[u8]) -> Self {
        let (mut octets, mut cared_for, mut length) = (0, 0, 0);
        let mut rest = word;
        while length < 8
            && let [octet, behind @ ..] = rest
        {
            let bits = if octet.is_ascii_alphabetic() { !0x20 } else { u8::MAX };
            (octets, cared_for) = (octets << 8 | *octet as u64, cared_for << 8 | bits as u64);
            (length, rest) = (length + 1, behind);
        }
        let missing = 8 * (8 - length as u32);
        match (octets.checked_shl(missing), cared_for.checked_shl(missing)) {
            (Some(octets), Some(cared_for)) => Self { octets, cared_for, length },
            _ => Self { octets: 0, cared_for: 0, length: 0 },
        }
    }

    /// Whether `eight` octets begin with it, the first one highest.
    #[inline]
    pub(crate) const fn is(self, eight: u64) -> bool {
        (eight ^ self.octets) & self.cared_for == 0
    }

    /// What stands behind it in `rest`, whose first [`eight`](front) octets these are.
    #[inline]
    pub(crate) fn behind(self, eight: u64, rest: &[u8]) -> Option<&[u8]> {
        if self.is(eight) { rest.get(usize::from(self.length)..) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_low_octet_is_found_wherever_it_stands_and_no_other_is_taken_for_one() {
        for octet in 0..=u8::MAX {
            for behind in [0, 13, 14, 0x7f, 0x80, 0x8d, 0xff] {
                for at in 0..24 {
                    let mut octets = [b'x'; 24];
                    octets[at] = octet;
                    octets[at + 1..].fill(behind);
                    let expected = octets.iter().position(|octet| *octet < 14);
                    assert_eq!(first_low(&octets, 3), expected.ok_or(24), "{octets:?}");
                    assert_eq!(first_low(&octets, 1), expected.filter(|at| *at < 8).ok_or(8), "{octets:?}");
                }
            }
        }
    }
}
