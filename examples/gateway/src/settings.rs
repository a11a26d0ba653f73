//! The TOML file. What it does not say has a default; what it says and nobody knows is an error.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Value;

use crate::args::{Auth, Tls};
use crate::limits::{Limits, number};

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
    pub(crate) grace: Option<Value>,
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
    /// Log in by this mechanism only.
    pub(crate) auth: Option<Auth>,
    /// Use it even if it is not offered; never without TLS.
    #[serde(default)]
    pub(crate) auth_unoffered: bool,
    /// Send the password without TLS if need be.
    #[serde(default)]
    pub(crate) cleartext_auth: bool,
    /// Sessions that the REST door keeps with it.
    pub(crate) sessions: Option<Value>,
}

impl Settings {
    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", file.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let settings: Self = toml::from_str(text).map_err(|error| told(text, &error))?;
        settings.check_secrets()?;
        Ok(settings)
    }

    /// Seconds that mails on their way are given.
    pub(crate) fn grace(&self) -> Result<u64, String> {
        number("grace", self.grace.as_ref(), 30, 0..=3600)
    }

    fn check_secrets(&self) -> Result<(), String> {
        if self.tokens.is_empty() && self.logins.is_empty() {
            return Err(
                "nobody could send: give tokens for the REST door, logins for the SMTP door, or both"
                    .to_owned(),
            );
        }
        let password = self.relay.as_ref().and_then(|relay| relay.password.as_ref());
        let mut secrets = [
            ("tokens", self.tokens.iter().collect::<Vec<_>>()),
            ("logins", self.logins.values().collect()),
            ("relay.password", password.into_iter().collect()),
        ]
        .into_iter();
        match secrets.find(|(_, secrets)| secrets.iter().any(|secret| secret.contains(PLACEHOLDER))) {
            Some((key, _)) => Err(format!(
                "{key} still has what stands in the example, which everybody knows; put secrets of your own there"
            )),
            None => Ok(()),
        }
    }
}

impl Relay {
    /// Sessions that the REST door keeps with it.
    pub(crate) fn sessions(&self) -> Result<usize, String> {
        number("relay.sessions", self.sessions.as_ref(), 20, 1..=1000).map(|sessions| sessions as usize)
    }
}

/// What stands in the example where a secret belongs.
const PLACEHOLDER: &str = "-of-your-own-here";

/// What is wrong, and where; nothing of the line itself, where a secret may stand, and no value.
fn told(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let (line, column) = (
        before.matches('\n').count() + 1,
        before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
    );
    format!("line {line} column {column}: {}", without_value(error.message()))
}

/// serde says `invalid type: string "the value", expected a sequence`.
fn without_value(message: &str) -> &str {
    let shows_it = ["invalid type: ", "invalid value: ", "invalid length ", "unknown variant "];
    match message.rfind("expected ") {
        Some(at) if shows_it.iter().any(|front| message.starts_with(front)) => {
            message.get(at..).unwrap_or_default()
        }
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uncommented() -> String {
        let example = include_str!("../gateway.toml");
        example.lines().map(|line| line.strip_prefix("#:").unwrap_or(line).to_owned() + "\n").collect()
    }

    #[test]
    fn the_example_says_what_is_so_without_it() {
        let all: Settings = toml::from_str(&uncommented()).unwrap();
        assert_eq!(all.limits, Limits::default());
        let relay = all.relay.as_ref().unwrap();
        assert_eq!((all.grace(), relay.sessions()), (Ok(30), Ok(20)));
        assert!(all.tls.is_some() && !all.tokens.is_empty());
        let bare = Settings::default();
        assert_eq!((bare.grace(), bare.cleartext), (Ok(30), all.cleartext));
        toml::from_str::<Settings>(include_str!("../gateway.toml")).unwrap();
    }

    #[test]
    fn with_the_secrets_of_the_example_it_does_not_start() {
        for (text, wrong) in [
            (include_str!("../gateway.toml"), "nobody could send"),
            (&uncommented(), "tokens still has"),
            ("[logins]\nme = 'a-password-of-your-own-here'", "logins still has"),
            (
                "tokens = ['mine']\n[relay]\naddress = 'a:1'\npassword = 'the-password-of-your-own-here'",
                "relay.password",
            ),
        ] {
            let error = Settings::parse(text).err().unwrap();
            assert!(error.contains(wrong), "{error}");
        }
        assert!(Settings::parse("tokens = ['mine']").is_ok());
        assert!(Settings::parse("[logins]\nme = 'mine'").is_ok());
    }

    #[test]
    fn what_nobody_knows_is_an_error() {
        for text in [
            "tokns = []",
            "[limits]\nmial = 1",
            "[relay]\naddress = 'a:1'\ntls = 'maybe'",
            "[relay]\ntls = 'never'",
        ] {
            assert!(Settings::parse(text).is_err(), "{text}");
        }
        let number = |text: &str| toml::from_str::<Settings>(text).unwrap();
        for grace in ["-1", "3601", "'long'"] {
            assert!(
                number(&format!("grace = {grace}")).grace().unwrap_err().contains("grace wants"),
                "{grace}"
            );
        }
        for sessions in ["0", "1001", "true"] {
            let settings = number(&format!("[relay]\naddress = 'a:1'\nsessions = {sessions}"));
            assert!(
                settings.relay.unwrap().sessions().unwrap_err().contains("relay.sessions wants"),
                "{sessions}"
            );
        }
    }

    #[test]
    fn errors_say_where_and_why_and_tell_no_secret() {
        for (text, expected) in [
            ("name = 'x'\ntokens = 'hunter2'", "line 2 column 10: expected a sequence"),
            ("tokens = ['hunter2", "line 1 column "),
            ("[logins]\nme = ['hunter2']", "line 2 column 6: expected a string"),
            ("[relay]\naddress = 'a:1'\nauth = 'hunter2'", "line 3 column 8: expected `plain` or `login`"),
            ("cleartext = 'hunter2'", "line 1 column 13: expected a boolean"),
            ("[limits]\n\nmail = 'hunter2'", "limits.mail wants a whole number from 1024"),
        ] {
            let error = Settings::parse(text).err().unwrap();
            assert!(error.starts_with(expected) || error.contains(expected), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn no_slip_of_the_pen_makes_an_error_tell_a_secret() {
        let text = "name = \"x\"\ntokens = [\"hunter2\", 'hunter2']\n[logins]\nme = \"hunter2\"\n[relay]\naddress = \"a:1\"\npassword = \"\"\"hunter2\"\"\"\n";
        let mut told = 0;
        for at in 0..text.len() {
            let (before, behind) = text.split_at(at);
            for slip in ["", "\"", "'", "\n", "=", "[", "]", "\\", "#", ",", ".", "{", "\u{1}", " x "] {
                // Something is left out, or comes in.
                for slipped in [
                    format!("{before}{slip}{}", behind.get(1..).unwrap_or_default()),
                    format!("{before}{slip}{behind}"),
                ] {
                    if let Err(error) = Settings::parse(&slipped) {
                        told += 1;
                        assert!(!error.contains("hunter2"), "{slipped}: {error}");
                    }
                }
            }
        }
        assert!(told > 500, "{told}");
    }
}
