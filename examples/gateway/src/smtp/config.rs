//! What the relay's sessions, and those of the REST door to the next hop, need to know.

use std::time::Duration;

use super::next_hop::LoginManner;
use super::offers::Offers;
use super::patience::Patience;
use embedded_smtp::server::Policy;
use embedded_smtp::submission::TlsPolicy;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension, HelloName};
use subtle::{Choice, ConstantTimeEq};
use tokio_rustls::{TlsAcceptor, TlsConnector};

pub(crate) struct Config {
    pub(crate) next_hop: String,
    /// What the next hop's certificate must be for; the port behind a host's name does not count.
    pub(crate) next_hop_name: String,
    pub(crate) name: String,
    pub(crate) acceptor: Option<TlsAcceptor>,
    pub(crate) connector: TlsConnector,
    pub(crate) next_hop_tls: TlsPolicy,
    pub(crate) next_hop_login: Option<(String, String)>,
    pub(crate) next_hop_manner: LoginManner,
    pub(crate) next_hop_offers: Offers,
    /// Who may send, with the passwords.
    pub(crate) logins: Vec<(String, String)>,
    pub(crate) max_size: u64,
    pub(crate) recipients: u16,
    /// Seconds for a command, and for the next kilobyte of content.
    pub(crate) command_seconds: u16,
    pub(crate) content_seconds: u16,
    pub(crate) sessions: usize,
    pub(crate) grace: Duration,
    /// With the next hop.
    pub(crate) patience: Patience,
}

impl Config {
    pub(crate) fn hello(&self) -> HelloName<'_> {
        HelloName::new(&self.name).expect("it was checked when the gateway started")
    }

    /// Whether this user has this password. It takes as long whoever it is.
    pub(crate) fn admits(&self, user: &[u8], password: &[u8]) -> bool {
        let same = |(its_user, its_password): &(String, String)| {
            user.ct_eq(its_user.as_bytes()) & password.ct_eq(its_password.as_bytes())
        };
        self.logins.iter().fold(Choice::from(0), |found, login| found | same(login)).into()
    }

    /// What senders are offered. Not CHUNKING: what comes by BDAT may hold what cannot go on by DATA.
    pub(crate) fn policy(&self) -> Policy<'_> {
        let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login);
        let policy = self
            .next_hop_offers
            .extend(Policy::new(self.hello()))
            .max_size(self.max_size)
            .max_recipients(self.recipients)
            .max_mails(u16::MAX)
            .patience(self.command_seconds, self.content_seconds, 1024)
            .without(Extension::Chunking)
            .without(Extension::BinaryMime)
            .auth(mechanisms)
            .require_auth();
        if self.acceptor.is_some() {
            let policy = policy.offer(Extension::StartTls).require_tls();
            // The engine offers it under TLS only. Where the next hop never gets TLS the promise cannot be kept.
            let kept = self.next_hop_tls != TlsPolicy::Never;
            if kept { policy.offer(Extension::RequireTls) } else { policy }
        } else {
            // Only where the configuration allows it: on this machine, or behind what does TLS.
            policy.allow_clear_text_auth()
        }
    }
}
