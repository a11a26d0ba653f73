//! What a client says of itself, to be judged by who knows the accounts.

use core::fmt;

use crate::sasl::{BearerToken, SaslName};

/// What a client claims, and shows for it. Never printed.
///
/// Which [`Judgement`](super::Judgement) answers it is said for each. Whether the user may act on behalf of another is the judge's to
/// decide, too: refuse what is not the user's own name, unless there is such a right.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Claim<'m> {
    /// A name and a password, by PLAIN or LOGIN. [`Accept`](super::Judgement::Accept) it if they belong together; compare in constant time.
    Password {
        /// On whose behalf (the authorization identity of RFC 4616); empty for the user's own. UTF-8, as the others are.
        authorize_as: &'m [u8],
        /// The user.
        user: &'m [u8],
        /// The password.
        password: &'m [u8],
    },
    /// A name whose password the client will prove (SCRAM) or has proved (CRAM-MD5) to know. Answer with what is kept of it:
    /// [`Password`](super::Judgement::Password) for CRAM-MD5, [`Verifier`](super::Judgement) for SCRAM.
    Name {
        /// The user.
        user: SaslName<'m>,
        /// On whose behalf, if not their own.
        authorize_as: Option<SaslName<'m>>,
    },
    /// A token, by OAUTHBEARER or XOAUTH2. [`Accept`](super::Judgement::Accept) it if it is good, and if the user, where one is named, is its owner.
    Token(Token<'m>),
    /// By EXTERNAL: whoever TLS has shown, on behalf of this user; empty for their own.
    External(&'m str),
    /// By ANONYMOUS: what the client says of itself, which proves nothing.
    Anonymous(&'m str),
}

impl fmt::Debug for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password { .. } => "Password { .. }",
            Self::Name { .. } => "Name { .. }",
            Self::Token(_) => "Token(..)",
            Self::External(_) => "External(..)",
            Self::Anonymous(_) => "Anonymous(..)",
        })
    }
}

/// A bearer token (RFC 6750) and what comes with it. Never printed.
#[derive(Clone, Copy)]
pub struct Token<'m> {
    pub(super) user: Option<SaslName<'m>>,
    pub(super) host: Option<&'m str>,
    pub(super) port: Option<u16>,
    pub(super) value: &'m str,
}

impl<'m> Token<'m> {
    /// Whose it is said to be, or on whose behalf it is to be used, if that was said.
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
        self.value
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token { .. }")
    }
}

/// The token behind `Bearer`, in any case of letters (RFC 7235 §2.1).
pub(super) fn bearer(value: &[u8]) -> Option<&str> {
    let (scheme, mut token) = super::cut(value, b' ')?;
    while let Some(rest) = token.strip_prefix(b" ") {
        token = rest;
    }
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return None;
    }
    let token = core::str::from_utf8(token).ok()?;
    BearerToken::new("", token).ok().map(|_| token)
}
