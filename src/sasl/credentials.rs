//! A user name and a password that stay out of every log.

use core::fmt;

use crate::wire::{Fault, Syntax};
use crate::{Error, Misuse};

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
    /// [`Unfit::UserName`] or [`Unfit::Password`] when one of these octets is in it, with the place;
    /// [`Unfit::UserName`] when `user` is empty.
    pub const fn new(user: &'a str, password: &'a str) -> Result<Self, Unfit> {
        let (user, password) = (user.as_bytes(), password.as_bytes());
        if user.is_empty() {
            return Err(Unfit::UserName(Syntax::new(Fault::Incomplete, user, 0)));
        }
        match (clean(user), clean(password)) {
            (Some(syntax), _) => Err(Unfit::UserName(syntax)),
            (None, Some(syntax)) => Err(Unfit::Password(syntax)),
            (None, None) => Ok(Self { user, password }),
        }
    }
}

impl Credentials<'_> {
    /// Octets of both. No two texts take all memory.
    pub(super) fn len(&self) -> usize {
        self.user.len().wrapping_add(self.password.len())
    }
}

/// What no mechanism can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Unfit {
    /// A user name that is empty, or has CR, LF or NUL in it (RFC 4616 §2); the same of other names that are given for a
    /// login.
    UserName(Syntax),
    /// A password with CR, LF or NUL in it; a token with other octets than tokens have. Nothing else of it is told.
    Password(Syntax),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserName(syntax) => write!(f, "the user name: {syntax}"),
            Self::Password(syntax) => write!(f, "the password or token: {syntax}"),
        }
    }
}

impl core::error::Error for Unfit {}

impl From<Unfit> for Error {
    fn from(_: Unfit) -> Self {
        Misuse::Credentials.into()
    }
}

/// What is wrong with it, if anything is.
const fn clean(text: &[u8]) -> Option<Syntax> {
    let mut rest = text;
    while let [octet, behind @ ..] = rest {
        if matches!(octet, 0 | b'\r' | b'\n') {
            return Some(Syntax::new(Fault::LineBreak, text, text.len().wrapping_sub(rest.len())));
        }
        rest = behind;
    }
    None
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
