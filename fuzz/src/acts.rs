//! What a caller may ask of a bare client, in any order, and the octets that it may cost.

use arbitrary::Arbitrary;
use embedded_smtp::client::Client;
use embedded_smtp::sasl::{Credentials, Login, Plain};
use embedded_smtp::session::Phase;
use embedded_smtp::wire::{Emit, ForwardPath, HelloName, ReversePath, Text, Verb};
use embedded_smtp::{Error, Misuse};

use crate::values::{Parameter, parameters};
use crate::{assert_one_line, base64, normalised, octets, stuffed};

/// One thing that a caller asks. What the constructors refuse is replaced by something harmless.
#[derive(Debug, Clone, Arbitrary)]
pub enum Act<'a> {
    Hello(Option<&'a str>),
    Helo(&'a str),
    Lhlo(&'a str),
    Mail(Option<&'a str>, Vec<Parameter<'a>>),
    Rcpt(Option<&'a str>, Vec<Parameter<'a>>),
    Data,
    Body(&'a [u8], bool),
    EndOfBody,
    Bdat(u8, bool),
    Rset,
    Noop,
    Quit,
    Vrfy(&'a str),
    Expn(&'a str),
    Help(Option<&'a str>),
    StartTls,
    Plain(&'a str, &'a str),
    Login(&'a str, &'a str),
    Respond(&'a str, &'a str),
    Cancel,
    /// Whatever leads on towards a mail with this content.
    On(&'a [u8]),
}

/// What the accepted acts amount to.
#[derive(Debug, Default)]
pub struct Model<'a> {
    /// The octets that are to go out for them.
    pub expected: Vec<u8>,
    /// The command lines among them.
    pub lines: Vec<Vec<u8>>,
    /// Mails whose end was accepted, as they should arrive.
    pub mails: Vec<Vec<u8>>,
    /// The content of the mail that is open.
    pub content: Vec<u8>,
    /// A piece that the caller is to write by itself.
    pub in_place: &'a [u8],
    /// What is left of a piece of content that was given.
    pub left: &'a [u8],
    /// Octets that the open chunk still wants, and whether it is the last.
    chunk: (usize, bool),
    /// Whether content by DATA is open.
    pub open: bool,
}

const NOBODY: &str = "nobody@example.test";

impl<'a> Model<'a> {
    /// Asks; says whether there is an answer: what the engine does not take now it may take when replies that are
    /// awaited have come.
    pub fn act(&mut self, client: &mut Client<'_>, act: &Act<'a>, lmtp: bool) -> bool {
        if let Act::On(content) = act {
            let next = self.next(client, content);
            return self.act(client, &next, lmtp);
        }
        let before = (self.expected.len(), self.left.len(), self.content.len());
        self.ask(client, act, lmtp);
        let awaits = client.in_flight() > 0 && client.chunk_left() == 0;
        let full = matches!(act, Act::Body(..)) && !client.transmit().is_empty();
        before != (self.expected.len(), self.left.len(), self.content.len()) || !(awaits || full)
    }

    fn next(&self, client: &Client<'_>, content: &'a [u8]) -> Act<'a> {
        if client.phase() == Phase::Data || self.chunk.0 > 0 {
            let given = self.content.len() >= content.len();
            return if given && self.chunk.0 == 0 {
                Act::EndOfBody
            } else {
                Act::Body(content, content.len().is_multiple_of(2))
            };
        }
        match content.len() % 4 {
            _ if client.phase() == Phase::Greeted => Act::Hello(None),
            _ if client.permits(Verb::Mail) => Act::Mail(None, Vec::new()),
            0 | 1 if client.permits(Verb::Data) => Act::Data,
            2 if client.permits(Verb::BdatLast) => Act::Bdat(content.len() as u8, true),
            3 if client.permits(Verb::Bdat) => Act::Bdat(content.len() as u8, false),
            _ => Act::Rcpt(None, Vec::new()),
        }
    }

    fn ask(&mut self, client: &mut Client<'_>, act: &Act<'a>, lmtp: bool) {
        let waiting = client.transmit().len();
        let text = |text: &'a str| Text::new(text).unwrap_or(Text::new("x").unwrap());
        let name = |name: &'a str| HelloName::new(name).unwrap_or(HelloName::new("c.test").unwrap());
        let (result, line) = match act {
            Act::Hello(word) => {
                let name = name(word.unwrap_or("-"));
                let (result, verb) =
                    if lmtp { (client.lhlo(name), "LHLO ") } else { (client.ehlo(name), "EHLO ") };
                (result, command(verb, name.as_str().as_bytes()))
            }
            Act::Helo(word) => (client.helo(name(word)), command("HELO ", name(word).as_str().as_bytes())),
            Act::Lhlo(word) => (client.lhlo(name(word)), command("LHLO ", name(word).as_str().as_bytes())),
            Act::Mail(from, list) => {
                let path = from.map_or(ReversePath::Null, |from| {
                    ReversePath::new(from).unwrap_or(ReversePath::new(NOBODY).unwrap())
                });
                let list = parameters(list);
                let line = command("MAIL FROM:<", path.as_str().as_bytes());
                (client.mail(&path, &list.as_slice()), envelope(line, &list))
            }
            Act::Rcpt(to, list) => {
                let path = to.map_or(ForwardPath::Postmaster, |to| {
                    ForwardPath::new(to).unwrap_or(ForwardPath::new(NOBODY).unwrap())
                });
                let list = parameters(list);
                let line = command("RCPT TO:<", path.as_str().as_bytes());
                (client.rcpt(&path, &list.as_slice()), envelope(line, &list))
            }
            Act::Data => (client.data(), command("DATA", b"")),
            Act::Body(octets, in_place) => return self.body(client, octets, *in_place),
            Act::EndOfBody => return self.end(client),
            Act::Bdat(size, last) => {
                let line = format!("BDAT {size}{}", if *last { " LAST" } else { "" });
                let result = client.bdat(u64::from(*size), *last);
                if result.is_ok() {
                    self.chunk = (usize::from(*size), *last);
                    self.push(line.into_bytes());
                    self.chunk_advanced();
                    return;
                }
                (result, Vec::new())
            }
            Act::Rset => (client.rset(), command("RSET", b"")),
            Act::Noop => (client.noop(), command("NOOP", b"")),
            Act::Quit => (client.quit(), command("QUIT", b"")),
            Act::Vrfy(who) => (client.vrfy(text(who)), command("VRFY ", text(who).as_bytes())),
            Act::Expn(who) => (client.expn(text(who)), command("EXPN ", text(who).as_bytes())),
            Act::Help(None) => (client.help(None), command("HELP", b"")),
            Act::Help(Some(about)) => {
                (client.help(Some(text(about))), command("HELP ", text(about).as_bytes()))
            }
            Act::StartTls => (client.starttls(), command("STARTTLS", b"")),
            Act::Plain(user, password) => {
                let (user, password) = credentials(user, password);
                let message = ["\0", user, "\0", password].concat();
                let login = Credentials::new(user, password).unwrap();
                (
                    client.auth(&mut Plain::new(login)),
                    command("AUTH PLAIN ", base64(message.as_bytes()).as_bytes()),
                )
            }
            Act::Login(user, password) => {
                let (user, password) = credentials(user, password);
                (
                    client.auth(&mut Login::new(Credentials::new(user, password).unwrap())),
                    command("AUTH LOGIN", b""),
                )
            }
            Act::Respond(user, password) => {
                let (user, password) = credentials(user, password);
                let result = client.auth_respond(&mut Login::new(Credentials::new(user, password).unwrap()));
                // What it says depends on how often it was asked.
                let said = client.transmit().get(waiting..).unwrap_or_default();
                let said = said.strip_suffix(b"\r\n").unwrap_or_default();
                let may = [base64(user.as_bytes()), base64(password.as_bytes()), "*".to_owned()];
                assert!(
                    result.is_err() || may.iter().any(|may| may.as_bytes() == said),
                    "{}",
                    said.escape_ascii()
                );
                (result, said.to_vec())
            }
            Act::Cancel => (client.auth_cancel(), command("*", b"")),
            Act::On(_) => return,
        };
        match result {
            Ok(()) => {
                if matches!(act, Act::Mail(..)) {
                    // Chunks of a mail that was given up are no part of the next.
                    self.content.clear();
                }
                self.push(line);
            }
            Err(Error::Misuse(_) | Error::Capacity(_)) => assert_eq!(client.transmit().len(), waiting),
            Err(Error::Protocol(_)) => {}
        }
    }

    /// The content of DATA begins where the client says so.
    pub fn follow(&mut self, client: &Client<'_>) {
        if client.phase() == Phase::Data && client.in_flight() == 0 && !self.open {
            self.open = true;
            self.content.clear();
        }
    }

    /// What may have gone out by now: the accepted acts, and the content as far as it was taken.
    pub fn outgoing(&self) -> Vec<u8> {
        let mut all = self.expected.clone();
        if self.open {
            all.extend_from_slice(&stuffed(&self.content));
        }
        all
    }

    fn push(&mut self, line: Vec<u8>) {
        assert_one_line(&line);
        self.expected.extend_from_slice(&line);
        self.expected.extend_from_slice(b"\r\n");
        self.lines.push(line);
    }

    fn body(&mut self, client: &mut Client<'_>, octets: &'a [u8], in_place: bool) {
        if self.left.is_empty() {
            self.left = octets;
        }
        if !self.open {
            self.left = self.left.get(..self.chunk.0).unwrap_or(self.left);
        }
        let result = if in_place { client.body_in_place(self.left) } else { client.body(self.left) };
        match result {
            Ok(taken) => {
                let (taken_octets, left) = self.left.split_at(taken);
                self.left = left;
                if in_place && taken > 0 {
                    assert_eq!(client.body_pending(), taken);
                    self.in_place = taken_octets;
                }
                self.content.extend_from_slice(taken_octets);
                if !self.open {
                    self.expected.extend_from_slice(taken_octets);
                    self.chunk.0 -= taken;
                    if taken > 0 {
                        self.chunk_advanced();
                    }
                }
            }
            Err(Error::Misuse(Misuse::BareLineEnd)) => self.left = &[],
            Err(_) => self.left = &[],
        }
    }

    fn chunk_advanced(&mut self) {
        if self.chunk == (0, true) {
            self.mails.push(std::mem::take(&mut self.content));
            self.chunk = (0, false);
        }
    }

    fn end(&mut self, client: &mut Client<'_>) {
        if !self.left.is_empty() && self.open {
            return self.body(client, &[], false);
        }
        if client.end_of_body().is_ok() {
            self.open = false;
            self.expected.extend_from_slice(&stuffed(&self.content));
            self.mails.push(normalised(&std::mem::take(&mut self.content)));
        }
    }
}

fn command(verb: &str, argument: &[u8]) -> Vec<u8> {
    [verb.as_bytes(), argument].concat()
}

fn envelope(mut line: Vec<u8>, parameters: &[impl Emit]) -> Vec<u8> {
    line.push(b'>');
    for parameter in parameters {
        line.push(b' ');
        line.extend_from_slice(&octets(parameter));
    }
    line
}

/// As given, if they can be credentials.
fn credentials<'a>(user: &'a str, password: &'a str) -> (&'a str, &'a str) {
    if Credentials::new(user, password).is_ok() { (user, password) } else { ("user", "secret") }
}
