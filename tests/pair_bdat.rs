//! The bare client against the server with BDAT, pipelined as far as the queue goes, through any pieces
//! and cut anywhere.

#[path = "support/pipe.rs"]
mod pipe;
mod random;
#[path = "support/server.rs"]
mod server;

use std::collections::VecDeque;

use embedded_smtp::Error;
use embedded_smtp::client::{Client, Event};
use embedded_smtp::data::BareLineEnds;
use embedded_smtp::server::{Policy, Server};
use embedded_smtp::session::{Endpoint, Timer, Want};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath, Severity, Verb};
use pipe::{Cut, Host, Pipe};
use random::Random;
use server::policy;

#[derive(Debug, Clone)]
enum Act {
    Hello,
    Mail,
    Rcpt(String),
    Bdat(u64, bool),
    Body(Vec<u8>),
    Noop,
    Quit,
}

/// Gives its commands as soon as they may be sent.
struct Script<'b> {
    client: Client<'b>,
    acts: VecDeque<Act>,
    lmtp: bool,
    replies: Vec<(Verb, Severity)>,
}

impl Script<'_> {
    fn act(&mut self) {
        while let Some(act) = self.acts.front_mut() {
            let name = HelloName::new("client.test").unwrap();
            let sent = match act {
                Act::Hello if self.lmtp => self.client.lhlo(name),
                Act::Hello => self.client.ehlo(name),
                Act::Mail => self.client.mail(&ReversePath::Null, &()),
                Act::Rcpt(to) => self.client.rcpt(&ForwardPath::new(to).unwrap(), &()),
                Act::Bdat(size, last) => self.client.bdat(*size, *last),
                Act::Body(octets) => match self.client.body(octets) {
                    Ok(taken) => {
                        octets.drain(..taken);
                        if !octets.is_empty() {
                            return;
                        }
                        Ok(())
                    }
                    Err(error) => Err(error),
                },
                Act::Noop => self.client.noop(),
                Act::Quit => self.client.quit(),
            };
            match sent {
                Err(Error::Capacity(_) | Error::Misuse(_)) if self.client.in_flight() > 0 => return,
                // Without anything in flight it is never its turn: a command before it was refused. A chunk's
                // octets go with it.
                Ok(()) | Err(Error::Misuse(_)) => {}
                Err(error) => panic!("{error}"),
            }
            self.acts.pop_front();
        }
    }

    /// Notes a reply; says whether the session is over.
    fn hear(&mut self) -> bool {
        match self.client.event() {
            Some(Event::Reply { to, reply }) => {
                self.replies.push((to, reply.severity()));
                to == Verb::Quit
            }
            Some(Event::Closing { .. }) => true,
            _ => false,
        }
    }
}

impl Endpoint for Script<'_> {
    fn poll(&mut self) -> Result<Want, Error> {
        self.act();
        self.client.poll()
    }
    fn receive_buffer(&mut self) -> &mut [u8] {
        self.client.receive_buffer()
    }
    fn received(&mut self, octets: usize) {
        self.client.received(octets);
    }
    fn received_eof(&mut self) {
        self.client.received_eof();
    }
    fn transmit(&mut self) -> &[u8] {
        self.client.transmit()
    }
    fn transmitted(&mut self, octets: usize) {
        self.client.transmitted(octets);
    }
    fn timer(&self) -> Option<Timer> {
        self.client.timer()
    }
    fn timed_out(&mut self) {
        self.client.timed_out();
    }
}

struct Scenario {
    seed: u64,
    policy: Policy<'static>,
    lmtp: bool,
    accepted: usize,
    content: Vec<u8>,
    acts: VecDeque<Act>,
    window: usize,
    limit: usize,
}

impl Scenario {
    fn random(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let lmtp = random.below(4) == 0;
        let mut acts = VecDeque::from([Act::Hello, Act::Mail]);
        for number in 0..=random.below(3) {
            let kind = ["ok", "ok", "reject"][random.below(3)];
            let to = if kind == "ok" { format!("ok{number}@b") } else { "reject@b".into() };
            acts.push_back(Act::Rcpt(to));
        }
        let accepted =
            acts.iter().filter(|act| matches!(act, Act::Rcpt(to) if !to.starts_with("reject@"))).count();
        let mut content = Vec::new();
        let chunks = 1 + random.below(4);
        for number in 1..=chunks {
            let text = ["", "x", "QUIT\r\n", "\r\n.\r\n", "BDAT 3 LAST\r\nabc", "\n\r\0\n"][random.below(6)];
            let chunk = text.repeat([1, 1, 30][random.below(3)]).into_bytes();
            acts.push_back(Act::Bdat(chunk.len() as u64, number == chunks));
            content.extend_from_slice(&chunk);
            if !chunk.is_empty() {
                acts.push_back(Act::Body(chunk));
            }
            if random.below(4) == 0 && number < chunks {
                acts.push_back(Act::Noop);
            }
        }
        acts.push_back(Act::Quit);
        let limit = if random.below(4) == 0 { 20 } else { 100_000 };
        // The content is any octets, and not said to be binary.
        let policy = policy().max_size(limit as u64).bare_line_ends(BareLineEnds::Accept);
        let policy = if lmtp { policy.lmtp() } else { policy };
        let window = [1, 9, 5000][random.below(3)];
        Self { seed, policy, lmtp, accepted, content, acts, window, limit }
    }

    fn run(&self, cut: Option<Cut>) -> (usize, usize) {
        let (mut server_rx, mut server_tx) = ([0; 128], [0; 256]);
        let (mut rx, mut tx) = ([0; 100], [0; 100]);
        let mut host = Host::new(Server::new(&mut server_rx, &mut server_tx, &self.policy));
        let mut pipe = Pipe::new(self.seed, self.window, cut);
        let client = Client::new(&mut rx, &mut tx);
        let mut script = Script { client, acts: self.acts.clone(), lmtp: self.lmtp, replies: Vec::new() };
        pipe.run(&mut script, &mut host, Script::hear);
        let doubt = script.client.in_doubt();
        pipe.close(&mut host);
        let place = format!("seed {} {cut:?} {:?} {:?}", self.seed, script.replies, host.told);
        let last =
            |(to, severity): &&(Verb, Severity)| *to == Verb::BdatLast && *severity == Severity::Positive;
        let known = script.replies.iter().filter(last).count();
        let taken: usize = host.taken.len();
        let whole = if self.lmtp { self.accepted } else { 1 };
        if doubt {
            assert!(known <= taken, "{place}");
        } else {
            assert_eq!(known, taken, "{place}");
        }
        for mail in &host.taken {
            assert!(mail.content == self.content, "{place}");
        }
        if cut.is_none() {
            let fits = self.accepted > 0 && self.content.len() <= self.limit;
            assert_eq!(known, if fits { whole } else { 0 }, "{place}");
            assert_eq!(script.replies.last().map(|(verb, _)| *verb), Some(Verb::Quit), "{place}");
        }
        pipe.passed()
    }
}

#[test]
fn chunks_arrive_as_mails_or_not_at_all_whatever_the_stream_does() {
    for seed in 1..300 {
        let scenario = Scenario::random(seed);
        let (up, down) = scenario.run(None);
        let mut random = Random::new(seed);
        for number in 0..8 {
            let from_client = number % 2 == 0;
            let at = random.below(if from_client { up } else { down } + 1);
            let (swallow, lossy) = (random.below(2) == 0, random.below(2) == 0);
            scenario.run(Some(Cut { at, up: from_client, swallow, lossy }));
        }
    }
}
