//! EXTERNAL (RFC 4422 appendix A).

use super::Unfit;
use super::{Cancel, Challenge, Mechanism, Message};
use crate::wire::{AuthMechanism, Fault, Syntax};

/// The client's side of EXTERNAL: who it is, TLS has shown by a certificate.
///
/// ```abnf
/// message = [ authzid ]
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct External<'a>(&'a str);

impl<'a> External<'a> {
    /// To act as whoever the certificate names. This is the empty message, on the wire `AUTH EXTERNAL =`.
    pub fn new() -> Self {
        Self("")
    }

    /// To act on behalf of `user` (the authorization identity).
    ///
    /// # Errors
    /// [`Unfit::UserName`] when CR, LF or NUL is in it.
    pub fn on_behalf_of(user: &'a str) -> Result<Self, Unfit> {
        match user.bytes().position(|octet| matches!(octet, b'\r' | b'\n' | 0)) {
            Some(at) => Err(Unfit::UserName(Syntax::new(Fault::LineBreak, user.as_bytes(), at))),
            None => Ok(Self(user)),
        }
    }
}

impl Mechanism for External<'_> {
    fn mechanism(&self) -> AuthMechanism {
        AuthMechanism::External
    }

    fn longest(&self) -> usize {
        self.0.len()
    }

    fn initial(&mut self, message: &mut Message<'_, '_>) -> bool {
        message.put(self.0.as_bytes());
        true
    }

    /// A server that overlooked the initial response asks for it once more (RFC 4954 §4).
    fn respond(&mut self, number: u8, _: Challenge<'_>, message: &mut Message<'_, '_>) -> Result<(), Cancel> {
        if number > 0 {
            return Err(Cancel);
        }
        message.put(self.0.as_bytes());
        Ok(())
    }
}
