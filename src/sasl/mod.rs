//! Layer 1, logging in: the [`Mechanism`] trait, one file a mechanism, and the choice among them.

mod authenticator;
pub(crate) mod base64;
mod credentials;
mod login;
mod mechanism;
mod plain;

pub use authenticator::{Anyone, Authenticator, Password};
pub use credentials::Credentials;
pub use login::Login;
pub use mechanism::{Cancel, Challenge, Mechanism, Message};
pub use plain::Plain;
