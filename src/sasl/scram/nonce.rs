//! What makes an exchange unlike any other (RFC 5802 §5.1).

use core::fmt;

use crate::sasl::base64::encode_parts;
use crate::wire::{Fault, Syntax, Writer};

/// Octets of the longest nonce of one's own.
const OWN: usize = 32;

/// One's own part of the nonce.
///
/// Take it from a generator of random numbers that cannot be foretold, and use it once: whoever knows it beforehand, or sees it
/// twice, can play a recorded server.
///
/// ```abnf
/// nonce = 1*(%x21-2B / %x2D-7E)
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Nonce {
    text: [u8; OWN],
    length: u8,
}

impl Nonce {
    /// From 18 random octets, which are sent in base64.
    pub fn from_random(random: [u8; 18]) -> Self {
        let mut text = [0; OWN];
        let mut out = Writer::new(&mut text);
        encode_parts(&[&random], &mut |part| out.put(part));
        let length = out.finish().unwrap_or_default();
        Self { text, length: length as u8 }
    }

    /// From a text as it is to be sent.
    ///
    /// # Errors
    /// For less than 16 octets or more than 32, and for other octets than printable ASCII without comma and space.
    pub fn from_text(nonce: &str) -> Result<Self, Syntax> {
        let octets = nonce.as_bytes();
        let wrong = |fault, at| Err(Syntax::new(fault, octets, at));
        if let Some(at) = octets.iter().position(|octet| !is_nonce(*octet)) {
            return wrong(Fault::Unexpected, at);
        }
        if octets.len() < 16 {
            return wrong(Fault::Incomplete, octets.len());
        }
        let mut text = [0; OWN];
        match text.get_mut(..octets.len()) {
            Some(front) => front.copy_from_slice(octets),
            None => return wrong(Fault::TooLong, OWN),
        }
        Ok(Self { text, length: octets.len() as u8 })
    }

    pub(in crate::sasl) fn octets(&self) -> &[u8] {
        self.text.get(..usize::from(self.length)).unwrap_or_default()
    }
}

pub(in crate::sasl) fn is_nonce(octet: u8) -> bool {
    octet.is_ascii_graphic() && octet != b','
}

/// Not shown: before it is sent, it must not be known.
impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(..)")
    }
}
