//! Names that no other mail or part has: RFC 5322 §3.6.4, RFC 2045 §7.

use super::ink::Ink;
use crate::wire::class::{ATEXT, DCONTENT, before, dotted, is};
use crate::wire::{Domain, Fault, Syntax};

/// Longest identifier, so that a line with it stays within 998 octets.
const LONGEST: usize = 900;

/// A Message-ID or Content-ID: a left part that its maker never uses twice, and a right part, mostly
/// the maker's domain, under which that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MessageId<'a> {
    left: Left<'a>,
    right: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Left<'a> {
    Text(&'a str),
    /// Written in hexadecimal, with a dot between.
    Numbers(u64, u64),
}

impl<'a> MessageId<'a> {
    /// From two numbers that never occur together again at this domain: say a random one from the
    /// start of the device and a counter, or a serial number and the time.
    pub fn unique(first: u64, second: u64, domain: Domain<'a>) -> Self {
        Self { left: Left::Numbers(first, second), right: domain.as_str() }
    }

    /// From text, without the angle brackets: `unique@example.org`.
    ///
    /// ```abnf
    /// msg-id        = [CFWS] "<" id-left "@" id-right ">" [CFWS]
    /// id-left       = dot-atom-text
    /// id-right      = dot-atom-text / no-fold-literal
    /// ```
    ///
    /// # Errors
    /// Where `id` does not follow the grammar; past 900 octets.
    pub fn new(id: &'a str) -> Result<Self, Syntax> {
        let octets = id.as_bytes();
        let fault = |rest: &[u8]| {
            let at = octets.len().saturating_sub(rest.len());
            let fault = match rest.first() {
                None => Fault::Incomplete,
                Some(b'\r' | b'\n' | 0) => Fault::LineBreak,
                Some(_) => Fault::Unexpected,
            };
            Err(Syntax::new(fault, octets, at))
        };
        if octets.len() > LONGEST {
            return Err(Syntax::new(Fault::TooLong, octets, LONGEST));
        }
        let rest = dot_atom(octets);
        let left = before(octets, rest);
        let Some((b'@', right)) = rest.split_first().filter(|_| !left.is_empty()) else {
            return fault(rest);
        };
        let rest = match right.split_first() {
            Some((b'[', literal)) => {
                let end = literal.iter().position(|octet| !is(*octet, DCONTENT)).unwrap_or(literal.len());
                match literal.get(end..).and_then(<[u8]>::split_first) {
                    Some((b']', rest)) => rest,
                    _ => return fault(literal.get(end..).unwrap_or_default()),
                }
            }
            _ => dot_atom(right),
        };
        match (rest, id.split_at_checked(left.len())) {
            ([], Some((left, right))) if octets.len() > left.len().saturating_add(1) => {
                Ok(Self { left: Left::Text(left), right: right.get(1..).unwrap_or_default() })
            }
            _ => fault(rest),
        }
    }

    /// Octets with the angle brackets.
    pub(crate) fn width(&self) -> usize {
        let left = match self.left {
            Left::Text(left) => left.len(),
            Left::Numbers(..) => 33,
        };
        left.saturating_add(self.right.len()).saturating_add(3)
    }

    /// Whether it needs header fields in UTF-8.
    pub(crate) fn is_ascii(&self) -> bool {
        self.right.is_ascii() && !matches!(self.left, Left::Text(left) if !left.is_ascii())
    }

    /// Appends the identifier in its angle brackets.
    pub(crate) fn emit(&self, ink: &mut Ink<'_>) {
        ink.byte(b'<');
        match self.left {
            Left::Text(left) => ink.put(left.as_bytes()),
            Left::Numbers(first, second) => {
                hexadecimal(first, ink);
                ink.byte(b'.');
                hexadecimal(second, ink);
            }
        }
        ink.byte(b'@');
        ink.put(self.right.as_bytes());
        ink.byte(b'>');
    }

    /// A number that differs from that of another mail, for the boundaries (FNV-1a).
    pub(crate) fn tag(&self) -> u64 {
        const PRIME: u64 = 0x0100_0000_01b3;
        let mut tag = 0xcbf2_9ce4_8422_2325_u64;
        let mut mix = |octets: &[u8]| {
            for octet in octets {
                tag = (tag ^ u64::from(*octet)).wrapping_mul(PRIME);
            }
        };
        match self.left {
            Left::Text(left) => mix(left.as_bytes()),
            Left::Numbers(first, second) => {
                mix(&first.to_be_bytes());
                mix(&second.to_be_bytes());
            }
        }
        mix(self.right.as_bytes());
        tag
    }
}

/// What stands behind the dot-atom at the front; all of it if there is none.
fn dot_atom(input: &[u8]) -> &[u8] {
    match dotted(input, ATEXT, ATEXT) {
        Ok((rest, ())) => rest,
        Err(_) => input,
    }
}

/// Appends sixteen digits.
pub(crate) fn hexadecimal(number: u64, ink: &mut Ink<'_>) {
    for octet in number.to_be_bytes() {
        ink.put(&super::coding::hex(octet));
    }
}
