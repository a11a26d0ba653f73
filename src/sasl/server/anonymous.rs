//! ANONYMOUS (RFC 4505), the server's half.

use super::{Claim, Mechanism, Message, Refusal, Step};
use crate::sasl::anonymous::MAX_TRACE;
use crate::wire::{AuthMechanism, AuthMechanisms};

/// The server's side of ANONYMOUS.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anonymous;

impl Anonymous {
    /// What the client says of itself, which proves nothing. `None` for control characters, and for more than 255 characters.
    ///
    /// ```abnf
    /// message = [ email / token ]
    /// ```
    pub fn parse(message: &[u8]) -> Option<&str> {
        let trace = core::str::from_utf8(message).ok()?;
        (trace.chars().count() <= MAX_TRACE && !trace.chars().any(char::is_control)).then_some(trace)
    }
}

impl Mechanism for Anonymous {
    fn names(&self) -> AuthMechanisms {
        AuthMechanisms::NONE.with(AuthMechanism::Anonymous)
    }

    fn step<'s, 'm>(&'s mut self, message: Message<'m>) -> Step<'s, 'm> {
        match message.octets() {
            None => Step::ask(b""),
            Some(octets) => Self::parse(octets)
                .map_or(Step::refuse(Refusal::Syntax), |trace| Step::Judge(Claim::Anonymous(trace))),
        }
    }
}
