//! Layer 1, logging in: the [`Mechanism`] trait, one file a mechanism, and the choice among them. The server's half
//! of the same mechanisms is in [`server`].
//!
//! | mechanism | client | standard | feature | what crosses the wire |
//! |---|---|---|---|---|
//! | SCRAM-SHA-256-PLUS | `ScramSha256` bound to TLS | RFC 5802, 7677 | `scram` | a proof for this TLS session; the server proves itself too |
//! | SCRAM-SHA-256 | `ScramSha256` | RFC 5802, 7677 | `scram` | a proof; the server proves itself too |
//! | EXTERNAL | [`External`] | RFC 4422 | none | nothing: TLS has shown who it is |
//! | OAUTHBEARER | [`OAuthBearer`] | RFC 7628 | none | a token |
//! | XOAUTH2 | [`XOAuth2`] | none | none | a token |
//! | CRAM-MD5 | `CramMd5` | RFC 2195 | `cram-md5` | a proof that a weak password does not survive |
//! | PLAIN | [`Plain`] | RFC 4616 | none | the password |
//! | LOGIN | [`Login`] | draft-murchison-sasl-login | none | the password |
//! | ANONYMOUS | [`Anonymous`] | RFC 4505 | none | whatever you like to say of yourself |
//!
//! The table is in the order in which [`Strongest`] chooses. PLAIN, LOGIN and the two with tokens leave in clear only
//! where the caller has allowed it; see [`reveals_secret`](crate::wire::AuthMechanism::reveals_secret).
//!
//! # Names and passwords outside of ASCII
//! They go as the UTF-8 that they are given in, without `SASLprep` (RFC 4013), whose tables are larger than this crate.
//! For printable ASCII that is the same. Otherwise give them in the form that the server keeps, which is NFKC for
//! most; another form is refused by the server, and nothing worse.
//!
//! # Secrets
//! Passwords and tokens are lent, never copied but into the transmit buffer, which is wiped once it is written. What is derived
//! from them (keys, expected signatures) is wiped when it is dropped. No `Debug` shows any of it.

mod anonymous;
mod authenticator;
pub(crate) mod base64;
#[cfg(feature = "cram-md5")]
mod cram_md5;
mod credentials;
mod external;
mod login;
pub(crate) mod mechanism;
mod name;
mod oauthbearer;
mod plain;
#[cfg(feature = "scram")]
mod scram;
pub mod server;
mod strongest;
mod token;
mod xoauth2;

pub use anonymous::Anonymous;
pub use authenticator::{Anyone, Authenticator, Only, Password};
#[cfg(feature = "cram-md5")]
pub use cram_md5::CramMd5;
pub use credentials::{Credentials, Unfit};
pub use external::External;
pub use login::Login;
pub use mechanism::{Cancel, Challenge, Mechanism, Message};
pub use name::SaslName;
pub use oauthbearer::OAuthBearer;
pub use plain::Plain;
#[cfg(feature = "scram")]
pub use scram::{
    ChannelBinding, DEFAULT_MAX_ITERATIONS, Failure, MIN_ITERATIONS, Nonce, ScramSha256, Verifier,
};
pub use strongest::Strongest;
pub use token::{BearerToken, TokenStatus};
pub use xoauth2::XOAuth2;
