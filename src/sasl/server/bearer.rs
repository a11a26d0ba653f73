//! OAUTHBEARER (RFC 7628) and XOAUTH2, the server's half: who it says it is, and the token to look up.

use core::fmt;

use crate::sasl::SaslName;

/// The error that goes into a challenge when the token is not good (RFC 7628 §3.2.2). The client answers it by a message without
/// content, and then the refusal is due.
pub const TOKEN_REFUSED: &[u8] = br#"{"status":"invalid_token"}"#;

/// The client's message in OAUTHBEARER. Never printed.
#[derive(Clone, Copy)]
pub struct OAuthBearer<'m> {
    user: Option<SaslName<'m>>,
    host: Option<&'m str>,
    port: Option<u16>,
    token: &'m str,
}

impl<'m> OAuthBearer<'m> {
    /// ```abnf
    /// message = gs2-header %x01 *(key "=" value %x01) %x01
    /// ```
    ///
    /// `None` when it is no such message, or the header asks for channel binding. Keys that nobody knows are passed over (RFC 7628 §3.1).
    pub fn parse(message: &'m [u8]) -> Option<Self> {
        let message = core::str::from_utf8(message).ok()?;
        let (header, rest) = message.split_once('\u{1}')?;
        // "y": the client could bind, and thinks the server cannot, which is so
        let user = header.strip_prefix("n,").or_else(|| header.strip_prefix("y,"))?.strip_suffix(',')?;
        let user = match user.strip_prefix("a=") {
            Some(name) => Some(SaslName::parse(name.as_bytes())?),
            None if user.is_empty() => None,
            None => return None,
        };
        let pairs = rest.strip_suffix("\u{1}\u{1}")?;
        let (mut host, mut port, mut token) = (None, None, None);
        for pair in pairs.split('\u{1}') {
            match pair.split_once('=')? {
                ("auth", value) if token.is_none() => token = Some(bearer(value)?),
                ("host", value) if host.is_none() => host = Some(value),
                ("port", value) if port.is_none() => port = Some(value.parse().ok()?),
                ("auth" | "host" | "port" | "", _) => return None,
                _ => {}
            }
        }
        Some(Self { user, host, port, token: token? })
    }

    /// On whose behalf, if that was said.
    pub fn user(&self) -> Option<SaslName<'m>> {
        self.user
    }

    /// The server that is meant, if that was said.
    pub fn host(&self) -> Option<&'m str> {
        self.host
    }

    /// The port that is meant, if that was said.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The token. Compare it in constant time, or look up its hash.
    pub fn token(&self) -> &'m str {
        self.token
    }
}

impl fmt::Debug for OAuthBearer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OAuthBearer { .. }")
    }
}

/// The client's message in XOAUTH2. Never printed.
#[derive(Clone, Copy)]
pub struct XOAuth2<'m> {
    user: &'m str,
    token: &'m str,
}

impl<'m> XOAuth2<'m> {
    /// ```abnf
    /// message = "user=" user %x01 "auth=Bearer " token %x01 %x01
    /// ```
    ///
    /// `None` when it is no such message.
    pub fn parse(message: &'m [u8]) -> Option<Self> {
        let pairs = core::str::from_utf8(message).ok()?.strip_suffix("\u{1}\u{1}")?;
        let (user, auth) = pairs.strip_prefix("user=")?.split_once("\u{1}auth=")?;
        let token = bearer(auth)?;
        (!user.is_empty() && !user.contains('\u{1}')).then_some(Self { user, token })
    }

    /// Whose the token is said to be.
    pub fn user(&self) -> &'m str {
        self.user
    }

    /// The token. Compare it in constant time, or look up its hash.
    pub fn token(&self) -> &'m str {
        self.token
    }
}

impl fmt::Debug for XOAuth2<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("XOAuth2 { .. }")
    }
}

/// The token behind `Bearer`, in any case of letters (RFC 7235 §2.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    let good = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~+/=".contains(&octet);
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.bytes().all(good)).then_some(token)
}
