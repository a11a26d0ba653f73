//! EXTERNAL (RFC 4422 appendix A), the server's half.

use super::{Claim, Mechanism, Message, Refusal, Step, has_controls};
use crate::wire::{AuthMechanism, AuthMechanisms};

/// The server's side of EXTERNAL: who it is, TLS has shown by a certificate, and who may be acted for is the caller's to judge.
#[derive(Debug, Clone, Copy, Default)]
pub struct External;

impl External {
    /// On whose behalf; empty for whoever TLS has shown. `None` when it is not UTF-8 without control characters.
    ///
    /// ```abnf
    /// message = [ authzid ]
    /// ```
    pub fn parse(message: &[u8]) -> Option<&str> {
        core::str::from_utf8(message).ok().filter(|_| !has_controls(message))
    }
}

impl Mechanism for External {
    fn names(&self) -> AuthMechanisms {
        AuthMechanisms::NONE.with(AuthMechanism::External)
    }

    fn step<'s, 'm>(&'s mut self, message: Message<'m>) -> Step<'s, 'm> {
        match message.octets() {
            None => Step::ask(b""),
            Some(octets) => Self::parse(octets)
                .map_or(Step::refuse(Refusal::Syntax), |user| Step::Judge(Claim::External(user))),
        }
    }
}
