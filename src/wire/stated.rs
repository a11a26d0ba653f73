//! Numbers that a server states behind its keywords: SIZE (RFC 1870) and LIMITS (RFC 9422).

use super::class::place;
use super::size::{Octets, Twice, told};
use super::syntax::{WIDE, find};
use super::words::{below, place as place_of};

/// The size that a server states (RFC 1870 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SizeLimit {
    /// No fixed limit: SIZE is not offered, stands without a number, or says 0.
    NotStated,
    /// At most so many octets.
    Octets(u64),
    /// A number of octets beyond 64 bits: larger than any mail. A client on a machine without a vector unit says this of numbers beyond
    /// 32 bits.
    Beyond,
}

impl SizeLimit {
    /// Whether a mail of `octets` stays within the limit.
    pub const fn allows(self, octets: u64) -> bool {
        match self {
            Self::NotStated | Self::Beyond => true,
            Self::Octets(limit) => octets <= limit,
        }
    }
}

/// The numbers of LIMITS (RFC 9422 §4), each `None` when it is not stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Limits {
    /// Three numbers of six digits at most, in 20 bits each; all of them set for what is not stated.
    packed: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self::NONE
    }
}

impl Limits {
    pub(super) const NONE: Self = Self { packed: u64::MAX };

    /// MAILMAX: mails in one session.
    pub fn mails(self) -> Option<u32> {
        self.number(0)
    }

    /// RCPTMAX: recipients of one mail.
    pub fn recipients(self) -> Option<u32> {
        self.number(1)
    }

    /// RCPTDOMAINMAX: different domains among the recipients of one session.
    pub fn domains(self) -> Option<u32> {
        self.number(2)
    }

    fn number(self, place: u32) -> Option<u32> {
        let number = (self.packed >> (place * 20)) as u32 & 0xf_ffff;
        (number != 0xf_ffff).then_some(number)
    }

    /// Takes in the parameters of one line. Whoever does not ask for them ([`Capabilities::fold`] does) does not link this.
    pub(super) fn fold(&mut self, mut parameters: &[u8]) {
        while let parameter @ [_, ..] = next_word(&mut parameters) {
            let Some(equals) = find(b'=', parameter) else { continue };
            let Some((name, [_, digits @ ..])) = parameter.split_at_checked(equals) else { continue };
            // RFC 9422 §4: one to six digits, not beginning with 0; anything else is not a limit
            let ((number @ 1..=999_999, false), 1..=6) = (number(digits), digits.len()) else {
                continue;
            };
            let Some(place) = place(name, b"MAILMAX RCPTMAX RCPTDOMAINMAX ") else { continue };
            let shift = u32::from(place).wrapping_mul(20);
            self.packed = self.packed & !(0xf_ffff << shift) | told(number) << shift;
        }
    }
}

/// Splits the next word off, past any spaces and tabs; empty when there is none. A control character ends it, and all.
#[inline(always)]
#[allow(clippy::inline_always, reason = "counted: less flash")]
pub(super) fn next_word<'a>(text: &mut &'a [u8]) -> &'a [u8] {
    word_until(text, b' ')
}

/// The same of a word that `mark` ends, too.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(super) fn word_until<'a>(text: &mut &'a [u8], mark: u8) -> &'a [u8] {
    let word = behind_blanks(text);
    let end = if WIDE && let Some(end) = end_in_front(word) {
        end
    } else {
        word.iter().position(|octet| *octet <= b' ' || *octet == mark).unwrap_or(word.len())
    };
    let (word, rest) = word.split_at_checked(end).unwrap_or_default();
    *text = rest;
    word
}

/// Where the word ends, if that is within its first eight octets, as with most.
fn end_in_front(word: &[u8]) -> Option<usize> {
    let marks = below(u64::from_le_bytes(*word.first_chunk()?), b' ' + 1);
    (marks != 0).then(|| place_of(marks))
}

pub(super) fn behind_blanks(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    text
}

/// A decimal number from a peer, 0 for what is none; never cut: and whether it is beyond [`Octets`], of which no digit is then of use.
pub(super) fn number(digits: &[u8]) -> (Octets, bool) {
    let (mut number, mut beyond): (Octets, Octets) = (0, 0);
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return (0, false);
        }
        let sum = Twice::from(number).wrapping_mul(10).wrapping_add(Twice::from(digit));
        (number, beyond) = (sum as Octets, beyond | (sum >> Octets::BITS) as Octets);
    }
    (number, beyond != 0)
}

/// A decimal number of so few digits that it fits, and nothing behind it: most are, and need no check.
pub(super) fn number_of_64_bits(digits: &[u8]) -> Option<u64> {
    let mut sum = 0_u64;
    for digit in digits {
        let value = digit.wrapping_sub(b'0');
        if value > 9 {
            return None;
        }
        sum = sum.wrapping_mul(10).wrapping_add(u64::from(value));
    }
    matches!(digits.len(), 1..=19).then_some(sum)
}
