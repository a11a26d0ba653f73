//! PLAIN (RFC 4616), the server's half.

use super::{Claim, Mechanism, Message, Refusal, Step, cut, has_controls};
use crate::wire::{AuthMechanism, AuthMechanisms};

/// The server's side of PLAIN: user name and password in one message.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl Plain {
    /// ```abnf
    /// message = [authzid] UTF8NUL authcid UTF8NUL passwd
    /// ```
    pub(crate) fn take(message: Message<'_>) -> Step<'static, '_> {
        match message.octets() {
            None => Step::ask(b""),
            Some(octets) => read(octets).map_or(Step::refuse(Refusal::Syntax), Step::Judge),
        }
    }
}

impl Mechanism for Plain {
    fn names(&self) -> AuthMechanisms {
        AuthMechanisms::NONE.with(AuthMechanism::Plain)
    }

    fn step<'s, 'm>(&'s mut self, message: Message<'m>) -> Step<'s, 'm> {
        Self::take(message)
    }
}

fn read(octets: &[u8]) -> Option<Claim<'_>> {
    // RFC 4616 §2: UTF-8, in which a NUL has no longer form that could pass for something else.
    core::str::from_utf8(octets).ok()?;
    let (authorize_as, rest) = cut(octets, 0)?;
    let (user, password) = cut(rest, 0)?;
    // RFC 4616 §2: neither may be empty, and to some directories an empty password is a yes.
    let empty = user.is_empty() || password.is_empty();
    let surplus = cut(password, 0).is_some();
    if empty || surplus || has_controls(authorize_as) || has_controls(user) {
        return None;
    }
    Some(Claim::Password { authorize_as, user, password })
}
