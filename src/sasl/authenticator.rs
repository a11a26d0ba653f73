//! Which mechanism to use, from what the server offers and the caller holds.

use super::{Credentials, Login, Mechanism, Plain};
use crate::wire::{AuthMechanism, AuthMechanisms};

/// Whoever can log in, by one mechanism or several.
///
/// Written by hand where an application holds other secrets than a password; only what it
/// names is linked.
pub trait Authenticator {
    /// Settles on the strongest mechanism it has among `offered`, for the exchange that begins
    /// now; `None` when there is none.
    fn choose(&mut self, offered: AuthMechanisms) -> Option<AuthMechanism>;

    /// The mechanism settled on; `None` before that.
    fn mechanism(&mut self) -> Option<&mut dyn Mechanism>;

    /// Whether logging in is wanted at all.
    fn is_wanted(&self) -> bool {
        true
    }
}

/// No login.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anyone;

impl Authenticator for Anyone {
    fn choose(&mut self, _: AuthMechanisms) -> Option<AuthMechanism> {
        None
    }

    fn mechanism(&mut self) -> Option<&mut dyn Mechanism> {
        None
    }

    fn is_wanted(&self) -> bool {
        false
    }
}

/// Login by user name and password: PLAIN, or LOGIN where that is all there is.
#[derive(Debug, Clone, Copy)]
pub struct Password<'a> {
    credentials: Credentials<'a>,
    allowed: AuthMechanisms,
    initial_response: bool,
    chosen: Chosen<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Chosen<'a> {
    None,
    Plain(Plain<'a>),
    Login(Login<'a>),
}

impl<'a> Password<'a> {
    /// PLAIN and LOGIN are allowed, LOGIN without an initial response.
    pub fn new(credentials: Credentials<'a>) -> Self {
        let allowed = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login);
        Self { credentials, allowed, initial_response: false, chosen: Chosen::None }
    }

    /// Only the mechanisms in `allowed`.
    pub fn only(mut self, allowed: AuthMechanisms) -> Self {
        self.allowed = allowed;
        self
    }

    /// LOGIN with the user name as initial response.
    pub fn with_initial_response(mut self) -> Self {
        self.initial_response = true;
        self
    }
}

impl Authenticator for Password<'_> {
    fn choose(&mut self, offered: AuthMechanisms) -> Option<AuthMechanism> {
        let usable = offered.both(self.allowed);
        self.chosen = if usable.has(AuthMechanism::Plain) {
            Chosen::Plain(Plain::new(self.credentials))
        } else if usable.has(AuthMechanism::Login) {
            let login = Login::new(self.credentials);
            Chosen::Login(if self.initial_response { login.with_initial_response() } else { login })
        } else {
            Chosen::None
        };
        self.mechanism().map(|mechanism| mechanism.mechanism())
    }

    fn mechanism(&mut self) -> Option<&mut dyn Mechanism> {
        match &mut self.chosen {
            Chosen::None => None,
            Chosen::Plain(plain) => Some(plain),
            Chosen::Login(login) => Some(login),
        }
    }
}
