//! Tries a login, or lets others try theirs: which mechanisms does this server take, does that client do SCRAM right?
//!
//! ```text
//! SECRET=PASSWORD-OR-TOKEN login --server HOST:PORT --mechanism NAME --user USER [--binding NAME:HEX]
//! SECRET=PASSWORD-OR-TOKEN login --listen HOST:PORT --user USER [--binding NAME:HEX] [--iterations N]
//! ```
//!
//! NAME is `plain`, `login`, `cram-md5`, `scram-sha-256`, `scram-sha-256-plus`, `xoauth2`, `oauthbearer`, `external` or
//! `anonymous`. There is no TLS here, so secrets cross the wire in clear: for servers of your own, on a host of your own. Hence
//! `--binding`, too: the value that both sides would take from TLS is given by hand.
//!
//! Exit status: 0 logged in, 1 refused or not proven, 2 not understood or not reached.

mod book;
mod client;
mod listener;

use std::process::ExitCode;

use embedded_smtp::sasl::ChannelBinding;

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
    let mut iterations = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} needs a value"))?;
        *match option.as_str() {
            "--server" => &mut server,
            "--listen" => &mut listen,
            "--mechanism" => &mut mechanism,
            "--user" => &mut user,
            "--binding" => &mut binding,
            "--iterations" => &mut iterations,
            _ => return Err(format!("{option} is not known").into()),
        } = Some(value);
    }
    let secret = std::env::var("SECRET").map_err(|_| "SECRET is not set")?;
    let user = user.ok_or("--user is missing")?;
    let data = binding.as_deref().map(bytes).transpose()?;
    let binding = match (&binding, &data) {
        (Some(name), Some(data)) if name.starts_with("tls-server-end-point:") => {
            Some(ChannelBinding::tls_server_end_point(data))
        }
        (Some(_), Some(data)) => Some(ChannelBinding::tls_exporter(data.as_slice().try_into()?)),
        _ => None,
    };
    match (server, listen) {
        (Some(server), None) => {
            client::run(&server, &mechanism.ok_or("--mechanism is missing")?, &user, &secret, binding)
        }
        (None, Some(listen)) => {
            let iterations = iterations.map_or(Ok(4096), |number| number.parse())?;
            listener::run(&listen, &user, &secret, binding, iterations)
        }
        _ => Err("either --server or --listen".into()),
    }
}

/// The octets of `NAME:HEX`.
fn bytes(binding: &str) -> Result<Vec<u8>, Failure> {
    let (_, digits) = binding.split_once(':').ok_or("--binding is NAME:HEX")?;
    let pair = |at: usize| digits.get(at..at + 2).ok_or("an odd number of digits");
    let octet = |at: usize| -> Result<u8, Failure> { Ok(u8::from_str_radix(pair(at)?, 16)?) };
    (0..digits.len()).step_by(2).map(octet).collect()
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
