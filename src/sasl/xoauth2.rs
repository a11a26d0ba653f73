//! XOAUTH2: bearer tokens as large providers took them before RFC 7628, and still do.

use super::{BearerToken, Cancel, Challenge, Mechanism, Message, TokenStatus};
use crate::wire::AuthMechanism;

/// The client's side of XOAUTH2.
///
/// ```abnf
/// message = "user=" user %x01 "auth=Bearer " token %x01 %x01
/// ```
#[derive(Debug, Clone, Copy)]
pub struct XOAuth2<'a> {
    token: BearerToken<'a>,
    refusal: Option<TokenStatus>,
}

impl<'a> XOAuth2<'a> {
    /// With this token.
    pub fn new(token: BearerToken<'a>) -> Self {
        Self { token, refusal: None }
    }

    /// What the server said against the token in the last exchange; `None` when it said nothing.
    pub fn refusal(&self) -> Option<TokenStatus> {
        self.refusal
    }

    #[inline(never)] // once in flash, not at each place of use
    fn write(&self, message: &mut Message<'_, '_>) {
        message.put(b"user=");
        message.put(self.token.user);
        message.put(b"\x01auth=Bearer ");
        message.put(self.token.token);
        message.put(b"\x01\x01");
    }
}

impl Mechanism for XOAuth2<'_> {
    fn mechanism(&self) -> AuthMechanism {
        AuthMechanism::XOAuth2
    }

    fn longest(&self) -> usize {
        let rest = "user=\x01auth=Bearer \x01\x01".len();
        self.token.user.len().saturating_add(self.token.token.len()).saturating_add(rest)
    }

    fn initial(&mut self, message: &mut Message<'_, '_>) -> bool {
        self.refusal = None;
        self.write(message);
        true
    }

    /// An empty first challenge asks for the message once more (RFC 4954 §4); any other one is an error, to be
    /// answered by nothing, so that the server can refuse.
    fn respond(
        &mut self,
        number: u8,
        challenge: Challenge<'_>,
        message: &mut Message<'_, '_>,
    ) -> Result<(), Cancel> {
        let json = challenge.decode()?;
        if number == 0 && json.is_empty() {
            self.write(message);
            return Ok(());
        }
        if self.refusal.is_some() {
            return Err(Cancel);
        }
        self.refusal = Some(TokenStatus::read(json));
        Ok(())
    }
}
