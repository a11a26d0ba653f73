//! A user name and a password that stay out of every log.

use core::fmt;

use crate::Misuse;

/// A user name and its password, of any length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credentials<'a> {
    pub(super) user: &'a [u8],
    pub(super) password: &'a [u8],
}

impl<'a> Credentials<'a> {
    /// Credentials of any octets but NUL, which PLAIN uses as a separator (RFC 4616 §2), and CR
    /// and LF, which no server takes.
    ///
    /// # Errors
    /// [`Misuse::Credentials`] when one of these octets is in `user` or `password`, or `user` is empty.
    pub fn new(user: &'a str, password: &'a str) -> Result<Self, Misuse> {
        let bad = |text: &str| memchr::memchr3(0, b'\r', b'\n', text.as_bytes()).is_some();
        if user.is_empty() || bad(user) || bad(password) {
            return Err(Misuse::Credentials);
        }
        Ok(Self { user: user.as_bytes(), password: password.as_bytes() })
    }
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials { .. }")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Credentials<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Credentials {{ .. }}");
    }
}
