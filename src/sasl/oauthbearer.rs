//! OAUTHBEARER (RFC 7628).

use super::name;
use super::{BearerToken, Cancel, Challenge, Mechanism, Message, TokenStatus};
use crate::wire::{AuthMechanism, Fault, Syntax, Writer};

/// The client's side of OAUTHBEARER.
///
/// ```abnf
/// message = "n," [ "a=" saslname ] "," %x01 [ "host=" host %x01 ] [ "port=" port %x01 ] "auth=Bearer " token %x01 %x01
/// ```
#[derive(Debug, Clone, Copy)]
pub struct OAuthBearer<'a> {
    token: BearerToken<'a>,
    host: &'a str,
    port: Option<u16>,
    refusal: Option<TokenStatus>,
}

impl<'a> OAuthBearer<'a> {
    /// With this token, and without naming the server.
    pub fn new(token: BearerToken<'a>) -> Self {
        Self { token, host: "", port: None, refusal: None }
    }

    /// Names the server that is meant (RFC 7628 §3.1).
    ///
    /// # Errors
    /// For a control character in `host`.
    pub fn to_server(mut self, host: &'a str, port: u16) -> Result<Self, Syntax> {
        if let Some(at) = host.bytes().position(|octet| octet.is_ascii_control()) {
            return Err(Syntax::new(Fault::Unexpected, host.as_bytes(), at));
        }
        self.host = host;
        self.port = Some(port);
        Ok(self)
    }

    /// What the server said against the token in the last exchange; `None` when it said nothing.
    pub fn refusal(&self) -> Option<TokenStatus> {
        self.refusal
    }

    #[inline(never)] // once in flash, not at each place of use
    fn write(&self, put: &mut dyn FnMut(&[u8])) {
        put(b"n,");
        if !self.token.user.is_empty() {
            put(b"a=");
            name::encode(self.token.user, put);
        }
        put(b",\x01");
        if !self.host.is_empty() {
            put(b"host=");
            put(self.host.as_bytes());
            put(b"\x01");
        }
        if let Some(port) = self.port {
            let mut digits = [0; 5];
            let mut out = Writer::new(&mut digits);
            out.number(u64::from(port));
            let length = out.finish().unwrap_or_default();
            put(b"port=");
            put(digits.get(..length).unwrap_or_default());
            put(b"\x01");
        }
        put(b"auth=Bearer ");
        put(self.token.token);
        put(b"\x01\x01");
    }
}

impl Mechanism for OAuthBearer<'_> {
    fn mechanism(&self) -> AuthMechanism {
        AuthMechanism::OAuthBearer
    }

    fn longest(&self) -> usize {
        let mut length = 0_usize;
        self.write(&mut |part| length = length.saturating_add(part.len()));
        length
    }

    fn initial(&mut self, message: &mut Message<'_, '_>) -> bool {
        self.refusal = None;
        self.write(&mut |part| message.put(part));
        true
    }

    /// An empty first challenge asks for the message once more (RFC 4954 §4). Any other one is an error, to be answered by a
    /// lone `%x01`, so that the server can refuse (RFC 7628 §3.2.3).
    fn respond(
        &mut self,
        number: u8,
        challenge: Challenge<'_>,
        message: &mut Message<'_, '_>,
    ) -> Result<(), Cancel> {
        let json = challenge.decode()?;
        if number == 0 && json.is_empty() {
            self.write(&mut |part| message.put(part));
            return Ok(());
        }
        if self.refusal.is_some() {
            return Err(Cancel);
        }
        self.refusal = Some(TokenStatus::read(json));
        message.put(b"\x01");
        Ok(())
    }
}
