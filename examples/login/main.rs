//! Tries a login, or lets others try theirs: which mechanisms does this server take, does that client do SCRAM right? `USAGE` says how;
//! `tls.rs` shows where rustls has the value that a channel is bound by.

mod book;
mod client;
mod listener;
mod tls;

use std::process::ExitCode;

use tls::Choice;

const USAGE: &str = "\
Tries a login at a server, or lets a client try one here.

  SECRET=PASSWORD-OR-TOKEN login --server HOST:PORT --mechanism MECHANISM --user USER [--tls CA [--name NAME]] [--binding BINDING]
  SECRET=PASSWORD-OR-TOKEN login --listen HOST:PORT --user USER [--tls CERT --key KEY] [--binding BINDING] [--iterations N]

MECHANISM is plain, login, cram-md5, scram-sha-256, scram-sha-256-plus, xoauth2, oauthbearer, external or anonymous.
TLS comes by STARTTLS; CA, CERT and KEY are PEM files, and NAME is what the certificate must carry, if not HOST. Without
--tls secrets cross the wire in clear: for servers of your own, on a host of your own.

BINDING is what ties a login by scram-sha-256-plus to its TLS session: tls-exporter (RFC 9266) or tls-server-end-point
(RFC 5929), taken from TLS; or one of them with :HEX behind it, to give the value by hand.

Exit status: 0 logged in, 1 refused or not proven, 2 not understood or not reached.";

pub(crate) type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("login: {failure}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, Failure> {
    let (mut server, mut listen, mut mechanism, mut user, mut binding) = (None, None, None, None, None);
    let (mut tls, mut name, mut key, mut iterations) = (None, None, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(option) = arguments.next() {
        if matches!(option.as_str(), "--help" | "-h") {
            println!("{USAGE}");
            return Ok(true);
        }
        let value = arguments.next().ok_or_else(|| format!("{option} needs a value"))?;
        *match option.as_str() {
            "--server" => &mut server,
            "--listen" => &mut listen,
            "--mechanism" => &mut mechanism,
            "--user" => &mut user,
            "--tls" => &mut tls,
            "--name" => &mut name,
            "--key" => &mut key,
            "--binding" => &mut binding,
            "--iterations" => &mut iterations,
            _ => return Err(format!("{option} is not known; --help tells more").into()),
        } = Some(value);
    }
    let secret =
        std::env::var("SECRET").map_err(|_| "set SECRET to the password or token; --help tells more")?;
    let user = user.ok_or("--user is missing")?;
    let binding = binding.as_deref().map(Choice::parse).transpose()?;
    match (server, listen) {
        (Some(server), None) => {
            let host = server.rsplit_once(':').map_or(server.as_str(), |(host, _)| host);
            let name = name.as_deref().unwrap_or(host);
            let tls = tls.map(|ca| tls::Client::new(ca.as_ref(), name)).transpose()?;
            let mechanism = mechanism.ok_or("--mechanism is missing")?;
            client::run(&server, &mechanism, &user, &secret, tls.as_ref(), binding.as_ref())
        }
        (None, Some(listen)) => {
            let tls = match (tls, key) {
                (Some(certificate), Some(key)) => Some(tls::Server::new(certificate.as_ref(), key.as_ref())?),
                (None, None) => None,
                _ => return Err("--tls and --key go together".into()),
            };
            let iterations = iterations.map_or(Ok(4096), |number| number.parse())?;
            listener::run(&listen, &user, &secret, tls.as_ref(), binding.as_ref(), iterations)
        }
        _ => Err("either --server or --listen".into()),
    }
}

/// 18 octets from the system.
pub(crate) fn random() -> [u8; 18] {
    use std::io::Read;
    let mut octets = [0; 18];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut octets))
        .expect("/dev/urandom");
    octets
}
