//! Names that no other mail or part has: RFC 5322 §3.6.4, RFC 2045 §7.

use super::ink::Ink;
use crate::wire::class::{ATEXT, DCONTENT};
use crate::wire::scan::{Scan, check};
use crate::wire::syntax::find;
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
        if octets.len() > LONGEST {
            return Err(Syntax::new(Fault::TooLong, octets, LONGEST));
        }
        check(octets, msg_id)?;
        let at = find(b'@', octets).unwrap_or_default();
        let (left, right) = id.split_at_checked(at).unwrap_or_default();
        Ok(Self { left: Left::Text(left), right: right.get(1..).unwrap_or_default() })
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

fn msg_id(scan: &mut Scan<'_>) -> bool {
    scan.dotted(ATEXT, false)
        && scan.octet(b'@')
        && if scan.octet(b'[') { scan.run(DCONTENT) && scan.octet(b']') } else { scan.dotted(ATEXT, false) }
}

/// Appends sixteen digits.
pub(crate) fn hexadecimal(number: u64, ink: &mut Ink<'_>) {
    for octet in number.to_be_bytes() {
        ink.put(&super::coding::hex(octet));
    }
}
