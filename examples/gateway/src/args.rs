//! The command line. Secrets do not stand in it, since everybody on the machine can see it.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use embedded_smtp::submission::TlsPolicy;
use embedded_smtp::wire::AuthMechanism;
use serde::Deserialize;

/// A mail gateway: takes mails by REST and by SMTP, and passes them on.
///
/// Without --relay it delivers into an inbox inside: one file a mail.
#[derive(Debug, Parser)]
#[command(name = "gateway")]
pub(crate) struct Args {
    /// Tokens, logins, TLS, limits and whatever else is not given here; see gateway.toml.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the REST door listens [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) rest: Option<String>,
    /// Where the SMTP door listens [default: 127.0.0.1:2587].
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) smtp: Option<String>,
    /// The server that mails go to.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) relay: Option<String>,
    /// TLS to that server [default: required]. Its certificate is always checked.
    #[arg(long, value_enum, value_name = "POLICY")]
    pub(crate) relay_tls: Option<Tls>,
    /// Trust the certificates in this PEM file for it, instead of the system's.
    #[arg(long, value_name = "FILE")]
    pub(crate) relay_ca: Option<PathBuf>,
    /// The name that its certificate must carry, if not HOST.
    #[arg(long, value_name = "NAME")]
    pub(crate) relay_name: Option<String>,
    /// Log in there as this user; the password is in the environment variable `GATEWAY_RELAY_PASSWORD`.
    #[arg(long, value_name = "NAME")]
    pub(crate) relay_user: Option<String>,
    /// Log in there by this mechanism only.
    #[arg(long, value_enum, value_name = "MECHANISM")]
    pub(crate) relay_auth: Option<Auth>,
    /// Use that mechanism even if it is not offered; never without TLS.
    #[arg(long, requires = "relay_auth")]
    pub(crate) relay_auth_unoffered: bool,
    /// Send that password without TLS if need be.
    #[arg(long)]
    pub(crate) relay_cleartext_auth: bool,
    /// TLS on both doors, with the certificates and the key in these PEM files.
    #[arg(long, num_args = 2, value_names = ["CERT", "KEY"])]
    pub(crate) tls: Option<Vec<PathBuf>>,
    /// Where templates are: files NAME.json.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) templates: Option<PathBuf>,
    /// Where the inbox inside puts mails [default: inbox].
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) inbox: Option<PathBuf>,
}

impl Args {
    /// An option that says how to treat the relay.
    pub(crate) fn about_relay(&self) -> Option<&'static str> {
        let options = [
            ("--relay-tls", self.relay_tls.is_some()),
            ("--relay-ca", self.relay_ca.is_some()),
            ("--relay-name", self.relay_name.is_some()),
            ("--relay-user", self.relay_user.is_some()),
            ("--relay-auth", self.relay_auth.is_some()),
            ("--relay-cleartext-auth", self.relay_cleartext_auth),
        ];
        options.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }
}

#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Tls {
    /// By STARTTLS, or nothing is sent.
    Required,
    /// By STARTTLS where it is offered.
    IfOffered,
    /// None.
    Never,
    /// From the first octet.
    Implicit,
}

/// A mechanism that a password is enough for.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Auth {
    Plain,
    Login,
}

impl From<Auth> for AuthMechanism {
    fn from(auth: Auth) -> Self {
        match auth {
            Auth::Plain => Self::Plain,
            Auth::Login => Self::Login,
        }
    }
}

impl From<Tls> for TlsPolicy {
    fn from(tls: Tls) -> Self {
        match tls {
            Tls::Required => Self::Required,
            Tls::IfOffered => Self::IfOffered,
            Tls::Never => Self::Never,
            Tls::Implicit => Self::Implicit,
        }
    }
}
