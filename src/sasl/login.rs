//! LOGIN (draft-murchison-sasl-login): user name and password, each asked for by a prompt.

use super::{Cancel, Challenge, Credentials, Mechanism, Message};
use crate::wire::{AuthMechanism, limits};

/// The client's side of LOGIN.
///
/// The prompts' text is not looked at: servers write `Username:`, `User Name` and a NUL, or
/// nothing. The first prompt is for the name, the next one for the password.
#[derive(Debug, Clone, Copy)]
pub struct Login<'a> {
    credentials: Credentials<'a>,
    initial: bool,
}

impl<'a> Login<'a> {
    /// With these credentials; the user name waits for its prompt.
    pub const fn new(credentials: Credentials<'a>) -> Self {
        Self { credentials, initial: false }
    }

    /// Whether the user name is the initial response.
    pub(super) const fn begins(&self) -> bool {
        self.initial
    }

    /// The same, with the user name as initial response, which saves a round trip and which a few
    /// servers do not take. A name of more than 372 octets waits for its prompt all the same (RFC 4954 §4).
    pub const fn with_initial_response(mut self) -> Self {
        self.initial = self.credentials.user.len() <= MAX_INITIAL;
        self
    }
}

/// Octets of a name whose base64 fits the line of AUTH. The engine would leave a longer one out, and the exchange then has another order.
const MAX_INITIAL: usize = (limits::COMMAND_LINE - b"AUTH LOGIN \r\n".len()) / 4 * 3;

const _: () = assert!(MAX_INITIAL == 372, "as `with_initial_response` says");

impl Mechanism for Login<'_> {
    fn mechanism(&self) -> AuthMechanism {
        AuthMechanism::Login
    }

    fn longest(&self) -> usize {
        self.credentials.user.len().max(self.credentials.password.len())
    }

    fn initial(&mut self, message: &mut Message<'_, '_>) -> bool {
        if self.initial {
            message.put(self.credentials.user);
        }
        self.initial
    }

    fn respond(&mut self, number: u8, _: Challenge<'_>, message: &mut Message<'_, '_>) -> Result<(), Cancel> {
        match number.saturating_add(u8::from(self.initial)) {
            0 => message.put(self.credentials.user),
            1 => message.put(self.credentials.password),
            _ => return Err(Cancel),
        }
        Ok(())
    }
}
