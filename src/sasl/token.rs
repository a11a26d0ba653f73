//! Bearer tokens (RFC 6750 §2.1), and what a server says against one (RFC 7628 §3.2.2).

use core::fmt;

use super::Unfit;
use crate::wire::{Fault, Syntax};

/// A user's name and a token that was issued for them, of any length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BearerToken<'a> {
    pub(super) user: &'a [u8],
    pub(super) token: &'a [u8],
}

impl<'a> BearerToken<'a> {
    /// ```abnf
    /// b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
    /// ```
    ///
    /// `user` may be empty in OAUTHBEARER, where the token tells who it is; XOAUTH2 wants the mail address.
    ///
    /// # Errors
    /// [`Unfit::Password`] when `token` is no `b64token`; [`Unfit::UserName`] for a control character in `user`.
    pub fn new(user: &'a str, token: &'a str) -> Result<Self, Unfit> {
        let (user, token) = (user.as_bytes(), token.as_bytes());
        if let Some(at) = user.iter().position(u8::is_ascii_control) {
            return Err(Unfit::UserName(Syntax::new(Fault::Unexpected, user, at)));
        }
        // the `=` only at the end
        let padding = memchr::memchr(b'=', token).unwrap_or(token.len());
        let wrong = token.iter().enumerate().position(|(at, octet)| match octet {
            b'=' => at == 0,
            b'-' | b'.' | b'_' | b'~' | b'+' | b'/' => at > padding,
            octet => at > padding || !octet.is_ascii_alphanumeric(),
        });
        let wrong = if token.is_empty() { Some(0) } else { wrong };
        match wrong {
            Some(at) => Err(Unfit::Password(Syntax::new(Fault::Unexpected, token, at))),
            None => Ok(Self { user, token }),
        }
    }
}

impl fmt::Debug for BearerToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken { .. }")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for BearerToken<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "BearerToken {{ .. }}");
    }
}

/// Why the server does not take a token: the `status` of its error. No secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TokenStatus {
    /// `invalid_token`: it has run out, was called back, or is none. Get another one.
    InvalidToken,
    /// `insufficient_scope`: it is good, but not for mail.
    InsufficientScope,
    /// `invalid_request`: the message was not understood.
    InvalidRequest,
    /// A number, as XOAUTH2's servers say, with the meaning of HTTP's status codes: 400, 401.
    Http(u16),
    /// Something else, or nothing that can be read.
    Other,
}

impl TokenStatus {
    /// The status in a server's error.
    ///
    /// ```abnf
    /// error = "{" ... %x22 "status" %x22 ":" %x22 value %x22 ... "}"
    /// ```
    pub(super) fn read(json: &[u8]) -> Self {
        match status(json) {
            Some(b"invalid_token") => Self::InvalidToken,
            Some(b"insufficient_scope") => Self::InsufficientScope,
            Some(b"invalid_request") => Self::InvalidRequest,
            Some([a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9']) => {
                let digit = |octet: &u8| u16::from(octet.wrapping_sub(b'0'));
                Self::Http(
                    digit(a).wrapping_mul(100).wrapping_add(digit(b).wrapping_mul(10)).wrapping_add(digit(c)),
                )
            }
            _ => Self::Other,
        }
    }
}

/// The text that is the value of `status` in the outermost object.
fn status(json: &[u8]) -> Option<&[u8]> {
    let mut rest = json;
    let mut depth = 0_u16;
    let mut is_key = false;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match first {
            b'{' | b'[' => {
                depth = depth.checked_add(1)?;
                is_key = *first == b'{';
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                is_key = false;
            }
            // in an array inside the object this is no key, but there it is too deep as well
            b',' => is_key = true,
            b':' => is_key = false,
            b'"' => {
                let (text, behind) = string(behind)?;
                rest = behind;
                if depth == 1 && is_key && text == b"status" {
                    let value = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
                    return string(value.strip_prefix(b"\"")?).map(|(text, _)| text);
                }
            }
            _ => {}
        }
    }
    None
}

/// What stands before the closing quotation mark, as it stands there, and what is behind it.
fn string(json: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0_usize;
    loop {
        at = at.checked_add(memchr::memchr2(b'"', b'\\', json.get(at..)?)?)?;
        if json.get(at) == Some(&b'"') {
            return Some((json.get(..at)?, json.get(at.checked_add(1)?..)?));
        }
        at = at.checked_add(2)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_found_wherever_it_stands() {
        for (json, status) in [
            (r#"{"status":"invalid_token","scope":"example_scope"}"#, TokenStatus::InvalidToken),
            (r#"{"scope":"a","status" : "insufficient_scope"}"#, TokenStatus::InsufficientScope),
            (
                r#"{"a":{"status":"401"},"b":["status",":"],"status":"invalid_request"}"#,
                TokenStatus::InvalidRequest,
            ),
            (
                r#"{"status":"401","schemes":"bearer mac","scope":"https://mail.example/"}"#,
                TokenStatus::Http(401),
            ),
            (r#"{"a":"status","b":"\"status\":\"400\"","status":"400"}"#, TokenStatus::Http(400)),
            (r#"{"status":"040"}"#, TokenStatus::Other),
            (r#"{"status":401}"#, TokenStatus::Other),
            (r#"{"status":"invalid_token"#, TokenStatus::Other),
            (r#"{"status":"#, TokenStatus::Other),
            (r#"{"status""#, TokenStatus::Other),
            (r#"{"stat\"#, TokenStatus::Other),
            (r#"}{"status":"400"}"#, TokenStatus::Other),
            ("", TokenStatus::Other),
            ("\u{1}", TokenStatus::Other),
        ] {
            assert_eq!(TokenStatus::read(json.as_bytes()), status, "{json}");
        }
    }

    #[test]
    fn tokens_are_those_of_rfc_6750() {
        for (token, good) in [
            ("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", true),
            ("a-._~+/9", true),
            ("a=", true),
            ("", false),
            ("=", false),
            ("a=b", false),
            ("a=.", false),
            ("a b", false),
            ("a\u{1}auth=Bearer b", false),
            ("\u{e9}", false),
            ("a\r\n", false),
        ] {
            assert_eq!(BearerToken::new("", token).is_ok(), good, "{token:?}");
        }
        assert!(BearerToken::new("a\u{1}", "t").is_err());
    }
}
