//! What tests/no-panic.sh looks through: every part of the library that a peer's octets or a caller's values reach.

#![no_std]
#![no_main]

mod rest;

use cortex_m_images::turn::turn;
use cortex_m_images::{Lent, Wire, done, entry, report, unknown};
use embedded_io::{ErrorKind, ErrorType, Read, Write};
use embedded_smtp::client::{Client, Event, Transfer};
use embedded_smtp::data::{BareLineEnds, LineEnds, Slice, Stuffer, Unstuffer};
use embedded_smtp::io::ConnectionError;
use embedded_smtp::io::blocking::Connection;
use embedded_smtp::sasl::server::{self as sasl, Mechanism as _};
use embedded_smtp::sasl::{Credentials, Password};
use embedded_smtp::server::{Event as Told, Policy, Server};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{Envelope, Options, Recipient, Submission, TlsPolicy};
use embedded_smtp::wire::{
    AuthMechanism, AuthMechanisms, Code, Command, Domain, Emit, Extension, ForwardPath, HelloName, Mailbox,
    Param, Reply, Response, ReversePath, Text, Writer, Xtext,
};

static RX: Lent<[u8; 512]> = Lent::new([0; 512]);
static TX: Lent<[u8; 512]> = Lent::new([0; 512]);
static TEXTS: Lent<[u8; 128]> = Lent::new([0; 128]);
static INPUT: Lent<[u8; 256]> = Lent::new([0; 256]);
static OUTPUT: Lent<[u8; 256]> = Lent::new([0; 256]);

#[entry]
fn main() -> ! {
    let mut wire = Wire::new();
    let input = INPUT.lend();
    let output = OUTPUT.lend();
    let count = wire.read(input);
    let input = input.get(..count).unwrap_or_default();
    grammar(input, output, &mut wire);
    data(input, output, &mut wire);
    rest::grammar(input, output, &mut wire);
    let (rx, tx) = (RX.lend(), TX.lend());
    let text = core::str::from_utf8(input).unwrap_or_default();
    report("client", u32::from(client(rx, tx, text, &mut wire).is_ok()));
    report("submission", u32::from(submission(rx, tx, text).is_ok()));
    report("server", u32::from(server(rx, tx, text, &mut wire).is_ok()));
    report("rest", u32::from(rest::client(rx, tx, text, &mut wire).is_ok()));
    report("rest", u32::from(rest::submission(rx, tx, text, &mut wire).is_ok()));
    report("rest", u32::from(rest::server(rx, tx, text, &mut wire).is_ok()));
    done()
}

fn grammar(input: &[u8], output: &mut [u8], wire: &mut Wire) {
    if let Ok(command) = Command::parse(input) {
        put(&command, output, wire);
        if let Command::Mail { params, .. } | Command::Rcpt { params, .. } = command {
            for param in params.iter() {
                put(&param, output, wire);
                unknown((param.for_mail(), param.for_rcpt()));
                wire.write(param.keyword().as_bytes());
            }
        }
    }
    if let Ok(reply) = Reply::parse(input) {
        put(&reply, output, wire);
        wire.write(reply.text_utf8().as_bytes());
    }
    let text = core::str::from_utf8(input).unwrap_or_default();
    if let Ok(mailbox) = Mailbox::new(text) {
        put(&mailbox, output, wire);
    }
    if let Ok(domain) = Domain::new(text) {
        put(&domain, output, wire);
    }
    if let Ok(xtext) = Xtext::new(text) {
        for octet in xtext.decode() {
            wire.write(&[octet]);
        }
    }
}

fn put(value: &dyn Emit, output: &mut [u8], wire: &mut Wire) {
    let mut out = Writer::new(output);
    value.emit(&mut out);
    if let Ok(octets) = out.finish() {
        wire.write(output.get(..octets).unwrap_or_default());
    }
}

fn data(input: &[u8], output: &mut [u8], wire: &mut Wire) {
    for ends in [LineEnds::Normalize, LineEnds::Reject] {
        let mut stuffer = Stuffer::new(unknown(ends));
        if let Ok((taken, written)) = stuffer.stuff_into(input, output) {
            wire.write(output.get(..written).unwrap_or_default());
            unknown(taken);
        }
        if let Ok(piece) = stuffer.next(input) {
            wire.write(piece.octets);
        }
        wire.write(stuffer.finish().unwrap_or_default());
    }
    for ends in [BareLineEnds::Reject, BareLineEnds::Accept] {
        let mut unstuffer = Unstuffer::new(unknown(ends));
        let mut rest = input;
        loop {
            let step = unstuffer.next(rest);
            wire.write(rest.get(step.skip..step.skip.wrapping_add(step.run)).unwrap_or_default());
            rest = rest.get(step.consumed()..).unwrap_or_default();
            if step.consumed() == 0 || rest.is_empty() {
                break;
            }
        }
    }
}

/// Every command that there is, in whatever order.
fn client(rx: &mut [u8], tx: &mut [u8], text: &str, wire: &mut Wire) -> Result<(), embedded_smtp::Error> {
    let mut client = Client::new(rx, tx).line_ends(unknown(LineEnds::Reject));
    for round in 0..unknown(64_u8) {
        match turn(&mut client, wire)? {
            Want::Read | Want::Write => {}
            Want::Closed => client.restart(unknown(false)),
            Want::Event => {
                if let Some(Event::Reply { reply, .. }) = client.event() {
                    wire.write(reply.text);
                }
                unknown(client.timer());
                unknown(command(&mut client, round, text).is_ok());
            }
        }
    }
    client.timed_out();
    Ok(())
}

fn command(client: &mut Client<'_>, round: u8, text: &str) -> Result<(), embedded_smtp::Error> {
    let octets = text.as_bytes();
    match round {
        0 => HelloName::new(text).map_or(Ok(()), |name| client.ehlo(name)),
        1 => HelloName::new(text).map_or(Ok(()), |name| client.helo(name)),
        2 => HelloName::new(text).map_or(Ok(()), |name| client.lhlo(name)),
        3 => client.starttls(),
        4 => client.tls_established(),
        5 => ReversePath::new(text).map_or(Ok(()), |path| client.mail(&path, &Transfer::default())),
        6 => ReversePath::new(text)
            .map_or(Ok(()), |path| client.mail(&path, &[Param::SmtpUtf8, Param::Size(9)])),
        7 => ForwardPath::new(text).map_or(Ok(()), |path| client.rcpt(&path, &())),
        8 => client.data(),
        9 => client.body(octets).map(|taken| {
            unknown(taken);
        }),
        10 => client.body_in_place(octets).map(|taken| {
            unknown(taken);
        }),
        11 => client.end_of_body(),
        12 => client.bdat(unknown(7), unknown(true)),
        13 => client.rset(),
        14 => client.noop(),
        15 => Text::new(text).map_or(Ok(()), |who| client.vrfy(who)),
        16 => client.help(None),
        17 => client.auth_cancel(),
        _ => client.quit(),
    }
}

/// By the blocking adapter.
fn submission(rx: &mut [u8], tx: &mut [u8], text: &str) -> Result<(), ConnectionError<ErrorKind>> {
    let mut client = Client::new(rx, tx).allow_clear_text_auth();
    let (Ok(name), Ok(from), Ok(to), Ok(credentials)) =
        (HelloName::new(text), ReversePath::new(text), ForwardPath::new(text), Credentials::new(text, text))
    else {
        return Ok(());
    };
    let mut recipients = [Recipient::new(to)];
    let options = Options::new(name).tls(unknown(TlsPolicy::IfOffered));
    let content = Slice::new(text.as_bytes());
    let login = Password::new(credentials).with_initial_response();
    let envelope = Envelope::new(from, &mut recipients);
    let mut submission = Submission::with_login(&mut client, options, envelope, content, TEXTS.lend(), login);
    let mut stream = Stream(Wire::new());
    while Connection::new(&mut stream, &mut submission).run()? {
        if submission.event() == Some(embedded_smtp::submission::Event::Done) {
            break;
        }
        submission.tls_established()?;
    }
    unknown(submission.timer());
    let report = submission.report();
    unknown((report.verdict(), report.cause()));
    for recipient in report.recipients() {
        stream.0.write(report.text(&recipient.answer()).as_bytes());
    }
    Ok(())
}

struct Stream(Wire);

impl ErrorType for Stream {
    type Error = ErrorKind;
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        Ok(self.0.read(into))
    }
}

impl Write for Stream {
    fn write(&mut self, octets: &[u8]) -> Result<usize, ErrorKind> {
        Ok(self.0.write(octets))
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

fn server(rx: &mut [u8], tx: &mut [u8], text: &str, wire: &mut Wire) -> Result<(), embedded_smtp::Error> {
    let Ok(host) = HelloName::new(text) else { return Ok(()) };
    let mechanisms = AuthMechanisms::NONE
        .with(AuthMechanism::Plain)
        .with(AuthMechanism::Login)
        .with(AuthMechanism::XOAuth2)
        .with(AuthMechanism::CramMd5);
    let policy = Policy::new(host)
        .banner(text)
        .help(text)
        .offer(Extension::StartTls)
        .offer(Extension::Dsn)
        .offer(Extension::XClient)
        .auth(mechanisms)
        .bare_line_ends(unknown(BareLineEnds::Reject));
    let policy = if unknown(false) { policy.lmtp().expect_proxy_header().ask_vrfy() } else { policy };
    let mut server = Server::new(rx, tx, &policy);
    for round in 0..unknown(64_u8) {
        match turn(&mut server, wire)? {
            Want::Read | Want::Write => {}
            Want::Closed => server.restart(unknown(false)),
            Want::Event => {
                match server.event() {
                    Some(Told::Body(octets)) => {
                        wire.write(octets);
                    }
                    Some(Told::Login(login)) => {
                        wire.write(login.user());
                        wire.write(login.password());
                        wire.write(login.authorize_as());
                    }
                    Some(Told::Mail { path, params }) => {
                        wire.write(path.as_str().as_bytes());
                        for param in params.iter() {
                            wire.write(param.keyword().as_bytes());
                        }
                    }
                    Some(Told::Rcpt { path, .. }) => {
                        wire.write(path.as_str().as_bytes());
                    }
                    Some(Told::StartTls) => server.tls_established()?,
                    _ => {}
                }
                unknown(server.timer());
                answer(&mut server, round, text)?;
            }
        }
    }
    server.shut_down();
    server.timed_out();
    Ok(())
}

fn answer(server: &mut Server<'_, '_>, round: u8, text: &str) -> Result<(), embedded_smtp::Error> {
    if server.reply_owed().is_none() {
        return Ok(());
    }
    match (round, Code::new(unknown(550)).and_then(|code| Response::new(code, text).ok())) {
        (0, Some(response)) => server.reply(&response),
        (1, _) => server.challenge(text.as_bytes()),
        (2, _) => authenticate(server),
        _ => server.accept(),
    }
}

fn authenticate(server: &mut Server<'_, '_>) -> Result<(), embedded_smtp::Error> {
    let Some(Told::AuthMessage(message)) = server.event() else { return server.accept() };
    let (mut bearer, mut old_bearer) = (sasl::OAuthBearer::new(), sasl::XOAuth2::new());
    let mut list: [&mut dyn sasl::Mechanism; 6] = [
        &mut sasl::Plain,
        &mut sasl::Login,
        &mut bearer,
        &mut old_bearer,
        &mut sasl::External,
        &mut sasl::Anonymous,
    ];
    let mut all = sasl::Mechanisms::new(unknown(&mut list));
    let answer = match all.step(message) {
        sasl::Step::Answer(answer) => answer,
        sasl::Step::Judge(claim) => {
            unknown(claim);
            all.judged(message, unknown(sasl::Judgement::Accept))
        }
    };
    server.auth(answer)
}
