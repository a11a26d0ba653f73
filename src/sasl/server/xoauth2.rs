//! XOAUTH2, the server's half: bearer tokens as they were before RFC 7628.

use super::claim::bearer;
use super::oauthbearer::{judged, step};
use super::{Answer, Judgement, Mechanism, Message, Step, Token, cut, has_controls};
use crate::sasl::SaslName;
use crate::wire::{AuthMechanism, AuthMechanisms};

/// The server's side of XOAUTH2.
#[derive(Debug, Clone, Copy, Default)]
pub struct XOAuth2 {
    refused: bool,
}

impl XOAuth2 {
    /// For any number of exchanges.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a message says.
    ///
    /// ```abnf
    /// message = "user=" user %x01 "auth=Bearer " token %x01 %x01
    /// ```
    ///
    /// `None` when it is no such message.
    pub fn parse(message: &[u8]) -> Option<Token<'_>> {
        let pairs = message.strip_suffix(b"\x01\x01")?;
        let (user, auth) = cut(pairs.strip_prefix(b"user=")?, 1)?;
        let token = bearer(auth.strip_prefix(b"auth=")?)?;
        if user.is_empty() || has_controls(user) {
            return None;
        }
        Some(Token {
            user: Some(SaslName::verbatim(core::str::from_utf8(user).ok()?)),
            host: None,
            port: None,
            value: token,
        })
    }
}

impl Mechanism for XOAuth2 {
    fn names(&self) -> AuthMechanisms {
        AuthMechanisms::NONE.with(AuthMechanism::XOAuth2)
    }

    fn step<'s, 'm>(&'s mut self, message: Message<'m>) -> Step<'s, 'm> {
        step(&mut self.refused, message, Self::parse)
    }

    fn judged<'s>(&'s mut self, _: Message<'_>, judgement: Judgement<'_>) -> Answer<'s> {
        judged(&mut self.refused, judgement)
    }
}
