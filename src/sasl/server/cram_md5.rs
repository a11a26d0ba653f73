//! CRAM-MD5 (RFC 2195), the server's half.

use core::fmt;

use subtle::ConstantTimeEq;

use crate::sasl::cram_md5::digest;

/// One exchange of CRAM-MD5.
///
/// The server needs the password itself.
#[derive(Clone, Copy)]
pub struct CramMd5<'a> {
    challenge: &'a [u8],
}

impl<'a> CramMd5<'a> {
    /// With a challenge that was never used before and cannot be foretold, in the form `<random.time@host>` (RFC 2195 §2).
    pub fn new(challenge: &'a [u8]) -> Self {
        Self { challenge }
    }

    /// What to ask.
    pub fn challenge(&self) -> &'a [u8] {
        self.challenge
    }

    /// The user that the client's message is from, by its own word. `None` when it is no such message.
    ///
    /// ```abnf
    /// message = user SP 32HEXDIG
    /// ```
    pub fn user<'m>(&self, message: &'m [u8]) -> Option<&'m str> {
        let (user, _) = split(message)?;
        core::str::from_utf8(user).ok()
    }

    /// Whether the client knows the password. It takes the same time whatever is wrong.
    pub fn verify(&self, message: &[u8], password: &str) -> bool {
        let expected = digest(password.as_bytes(), self.challenge);
        match (split(message), expected) {
            (Some((_, sent)), Some(expected)) => sent.ct_eq(&*expected).into(),
            _ => false,
        }
    }
}

/// The user and the digest, at the last space: there may be others in the name.
fn split(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memrchr(b' ', message)?;
    let (user, digest) = (message.get(..at)?, message.get(at.checked_add(1)?..)?);
    (!user.is_empty() && digest.len() == 32).then_some((user, digest))
}

impl fmt::Debug for CramMd5<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CramMd5 { .. }")
    }
}
