//! A client and a server in one process, and the stream between them: it delivers in any pieces, holds
//! little, and may break at any octet.
#![allow(dead_code, reason = "each test binary uses its share")]

use std::collections::VecDeque;

use embedded_smtp::Error;
use embedded_smtp::server::{Event, Server};
use embedded_smtp::session::{Endpoint, Want};

use super::random::Random;
use super::server::{Say, answer, told, usual};

/// How the stream breaks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    /// When so many octets have gone in, counted in one direction ...
    pub(crate) at: usize,
    /// ... from the client, or from the server.
    pub(crate) up: bool,
    /// What is written behind the cut vanishes; else the write fails.
    pub(crate) swallow: bool,
    /// What was under way when it broke is lost.
    pub(crate) lossy: bool,
}

#[derive(Debug, Default)]
struct Direction {
    octets: VecDeque<u8>,
    passed: usize,
    closed: bool,
}

/// The stream.
pub(crate) struct Pipe {
    up: Direction,
    down: Direction,
    window: usize,
    cut: Option<Cut>,
    dead: bool,
    random: Random,
}

/// What a party's turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Moved,
    Blocked,
    /// The party is done, by itself or because the stream failed it.
    Ended,
}

impl Pipe {
    /// A stream that holds `window` octets in each direction.
    pub(crate) fn new(seed: u64, window: usize, cut: Option<Cut>) -> Self {
        let (up, down) = (Direction::default(), Direction::default());
        Self { up, down, window, cut, dead: false, random: Random::new(seed.wrapping_mul(77) + 1) }
    }

    /// Octets that have gone in, from the client and from the server.
    pub(crate) fn passed(&self) -> (usize, usize) {
        (self.up.passed, self.down.passed)
    }

    /// Lets both talk until the client is done; `hear` handles its events and says when it is.
    pub(crate) fn run<C: Endpoint>(
        &mut self,
        client: &mut C,
        host: &mut Host<'_, '_>,
        mut hear: impl FnMut(&mut C) -> bool,
    ) {
        let (mut idle, mut client_done) = (0, false);
        for _ in 0..10_000_000 {
            let turn = if !client_done && self.random.below(2) == 0 {
                let turn = self.turn(client, true, &mut hear);
                client_done = turn == Turn::Ended;
                turn
            } else if host.ended {
                Turn::Blocked
            } else {
                self.host_turn(host)
            };
            if client_done {
                return;
            }
            idle = if turn == Turn::Blocked { idle + 1 } else { 0 };
            assert!(idle < 200, "deadlock: {:?} {:?} {:?}", self.up, self.down, host.told);
        }
        panic!("no end");
    }

    /// The client has closed; lets the server come to its end.
    pub(crate) fn close(&mut self, host: &mut Host<'_, '_>) {
        self.up.closed = true;
        // What nobody reads takes no room.
        self.window = usize::MAX;
        for _ in 0..10_000_000 {
            if host.ended || self.host_turn(host) == Turn::Ended {
                return;
            }
        }
        panic!("no end");
    }

    fn host_turn(&mut self, host: &mut Host<'_, '_>) -> Turn {
        let (told, taken, caller) = (&mut host.told, &mut host.taken, &mut host.caller);
        let mut mail = std::mem::take(&mut host.mail);
        let turn = self.turn(&mut host.server, false, &mut |server: &mut Server<'_, '_>| {
            told.push(hear(server, &mut mail, taken, caller));
            false
        });
        host.mail = mail;
        host.ended = turn == Turn::Ended;
        turn
    }

    fn turn<E: Endpoint>(&mut self, party: &mut E, up: bool, hear: &mut impl FnMut(&mut E) -> bool) -> Turn {
        let want = match party.poll() {
            Ok(want) => want,
            Err(error) => {
                assert!(matches!(error, Error::Protocol(_)), "{error}");
                Want::Closed
            }
        };
        match want {
            Want::Event if hear(party) => Turn::Ended,
            Want::Event => Turn::Moved,
            Want::Closed => {
                (if up { &mut self.up } else { &mut self.down }).closed = true;
                Turn::Ended
            }
            Want::Write => self.write(party, up),
            Want::Read => self.read(party, up),
        }
    }

    fn write<E: Endpoint>(&mut self, party: &mut E, up: bool) -> Turn {
        let way = if up { &mut self.up } else { &mut self.down };
        let room = self.window.saturating_sub(way.octets.len());
        if room == 0 && !self.dead {
            // Whoever cannot write must not forget to read.
            let here = !(if up { &self.down } else { &self.up }).octets.is_empty();
            return if here && !party.receive_buffer().is_empty() {
                self.read(party, up)
            } else {
                Turn::Blocked
            };
        }
        let waiting = party.transmit();
        assert!(!waiting.is_empty(), "nothing to write");
        let octets = 1 + self.random.below(waiting.len().min(room.max(1)));
        let mut through = octets;
        if let Some(cut) = self.cut.filter(|cut| cut.up == up) {
            through = through.min(cut.at.saturating_sub(way.passed));
        }
        if self.dead {
            through = 0;
        }
        way.octets.extend(&waiting[..through]);
        way.passed += through;
        let swallow = self.cut.is_some_and(|cut| cut.swallow);
        if through < octets {
            self.die();
        }
        if swallow || through == octets {
            party.transmitted(octets);
            return Turn::Moved;
        }
        party.transmitted(through);
        Turn::Ended
    }

    fn die(&mut self) {
        if !self.dead && self.cut.is_some_and(|cut| cut.lossy) {
            self.up.octets.clear();
            self.down.octets.clear();
        }
        self.dead = true;
    }

    fn read<E: Endpoint>(&mut self, party: &mut E, up: bool) -> Turn {
        // A cut in front of the first octet there is.
        if self.cut.is_some_and(|cut| cut.at == 0) {
            self.die();
        }
        let way = if up { &mut self.down } else { &mut self.up };
        if way.octets.is_empty() {
            if way.closed || self.dead {
                party.received_eof();
                return Turn::Moved;
            }
            return Turn::Blocked;
        }
        let room = party.receive_buffer();
        assert!(!room.is_empty(), "asks to read into nothing");
        let octets = 1 + self.random.below(way.octets.len().min(room.len()));
        for (place, octet) in room.iter_mut().zip(way.octets.drain(..octets)) {
            *place = octet;
        }
        party.received(octets);
        Turn::Moved
    }
}

/// The server with a caller who takes notes.
pub(crate) struct Host<'b, 'p> {
    pub(crate) server: Server<'b, 'p>,
    pub(crate) told: Vec<String>,
    /// The mails that were accepted, each with the recipients it was accepted for.
    pub(crate) taken: Vec<Mail>,
    pub(crate) caller: fn(&Event<'_>) -> Say,
    mail: Mail,
    ended: bool,
}

/// A mail as the server's caller knows it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    pub(crate) recipients: Vec<String>,
    pub(crate) content: Vec<u8>,
}

impl<'b, 'p> Host<'b, 'p> {
    pub(crate) fn new(server: Server<'b, 'p>) -> Self {
        let (told, taken) = (Vec::new(), Vec::new());
        Self { server, told, taken, caller: usual, mail: Mail::default(), ended: false }
    }
}

/// Takes note of an event and answers it.
fn hear(
    server: &mut Server<'_, '_>,
    mail: &mut Mail,
    taken: &mut Vec<Mail>,
    caller: &mut fn(&Event<'_>) -> Say,
) -> String {
    let event = server.event().expect("an event");
    let (text, say) = (told(&event), caller(&event));
    let accepted = matches!(say, Say::Accept);
    match event {
        Event::Mail { .. } | Event::Hello { .. } | Event::Reset | Event::Lost(_) => *mail = Mail::default(),
        Event::Rcpt { path, .. } if accepted => mail.recipients.push(path.as_str().to_owned()),
        Event::Body(octets) => mail.content.extend_from_slice(octets),
        Event::StartTls => {
            server.tls_established().expect("a handshake is due");
            return text;
        }
        _ => {}
    }
    let end = if let Event::EndOfData { recipient } = event { Some(usize::from(recipient)) } else { None };
    if server.reply_owed().is_some() {
        answer(server, say).expect("room for a reply");
    }
    if let (Some(recipient), true) = (end, accepted) {
        // In LMTP more replies are owed: each stands for one recipient.
        let each = server.reply_owed().is_some() || recipient > 0;
        let recipients =
            if each { vec![mail.recipients[recipient].clone()] } else { mail.recipients.clone() };
        taken.push(Mail { recipients, content: mail.content.clone() });
    }
    text
}
