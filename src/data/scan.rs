//! The search that stuffing and unstuffing share: how far do the octets pass as they are?
//!
//! An octet is judged by itself and the one before it, so a whole block is judged by comparing
//! it with itself shifted by one. On targets with a vector unit the compiler turns that into a
//! few instructions for 16 octets; elsewhere only the loop over single octets is built.

use crate::wire::class::behind;
use crate::wire::syntax::WIDE;
use crate::wire::words::{HIGH, WORD, first_low};

const CR: u8 = b'\r';
const LF: u8 = b'\n';

/// What came before an octet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) enum Before {
    // In this order: what ends a mail is so much less than behind a dot.
    /// A dot that was the first octet of its line.
    Dot,
    /// Anything else.
    Middle,
    /// A CR.
    Cr,
    /// CRLF, or nothing: RFC 5321 §4.1.1.4 lets the content start as if behind a CRLF.
    #[default]
    LineStart,
}

impl Before {
    /// An octet that makes the same difference to its follower.
    fn octet(self) -> u8 {
        match self {
            Self::LineStart => LF,
            Self::Cr => CR,
            Self::Dot | Self::Middle => b'.',
        }
    }

    /// What comes before the octet behind `run`, of which all was regular, but for a dot at the
    /// very end that may have been the first octet of its line.
    pub(crate) fn after(self, run: &[u8]) -> Self {
        match run {
            [] => self,
            [b'.'] if self == Self::LineStart => Self::Dot,
            [.., LF, b'.'] => Self::Dot,
            [.., LF] => Self::LineStart,
            [.., CR] => Self::Cr,
            _ => Self::Middle,
        }
    }
}

/// How many octets at the front of `input` are regular: no dot begins a line, no CR without LF
/// and no LF without CR (RFC 5321 §2.3.8, §4.5.2).
///
/// A CR at the very end is counted, for nothing is wrong with it yet. 0 behind a CR that
/// [`Before::Cr`] tells of means that `input` does not go on with LF.
pub(crate) fn regular(before: Before, input: &[u8]) -> usize {
    let previous = before.octet();
    let at = if WIDE { in_blocks(previous, input) } else { one_by_one(previous, input) };
    if at == input.len() {
        return at;
    }
    // An octet may be irregular because the one in front of it is a CR, which nothing may follow but LF.
    let previous = at.checked_sub(1).and_then(|last| input.get(last)).map_or(previous, |last| *last);
    at.saturating_sub(usize::from(previous == CR))
}

/// The same of a short line that is followed by one which begins with a dot, in the middle of which `input` begins or in front of it:
/// the only octets to be judged are low. `None` for anything else.
#[inline]
pub(crate) fn short_line(before: Before, input: &[u8]) -> Option<usize> {
    match (before, input) {
        (Before::Middle, _) => {}
        (Before::LineStart, [first, ..]) if *first != b'.' => {}
        _ => return None,
    }
    let low = first_low(input, FRONT).ok()?;
    matches!(behind(input, low), [CR, LF, b'.', ..]).then_some(low.wrapping_add(2))
}

/// How many octets come before the first irregular one.
fn one_by_one(mut previous: u8, input: &[u8]) -> usize {
    let mut at = 0_usize;
    for &octet in input {
        if irregular(previous, octet) != 0 {
            break;
        }
        previous = octet;
        at = at.wrapping_add(1);
    }
    at
}

/// 1 if `octet` must not follow `previous`, or must not pass as it is: LF exactly behind CR, no
/// dot behind LF. Without branches, so that the compiler can judge many octets at once.
fn irregular(previous: u8, octet: u8) -> u8 {
    (u8::from(octet == LF) ^ u8::from(previous == CR)) | (u8::from(octet == b'.') & u8::from(previous == LF))
}

/// The same by blocks.
fn in_blocks(previous: u8, input: &[u8]) -> usize {
    if input.len() <= SMALL {
        return one_by_one(previous, input);
    }
    let [first, second, ..] = input else { return 0 };
    if irregular(previous, *first) != 0 {
        return 0;
    }
    // What stands in front of it is in no block.
    if irregular(*first, *second) != 0 {
        return 1;
    }
    let at = behind_large(input);
    let at = at.wrapping_add(clean_small(input, at));
    // What is left begins with a block that has one, or is shorter than that; then the last block overlaps what is known.
    let at = at.min(input.len().wrapping_sub(SMALL));
    place(input, at, 2).unwrap_or(input.len())
}

/// Octets of a block that is searched by words when it has an irregular one, and of one that only tells whether there is any.
const SMALL: usize = 16;
const LARGE: usize = 64;

/// Words in which the end of a short line is looked for.
const FRONT: usize = 3;

/// The place behind all large blocks, of which the first begins with the second octet, that hold no irregular one, and no line's end
/// behind which a dot begins the next: so it is looked for once, and not again by the dot. That octet is regular.
#[inline]
fn behind_large(input: &[u8]) -> usize {
    let mut rest = input;
    while let (Some(next), Some(octets), Some(previous)) = (
        behind(rest, 2).first_chunk::<LARGE>(),
        behind(rest, 1).first_chunk::<LARGE>(),
        rest.first_chunk::<LARGE>(),
    ) {
        let threes = previous.iter().zip(octets).zip(next);
        let any = threes.fold(0, |any, ((&previous, &octet), &next)| {
            let ends = u8::from(octet == LF);
            any | (ends ^ u8::from(previous == CR)) | (ends & u8::from(next == b'.'))
        });
        if any != 0 {
            break;
        }
        rest = behind(rest, LARGE);
    }
    input.len().wrapping_sub(rest.len()).wrapping_add(1)
}

/// How many octets from `at` on (1 at least) fill small blocks without an irregular one.
#[inline]
fn clean_small(input: &[u8], at: usize) -> usize {
    let octets = input.get(at..).unwrap_or_default().as_chunks::<SMALL>().0;
    let previous = input.get(at.wrapping_sub(1)..).unwrap_or_default().as_chunks::<SMALL>().0;
    let clean = octets.iter().zip(previous).take_while(|(octets, previous)| {
        let pairs = previous.iter().zip(*octets);
        pairs.fold(0, |any, (&previous, &octet)| any | irregular(previous, octet)) == 0
    });
    SMALL.wrapping_mul(clean.count())
}

/// Where the first irregular octet stands in whole words from `at` on (1 at least), at most so many; the error is where the
/// search ended.
#[inline]
fn place(input: &[u8], mut at: usize, most: usize) -> Result<usize, usize> {
    let octets = input.get(at..).unwrap_or_default().as_chunks::<WORD>().0;
    let previous = input.get(at.wrapping_sub(1)..).unwrap_or_default().as_chunks::<WORD>().0;
    for (octets, previous) in octets.iter().zip(previous).take(most) {
        if let Some(place) = first_mark(u64::from_le_bytes(*octets), u64::from_le_bytes(*previous)) {
            return Ok(at.wrapping_add(place));
        }
        at = at.wrapping_add(WORD);
    }
    Err(at)
}

/// The first octet of a word that is [`irregular`] behind the one in the other word.
#[inline]
fn first_mark(octets: u64, previous: u64) -> Option<usize> {
    let (pair, dot) =
        (unlike(octets, LF) ^ unlike(previous, CR), unlike(octets, b'.') | unlike(previous, LF));
    let irregular = (pair | !dot) & HIGH;
    (irregular != 0).then_some((irregular.trailing_zeros() / 8) as usize)
}

/// Sets the high bit of each octet of `word` that differs from `octet`; the low bits mean nothing.
fn unlike(word: u64, octet: u8) -> u64 {
    let differs = word ^ u64::from_le_bytes([octet; 8]);
    // The sum carries into the high bit if any low one is set, and never beyond.
    (differs & !HIGH).wrapping_add(!HIGH) | differs
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::vec::Vec;

    /// Contents of which all that matters lies near the end of the words that are looked at.
    pub(in crate::data) fn short_lines(mut each: impl FnMut(Before, &[u8])) {
        let set = *b"a.\r\n";
        for number in 0..set.len().pow(6) {
            let odd: Vec<u8> = (0..6).map(|place| set[number / set.len().pow(place) % set.len()]).collect();
            for front in [0, 1, 5, 7, 19] {
                for back in [0, 2, 12] {
                    let mut input = std::vec![b'a'; front];
                    input.extend_from_slice(&odd);
                    input.resize(input.len() + back, b'a');
                    for before in [Before::Dot, Before::Middle, Before::Cr, Before::LineStart] {
                        each(before, &input);
                    }
                }
            }
        }
    }

    #[test]
    fn a_short_line_ends_where_the_run_ends() {
        let mut taken = 0;
        short_lines(|before, input| {
            if let Some(run) = short_line(before, input) {
                assert_eq!(run, regular(before, input), "{before:?} {}", input.escape_ascii());
                assert_eq!(input[run], b'.');
                taken += 1;
            }
        });
        assert!(taken > 100, "{taken}");
    }

    #[test]
    fn the_run_ends_in_front_of_what_needs_attention() {
        use Before::{Cr, LineStart, Middle};
        let rows: [(Before, &[u8], usize); 16] = [
            (LineStart, b"", 0),
            (LineStart, b".", 0),
            (Middle, b".", 1),
            (LineStart, b"a.\r\n", 4),
            (LineStart, b"a\r\n.b", 3),
            (LineStart, b"\r\n\r\n", 4),
            (LineStart, b"\n", 0),
            (Middle, b"\n", 0),
            (Cr, b"\n", 1),
            (Cr, b"a", 0),
            (Cr, b"\r\n", 0),
            (Middle, b"a\nb", 1),
            (Middle, b"a\rb", 1),
            (Middle, b"a\r\r\n", 1),
            (Middle, b"a\r", 2),
            (Cr, b"\n.", 1),
        ];
        for (before, input, expected) in rows {
            assert_eq!(regular(before, input), expected, "{before:?} {input:?}");
        }
    }

    #[test]
    fn blocks_find_the_same_place_as_single_octets_at_every_alignment() {
        for length in 0..200 {
            for at in 0..length {
                for odd in [&b"\n"[..], b"\r", b"\r\n", b"\r\n.", b"\r\r\n", b".", b"\n.", b"\r\n\r\n."] {
                    let mut input: Vec<u8> = std::vec![b'a'; length];
                    for (to, from) in input.iter_mut().skip(at).zip(odd) {
                        *to = *from;
                    }
                    for before in [Before::LineStart, Before::Cr, Before::Middle] {
                        assert_eq!(regular(before, &input), defined(before, &input), "{before:?} {input:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_other_octet_is_taken_for_cr_lf_or_dot() {
        for octet in 0..=u8::MAX {
            for other in [0, 1, 0x0b, 0x0e, 0x2f, 0x7f, 0x80, 0x8a, 0x8d, 0xae, 0xff] {
                for at in 0..24 {
                    let mut input = [other; 100];
                    for place in [at, at + 40, at + 75] {
                        input[place] = octet;
                    }
                    let expected = defined(Before::LineStart, &input);
                    assert_eq!(regular(Before::LineStart, &input), expected, "{input:?}");
                }
            }
        }
    }

    /// The definition, written without any look behind.
    fn defined(before: Before, input: &[u8]) -> usize {
        let mut state = before;
        let mut at = 0;
        while let Some(&octet) = input.get(at) {
            let next = input.get(at + 1);
            let regular = match (state, octet) {
                (Before::Cr, _) => octet == LF,
                (Before::LineStart, b'.') | (_, LF) => false,
                (_, CR) => next.is_none_or(|next| *next == LF),
                _ => true,
            };
            if !regular {
                break;
            }
            state = match octet {
                CR => Before::Cr,
                LF => Before::LineStart,
                _ => Before::Middle,
            };
            at += 1;
        }
        at
    }
}
