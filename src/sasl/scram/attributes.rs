//! The server's messages (RFC 5802 §5.1, §7).

use super::Failure;
use super::nonce::is_nonce;
use crate::sasl::base64::decode_pieces;

/// ```abnf
/// server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]
/// ```
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerFirst<'m> {
    pub(super) nonce: &'m [u8],
    /// In base64.
    pub(super) salt: &'m [u8],
    pub(super) iterations: u32,
}

impl<'m> ServerFirst<'m> {
    pub(super) fn parse(octets: &'m [u8]) -> Result<Self, Failure> {
        // RFC 5802 §5.1: m= is an extension that must be understood, and there is none
        if octets.starts_with(b"m=") {
            return Err(Failure::Extension);
        }
        let mut attributes = octets.split(|octet| *octet == b',');
        let mut value = |name: &[u8]| attributes.next().and_then(|text| text.strip_prefix(name));
        let nonce = value(b"r=").ok_or(Failure::Syntax)?;
        let salt = value(b"s=").ok_or(Failure::Syntax)?;
        let count = value(b"i=").ok_or(Failure::Syntax)?;
        extensions(attributes)?;
        if !nonce.iter().all(|octet| is_nonce(*octet)) {
            return Err(Failure::Syntax);
        }
        Ok(Self { nonce, salt, iterations: number(count)? })
    }
}

/// Others than m= are passed over (RFC 5802 §5.1).
///
/// ```abnf
/// extensions = attr-val *("," attr-val)
/// attr-val   = ALPHA "=" value
/// value      = 1*<any UTF-8 char except NUL and ",">
/// ```
pub(in crate::sasl) fn extensions<'m>(attributes: impl Iterator<Item = &'m [u8]>) -> Result<(), Failure> {
    for attribute in attributes {
        match attribute {
            [b'm', b'=', ..] => return Err(Failure::Extension),
            [letter, b'=', value @ ..]
                if letter.is_ascii_alphabetic() && !value.is_empty() && !value.contains(&0) => {}
            _ => return Err(Failure::Syntax),
        }
    }
    Ok(())
}

/// ```abnf
/// posit-number = %x31-39 *DIGIT
/// ```
fn number(digits: &[u8]) -> Result<u32, Failure> {
    // zero is no posit-number, but too few all the same
    if digits == b"0" {
        return Err(Failure::Iterations(0));
    }
    if digits.is_empty() || digits.starts_with(b"0") || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Failure::Syntax);
    }
    let add =
        |value: u32, digit: &u8| value.saturating_mul(10).saturating_add(u32::from(digit.wrapping_sub(b'0')));
    Ok(digits.iter().fold(0, add))
}

/// ```abnf
/// server-final-message = (server-error / verifier) ["," extensions]
/// server-error = "e=" server-error-value
/// verifier     = "v=" base64
/// ```
pub(super) fn signature(octets: &[u8]) -> Result<[u8; 32], Failure> {
    let mut attributes = octets.split(|octet| *octet == b',');
    let first = attributes.next().unwrap_or_default();
    extensions(attributes)?;
    if first.starts_with(b"e=") {
        return Err(Failure::Refused);
    }
    let text = first.strip_prefix(b"v=").ok_or(Failure::NoSignature)?;
    octets32(text).ok_or(Failure::Signature)
}

/// The base64 of 32 octets.
pub(in crate::sasl) fn octets32(text: &[u8]) -> Option<[u8; 32]> {
    let mut octets = [0; 32];
    let mut places = octets.iter_mut();
    let mut surplus = false;
    let good = decode_pieces(text, &mut |piece| {
        for octet in piece {
            match places.next() {
                Some(place) => *place = *octet,
                None => surplus = true,
            }
        }
    });
    (places.next().is_none() && good && !surplus).then_some(octets)
}
