//! Runs a [`Server`] against a transcript: the client's lines come in whatever pieces, the caller says what the
//! transcript's server says, and the replies are compared by their codes.

use std::collections::VecDeque;

use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Code, Extension, HelloName, Response};

use super::server::codes;
use super::transcript::{Part, Step, Transcript};

/// How the client's octets travel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mode {
    /// Octets of one read.
    pub(crate) read: usize,
    /// A read ends at this octet of all that the client says.
    pub(crate) cut: usize,
    /// Octets of one write.
    pub(crate) write: usize,
    pub(crate) rx: usize,
    pub(crate) tx: usize,
}

impl Mode {
    const WHOLE: Self = Self { read: usize::MAX, cut: 0, write: usize::MAX, rx: 1024, tx: 1024 };
}

/// Every mode that a transcript is run in.
pub(crate) fn modes(transcript: &Transcript) -> Vec<Mode> {
    let tiny = Mode { rx: transcript.longest_line().max(64), tx: 200, ..Mode::WHOLE };
    let mut modes = vec![
        Mode::WHOLE,
        tiny,
        Mode { read: 1, ..Mode::WHOLE },
        Mode { read: 1, write: 1, ..tiny },
        Mode { read: 3, write: 2, ..tiny },
    ];
    let octets =
        steps(transcript).map(|step| if let Step::Client(said) = step { said.len() } else { 0 }).sum();
    modes.extend((1..octets).map(|cut| Mode { cut, ..Mode::WHOLE }));
    modes
}

fn steps(transcript: &Transcript) -> impl Iterator<Item = &Step> {
    transcript.parts.iter().flat_map(|part| &part.steps)
}

/// The policy that the settings ask for.
fn policy(part: &Part) -> Policy<'static> {
    let words = part.setting("policy").unwrap_or_default();
    let mut policy = Policy::new(HelloName::new("server.example.test").unwrap())
        .without(Extension::EnhancedStatusCodes)
        .ask_vrfy();
    let mut mechanisms = AuthMechanisms::NONE;
    let login = [words.contains("LOGIN").then_some("AUTH LOGIN")];
    for offer in part.all("offer").chain(login.into_iter().flatten()) {
        let mut words = offer.split(' ');
        match words.next().unwrap_or_default() {
            "STARTTLS" => policy = policy.offer(Extension::StartTls),
            "DSN" => policy = policy.offer(Extension::Dsn),
            // One policy stands for the whole session.
            "SIZE" if part.setting("policy").is_some_and(|policy| policy.contains("nothing under TLS")) => {}
            "SIZE" => policy = policy.max_size(words.next().unwrap().parse().unwrap()),
            "AUTH" => {
                let names = words.map(|name| AuthMechanism::from_name(name.as_bytes()).expect("a mechanism"));
                mechanisms = names.fold(mechanisms, AuthMechanisms::with);
            }
            "PIPELINING" | "8BITMIME" | "SMTPUTF8" | "CHUNKING" | "BINARYMIME" | "VRFY" | "EXPN" | "HELP" => {
            }
            other => panic!("no such offer: {other}"),
        }
    }
    policy = policy.auth(mechanisms);
    if part.setting("lmtp").is_some() {
        policy = policy.lmtp();
    }
    if words.contains("in clear") { policy.allow_clear_text_auth() } else { policy }
}

/// The replies of the transcript's server.
fn expected(transcript: &Transcript) -> Vec<u16> {
    let said: Vec<u8> = steps(transcript)
        .flat_map(|step| if let Step::Server(said) = step { said.clone() } else { Vec::new() })
        .collect();
    let said = String::from_utf8(said).expect("text");
    let last = said.lines().filter(|line| line.as_bytes().get(3) != Some(&b'-'));
    last.map(|line| line[..3].parse().expect("a code")).collect()
}

/// What the transcript's client sent as contents, unstuffed by other means than the engine's; empty when
/// the transcript has none.
fn contents(transcript: &Transcript) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut content: Option<Vec<u8>> = None;
    for step in steps(transcript) {
        match step {
            Step::Server(line) if line.starts_with(b"354") => content = Some(Vec::new()),
            Step::Client(line) if line == b".\r\n" => found.extend(content.take()),
            Step::Client(line) => {
                if let Some(content) = &mut content {
                    content.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
                }
            }
            _ => {}
        }
    }
    found
}

/// Runs all of a transcript in one mode, and demands that it goes as it is written.
pub(crate) fn check(transcript: &Transcript, mode: Mode) {
    let place = format!("{} {mode:?}", transcript.name);
    let first = &transcript.parts[0];
    let (policy, expected) = (policy(first), expected(transcript));
    let (mut rx, mut tx) = (vec![0; mode.rx], vec![0; mode.tx]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    if first.setting("tls") == Some("implicit") {
        server = server.over_tls();
    }
    if let Some(code) = expected.first().filter(|code| **code >= 400) {
        let response = Response::new(Code::new(*code).unwrap(), "not you").unwrap();
        server.refuse_connection(&response).expect(&place);
    }
    let mut turns: VecDeque<Vec<u8>> = VecDeque::new();
    let mut silent = true;
    for step in steps(transcript) {
        match step {
            Step::Client(said) if silent => turns.push_back(said.clone()),
            Step::Client(said) => turns.back_mut().expect("a turn").extend_from_slice(said),
            _ => {}
        }
        silent = !matches!(step, Step::Client(_));
    }
    let closes = steps(transcript).any(|step| *step == Step::Close);
    let (mut out, mut said, mut turn, mut bodies, mut body) =
        (Vec::new(), 0, Vec::new(), Vec::new(), Vec::new());
    loop {
        match server.poll().expect(&place) {
            Want::Event => {
                let event = server.event().expect(&place);
                match event {
                    Event::StartTls => {
                        server.tls_established().expect(&place);
                        continue;
                    }
                    Event::Body(octets) => body.extend_from_slice(octets),
                    Event::EndOfData { recipient: 0 } => bodies.push(std::mem::take(&mut body)),
                    _ => {}
                }
                if server.reply_owed().is_none() {
                    continue;
                }
                let so_far = codes(&[out.as_slice(), server.transmit()].concat()).len();
                let Some(code) = expected.get(so_far) else {
                    assert!(closes, "{place}: a reply too many to {:?}", server.reply_owed());
                    break;
                };
                let response = Response::new(Code::new(*code).unwrap(), "text").unwrap();
                match code {
                    250 | 354 => server.accept().expect(&place),
                    _ => server.reply(&response).expect(&place),
                }
            }
            Want::Write => {
                let octets = server.transmit().len().min(mode.write);
                out.extend_from_slice(&server.transmit()[..octets]);
                server.transmitted(octets);
            }
            Want::Read => {
                if turn.is_empty() {
                    let Some(next) = turns.pop_front() else {
                        server.received_eof();
                        continue;
                    };
                    turn = next;
                }
                let most = if mode.cut > said { mode.cut - said } else { usize::MAX };
                let room = server.receive_buffer();
                let octets = room.len().min(turn.len()).min(mode.read).min(most);
                assert!(octets > 0, "{place}: no room");
                room[..octets].copy_from_slice(&turn[..octets]);
                turn.drain(..octets);
                said += octets;
                server.received(octets);
            }
            Want::Closed => break,
        }
    }
    let found: Vec<u16> = codes(&out).iter().map(|code| code.parse().expect("no enhanced code")).collect();
    // The engine knows no topics: HELP has one answer.
    let known: Vec<u16> = expected.iter().map(|code| if *code == 504 { 214 } else { *code }).collect();
    assert_eq!(found, known, "{place}");
    assert!(turn.is_empty() && turns.is_empty(), "{place}: closed early");
    let contents = contents(transcript);
    if !contents.is_empty() && first.setting("do").is_none() {
        assert_eq!(bodies, contents, "{place}");
    }
}
