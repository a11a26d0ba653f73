//! LOGIN (draft-murchison-sasl-login), the server's half.

use super::{Answer, Claim, Mechanism, Message, Refusal, Step, cut, has_controls};
use crate::wire::{AuthMechanism, AuthMechanisms};

/// The server's side of LOGIN: the user name is asked for, and then the password.
#[derive(Debug, Clone, Copy, Default)]
pub struct Login;

impl Login {
    /// ```abnf
    /// message = 1*SAFE
    /// ```
    ///
    /// Twice, each as in PLAIN (RFC 4616 §2): the draft says nothing of it. Asks by these `prompts`. A name is never empty, so that one that is kept says which message this is.
    pub(crate) fn take<'m>(message: Message<'m>, prompts: [&'static [u8]; 2]) -> Step<'static, 'm> {
        let [name_prompt, password_prompt] = prompts;
        match (message.octets(), message.kept()) {
            (None, _) => Step::ask(name_prompt),
            (Some([]), _) => Step::refuse(Refusal::Syntax),
            (Some(octets), _) if core::str::from_utf8(octets).is_err() => Step::refuse(Refusal::Syntax),
            (Some(name), []) if has_controls(name) => Step::refuse(Refusal::Syntax),
            (Some(name), []) => Answer::Keep { from: 0, to: name.len(), challenge: password_prompt }.into(),
            // PLAIN has no place for NUL either, and who compares up to it would take less than was said.
            (Some(password), _) if cut(password, 0).is_some() => Step::refuse(Refusal::Syntax),
            (Some(password), user) => Step::Judge(Claim::Password { authorize_as: b"", user, password }),
        }
    }
}

impl Mechanism for Login {
    fn names(&self) -> AuthMechanisms {
        AuthMechanisms::NONE.with(AuthMechanism::Login)
    }

    fn step<'s, 'm>(&'s mut self, message: Message<'m>) -> Step<'s, 'm> {
        Self::take(message, [b"Username:", b"Password:"])
    }
}
