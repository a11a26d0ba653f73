//! The choice among several mechanisms.

use super::{Authenticator, Mechanism};
use crate::wire::{AuthMechanism, AuthMechanisms};

/// Logs in by the strongest of several mechanisms that the server offers.
///
/// What is not in the list is never used, so a server (or whoever strips its offer) cannot ask for it: to demand SCRAM, list only
/// that. Mechanisms that reveal the secret are left out where the stream is in clear, unless the caller has allowed them
/// ([`Client::allow_clear_text_auth`](crate::client::Client::allow_clear_text_auth)). The order is [`AuthMechanism::strength`]'s, whatever the list's.
///
/// ```
/// use embedded_smtp::sasl::{BearerToken, Credentials, Mechanism, OAuthBearer, Plain, Strongest};
///
/// let mut token = OAuthBearer::new(BearerToken::new("alice", "vF9dft4qmTc2")?);
/// let mut plain = Plain::new(Credentials::new("alice", "tiger")?);
/// let mut both: [&mut dyn Mechanism; 2] = [&mut plain, &mut token];
/// let login = Strongest::new(&mut both);
/// # Ok::<_, embedded_smtp::sasl::Unfit>(())
/// ```
pub struct Strongest<'l, 'm> {
    list: &'l mut [&'m mut dyn Mechanism],
    chosen: Option<AuthMechanism>,
}

impl<'l, 'm> Strongest<'l, 'm> {
    /// One of these. Of two of the same name the first is taken.
    pub fn new(list: &'l mut [&'m mut dyn Mechanism]) -> Self {
        Self { list, chosen: None }
    }

    /// The mechanism that was settled on last.
    pub fn chosen(&self) -> Option<AuthMechanism> {
        self.chosen
    }
}

impl Authenticator for Strongest<'_, '_> {
    fn choose(&mut self, offered: AuthMechanisms) -> Option<AuthMechanism> {
        let usable =
            self.list.iter().map(|mechanism| mechanism.mechanism()).filter(|name| offered.has(*name));
        self.chosen = usable.max_by_key(|name| name.strength());
        self.chosen
    }

    fn mechanism(&mut self) -> Option<&mut dyn Mechanism> {
        let chosen = self.chosen?;
        let found = self.list.iter_mut().find(|mechanism| mechanism.mechanism() == chosen)?;
        Some(&mut **found)
    }

    fn is_wanted(&self) -> bool {
        !self.list.is_empty()
    }
}

impl core::fmt::Debug for Strongest<'_, '_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Strongest").field("chosen", &self.chosen).finish_non_exhaustive()
    }
}
