//! OAUTHBEARER (RFC 7628), the server's half: who it says it is, and the token to look up.

use super::claim::bearer;
use super::{Answer, Claim, Judgement, Mechanism, Message, Refusal, Step, Token, cut, has_controls};
use crate::sasl::SaslName;
use crate::wire::{AuthMechanism, AuthMechanisms};

/// The error that goes into a challenge when the token is not good (RFC 7628 §3.2.2). The client answers it by a message without
/// content, and then the refusal is due.
pub const TOKEN_REFUSED: &[u8] = br#"{"status":"invalid_token"}"#;

/// The server's side of OAUTHBEARER.
#[derive(Debug, Clone, Copy, Default)]
pub struct OAuthBearer {
    refused: bool,
}

impl OAuthBearer {
    /// For any number of exchanges.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a message says.
    ///
    /// ```abnf
    /// message = gs2-header %x01 *(key "=" value %x01) %x01
    /// ```
    ///
    /// `None` when it is no such message, or the header asks for channel binding. Keys that nobody knows are passed over (RFC 7628 §3.1).
    pub fn parse(message: &[u8]) -> Option<Token<'_>> {
        core::str::from_utf8(message).ok()?;
        let (header, rest) = cut(message, 1)?;
        // "y": the client could bind, and thinks the server cannot, which is so
        let user = header.strip_prefix(b"n,").or_else(|| header.strip_prefix(b"y,"))?.strip_suffix(b",")?;
        let user = match user.strip_prefix(b"a=") {
            Some(name) => Some(SaslName::parse(name)?),
            None if user.is_empty() => None,
            None => return None,
        };
        let pairs = rest.strip_suffix(b"\x01\x01")?;
        let (mut host, mut port, mut token) = (None, None, None);
        for pair in pairs.split(|octet| *octet == 1) {
            match cut(pair, b'=')? {
                (b"auth", value) if token.is_none() => token = Some(bearer(value)?),
                (b"host", value) if host.is_none() && !has_controls(value) => {
                    host = Some(core::str::from_utf8(value).ok()?);
                }
                // no sign, which core's reader of numbers would take
                (b"port", value) if port.is_none() && value.iter().all(u8::is_ascii_digit) => {
                    port = Some(core::str::from_utf8(value).ok()?.parse().ok()?);
                }
                (b"auth" | b"host" | b"port" | b"", _) => return None,
                _ => {}
            }
        }
        Some(Token { user, host, port, value: token? })
    }
}

impl Mechanism for OAuthBearer {
    fn names(&self) -> AuthMechanisms {
        AuthMechanisms::NONE.with(AuthMechanism::OAuthBearer)
    }

    fn step<'s, 'm>(&'s mut self, message: Message<'m>) -> Step<'s, 'm> {
        step(&mut self.refused, message, Self::parse)
    }

    fn judged<'s>(&'s mut self, _: Message<'_>, judgement: Judgement<'_>) -> Answer<'s> {
        judged(&mut self.refused, judgement)
    }
}

/// As both mechanisms with tokens go on. Whatever answers the error, the refusal follows.
pub(super) fn step<'s, 'm>(
    refused: &mut bool,
    message: Message<'m>,
    parse: fn(&'m [u8]) -> Option<Token<'m>>,
) -> Step<'s, 'm> {
    if message.is_first() {
        *refused = false;
    }
    if *refused {
        return Step::refuse(Refusal::Judged);
    }
    match message.octets().map(parse) {
        None => Step::ask(b""),
        Some(Some(token)) => Step::Judge(Claim::Token(token)),
        Some(None) => Step::Answer(refuse(refused)),
    }
}

pub(super) fn judged<'s>(refused: &mut bool, judgement: Judgement<'_>) -> Answer<'s> {
    if matches!(judgement, Judgement::Accept) { Answer::Accept } else { refuse(refused) }
}

fn refuse<'s>(refused: &mut bool) -> Answer<'s> {
    *refused = true;
    Answer::Challenge(TOKEN_REFUSED)
}
