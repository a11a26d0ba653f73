//! What the relay is told on its command line and by its environment.

use std::error::Error;
use std::net::ToSocketAddrs;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use embedded_smtp::sasl::Credentials;
use embedded_smtp::server::Policy;
use embedded_smtp::submission::TlsPolicy;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension, HelloName};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::next_hop::LoginManner;
use super::offers::Offers;
use super::patience::Patience;
use super::stream;

/// Takes mail, and passes it on while it is still coming in.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:2525")]
    pub(crate) listen: String,
    /// Where mails go.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) next_hop: String,
    /// The relay's own name, in its greetings and in the trace that it leaves in each mail.
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    pub(crate) name: String,
    /// Offer STARTTLS, with the certificates and the key in these PEM files.
    #[arg(long, num_args = 2, value_names = ["CERT", "KEY"])]
    pub(crate) tls: Vec<PathBuf>,
    /// TLS to the next hop. Its certificate is always checked.
    #[arg(long, value_enum, default_value_t = NextHopTls::Required)]
    pub(crate) next_hop_tls: NextHopTls,
    /// Trust the certificates in this PEM file for the next hop, instead of the system's.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// The name that the next hop's certificate must carry, if not HOST.
    #[arg(long, value_name = "NAME")]
    pub(crate) next_hop_name: Option<String>,
    /// Take mail only from this user, who logs in with the password in `RELAY_PASSWORD`, under TLS; without it, from anyone
    /// on this machine.
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Take mail without a login from whoever can reach an address that is not this machine's alone.
    #[arg(long, conflicts_with = "user")]
    pub(crate) anyone: bool,
    /// Octets of a mail; 0 leaves the limit to the next hop.
    #[arg(long, value_name = "OCTETS", default_value_t = 0)]
    pub(crate) max_size: u64,
    /// Sessions at once; whoever comes then waits.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) sessions: u16,
    /// Seconds that mails on their way are given when the relay is told to end.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) grace: u64,
    /// Seconds that the next hop has for each answer, and to take more of a mail; senders wait 300 (RFC 5321 §4.5.3.2).
    /// For its answer to a whole mail it has ten minutes, lest the mail comes twice.
    #[arg(long, value_name = "SECONDS", default_value_t = 240, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) answer_seconds: u64,
    /// Seconds that it has for all of a mail, its answer to the whole mail among them.
    #[arg(long, value_name = "SECONDS", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub(crate) mail_seconds: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum NextHopTls {
    /// By STARTTLS, or nothing is sent.
    Required,
    /// By STARTTLS where it is offered.
    IfOffered,
    /// None.
    Never,
    /// From the first octet.
    Implicit,
}

/// All that sessions need to know, checked.
pub(crate) struct Config {
    pub(crate) listen: String,
    pub(crate) next_hop: String,
    /// What the next hop's certificate must be for; the port behind a host's name does not count.
    pub(crate) next_hop_name: String,
    pub(crate) name: String,
    pub(crate) acceptor: Option<TlsAcceptor>,
    pub(crate) connector: TlsConnector,
    pub(crate) next_hop_tls: TlsPolicy,
    pub(crate) sender_login: Option<(String, String)>,
    pub(crate) next_hop_login: Option<(String, String)>,
    pub(crate) next_hop_manner: LoginManner,
    pub(crate) next_hop_offers: Offers,
    pub(crate) max_size: u64,
    pub(crate) sessions: usize,
    pub(crate) grace: Duration,
    pub(crate) patience: Patience,
}

impl Config {
    pub(crate) fn new(arguments: Arguments) -> Result<Self, Box<dyn Error>> {
        let name =
            HelloName::new(&arguments.name).map_err(|error| format!("--name {}: {error}", arguments.name))?;
        // RFC 6531 §3.7.1: a greeting has no UTF-8.
        if !name.is_ascii() {
            return Err(format!("--name {}: not ASCII; give it as A-labels (xn--...)", arguments.name).into());
        }
        let acceptor = match arguments.tls.as_slice() {
            [certificates, key] => Some(stream::acceptor(certificates, key)?),
            _ => None,
        };
        let sender_login = match arguments.user {
            Some(_) if acceptor.is_none() => return Err("--user needs --tls: no password in clear".into()),
            Some(user) => Some((user, variable("RELAY_PASSWORD").ok_or("--user needs RELAY_PASSWORD")?)),
            None => None,
        };
        if !has_port(&arguments.listen, 0) {
            return Err(format!("--listen {}: give it as ADDRESS:PORT", arguments.listen).into());
        }
        let next_hop_login = login(variable("NEXT_HOP_USER"), variable("NEXT_HOP_PASSWORD"))?;
        if !has_port(&arguments.next_hop, 1) {
            return Err(format!("--next-hop {}: give it as HOST:PORT", arguments.next_hop).into());
        }
        if sender_login.is_none() && !arguments.anyone && !is_of_this_machine(&arguments.listen) {
            return Err(open_to_all(&arguments.listen, next_hop_login.as_ref()).into());
        }
        if let Some((user, password)) = &next_hop_login {
            Credentials::new(user, password).map_err(|error| format!("NEXT_HOP_USER: {error}"))?;
        }
        Ok(Self {
            listen: arguments.listen,
            next_hop_name: arguments.next_hop_name.unwrap_or_else(|| arguments.next_hop.clone()),
            next_hop: arguments.next_hop,
            name: arguments.name,
            acceptor,
            connector: stream::connector(arguments.ca.as_deref())?,
            next_hop_tls: match arguments.next_hop_tls {
                NextHopTls::Required => TlsPolicy::Required,
                NextHopTls::IfOffered => TlsPolicy::IfOffered,
                NextHopTls::Never => TlsPolicy::Never,
                NextHopTls::Implicit => TlsPolicy::Implicit,
            },
            sender_login,
            next_hop_login,
            next_hop_manner: LoginManner::default(),
            next_hop_offers: Offers::default(),
            max_size: arguments.max_size,
            sessions: arguments.sessions.into(),
            grace: Duration::from_secs(arguments.grace),
            patience: Patience {
                answer: Duration::from_secs(arguments.answer_seconds),
                mail: Duration::from_secs(arguments.mail_seconds),
            },
        })
    }

    pub(crate) fn hello(&self) -> HelloName<'_> {
        HelloName::new(&self.name).expect("it was checked when the relay started")
    }

    /// Whether this is the user, and the password.
    pub(crate) fn admits(&self, user: &[u8], password: &[u8]) -> bool {
        self.sender_login.as_ref().is_some_and(|(its_user, its_password)| {
            same(user, its_user.as_bytes()) & same(password, its_password.as_bytes())
        })
    }

    /// What senders are offered. Not CHUNKING: what comes by BDAT may hold what cannot go on by DATA.
    pub(crate) fn policy(&self) -> Policy<'_> {
        let mut policy = Policy::new(self.hello())
            .max_size(self.max_size)
            .without(Extension::Chunking)
            .without(Extension::BinaryMime);
        if self.acceptor.is_some() {
            policy = policy.offer(Extension::StartTls);
            // The engine offers it under TLS only. Where the next hop never gets TLS the promise cannot be kept.
            if self.next_hop_tls != TlsPolicy::Never {
                policy = policy.offer(Extension::RequireTls);
            }
        }
        if self.sender_login.is_some() {
            let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login);
            policy = policy.auth(mechanisms).require_tls().require_auth();
        }
        self.next_hop_offers.extend(policy)
    }
}

/// Whether nobody but this machine's programs can reach the address. What it is cannot be known of a name that has
/// none; it cannot be listened on either.
fn is_of_this_machine(listen: &str) -> bool {
    listen.to_socket_addrs().is_ok_and(|mut all| all.all(|address| address.ip().to_canonical().is_loopback()))
}

/// Spam through such a relay is sent in the name of whoever runs it.
fn open_to_all(listen: &str, next_hop_login: Option<&(String, String)>) -> String {
    let whose =
        next_hop_login.map_or_else(String::new, |(user, _)| format!(", logged in at the next hop as {user}"));
    format!(
        "whoever can reach {listen} could send mail through this relay{whose}; \
         demand a login by --user, or listen on 127.0.0.1, or give --anyone if that is what you want"
    )
}

/// Whether the text is a host and a port of at least `lowest` (0 has the system choose one). The port decides on more than where to go, so
/// it is not guessed: mails are handed in at 587 or 465, and pass between servers at 25.
fn has_port(text: &str, lowest: u16) -> bool {
    let parts = text.rsplit_once(':');
    let is_host = |host: &str| {
        !host.is_empty() && (!host.contains(':') || host.starts_with('[') && host.ends_with(']'))
    };
    parts.is_some_and(|(host, port)| is_host(host) && port.parse::<u16>().is_ok_and(|port| port >= lowest))
}

/// Both or none: with half a login, mails would go on without it.
fn login(user: Option<String>, password: Option<String>) -> Result<Option<(String, String)>, &'static str> {
    match (user, password) {
        (Some(_), None) => Err("NEXT_HOP_USER needs NEXT_HOP_PASSWORD"),
        (None, Some(_)) => Err("NEXT_HOP_PASSWORD needs NEXT_HOP_USER"),
        (user, password) => Ok(user.zip(password)),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Takes as long for a wrong secret as for the right one.
fn same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |found, (a, b)| found | (a ^ b));
    one.len() == other.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(arguments: &[&str]) -> Result<(), String> {
        starts_for("mail.example.test:587", arguments)
    }

    fn starts_for(next_hop: &str, arguments: &[&str]) -> Result<(), String> {
        let fixed = ["relay", "--next-hop", next_hop];
        let arguments =
            Arguments::try_parse_from(fixed.iter().chain(arguments)).map_err(|error| error.to_string())?;
        Config::new(arguments).map(drop).map_err(|error| error.to_string())
    }

    #[test]
    fn what_could_never_work_does_not_start() {
        for next_hop in ["mail.example.test:587", "192.0.2.1:25", "[2001:db8::1]:465"] {
            assert_eq!(starts_for(next_hop, &[]), Ok(()), "{next_hop}");
        }
        for next_hop in [
            "mail.example.test",
            "mail.example.test:",
            ":25",
            "mail:smtp",
            "mail:0",
            "2001:db8::1",
            "2001:db8::1:25",
        ] {
            let refused = starts_for(next_hop, &[]).unwrap_err();
            assert!(refused.contains(next_hop) && refused.contains("HOST:PORT"), "{refused}");
        }
        for listen in ["127.0.0.1", "127.0.0.1:", ":2525", "::1", "127.0.0.1:smtp"] {
            let refused = starts(&["--listen", listen]).unwrap_err();
            assert!(refused.contains(listen) && refused.contains("ADDRESS:PORT"), "{refused}");
        }
        for option in ["--sessions", "--answer-seconds"] {
            for number in ["0", "65536"] {
                let refused = starts(&[option, number]).unwrap_err();
                assert!(refused.contains(option), "{refused}");
            }
        }
        let refused = starts(&["--ca", "Cargo.toml"]).unwrap_err();
        assert_eq!(refused, "Cargo.toml: no certificate in PEM");
    }

    #[test]
    fn half_a_login_is_none_that_mails_could_go_on_without() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(login(None, None), Ok(None));
        assert_eq!(login(text("pump"), text("secret")), Ok(text("pump").zip(text("secret"))));
        assert_eq!(login(text("pump"), None), Err("NEXT_HOP_USER needs NEXT_HOP_PASSWORD"));
        assert_eq!(login(None, text("secret")), Err("NEXT_HOP_PASSWORD needs NEXT_HOP_USER"));
    }

    #[test]
    fn without_a_login_mail_is_taken_from_others_only_by_express_leave() {
        assert_eq!(starts(&[]), Ok(()));
        for listen in ["127.0.0.1:25", "127.9.9.9:25", "[::1]:25", "localhost:25", "[::ffff:127.0.0.1]:25"] {
            assert_eq!(starts(&["--listen", listen]), Ok(()), "{listen}");
        }
        for listen in ["0.0.0.0:25", "[::]:25", "192.0.2.1:25", "[::ffff:0.0.0.0]:25"] {
            let refused = starts(&["--listen", listen]).unwrap_err();
            assert!(refused.contains(listen) && refused.contains("--user"), "{refused}");
            assert_eq!(starts(&["--listen", listen, "--anyone"]), Ok(()), "{listen}");
        }
        let credentials = ("pump".to_owned(), "hunter2".to_owned());
        let refusal = open_to_all("0.0.0.0:25", Some(&credentials));
        assert!(refusal.contains("as pump") && !refusal.contains("hunter2"), "{refusal}");
    }
}
