//! A server under test: fed with reads in any cut, answered for by a caller that the test picks.
#![allow(dead_code, reason = "each test binary uses its share")]

use embedded_smtp::Error;
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{Code, EnhancedCode, HelloName, Response};

/// What a caller says to an event that is owed a reply.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Say {
    Accept,
    Reply(u16, (u8, u16, u16), &'static str),
    Challenge(&'static [u8]),
}

/// How a session is run.
#[derive(Clone, Copy)]
pub(crate) struct Setup<'p> {
    pub(crate) policy: &'p Policy<'p>,
    pub(crate) rx: usize,
    pub(crate) tx: usize,
    pub(crate) tls: bool,
    /// Octets that one write takes.
    pub(crate) write: usize,
    pub(crate) caller: fn(&Event<'_>) -> Say,
}

/// What came of a session.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(crate) out: Vec<u8>,
    pub(crate) writes: Vec<Vec<u8>>,
    /// The events, runs of [`Event::Body`] as one.
    pub(crate) told: Vec<String>,
    /// The mails that the caller accepted.
    pub(crate) mails: Vec<Vec<u8>>,
    pub(crate) authenticated: bool,
    /// `None` when the session was closed in good order.
    pub(crate) error: Option<Error>,
}

pub(crate) fn policy() -> Policy<'static> {
    Policy::new(HelloName::new("mx.test").unwrap())
}

/// Octets of an input that is cut in three in every way.
const SHORT: usize = 48;

impl<'p> Setup<'p> {
    pub(crate) fn new(policy: &'p Policy<'p>) -> Self {
        Self { policy, rx: 2048, tx: 2048, tls: false, write: usize::MAX, caller: usual }
    }

    pub(crate) fn rx(mut self, octets: usize) -> Self {
        self.rx = octets;
        self
    }

    pub(crate) fn tx(mut self, octets: usize) -> Self {
        self.tx = octets;
        self
    }

    pub(crate) fn over_tls(mut self) -> Self {
        self.tls = true;
        self
    }

    pub(crate) fn caller(mut self, caller: fn(&Event<'_>) -> Say) -> Self {
        self.caller = caller;
        self
    }

    /// Runs a session whose client says `input`, all at once.
    pub(crate) fn whole(&self, input: &[u8]) -> Trace {
        self.run(&[input], &[])
    }

    /// Runs `input` whole, octet by octet and cut in two everywhere, and demands the same each time.
    pub(crate) fn every_cut(&self, input: &[u8]) -> Trace {
        let whole = self.whole(input);
        let single: Vec<_> = input.chunks(1).collect();
        self.run(&single, &[]).must_be(&whole, input, "octet by octet");
        for at in 1..input.len() {
            let (front, back) = input.split_at(at);
            self.run(&[front, back], &[]).must_be(&whole, input, &format!("cut at {at}"));
        }
        whole
    }

    /// The same, and cut in three: around each octet and each pair, and everywhere where the input is short.
    pub(crate) fn every_split(&self, input: &[u8]) -> Trace {
        let whole = self.every_cut(input);
        for at in 1..input.len() {
            let (front, back) = input.split_at(at);
            let most = if input.len() <= SHORT { back.len() } else { back.len().min(3) };
            for size in 1..most {
                let (middle, back) = back.split_at(size);
                let how = format!("cut at {at} and {size} behind");
                self.run(&[front, middle, back], &[]).must_be(&whole, input, &how);
            }
        }
        whole
    }

    /// Runs `reads`, and `under_tls` behind the handshake.
    pub(crate) fn run(&self, reads: &[&[u8]], under_tls: &[&[u8]]) -> Trace {
        let (mut rx, mut tx) = (vec![0; self.rx], vec![0; self.tx]);
        let mut server = Server::new(&mut rx, &mut tx, self.policy);
        if self.tls {
            server = server.over_tls();
        }
        let mut reads = Reads { rest: reads, current: &[], ended: false };
        let mut trace = Trace {
            out: Vec::new(),
            writes: Vec::new(),
            told: Vec::new(),
            mails: Vec::new(),
            authenticated: false,
            error: None,
        };
        let mut body = Vec::new();
        for _ in 0..2_000_000 {
            match server.poll() {
                Ok(Want::Event) => {
                    let owed = server.reply_owed().is_some();
                    assert_eq!(server.timer().is_none(), owed, "the timer waits for the caller");
                    if self.hear(&mut server, &mut trace, &mut body) {
                        reads = Reads { rest: under_tls, current: &[], ended: false };
                    }
                }
                Ok(Want::Write) => {
                    let waiting = server.transmit();
                    assert!(!waiting.is_empty(), "nothing to write");
                    let octets = waiting.len().min(self.write);
                    trace.out.extend_from_slice(&waiting[..octets]);
                    trace.writes.push(waiting[..octets].to_vec());
                    server.transmitted(octets);
                }
                Ok(Want::Read) => reads.feed(&mut server),
                Ok(Want::Closed) => {
                    trace.authenticated = server.is_authenticated();
                    assert_eq!(server.transmit(), b"", "closed with replies unsent");
                    return trace;
                }
                Err(error) => {
                    assert_eq!(server.poll(), Err(error), "an error stays");
                    trace.error = Some(error);
                    return trace;
                }
            }
        }
        panic!("no end");
    }

    /// Takes note of an event and answers it; says whether it was a handshake.
    fn hear(&self, server: &mut Server<'_, '_>, trace: &mut Trace, body: &mut Vec<u8>) -> bool {
        let event = server.event().expect("an event");
        let text = told(&event);
        let say = (self.caller)(&event);
        match event {
            Event::Body(octets) => {
                assert!(!octets.is_empty(), "an empty piece");
                body.extend_from_slice(octets);
                if trace.told.last() != Some(&text) {
                    trace.told.push(text);
                }
                return false;
            }
            Event::Mail { .. } | Event::Lost(_) | Event::Reset | Event::Hello { .. } => body.clear(),
            Event::EndOfData { .. } if matches!(say, Say::Accept) => trace.mails.push(body.clone()),
            _ => {}
        }
        // How much of a lost mail is seen before its loss depends on the reads.
        if matches!(event, Event::Lost(_)) && trace.told.last().is_some_and(|last| last == "Body") {
            trace.told.pop();
        }
        trace.told.push(text);
        if matches!(event, Event::StartTls) {
            server.tls_established().expect("a handshake is due");
            return true;
        }
        if server.reply_owed().is_some() {
            let before = server.event().map(|event| told(&event));
            assert_eq!(server.poll(), Ok(Want::Event));
            assert_eq!(server.event().map(|event| told(&event)), before, "told again until replied to");
            answer(server, say).expect("room for a reply");
        }
        false
    }
}

/// Gives `say` to the engine.
pub(crate) fn answer(server: &mut Server<'_, '_>, say: Say) -> Result<(), Error> {
    match say {
        Say::Accept => server.accept(),
        Say::Reply(code, (class, subject, detail), text) => {
            let response = Response::new(Code::new(code).unwrap(), text).unwrap();
            server.reply(&response.enhanced(EnhancedCode::new(class, subject, detail).unwrap()))
        }
        Say::Challenge(octets) => server.challenge(octets),
    }
}

struct Reads<'r> {
    rest: &'r [&'r [u8]],
    current: &'r [u8],
    ended: bool,
}

impl Reads<'_> {
    /// One read; at the end, the end.
    fn feed(&mut self, server: &mut Server<'_, '_>) {
        while self.current.is_empty() {
            let Some((first, rest)) = self.rest.split_first() else {
                assert!(!self.ended, "asks to read behind the end");
                self.ended = true;
                return server.received_eof();
            };
            (self.current, self.rest) = (first, rest);
        }
        let room = server.receive_buffer();
        assert!(!room.is_empty(), "asks to read into nothing");
        let octets = room.len().min(self.current.len());
        room[..octets].copy_from_slice(&self.current[..octets]);
        self.current = &self.current[octets..];
        server.received(octets);
    }
}

/// An event in words.
pub(crate) fn told(event: &Event<'_>) -> String {
    let text = |octets| String::from_utf8_lossy(octets).into_owned();
    match event {
        Event::Hello { verb, name } => format!("{} {}", verb.as_str(), name.as_str()),
        Event::Mail { path, params } if params.is_empty() => format!("MAIL <{}>", path.as_str()),
        Event::Mail { path, params } => format!("MAIL <{}> {params:?}", path.as_str()),
        Event::Rcpt { path, params } if params.is_empty() => format!("RCPT <{}>", path.as_str()),
        Event::Rcpt { path, params } => format!("RCPT <{}> {params:?}", path.as_str()),
        Event::Body(_) => "Body".into(),
        Event::Login(login) => {
            let parts = [login.authorize_as(), login.user(), login.password()];
            format!("Login {}", parts.map(text).join("|"))
        }
        Event::AuthMessage(message) => {
            format!("{} {:?}", message.mechanism().name(), message.octets().map(text))
        }
        Event::Vrfy(who) => format!("VRFY {}", text(who)),
        Event::Expn(who) => format!("EXPN {}", text(who)),
        Event::Lost(lost) => format!("Lost {lost:?}"),
        Event::EndOfData { recipient } => format!("End {recipient}"),
        other => format!("{other:?}"),
    }
}

/// Refuses `reject@` and defers `defer@`; knows one user; takes all else.
pub(crate) fn usual(event: &Event<'_>) -> Say {
    match event {
        Event::Rcpt { path, .. } if path.as_str().starts_with("reject@") => {
            Say::Reply(550, (5, 1, 1), "No such mailbox")
        }
        Event::Rcpt { path, .. } if path.as_str().starts_with("defer@") => {
            Say::Reply(450, (4, 2, 0), "Not now")
        }
        Event::Login(login) if (login.user(), login.password()) != (b"user", b"pass") => {
            Say::Reply(535, (5, 7, 8), "Bad credentials")
        }
        Event::AuthMessage(message) => match message.octets() {
            None => Say::Challenge(b"who?"),
            Some(b"me") => Say::Challenge(b"really?"),
            Some(b"yes") => Say::Accept,
            Some(_) => Say::Reply(535, (5, 7, 8), "Bad credentials"),
        },
        _ => Say::Accept,
    }
}

impl Trace {
    fn must_be(&self, other: &Self, input: &[u8], how: &str) {
        let context = || format!("{how}: {:?}", String::from_utf8_lossy(input));
        assert_eq!(self.told, other.told, "{}", context());
        assert_eq!(self.text(), other.text(), "{}", context());
        assert_eq!(self.mails, other.mails, "{}", context());
        assert_eq!(self.error, other.error, "{}", context());
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.out.clone()).expect("replies are text")
    }

    /// The replies by code and enhanced code, one each.
    pub(crate) fn codes(&self) -> Vec<String> {
        codes(&self.out)
    }

    /// The codes behind greeting and EHLO, set apart by commas.
    pub(crate) fn behind_hello(&self) -> String {
        let codes = self.codes();
        assert_eq!(codes[..2], ["220", "250"]);
        codes[2..].join(", ")
    }
}

/// Reads replies, strictly: `code` or `code enhanced` for each.
pub(crate) fn codes(out: &[u8]) -> Vec<String> {
    let text = String::from_utf8(out.to_vec()).expect("replies are text");
    let (mut codes, mut open) = (Vec::new(), None);
    for line in text.split_inclusive("\r\n") {
        let line = line.strip_suffix("\r\n").unwrap_or_else(|| panic!("half a line: {line:?}"));
        assert!(line.len() <= 510, "a long line: {line:?}");
        assert!(!line.contains(|c: char| c.is_control()), "control characters: {line:?}");
        let (code, rest) = line.split_at(3);
        assert!(code.bytes().all(|octet| octet.is_ascii_digit()), "no code: {line:?}");
        assert!(open.is_none_or(|open| open == code), "the code changes: {line:?}");
        match rest.bytes().next() {
            Some(b'-') => open = Some(code),
            Some(b' ') => {
                open = None;
                let word = rest[1..].split(' ').next().unwrap_or_default();
                let enhanced = word.split('.').filter(|part| part.parse::<u16>().is_ok()).count() == 3;
                codes.push(if enhanced { format!("{code} {word}") } else { code.to_owned() });
            }
            _ => panic!("no separator: {line:?}"),
        }
    }
    assert!(open.is_none(), "a reply without its last line");
    codes
}
