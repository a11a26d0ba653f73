//! The tool: one mail to a real server, as the arguments say.

use std::io::{IsTerminal, stderr, stdout};
use std::net::{IpAddr, TcpStream};

use embedded_smtp::client::Client;
use embedded_smtp::submission::{self, Envelope, Options, Recipient, Submission};
use embedded_smtp::wire::{AuthMechanism, ForwardPath, HelloName, Param, ReversePath, Syntax};

use super::args::{Args, When};
use super::compose::{Addresses, Outgoing, compose};
use super::login::{self, Login};
use super::outcome::{self, Circumstances, Failure, Status};
use super::paint::{Paint, say};
use super::report;
use super::session;
use super::tls::Tls;
use super::transcript::Transcript;
use super::wire::{self, Wire};

/// Octets of the lent buffers; more of them would not make anything faster.
const RX: usize = 2 * 1024;
const TX: usize = 16 * 1024;
const TEXTS: usize = 16 * 1024;

/// Everything that can be wrong here is found before the server is troubled.
pub(crate) fn deliver(args: &Args) -> Result<Status, Failure> {
    let (host, port) = args.server()?;
    let from = ReversePath::new(&args.from).map_err(|error| bad("--from", &args.from, error))?;
    let addresses = Addresses {
        to: paths("--to", &args.to)?,
        cc: paths("--cc", &args.cc)?,
        bcc: paths("--bcc", &args.bcc)?,
    };
    let password = if args.user.is_some() { login::password(args)? } else { String::new() };
    let login = Login::new(args, &password)?;
    compose(args, from, &addresses, |outgoing| submit(args, (host, port), from, outgoing, login))?
}

fn submit(
    args: &Args,
    (host, port): (String, u16),
    from: ReversePath<'_>,
    Outgoing { mail, recipients, id }: Outgoing<'_>,
    login: Login<'_>,
) -> Result<Status, Failure> {
    let mail = if args.verbose { mail } else { mail.with_progress() };
    let mut recipients: Vec<Recipient<'_>> = recipients.into_iter().map(Recipient::new).collect();
    let tls = match args.tls {
        When::Never => None,
        _ => Some(Tls::new(args.ca.as_deref(), args.tls_name.as_deref().unwrap_or(&host))?),
    };
    if let Some(name) = &args.hello {
        HelloName::new(name).map_err(|error| bad("--hello", name, error))?;
    }

    let socket = wire::connect(&host, port, args.timeout())?;
    let name = args.hello.clone().unwrap_or_else(|| address_literal(&socket));
    let name = HelloName::new(&name).map_err(|error| bad("--hello", &name, error))?;
    let wire = if args.tls == When::Implicit {
        Wire::from(socket).secure(tls.as_ref(), args.timeout())?
    } else {
        Wire::from(socket)
    };

    let (mut rx, mut tx, mut texts) = (vec![0; RX], vec![0; TX + 2 * login.octets()], vec![0; TEXTS]);
    let mut client = Client::new(&mut rx, &mut tx);
    if args.tls == When::Implicit {
        client = client.over_tls();
    }
    if args.allow_cleartext_auth {
        client = client.allow_clear_text_auth();
    }
    let mut options = Options::new(name).tls(args.policy());
    if args.auth_unoffered {
        options = options.auth_even_if_not_offered(args.mechanism().unwrap_or(AuthMechanism::Plain));
    }
    let progress = mail.progress();
    let mut envelope = Envelope::new(from, &mut recipients);
    if args.requiretls {
        envelope = envelope.with(&[Param::RequireTls]);
    }
    let mut submission = Submission::with_login(&mut client, options, envelope, mail, &mut texts, login);
    let transcript =
        args.verbose.then(|| Transcript::new(Box::new(stderr()), Paint::new(stderr().is_terminal())));
    let ended = session::run(&mut submission, wire, transcript, tls.as_ref(), args.timeout());
    progress.finish_and_clear();

    let detail = submission.take_body_error().map(|error| error.to_string()).or(ended.detail);
    let circumstances = Circumstances { server: host, detail, hopeless: ended.hopeless, id };
    conclude(&submission.report(), &circumstances)
}

/// Prints what became of each recipient, once there is something to tell.
fn conclude(report: &submission::Report<'_>, circumstances: &Circumstances) -> Result<Status, Failure> {
    if report.recipients().iter().any(|recipient| recipient.status() != submission::Status::Waiting) {
        for line in report::recipients(report, Paint::new(stdout().is_terminal())) {
            say(line);
        }
    }
    outcome::failure(report, circumstances).map_or(Ok(Status::Delivered), Err)
}

fn paths<'a>(option: &str, addresses: &'a [String]) -> Result<Vec<ForwardPath<'a>>, Failure> {
    let path = |address: &'a String| ForwardPath::new(address).map_err(|error| bad(option, address, error));
    addresses.iter().map(path).collect()
}

fn bad(option: &str, value: &str, error: Syntax) -> Failure {
    Failure::unsendable(format!("{option} {value:?} cannot be sent: {error}"))
}

/// How a host without a name greets (RFC 5321 §4.1.4).
fn address_literal(socket: &TcpStream) -> String {
    match socket.local_addr().map(|address| address.ip().to_canonical()) {
        Ok(IpAddr::V6(address)) => format!("[IPv6:{address}]"),
        Ok(IpAddr::V4(address)) => format!("[{address}]"),
        Err(_) => "localhost".to_owned(),
    }
}
