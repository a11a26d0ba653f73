//! The search that stuffing and unstuffing share: how far do the octets pass as they are?
//!
//! An octet is judged by itself and the one before it, so a whole block is judged by comparing
//! it with itself shifted by one. On targets with a vector unit the compiler turns that into a
//! few instructions for 16 octets; elsewhere only the loop over single octets is built.

const CR: u8 = b'\r';
const LF: u8 = b'\n';

/// What came before an octet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) enum Before {
    /// CRLF, or nothing: RFC 5321 §4.1.1.4 lets the content start as if behind a CRLF.
    #[default]
    LineStart,
    /// A CR.
    Cr,
    /// A dot that was the first octet of its line.
    Dot,
    /// Anything else.
    Middle,
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
    let mut previous = before.octet();
    let mut at = 0;
    if WIDE
        && let Some(&first) = input.first()
        && irregular(previous, first) == 0
    {
        at = regular_blocks(input);
        previous = input.get(at.saturating_sub(1)).copied().unwrap_or(first);
    }
    for &octet in input.get(at..).unwrap_or_default() {
        if irregular(previous, octet) != 0 {
            // It was the CR that nothing may follow but LF.
            return at.saturating_sub(usize::from(previous == CR));
        }
        previous = octet;
        at = at.saturating_add(1);
    }
    at
}

/// 1 if `octet` must not follow `previous`, or must not pass as it is: LF exactly behind CR, no
/// dot behind LF. Without branches, so that the compiler can judge many octets at once.
fn irregular(previous: u8, octet: u8) -> u8 {
    (u8::from(octet == LF) ^ u8::from(previous == CR)) | (u8::from(octet == b'.') & u8::from(previous == LF))
}

/// Whether blocks pay: without a vector unit they are slower than single octets, and take flash.
const WIDE: bool = cfg!(any(target_feature = "sse2", target_feature = "neon", target_feature = "simd128"));

/// The place of the first irregular octet behind the first one of `input`, or at least how many
/// octets hold none.
fn regular_blocks(input: &[u8]) -> usize {
    let octets = input.get(1..).unwrap_or_default();
    let blocks = octets.as_chunks::<64>().0.iter().zip(input.as_chunks::<64>().0);
    let mut at = 64 * blocks.take_while(|(octets, previous)| !any_irregular(previous, octets)).count();

    let octets = octets.get(at..).unwrap_or_default().as_chunks::<16>().0;
    let previous = input.get(at..).unwrap_or_default().as_chunks::<16>().0;
    for (octets, previous) in octets.iter().zip(previous) {
        let clean = first_irregular(previous, octets);
        at = at.saturating_add(clean);
        if clean < 16 {
            break;
        }
    }
    at.saturating_add(1)
}

fn any_irregular(previous: &[u8; 64], octets: &[u8; 64]) -> bool {
    previous.iter().zip(octets).fold(0, |any, (&previous, &octet)| any | irregular(previous, octet)) != 0
}

/// 16 if there is none.
fn first_irregular(previous: &[u8; 16], octets: &[u8; 16]) -> usize {
    let mut flags = [0; 16];
    for ((flag, &previous), &octet) in flags.iter_mut().zip(previous).zip(octets) {
        *flag = irregular(previous, octet);
    }
    (u128::from_le_bytes(flags).trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

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
                        assert_eq!(
                            regular(before, &input),
                            one_by_one(before, &input),
                            "{before:?} {input:?}"
                        );
                    }
                }
            }
        }
    }

    /// The definition, written without any look behind.
    fn one_by_one(before: Before, input: &[u8]) -> usize {
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
