//! The server's half of the mechanisms: one file each, behind the trait [`Mechanism`]. Nothing here knows a connection or an account.
//!
//! PLAIN and LOGIN the engine drives by itself, and tells of an [`Event::Login`](crate::server::Event::Login). The messages of all others it hands
//! on by [`Event::AuthMessage`](crate::server::Event::AuthMessage), and the caller gives them to a mechanism; [`Mechanisms`] makes one of several.
//! So only what the caller names is linked. SCRAM and CRAM-MD5 want another nonce or challenge (`renew`) at each message that is the first.
//!
//! ```
//! use embedded_smtp::Error;
//! use embedded_smtp::sasl::server::{Claim, Judgement, Mechanism, Step};
//! use embedded_smtp::server::{Event, Server};
//!
//! /// At an `Event::AuthMessage`: answers it. `password` knows who has which.
//! fn log_in<'p>(
//!     server: &mut Server<'_, '_>,
//!     mechanism: &mut dyn Mechanism,
//!     password: impl Fn(&str) -> Option<&'p [u8]>,
//! ) -> Result<(), Error> {
//!     let Some(Event::AuthMessage(message)) = server.event() else { return Ok(()) };
//!     let answer = match mechanism.step(message) {
//!         Step::Answer(answer) => answer,
//!         Step::Judge(claim) => {
//!             let judgement = match claim {
//!                 Claim::Name { user, authorize_as: None } => {
//!                     let mut name = [0; 64];
//!                     user.decode(&mut name).and_then(password).map_or(Judgement::Refuse, Judgement::Password)
//!                 }
//!                 _ => Judgement::Refuse,
//!             };
//!             mechanism.judged(message, judgement)
//!         }
//!     };
//!     server.auth(answer)
//! }
//! ```
//!
//! | mechanism | here | claim | judgement |
//! |---|---|---|---|
//! | PLAIN, LOGIN | [`Plain`], [`Login`] | [`Claim::Password`] | accept or refuse (by the engine: [`Event::Login`](crate::server::Event::Login)) |
//! | SCRAM-SHA-256, -PLUS | `ScramSha256` | [`Claim::Name`] | `Judgement::Verifier` |
//! | CRAM-MD5 | `CramMd5` | [`Claim::Name`] | [`Judgement::Password`] |
//! | OAUTHBEARER, XOAUTH2 | [`OAuthBearer`], [`XOAuth2`] | [`Claim::Token`] | accept or refuse |
//! | EXTERNAL | [`External`] | [`Claim::External`] | accept or refuse |
//! | ANONYMOUS | [`Anonymous`] | [`Claim::Anonymous`] | accept or refuse |
//!
//! A refusal is a reply of 535 (RFC 4954 §4), the same whatever is wrong.
//!
//! # Secrets
//! A mechanism holds no password and no token: these lie in the message, which is wiped in the receive buffer when it has been answered.
//! What SCRAM derives from them is wiped when the exchange is over, when it is refused, and when the value is dropped.

mod anonymous;
mod claim;
#[cfg(feature = "cram-md5")]
mod cram_md5;
mod external;
mod login;
mod mechanism;
mod mechanisms;
mod oauthbearer;
mod plain;
#[cfg(feature = "scram")]
mod scram;
mod xoauth2;

pub use anonymous::Anonymous;
pub use claim::{Claim, Token};
#[cfg(feature = "cram-md5")]
pub use cram_md5::CramMd5;
pub use external::External;
pub use login::Login;
pub use mechanism::{Answer, Judgement, Mechanism, Message, Refusal, Step};
pub use mechanisms::Mechanisms;
pub use oauthbearer::{OAuthBearer, TOKEN_REFUSED};
pub use plain::Plain;
#[cfg(feature = "scram")]
pub use scram::{First, ScramSha256};
pub use xoauth2::XOAuth2;

use crate::wire::syntax::has_c1;

/// Whether a name has control characters, of ASCII or of UTF-8, which could forge a line of somebody's log. RFC 4013 §2.3: none.
fn has_controls(name: &[u8]) -> bool {
    name.iter().any(u8::is_ascii_control) || has_c1(name)
}

/// What stands before the first of such octets, and what behind it. core's search in texts would leave a panic in the image.
#[inline(never)] // once in flash, not at each place of use
fn cut(octets: &[u8], by: u8) -> Option<(&[u8], &[u8])> {
    let at = octets.iter().position(|octet| *octet == by)?;
    Some((octets.get(..at)?, octets.get(at.wrapping_add(1)..)?))
}
