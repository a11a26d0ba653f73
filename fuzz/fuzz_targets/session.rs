//! A bare client that is asked for anything against a server that answers anything, through a pipe that cuts, delays
//! and breaks: neither fails, neither waits for ever, the server hears only what was asked for and in order, and both think
//! the same of every mail, or the client says that it is in doubt.
#![no_main]

use arbitrary::Arbitrary;
use embedded_smtp::client::{Client, Event};
use embedded_smtp::server::{Event as Told, Server};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::wire::{Code, Command, Response, Severity, Verb};
use embedded_smtp_fuzz::acts::{Act, Model};
use embedded_smtp_fuzz::{Cuts, octets, policy};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Case<'a> {
    acts: Vec<Act<'a>>,
    sizes: &'a [u8],
    /// What the server says to each event.
    answers: &'a [u8],
    lmtp: bool,
    /// After how many octets in all the pipe breaks.
    breaks: Option<u16>,
}

/// A mail's content as far as the server has it, and the mails that it took.
#[derive(Default)]
struct Store {
    content: Vec<u8>,
    taken: Vec<Vec<u8>>,
    /// Whether this mail is among them.
    kept: bool,
    /// Replies that took a mail: in LMTP one for each recipient.
    yes: usize,
    /// The lines that the server told of.
    heard: Vec<Vec<u8>>,
}

fuzz_target!(|case: Case<'_>| run(&case));

fn run(case: &Case<'_>) {
    let mut rules = policy();
    if case.lmtp {
        rules = rules.lmtp();
    }
    let (mut server_rx, mut server_tx) = ([0; 1200], [0; 600]);
    let mut server = Server::new(&mut server_rx, &mut server_tx, &rules);
    let (mut rx, mut tx) = ([0; 128], [0; 300]);
    let mut client = Client::new(&mut rx, &mut tx).allow_clear_text_auth();
    let (mut model, mut store) = (Model::default(), Store::default());
    let (mut up, mut down) = (Vec::<u8>::new(), Vec::<u8>::new());
    let mut cuts = Cuts::new(case.sizes);
    let mut answers = case.answers.iter().copied().cycle();
    let mut acts = case.acts.iter().peekable();
    let mut left = case.breaks.map(|octets| usize::from(octets % 2048));
    let (mut client_ends, mut server_ends, mut idle, mut known) = (false, false, 0, 0);
    while !(client_ends && server_ends) {
        let broken = left == Some(0);
        let mut moved = false;
        if !client_ends {
            let want = client.poll().expect("no server of ours breaks the protocol");
            model.follow(&client);
            match (want, client.event()) {
                (Want::Closed, _) => client_ends = true,
                (Want::Event, Some(Event::StartTls)) => {
                    client.tls_established().expect("a handshake was due")
                }
                (Want::Event, Some(Event::Reply { to, reply })) => {
                    let mail = matches!(to, Verb::EndOfData | Verb::BdatLast);
                    known += usize::from(mail && reply.severity() == Severity::Positive);
                    client_ends = to == Verb::Quit;
                }
                (Want::Event, Some(Event::Closing { .. })) => client_ends = true,
                _ => {}
            }
            moved |= want == Want::Event;
            if !client_ends && let Some(act) = acts.peek() {
                if model.act(&mut client, act, case.lmtp) {
                    acts.next();
                    moved = true;
                }
                model.follow(&client);
            } else if !client_ends
                && want == Want::Read
                && (client.in_flight() == 0 || client.chunk_left() > 0)
            {
                // Nothing more is asked for, and nothing can come: the client hangs up.
                client_ends = true;
            }
            if broken || server_ends {
                client.received_eof();
                client.timed_out();
            } else if !model.in_place.is_empty() {
                let size = fits(&mut left, cuts.next_size().min(model.in_place.len()));
                let (front, rest) = model.in_place.split_at(size);
                up.extend_from_slice(front);
                model.in_place = rest;
                client.transmitted(size);
                moved = true;
            } else {
                moved |= write(&mut client, &mut up, &mut cuts, &mut left);
                moved |= read(&mut client, &mut down, &mut cuts);
            }
        }
        if !server_ends {
            match server.poll().expect("no client of ours breaks the protocol") {
                Want::Closed => server_ends = true,
                Want::Event => {
                    moved = true;
                    store.hear(&mut server, answers.next().unwrap_or(0));
                }
                _ => {}
            }
            moved |= write(&mut server, &mut down, &mut cuts, &mut left);
            if !read(&mut server, &mut up, &mut cuts) {
                if (broken || client_ends) && up.is_empty() {
                    server.received_eof();
                    if broken {
                        server.timed_out();
                        server.timed_out();
                    }
                    moved = true;
                }
            } else {
                moved = true;
            }
        }
        idle = if moved || client_ends || server_ends { 0 } else { idle + 1 };
        assert!(idle < 4, "a deadlock");
    }
    agree(&client, &model, &store, known, case);
}

fn agree(client: &Client<'_>, model: &Model<'_>, store: &Store, known: usize, case: &Case<'_>) {
    let mut asked = model.lines.iter();
    for heard in &store.heard {
        assert!(
            asked.any(|line| line == heard),
            "nobody asked for {}, or not then: {:?}",
            heard.escape_ascii(),
            model.lines.iter().map(|line| line.escape_ascii().to_string()).collect::<Vec<_>>()
        );
    }
    let mut given = model.mails.iter();
    for taken in &store.taken {
        assert!(given.any(|mail| mail == taken), "nobody sent {}", taken.escape_ascii());
    }
    if client.in_doubt() {
        assert!(known <= store.yes, "more was delivered than taken");
        assert!(case.lmtp || store.yes <= known + 1, "one mail at most is in doubt");
    } else {
        assert_eq!(known, store.yes, "delivered, taken");
    }
}

/// How many octets still get through before the pipe breaks.
fn fits(left: &mut Option<usize>, size: usize) -> usize {
    let Some(left) = left else { return size };
    let size = size.min(*left);
    *left -= size;
    size
}

fn write(
    engine: &mut impl Endpoint,
    out: &mut Vec<u8>,
    cuts: &mut Cuts<'_>,
    left: &mut Option<usize>,
) -> bool {
    if engine.transmit().is_empty() {
        return false;
    }
    let size = fits(left, cuts.next_size().min(engine.transmit().len()));
    out.extend_from_slice(&engine.transmit()[..size]);
    engine.transmitted(size);
    size > 0
}

fn read(engine: &mut impl Endpoint, incoming: &mut Vec<u8>, cuts: &mut Cuts<'_>) -> bool {
    let size = cuts.next_size().min(incoming.len()).min(engine.receive_buffer().len());
    engine.receive_buffer()[..size].copy_from_slice(&incoming[..size]);
    engine.received(size);
    incoming.drain(..size);
    size > 0
}

impl Store {
    /// Takes note of an event, and replies to it.
    fn hear(&mut self, server: &mut Server<'_, '_>, answer: u8) {
        let event = server.event().expect("an event is told of");
        let mut end = false;
        match event {
            Told::Hello { verb, name } => {
                let line = match verb {
                    Verb::Ehlo => Command::Ehlo(name),
                    Verb::Helo => Command::Helo(name),
                    _ => Command::Lhlo(name),
                };
                self.heard.push(octets(&line));
                self.content.clear();
            }
            Told::Mail { path, params } => {
                self.heard.push(octets(&Command::Mail { path, params }));
                self.kept = false;
                self.content.clear();
            }
            Told::Rcpt { path, params } => self.heard.push(octets(&Command::Rcpt { path, params })),
            Told::Data => self.heard.push(b"DATA".to_vec()),
            Told::Body(run) => self.content.extend_from_slice(run),
            Told::Vrfy(who) => self.heard.push([b"VRFY ", who].concat()),
            Told::Expn(who) => self.heard.push([b"EXPN ", who].concat()),
            Told::EndOfData { .. } => end = true,
            Told::Lost(_) | Told::Reset => self.content.clear(),
            Told::StartTls => return server.tls_established().expect("a handshake was due"),
            _ => {}
        }
        if server.reply_owed().is_none() {
            return;
        }
        let code = match answer % 8 {
            1 => 550,
            2 => 450,
            3 if answer > 127 => 421,
            _ => {
                server.accept().expect("there is room for a reply");
                if end {
                    self.yes += 1;
                    if !self.kept {
                        self.kept = true;
                        self.taken.push(self.content.clone());
                    }
                }
                return;
            }
        };
        let refusal = Response::new(Code::new(code).unwrap(), "no").unwrap();
        server.reply(&refusal).expect("there is room for a reply");
    }
}
