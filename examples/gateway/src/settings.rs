//! The TOML file. What it does not say has a default; what it says and nobody knows is an error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::args::Tls;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// The gateway's own name, in its greetings and in the trace that it leaves in mails.
    pub(crate) name: Option<String>,
    /// Who may use the REST door.
    pub(crate) tokens: Vec<String>,
    /// Who may use the SMTP door: users and their passwords.
    pub(crate) logins: BTreeMap<String, String>,
    pub(crate) templates: Option<PathBuf>,
    pub(crate) inbox: Option<PathBuf>,
    /// Seconds that mails on their way are given when the gateway is told to end.
    pub(crate) grace: Option<u64>,
    /// Takes tokens and logins in clear also from other machines: only behind something that does TLS.
    pub(crate) cleartext: bool,
    pub(crate) rest: Door,
    pub(crate) smtp: Door,
    pub(crate) tls: Option<Certificate>,
    pub(crate) relay: Option<Relay>,
    pub(crate) limits: Limits,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Door {
    pub(crate) listen: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Certificate {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Relay {
    /// HOST:PORT
    pub(crate) address: String,
    pub(crate) tls: Option<Tls>,
    pub(crate) ca: Option<PathBuf>,
    /// What its certificate must be for, if not HOST.
    pub(crate) certificate_name: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    /// Sessions that the REST door keeps with it.
    pub(crate) sessions: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Octets of a REST request's body.
    pub(crate) body: u64,
    /// Octets of it besides `mime`, which are kept in memory.
    pub(crate) properties: usize,
    /// Octets of a mail, by `mime` or by SMTP.
    pub(crate) mail: u64,
    pub(crate) recipients: u16,
    /// Connections of each door.
    pub(crate) connections: usize,
    /// Seconds for the head of a REST request.
    pub(crate) header_seconds: u64,
    /// Seconds for the next piece of its body.
    pub(crate) body_seconds: u64,
    /// Seconds for all of its body.
    pub(crate) request_seconds: u64,
    /// Seconds for an SMTP command.
    pub(crate) command_seconds: u16,
    /// Seconds for the next kilobyte of an SMTP mail.
    pub(crate) content_seconds: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 80 << 20,
            properties: 16 << 20,
            mail: 50 << 20,
            recipients: 100,
            connections: 100,
            header_seconds: 10,
            body_seconds: 30,
            request_seconds: 300,
            command_seconds: 300,
            content_seconds: 180,
        }
    }
}

impl Settings {
    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        toml::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_says_what_is_so_without_it() {
        let example = include_str!("../gateway.toml");
        let uncommented: String =
            example.lines().map(|line| line.strip_prefix("#:").unwrap_or(line).to_owned() + "\n").collect();
        let all: Settings = toml::from_str(&uncommented).unwrap();
        let limits = Limits::default();
        assert_eq!(
            (all.limits.body, all.limits.properties, all.limits.mail, all.limits.recipients),
            (limits.body, limits.properties, limits.mail, limits.recipients)
        );
        assert_eq!(
            (all.limits.header_seconds, all.limits.body_seconds, all.limits.request_seconds),
            (limits.header_seconds, limits.body_seconds, limits.request_seconds)
        );
        assert!(all.tls.is_some() && all.relay.is_some() && !all.tokens.is_empty());
        toml::from_str::<Settings>(example).unwrap();
    }

    #[test]
    fn what_nobody_knows_is_an_error() {
        for text in [
            "tokns = []",
            "[limits]\nmial = 1",
            "[relay]\naddress = 'a:1'\ntls = 'maybe'",
            "[relay]\ntls = 'never'",
        ] {
            assert!(toml::from_str::<Settings>(text).is_err(), "{text}");
        }
    }
}
