//! Which mechanism to use, from what the server offers and the caller holds.

use super::mechanism::Own;
use super::{Cancel, Challenge, Credentials, Login, Mechanism, Message, plain};
use crate::wire::{AuthMechanism, AuthMechanisms};

/// Whoever can log in, by one mechanism or several.
///
/// Written by hand where an application holds other secrets than a password; only what it
/// names is linked.
pub trait Authenticator {
    /// Settles on the strongest mechanism it has among `offered`, for the exchange that begins
    /// now; `None` when there is none.
    fn choose(&mut self, offered: AuthMechanisms) -> Option<AuthMechanism>;

    /// The mechanism settled on; `None` before that, and when there was none.
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

/// Login by one mechanism and no other: less to link than [`Strongest`](super::Strongest) of a list of one.
///
/// ```
/// use embedded_smtp::sasl::{BearerToken, OAuthBearer, Only};
///
/// let mut token = OAuthBearer::new(BearerToken::new("alice", "vF9dft4qmTc2")?);
/// let login = Only::new(&mut token);
/// # Ok::<_, embedded_smtp::sasl::Unfit>(())
/// ```
#[derive(Debug)]
pub struct Only<'m, M> {
    mechanism: &'m mut M,
    chosen: bool,
}

impl<'m, M: Mechanism> Only<'m, M> {
    /// This one.
    pub fn new(mechanism: &'m mut M) -> Self {
        Self { mechanism, chosen: false }
    }
}

impl<M: Mechanism> Authenticator for Only<'_, M> {
    fn choose(&mut self, offered: AuthMechanisms) -> Option<AuthMechanism> {
        let name = self.mechanism.mechanism();
        self.chosen = offered.has(name);
        if self.chosen { Some(name) } else { None }
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    fn mechanism(&mut self) -> Option<&mut dyn Mechanism> {
        if self.chosen { Some(self.mechanism) } else { None }
    }
}

/// Login by user name and password: PLAIN, or LOGIN where that is all there is.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Password<'a> {
    credentials: Credentials<'a>,
    allowed: AuthMechanisms,
    chosen: Option<AuthMechanism>,
    /// Whether LOGIN begins with the user name as initial response.
    initial: bool,
}

impl<'a> Password<'a> {
    /// PLAIN and LOGIN are allowed, LOGIN without an initial response.
    pub const fn new(credentials: Credentials<'a>) -> Self {
        let allowed = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login);
        Self { credentials, allowed, chosen: None, initial: false }
    }

    /// Only the mechanisms in `allowed`.
    pub const fn only(mut self, allowed: AuthMechanisms) -> Self {
        self.allowed = allowed;
        self
    }

    /// LOGIN with the user name as initial response.
    pub const fn with_initial_response(mut self) -> Self {
        self.initial = Login::new(self.credentials).with_initial_response().begins();
        self
    }

    fn is_plain(&self) -> bool {
        self.chosen == Some(AuthMechanism::Plain)
    }

    /// The message of this number; whether there is one.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn say(&self, number: u8, message: &mut Message<'_, '_>) -> bool {
        let Credentials { user, password } = self.credentials;
        match (number, self.is_plain()) {
            (0, true) => {
                message.nul();
                message.put(user);
                message.nul();
                message.put(password);
            }
            (0, false) => message.put(user),
            (1, false) => message.put(password),
            _ => return false,
        }
        true
    }
}

impl Authenticator for Password<'_> {
    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    fn choose(&mut self, offered: AuthMechanisms) -> Option<AuthMechanism> {
        let usable = offered.both(self.allowed);
        self.chosen = if usable.has(AuthMechanism::Plain) {
            Some(AuthMechanism::Plain)
        } else if usable.has(AuthMechanism::Login) {
            Some(AuthMechanism::Login)
        } else {
            None
        };
        self.chosen
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    fn mechanism(&mut self) -> Option<&mut dyn Mechanism> {
        if self.chosen.is_some() { Some(self) } else { None }
    }
}

/// The one that was chosen, without a table of functions for each. Where a firmware has no other mechanism, the compiler sees through
/// `dyn`, if what returns it is inlined: then there is no table at all, and these are part of the exchange.
impl Mechanism for Password<'_> {
    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    fn mechanism(&self) -> AuthMechanism {
        self.chosen.unwrap_or(AuthMechanism::Plain)
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    fn name(&self, _: Own) -> &'static [u8] {
        const PLAIN: &[u8] = AuthMechanism::Plain.octets();
        const LOGIN: &[u8] = AuthMechanism::Login.octets();
        if self.is_plain() { PLAIN } else { LOGIN }
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    fn longest(&self) -> usize {
        if self.is_plain() {
            plain::longest(&self.credentials)
        } else {
            Login::new(self.credentials).longest()
        }
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    fn initial(&mut self, message: &mut Message<'_, '_>) -> bool {
        (self.is_plain() || self.initial) && self.say(0, message)
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    fn respond(&mut self, number: u8, _: Challenge<'_>, message: &mut Message<'_, '_>) -> Result<(), Cancel> {
        let said = u8::from(self.initial && !self.is_plain());
        if self.say(number.saturating_add(said), message) { Ok(()) } else { Err(Cancel) }
    }
}
