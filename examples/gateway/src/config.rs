//! All that the doors need to know: the command line over the file over the defaults, checked.

use std::error::Error;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use embedded_smtp::sasl::Credentials;
use embedded_smtp::submission::TlsPolicy;
use embedded_smtp::wire::HelloName;

use crate::args::{Args, Tls};
use crate::intake;
use crate::limits::Limits;
use crate::settings::{Certificate, Door, Relay, Settings};
use crate::smtp::next_hop::LoginManner;
use crate::smtp::offers::Offers;
use crate::smtp::patience::Patience;
use crate::smtp::{self, stream};
use crate::{inbox, unique};

pub(crate) struct Config {
    pub(crate) rest: String,
    pub(crate) smtp: String,
    pub(crate) tokens: Vec<String>,
    pub(crate) templates: Option<PathBuf>,
    pub(crate) limits: Limits,
    pub(crate) hop_sessions: usize,
    /// What the SMTP door and the sessions with the next hop need.
    pub(crate) mail: Arc<smtp::config::Config>,
    /// Where mails go when there is no relay.
    pub(crate) inbox: Option<PathBuf>,
    /// Made up for this run, since nobody gave one.
    pub(crate) demonstration: Demonstration,
}

#[derive(Debug, Default)]
pub(crate) struct Demonstration {
    pub(crate) token: Option<String>,
    pub(crate) login: Option<(String, String)>,
}

type Trouble = Box<dyn Error + Send + Sync>;

impl Config {
    pub(crate) async fn new(args: Args) -> Result<Self, Trouble> {
        let settings = args.config.as_deref().map(Settings::read).transpose()?.unwrap_or_default();
        let grace = Duration::from_secs(settings.grace()?);
        relay_is_given(&args, &settings)?;
        let listen = |given: Option<String>, door: &Door, default: &str| {
            given.or_else(|| door.listen.clone()).unwrap_or_else(|| default.to_owned())
        };
        let rest = listen(args.rest, &settings.rest, "127.0.0.1:8080");
        let smtp = listen(args.smtp, &settings.smtp, "127.0.0.1:2587");
        let certificate = args.tls.and_then(|files| {
            let [certificate, key] = files.try_into().ok()?;
            Some(Certificate { certificate, key })
        });
        let tls = certificate.or(settings.tls);
        if tls.is_none() && !settings.cleartext {
            for address in [&rest, &smtp] {
                only_here(address)?;
            }
        }
        let acceptor = tls
            .map(|tls| stream::acceptor(&tls.certificate, &tls.key).map_err(|error| error.to_string()))
            .transpose()?;
        let relay = match (args.relay, settings.relay) {
            (Some(address), settings) => Some(Relay { address, ..settings.unwrap_or_else(no_relay) }),
            (None, settings) => settings,
        }
        .map(|relay| Relay {
            tls: args.relay_tls.or(relay.tls),
            ca: args.relay_ca.or(relay.ca),
            certificate_name: args.relay_name.or(relay.certificate_name),
            user: args.relay_user.or(relay.user),
            auth: args.relay_auth.or(relay.auth),
            auth_unoffered: args.relay_auth_unoffered || relay.auth_unoffered,
            cleartext_auth: args.relay_cleartext_auth || relay.cleartext_auth,
            ..relay
        });
        let inbox = relay.is_none().then(|| args.inbox.or(settings.inbox).unwrap_or_else(|| "inbox".into()));
        let hop = match (&relay, &inbox) {
            (Some(relay), _) => NextHop::new(relay)?,
            (None, directory) => {
                NextHop::inside(directory.as_deref().unwrap_or(Path::new("inbox")), &settings.limits).await?
            }
        };
        let name = settings.name.unwrap_or_else(|| "localhost".to_owned());
        // RFC 6531 §3.7.1: a greeting has no UTF-8.
        if !HelloName::new(&name).map_err(|error| format!("the name {name:?}: {error}"))?.is_ascii() {
            return Err(format!("the name {name:?}: not ASCII; give it as A-labels (xn--...)").into());
        }
        let (mut tokens, mut logins) = (settings.tokens, settings.logins.into_iter().collect::<Vec<_>>());
        let demonstration = demonstrate(args.config.is_some(), &mut tokens, &mut logins)?;
        if tokens.iter().any(String::is_empty)
            || logins.iter().any(|(user, password)| user.is_empty() || password.is_empty())
        {
            return Err("an empty token, user or password would let everybody in".into());
        }
        let limits = settings.limits;
        let mail = smtp::config::Config {
            next_hop_name: hop.name.unwrap_or_else(|| hop.address.clone()),
            next_hop: hop.address,
            name,
            acceptor,
            connector: stream::connector(hop.ca.as_deref()).map_err(|error| error.to_string())?,
            next_hop_tls: hop.tls,
            next_hop_login: hop.login,
            next_hop_manner: hop.manner,
            next_hop_offers: Offers::default(),
            logins,
            max_size: limits.mail,
            recipients: limits.recipients as u16,
            command_seconds: limits.command_seconds as u16,
            content_seconds: limits.content_seconds as u16,
            sessions: limits.connections as usize,
            grace,
            patience: Patience {
                answer: Duration::from_secs(limits.answer_seconds),
                mail: Duration::from_secs(limits.hop_seconds),
            },
        };
        Ok(Self {
            rest,
            smtp,
            tokens,
            templates: args.templates.or(settings.templates).map(directory).transpose()?,
            limits,
            hop_sessions: hop.sessions,
            mail: Arc::new(mail),
            inbox,
            demonstration,
        })
    }

    pub(crate) fn intake(&self) -> intake::Limits {
        let Limits { body, properties, mail, .. } = self.limits;
        intake::Limits { body, properties: properties as usize, mail }
    }
}

struct NextHop {
    address: String,
    name: Option<String>,
    tls: TlsPolicy,
    ca: Option<PathBuf>,
    login: Option<(String, String)>,
    manner: LoginManner,
    sessions: usize,
}

impl NextHop {
    fn new(relay: &Relay) -> Result<Self, Trouble> {
        if relay
            .address
            .rsplit_once(':')
            .is_none_or(|(host, port)| host.is_empty() || port.parse::<u16>().is_err())
        {
            return Err(format!("the relay {:?} is not HOST:PORT", relay.address).into());
        }
        let login = match &relay.user {
            None if relay.password.is_some()
                || relay.auth.is_some()
                || relay.auth_unoffered
                || relay.cleartext_auth =>
            {
                return Err(
                    "the relay has a password or a way to log in, and no user: nobody would log in".into()
                );
            }
            None => None,
            Some(user) => {
                let variable = std::env::var("GATEWAY_RELAY_PASSWORD").ok();
                let password = variable.or_else(|| relay.password.clone());
                let password =
                    password.ok_or("the relay's user needs a password: set GATEWAY_RELAY_PASSWORD")?;
                Credentials::new(user, &password).map_err(|error| format!("the relay's login: {error}"))?;
                Some((user.clone(), password))
            }
        };
        let tls = relay.tls.unwrap_or(Tls::Required).into();
        let sessions = relay.sessions()?;
        let name = relay.certificate_name.clone();
        let manner = LoginManner {
            only: relay.auth.map(Into::into),
            unoffered: relay.auth_unoffered,
            in_clear: relay.cleartext_auth,
        };
        if manner.unoffered && manner.only.is_none() {
            return Err("auth_unoffered needs auth: the mechanism to use".into());
        }
        Ok(Self { address: relay.address.clone(), name, tls, ca: relay.ca.clone(), login, manner, sessions })
    }

    /// The inbox in `directory`.
    async fn inside(directory: &Path, limits: &Limits) -> Result<Self, Trouble> {
        let address = inbox::start(directory, limits.mail + (1 << 20), limits.recipients as u16).await;
        let trouble = |error| format!("mails cannot be stored in {}: {error}", directory.display());
        Ok(Self {
            address: address.map_err(trouble)?,
            name: None,
            tls: TlsPolicy::Never,
            ca: None,
            login: None,
            manner: LoginManner::default(),
            sessions: 20,
        })
    }
}

fn no_relay() -> Relay {
    Relay {
        address: String::new(),
        tls: None,
        ca: None,
        certificate_name: None,
        user: None,
        password: None,
        auth: None,
        auth_unoffered: false,
        cleartext_auth: false,
        sessions: None,
    }
}

/// Without a relay mails are accepted into files, which nobody means who says how to reach one.
fn relay_is_given(args: &Args, settings: &Settings) -> Result<(), String> {
    match (&args.relay, &settings.relay, args.about_relay()) {
        (None, None, Some(option)) => {
            Err(format!("{option} without a relay: give --relay HOST:PORT, or [relay] in the file"))
        }
        _ => Ok(()),
    }
}

/// Of templates: else each sender would be told that there is no such template, and not the operator.
fn directory(path: PathBuf) -> Result<PathBuf, String> {
    if path.is_dir() { Ok(path) } else { Err(format!("templates: {} is no directory", path.display())) }
}

/// Without TLS whoever is on the way could read tokens and passwords.
fn only_here(address: &str) -> Result<(), Trouble> {
    let addresses = address.to_socket_addrs().map_err(|error| format!("{address}: {error}"))?;
    let here: Vec<SocketAddr> = addresses.filter(|address| !address.ip().is_loopback()).collect();
    if here.is_empty() {
        return Ok(());
    }
    let text = "can be reached from other machines, and tokens and passwords would go in clear: give a certificate (tls), or say cleartext = true behind something that does TLS";
    Err(format!("{address} {text}").into())
}

/// Without a file there is a token and a login to try with.
fn demonstrate(
    configured: bool,
    tokens: &mut Vec<String>,
    logins: &mut Vec<(String, String)>,
) -> std::io::Result<Demonstration> {
    if configured {
        return Ok(Demonstration::default());
    }
    let token = unique::secret()?;
    let login = ("demo".to_owned(), unique::secret()?);
    tokens.push(token.clone());
    logins.push(login.clone());
    Ok(Demonstration { token: Some(token), login: Some(login) })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    async fn trouble(options: &str) -> Option<String> {
        let args = Args::parse_from(format!("gateway {options}").split_whitespace());
        Config::new(args).await.err().map(|error| error.to_string())
    }

    #[tokio::test]
    async fn what_would_be_of_no_use_is_told_at_the_start() {
        for (options, expected) in [
            ("--relay-user me", Some("--relay-user without a relay")),
            ("--relay-tls required", Some("--relay-tls without a relay")),
            ("--relay-ca x", Some("--relay-ca without a relay")),
            ("--relay-cleartext-auth", Some("--relay-cleartext-auth without a relay")),
            ("--relay a:1 --relay-auth plain", Some("no user")),
            ("--relay a:1 --relay-cleartext-auth", Some("no user")),
            ("--relay a:1 --templates nowhere", Some("nowhere is no directory")),
            ("--relay a:1 --templates Cargo.toml", Some("Cargo.toml is no directory")),
            ("--relay a:1 --tls Cargo.toml ../../tests/tls/server.key", Some("Cargo.toml: no certificate")),
            ("--relay a:1 --tls ../../tests/tls/server.pem Cargo.toml", Some("Cargo.toml: no private key")),
            ("--relay a:1 --tls ../../tests/tls/server.pem nothing", Some("nothing: ")),
            ("--relay a:1 --tls ../../tests/tls/ca.pem ../../tests/tls/server.key", Some("used together")),
            ("--relay a:1 --relay-tls never --templates src", None),
        ] {
            let found = trouble(options).await;
            match expected {
                Some(expected) => {
                    assert!(found.as_ref().is_some_and(|why| why.contains(expected)), "{options}: {found:?}");
                }
                None => assert_eq!(found, None, "{options}"),
            }
        }
    }
}
