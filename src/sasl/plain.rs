//! PLAIN (RFC 4616).

use super::{Cancel, Challenge, Credentials, Mechanism, Message};
use crate::wire::AuthMechanism;

/// The client's side of PLAIN: user name and password in one message, as initial response.
///
/// ```abnf
/// message = [authzid] UTF8NUL authcid UTF8NUL passwd
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Plain<'a>(Credentials<'a>);

impl<'a> Plain<'a> {
    /// With these credentials, and to act as the same user (an empty authzid).
    pub const fn new(credentials: Credentials<'a>) -> Self {
        Self(credentials)
    }
}

pub(super) fn longest(credentials: &Credentials<'_>) -> usize {
    credentials.len().wrapping_add(2)
}

pub(super) fn write(credentials: &Credentials<'_>, message: &mut Message<'_, '_>) {
    message.nul();
    message.put(credentials.user);
    message.nul();
    message.put(credentials.password);
}

impl Mechanism for Plain<'_> {
    fn mechanism(&self) -> AuthMechanism {
        AuthMechanism::Plain
    }

    fn longest(&self) -> usize {
        longest(&self.0)
    }

    fn initial(&mut self, message: &mut Message<'_, '_>) -> bool {
        write(&self.0, message);
        true
    }

    /// A server that overlooked the initial response asks for it once more (RFC 4954 §4).
    fn respond(&mut self, number: u8, _: Challenge<'_>, message: &mut Message<'_, '_>) -> Result<(), Cancel> {
        if number > 0 {
            return Err(Cancel);
        }
        write(&self.0, message);
        Ok(())
    }
}
