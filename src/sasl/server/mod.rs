//! The server's half of the mechanisms: values that are fed with the octets of
//! [`Event::AuthMessage`](crate::server::Event::AuthMessage) and say what to answer. Nothing here knows a connection.
//!
//! PLAIN and LOGIN need no such value: the engine understands them and tells of an
//! [`Event::Login`](crate::server::Event::Login). For the others:
//!
//! | mechanism | message that comes | answer |
//! |---|---|---|
//! | SCRAM-SHA-256, -PLUS | none | [`challenge`](crate::server::Server::challenge) with nothing |
//! | | the first | `ScramSha256::first` says who it is; `ScramSha256::challenge` |
//! | | the second | `ScramSha256::verify` gives one more challenge, or the refusal |
//! | | the third | `ScramSha256::is_done`: [`accept`](crate::server::Server::accept), or the refusal |
//! | CRAM-MD5 | none | `CramMd5::challenge` |
//! | | the first | `CramMd5::verify`: accept or refuse |
//! | OAUTHBEARER, XOAUTH2 | none | challenge with nothing |
//! | | the first | [`OAuthBearer::parse`], [`XOAuth2::parse`]: look the token up; accept, or challenge with [`TOKEN_REFUSED`] |
//! | | the second | refuse |
//! | EXTERNAL, ANONYMOUS | none | challenge with nothing |
//! | | the first | [`external`], [`anonymous`]: accept or refuse |
//!
//! A refusal is a reply of 535 (RFC 4954 §4), the same whatever is wrong.

mod bearer;
#[cfg(feature = "cram-md5")]
mod cram_md5;
#[cfg(feature = "scram")]
mod scram;

pub use bearer::{OAuthBearer, TOKEN_REFUSED, XOAuth2};
#[cfg(feature = "cram-md5")]
pub use cram_md5::CramMd5;
#[cfg(feature = "scram")]
pub use scram::{First, ScramSha256};

use super::anonymous::MAX_TRACE;

/// The exchange ends in a refusal, for this reason, which is for the log and not for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// Not a message of the mechanism, or out of turn.
    Syntax,
    /// An extension that must be understood, and is not.
    Extension,
    /// The scratch memory is too small for the client's message.
    TooLong,
    /// The client is not bound to this TLS session, or somebody has stripped the offer of binding on the way.
    ChannelBinding,
    /// The nonce is not this exchange's.
    Nonce,
    /// The password is wrong.
    Proof,
}

/// The message of EXTERNAL (RFC 4422 appendix A): on whose behalf; empty for whoever TLS has shown. `None` when it is not
/// UTF-8 without NUL.
pub fn external(message: &[u8]) -> Option<&str> {
    core::str::from_utf8(message).ok().filter(|user| !user.contains('\0'))
}

/// The message of ANONYMOUS (RFC 4505): what the client says of itself, which proves nothing. `None` for control
/// characters, and for more than 255 characters.
pub fn anonymous(message: &[u8]) -> Option<&str> {
    let trace = core::str::from_utf8(message).ok()?;
    (trace.chars().count() <= MAX_TRACE && !trace.chars().any(char::is_control)).then_some(trace)
}
