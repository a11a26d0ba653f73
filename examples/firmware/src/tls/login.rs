//! Who logs in, and how: PLAIN, under TLS; or SCRAM-SHA-256 with the feature `scram`, so that even the server never sees the password.

use embedded_smtp::sasl::{Authenticator, Credentials, Mechanism};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms};

use crate::alert::Unsendable;
use crate::settings;

#[cfg(not(feature = "scram"))]
type Only<'a> = embedded_smtp::sasl::Plain<'a>;
#[cfg(feature = "scram")]
type Only<'a> = embedded_smtp::sasl::ScramSha256<'a>;

/// Whoever the settings name, by the one mechanism that there is; nobody if they name nobody.
pub struct Login<'a>(Option<Only<'a>>);

/// For one attempt. `go_on` is called now and then where the login takes long.
pub fn login(go_on: &dyn Fn()) -> Result<Login<'_>, Unsendable> {
    if settings::USER.is_empty() {
        return Ok(Login(None));
    }
    let credentials = Credentials::new(settings::USER, settings::PASSWORD)?;
    mechanism(credentials, go_on).map(|mechanism| Login(Some(mechanism)))
}

#[cfg(not(feature = "scram"))]
fn mechanism<'a>(credentials: Credentials<'a>, _: &'a dyn Fn()) -> Result<Only<'a>, Unsendable> {
    Ok(Only::new(credentials))
}

#[cfg(feature = "scram")]
fn mechanism<'a>(credentials: Credentials<'a>, go_on: &'a dyn Fn()) -> Result<Only<'a>, Unsendable> {
    let nonce = super::Random::new().ok_or(Unsendable::Random)?.octets();
    Ok(Only::new(credentials, embedded_smtp::sasl::Nonce::from_random(nonce)).breathe(go_on))
}

impl Authenticator for Login<'_> {
    fn choose(&mut self, offered: AuthMechanisms) -> Option<AuthMechanism> {
        self.0.as_ref().map(Mechanism::mechanism).filter(|mechanism| offered.has(*mechanism))
    }

    fn mechanism(&mut self) -> Option<&mut dyn Mechanism> {
        self.0.as_mut().map(|only| only as _)
    }

    fn is_wanted(&self) -> bool {
        self.0.is_some()
    }
}
