//! What the fuzz targets share: values, cuts, drivers, and traces of what an engine did.

pub mod acts;
pub mod values;

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::{Credentials, Password};
use embedded_smtp::server::{self, Policy, Server};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{Envelope, Event, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{
    AuthMechanism, AuthMechanisms, Code, Emit, Extension, ForwardPath, HelloName, Response, ReversePath,
    Writer,
};

/// A value's octets.
pub fn octets(value: &impl Emit) -> Vec<u8> {
    written(|out| value.emit(out))
}

/// What `emit` writes.
pub fn written(emit: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    // The first says how many there are.
    let mut counter = Writer::new(&mut []);
    emit(&mut counter);
    let (Ok(length) | Err(length)) = counter.finish();
    let mut buffer = vec![0; length];
    let mut out = Writer::new(&mut buffer);
    emit(&mut out);
    assert_eq!(out.finish(), Ok(length));
    buffer
}

/// Asserts that no octet breaks out of its line.
pub fn assert_one_line(octets: &[u8]) {
    assert!(!octets.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)), "{octets:?}");
}

/// Endless sizes of pieces, from a few numbers.
pub struct Cuts<'a> {
    sizes: &'a [u8],
    at: usize,
}

impl<'a> Cuts<'a> {
    pub fn new(sizes: &'a [u8]) -> Self {
        Self { sizes, at: 0 }
    }

    /// The next piece's size, at least 1; everything when there are no numbers.
    pub fn next_size(&mut self) -> usize {
        let Some(&size) = self.sizes.get(self.at % self.sizes.len().max(1)) else { return usize::MAX };
        self.at += 1;
        usize::from(size).max(1)
    }
}

/// What a submission did with a server that says `input`, whatever is sent: the verdict and what it sent.
pub fn client_trace(input: &[u8], cuts: &mut Cuts<'_>, tls: TlsPolicy) -> (Verdict, String, Vec<u8>) {
    let (mut rx, mut tx, mut texts) = ([0; 128], [0; 256], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx).allow_clear_text_auth();
    let mut recipients =
        [ForwardPath::new("b@example.test").unwrap(), ForwardPath::Postmaster].map(Recipient::new);
    let envelope = Envelope::new(ReversePath::new("a@example.test").unwrap(), &mut recipients);
    let options = Options::new(HelloName::new("client.example.test").unwrap()).tls(tls);
    let login = Password::new(Credentials::new("user", "secret").unwrap());
    let body = Slice::new(b".\r\nhello\r\n");
    let mut submission = Submission::with_login(&mut client, options, envelope, body, &mut texts, login);
    let (mut sent, mut rest, mut trace) = (Vec::new(), input, String::new());
    for _ in 0..100_000 {
        match submission.poll() {
            Ok(Want::Event) if submission.event() == Some(Event::StartTls) => {
                trace.push_str("TLS;");
                submission.tls_established().expect("a handshake was due");
            }
            Ok(Want::Event | Want::Closed) => break,
            Err(error) => {
                trace.push_str(&format!("{error:?}"));
                break;
            }
            Ok(Want::Write) => {
                let size = submission.transmit().len();
                assert!(size > 0);
                sent.extend_from_slice(submission.transmit());
                submission.transmitted(size);
            }
            Ok(Want::Read) => feed(&mut submission, &mut rest, cuts),
        }
    }
    let report = submission.report();
    for recipient in report.recipients() {
        trace.push_str(&format!("{:?} {:?};", recipient.status(), recipient.answer().code()));
    }
    trace.push_str(&format!("{:?}", report.cause()));
    (report.verdict(), trace, sent)
}

/// Reads a piece of `rest` into an engine.
pub fn feed(engine: &mut impl Endpoint, rest: &mut &[u8], cuts: &mut Cuts<'_>) {
    if rest.is_empty() {
        return engine.received_eof();
    }
    let room = engine.receive_buffer();
    let size = cuts.next_size().min(room.len()).min(rest.len());
    assert!(size > 0, "an engine that wants to read has room");
    room[..size].copy_from_slice(&rest[..size]);
    *rest = &rest[size..];
    engine.received(size);
}

/// A policy that offers everything.
pub fn policy() -> Policy<'static> {
    [Extension::Dsn, Extension::StartTls, Extension::RequireTls, Extension::Limits]
        .into_iter()
        .fold(Policy::new(HelloName::new("mail.example.test").unwrap()), Policy::offer)
        .auth(AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login))
        .allow_clear_text_auth()
        .max_size(1000)
        .max_recipients(4)
        .ask_vrfy()
}

/// What a server did with a client that says `input`: its events (runs of content joined), and what it replied.
pub fn server_trace(input: &[u8], cuts: &mut Cuts<'_>) -> (String, Vec<u8>) {
    let policy = policy();
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let (mut trace, mut body, mut sent, mut rest) = (String::new(), Vec::new(), Vec::new(), input);
    for _ in 0..100_000 {
        match server.poll() {
            Ok(Want::Event) => tell(&mut server, &mut trace, &mut body),
            Ok(Want::Closed) => break,
            Err(error) => {
                trace.push_str(&format!("{error:?}"));
                break;
            }
            Ok(Want::Write) => {
                let size = server.transmit().len();
                assert!(size > 0);
                sent.extend_from_slice(server.transmit());
                server.transmitted(size);
            }
            Ok(Want::Read) => feed(&mut server, &mut rest, cuts),
        }
    }
    trace.push_str(&format!("{body:?}"));
    (trace, sent)
}

fn tell(server: &mut Server<'_, '_>, trace: &mut String, body: &mut Vec<u8>) {
    let event = server.event().expect("an event is told of");
    let mut refuse = false;
    match event {
        server::Event::Body(run) => {
            assert!(!run.is_empty());
            body.extend_from_slice(run);
        }
        server::Event::Login(login) => {
            trace.push_str(&format!(
                "login {:?} {:?} {:?};",
                login.authorize_as(),
                login.user(),
                login.password()
            ));
            refuse = login.password() == b"wrong";
        }
        server::Event::Rcpt { path, .. } => {
            trace.push_str(&format!("{event:?};"));
            refuse = path.as_str().starts_with('r');
        }
        server::Event::Lost(_) => {
            body.clear();
            trace.push_str(&format!("{event:?};"));
        }
        _ => {
            trace.push_str(&format!("{body:?}{event:?};"));
            body.clear();
        }
    }
    if matches!(event, server::Event::StartTls) {
        server.tls_established().expect("a handshake was due");
    } else if server.reply_owed().is_some() {
        if refuse {
            let no = Response::new(Code::new(550).unwrap(), "no").unwrap();
            server.reply(&no).expect("there is room for a reply");
        } else {
            server.accept().expect("there is room for a reply");
        }
    }
}

/// The content with every line end as CRLF, and one at its end.
pub fn normalised(content: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(content.len() + 2);
    let mut octets = content.iter().copied().peekable();
    while let Some(octet) = octets.next() {
        match octet {
            b'\r' => {
                octets.next_if_eq(&b'\n');
                lines.extend_from_slice(b"\r\n");
            }
            b'\n' => lines.extend_from_slice(b"\r\n"),
            octet => lines.push(octet),
        }
    }
    if !lines.is_empty() && !lines.ends_with(b"\r\n") {
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

/// By the letter of RFC 5321 §4.5.2: a dot in front of each line that begins with one, and the end.
pub fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(content.len() + 5);
    for line in normalised(content).split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

/// By the letter of RFC 4648 §4.
pub fn base64(octets: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in octets.chunks(3) {
        let bits =
            (0..3).fold(0_usize, |bits, at| bits << 8 | usize::from(group.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let letter = ALPHABET[bits >> (18 - 6 * at) & 63];
            text.push(if at <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}
