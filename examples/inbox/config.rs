//! What all sessions share, and what they offer.

use embedded_smtp::server::Policy;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension, HelloName};

use super::args::Args;
use super::display::Display;
use super::store::Store;
use super::tls::Tls;

/// What all sessions share.
pub(crate) struct Config {
    pub(crate) tls: Option<Tls>,
    pub(crate) store: Store,
    pub(crate) display: Display,
    args: Args,
}

impl Config {
    pub(crate) fn new(args: Args) -> Result<Self, String> {
        // RFC 6531 §3.7.1: a greeting has no UTF-8.
        if !HelloName::new(&args.host).is_ok_and(|name| name.is_ascii()) {
            let host = &args.host;
            return Err(format!(
                "--host {host:?} is neither a domain name in ASCII nor an address in brackets"
            ));
        }
        if args.user.is_some() && args.tls.is_none() && !args.allow_cleartext_auth {
            let text = "nobody could log in: --user needs --tls CERT KEY, or --allow-cleartext-auth";
            return Err(text.to_owned());
        }
        let tls = match args.tls.as_deref() {
            Some([certificate, key]) => Some(Tls::new(certificate, key)?),
            _ => None,
        };
        let store = Store::open(&args.dir).map_err(|error| {
            let dir = args.dir.display();
            format!("mail cannot be stored in {dir}: {error}; give another directory by --dir")
        })?;
        Ok(Self { tls, store, display: Display::new(), args })
    }

    /// What a session offers and demands.
    pub(crate) fn policy(&self) -> Policy<'_> {
        let args = &self.args;
        let host = HelloName::new(&args.host).expect("it was checked");
        let mut policy = Policy::new(host)
            .banner("inbox")
            .help("See https://www.rfc-editor.org/rfc/rfc5321")
            .max_size(args.max_size)
            .max_mails(u16::MAX)
            .patience(args.timeout, args.timeout, 1024);
        if self.tls.is_some() {
            // Mails end here, so that they do not go on in clear is easily promised (RFC 8689).
            policy = policy.offer(Extension::StartTls).offer(Extension::RequireTls);
        }
        if args.user.is_some() {
            policy = policy.auth(AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login));
        }
        if args.allow_cleartext_auth {
            policy = policy.allow_clear_text_auth();
        }
        if args.require_auth {
            policy = policy.require_auth();
        }
        if args.lmtp {
            policy = policy.lmtp();
        }
        policy
    }

    /// Whether this is the user, and the password.
    pub(crate) fn admits(&self, user: &[u8], password: &[u8]) -> bool {
        self.args.user.as_ref().is_some_and(|(its_user, its_password)| {
            // Both are compared whole: how long it takes says nothing about where they differ.
            same(user, its_user.as_bytes()) & same(password, its_password.as_bytes())
        })
    }

    pub(crate) fn is_lmtp(&self) -> bool {
        self.args.lmtp
    }

    /// How long a client may take.
    pub(crate) fn timeout(&self) -> std::time::Duration {
        std::time::Duration::from_secs(u64::from(self.args.timeout))
    }
}

fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::super::args::Args;
    use super::{Config, same};
    use clap::Parser;

    #[test]
    fn a_host_that_no_greeting_can_say_is_refused_at_the_start() {
        for host in ["m\u{fc}ller.test", "a b", ""] {
            let error = Config::new(Args::parse_from(["inbox", "--host", host])).err();
            assert!(error.is_some_and(|text| text.starts_with("--host ")), "{host:?}");
        }
    }

    #[test]
    fn only_equal_octets_are_the_same() {
        assert!(same(b"", b"") && same(b"secret", b"secret"));
        assert!(!same(b"secret", b"Secret") && !same(b"secret", b"secrets") && !same(b"secret", b""));
    }
}
