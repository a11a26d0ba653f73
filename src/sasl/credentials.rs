//! A user name and a password that stay out of every log.

use core::fmt;

use crate::Misuse;
use crate::wire::{Fault, Syntax};

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
    /// [`Misuse::UserName`] or [`Misuse::Password`] when one of these octets is in it, with the place;
    /// [`Misuse::UserName`] when `user` is empty.
    pub fn new(user: &'a str, password: &'a str) -> Result<Self, Misuse> {
        let (user, password) = (user.as_bytes(), password.as_bytes());
        if user.is_empty() {
            return Err(Misuse::UserName(Syntax::new(Fault::Incomplete, user, 0)));
        }
        clean(user).map_err(Misuse::UserName)?;
        clean(password).map_err(Misuse::Password)?;
        Ok(Self { user, password })
    }
}

fn clean(text: &[u8]) -> Result<(), Syntax> {
    match text.iter().position(|octet| matches!(octet, 0 | b'\r' | b'\n')) {
        Some(at) => Err(Syntax::new(Fault::LineBreak, text, at)),
        None => Ok(()),
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
