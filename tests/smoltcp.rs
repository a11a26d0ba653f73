//! The adapter for smoltcp: a submission and a server on two stacks in virtual time, with tiny buffers,
//! lost packets, and connections that are refused or break.

#[path = "support/hosts.rs"]
mod hosts;

use std::cell::RefCell;
use std::rc::Rc;

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::io::ConnectionError;
use embedded_smtp::io::smoltcp::{Driver, Fault, Progress};
use embedded_smtp::server::{self, Policy, Server};
use embedded_smtp::submission::{Cause, Envelope, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{Code, Extension, ForwardPath, HelloName, ReversePath};
use hosts::{Host, Lane, PORT};
use smoltcp::socket::tcp::State;
use smoltcp::time::Instant;

#[test]
fn a_mail_arrives_through_buffers_of_any_size() {
    // Octets of the sockets' receive and transmit buffers, on either side.
    for sizes in
        [[4096; 4], [64; 4], [1; 4], [65, 67, 71, 73], [64, 64, 1, 64], [1, 64, 64, 64], [64, 1, 64, 1]]
    {
        let mut world = World::new(sizes);
        let outcome = world.mail(&body(3000), 20, Trouble::None);
        assert_eq!(outcome.verdict, Verdict::Delivered, "{sizes:?}: {:?}", outcome.cause);
        assert_eq!(outcome.received, body(3000), "{sizes:?}");
        assert!(world.now < Instant::from_secs(60), "{sizes:?} took until {}", world.now);
    }
}

#[test]
fn a_mail_arrives_though_packets_are_lost() {
    for every in [3, 5, 7] {
        let mut world = World::new([256; 4]);
        world.lose_every(every);
        let outcome = world.mail(&body(20_000), 3, Trouble::None);
        assert_eq!(outcome.verdict, Verdict::Delivered, "each {every}th is lost: {:?}", outcome.cause);
        assert_eq!(outcome.received, body(20_000));
    }
}

#[test]
fn a_refused_connection_is_told_from_one_that_breaks() {
    let mut world = World::new([512; 4]);
    let refused = world.mail(&body(100), 1, Trouble::NobodyListens);
    assert_eq!(refused.error, Some(ConnectionError::Transport(Fault::Refused)));
    assert_eq!((refused.verdict, refused.cause), (Verdict::RetryLater, Some(Cause::ConnectionLost)));
    let reset =
        world.mail(&body(100), 1, Trouble::Abort(|event| matches!(event, server::Event::Hello { .. })));
    assert_eq!(reset.error, Some(ConnectionError::Transport(Fault::Reset)));
    assert_eq!((reset.verdict, reset.cause), (Verdict::RetryLater, Some(Cause::ConnectionLost)));
}

#[test]
fn a_reset_in_the_middle_may_be_retried_and_behind_the_dot_it_is_unknown() {
    let cases: [(Trouble, Verdict); 4] = [
        (Trouble::Abort(|event| matches!(event, server::Event::Rcpt { .. })), Verdict::RetryLater),
        (Trouble::Abort(|event| matches!(event, server::Event::Data)), Verdict::RetryLater),
        (Trouble::Abort(|event| matches!(event, server::Event::Body(_))), Verdict::RetryLater),
        (Trouble::Abort(|event| matches!(event, server::Event::EndOfData { .. })), Verdict::Unknown),
    ];
    for (number, (trouble, verdict)) in cases.into_iter().enumerate() {
        let outcome = World::new([512; 4]).mail(&body(5000), 1, trouble);
        assert_eq!(outcome.verdict, verdict, "case {number}");
        assert_eq!(outcome.error, Some(ConnectionError::Transport(Fault::Reset)), "case {number}");
    }
}

#[test]
fn a_server_that_closes_in_the_middle_is_read_to_its_last_word() {
    let outcome = World::new([64; 4]).mail(
        &body(100),
        1,
        Trouble::ShutDown(|event| matches!(event, server::Event::Mail { .. })),
    );
    // 421 came before the end of the stream.
    assert_eq!((outcome.verdict, outcome.error), (Verdict::RetryLater, None));
    assert_eq!(outcome.answer, Some(421));
}

#[test]
fn a_server_that_refuses_in_the_middle_of_the_content_and_goes_away_is_read_to_its_last_word() {
    let body_comes: When = |event| matches!(event, server::Event::Body(_));
    for sizes in [[64; 4], [512, 64, 64, 512], [512, 4096, 64, 512]] {
        for trouble in [Trouble::RefuseAndAbort(body_comes), Trouble::RefuseAndClose(body_comes)] {
            let outcome = World::new(sizes).mail(&body(20_000), 1, trouble);
            assert_eq!((outcome.verdict, outcome.answer), (Verdict::Rejected, Some(552)), "{sizes:?}");
        }
    }
}

#[test]
fn a_client_gives_up_when_its_timer_runs_out() {
    // Who falls silent when, and how long the client waits then (RFC 5321 §4.5.3.2).
    let cases: [(When, u64, Verdict); 3] = [
        (|event| matches!(event, server::Event::Mail { .. }), 300, Verdict::RetryLater),
        (|event| matches!(event, server::Event::Data), 120, Verdict::RetryLater),
        (|event| matches!(event, server::Event::EndOfData { .. }), 600, Verdict::Unknown),
    ];
    for (when, seconds, verdict) in cases {
        let mut world = World::new([512; 4]);
        // Otherwise the replies to MAIL, RCPT and DATA would be waited for together.
        world.pipelining = false;
        let outcome = world.mail(&body(100), 1, Trouble::Silence(when));
        assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(Cause::TimedOut)));
        let waited = world.now.secs().unsigned_abs();
        assert!((seconds..seconds + 5).contains(&waited), "{waited} s instead of {seconds}");
    }
}

#[test]
fn a_connection_that_does_not_open_is_given_up_too() {
    let mut world = World::new([512; 4]);
    world.lose_every(1);
    let outcome = world.mail(&body(100), 1, Trouble::None);
    assert_eq!((outcome.verdict, outcome.cause), (Verdict::RetryLater, Some(Cause::TimedOut)));
    assert_eq!(world.now.secs(), 300);
}

#[test]
fn a_server_says_421_to_a_client_that_says_nothing() {
    let mut world = World::new([512; 4]);
    world.open();
    let policy = policy().patience(30, 60, 1024);
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut engine = Server::new(&mut rx, &mut tx, &policy);
    let mut driver = Driver::new();
    while world.server.drive(&mut driver, &mut engine, world.now) != Ok(Progress::Closed) {
        world.pass(&[driver.poll_at()]);
    }
    while world.client.socket().state() != State::CloseWait {
        world.pass(&[]);
    }
    assert_eq!(world.now.secs(), 30);
    let mut said = [0; 512];
    let octets = world.client.socket().recv_slice(&mut said).unwrap();
    let said = String::from_utf8_lossy(&said[..octets]);
    assert!(said.contains("\r\n421 4.4.2 "), "{said}");
}

#[test]
fn no_timer_runs_while_a_server_listens() {
    let mut world = World::new([512; 4]);
    world.server.socket().listen(PORT).unwrap();
    let policy = policy();
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut engine = Server::new(&mut rx, &mut tx, &policy);
    let mut driver = Driver::new();
    for seconds in [0, 1000, 1_000_000] {
        let now = Instant::from_secs(seconds);
        assert_eq!(world.server.drive(&mut driver, &mut engine, now), Ok(Progress::Waiting));
        assert_eq!(driver.poll_at(), None);
    }
}

#[test]
fn the_same_buffers_do_for_the_next_connection() {
    let mut world = World::new([64; 4]);
    let troubles = [
        Trouble::NobodyListens,
        Trouble::Abort(|event| matches!(event, server::Event::Body(_))),
        Trouble::Silence(|event| matches!(event, server::Event::Data)),
        Trouble::None,
        Trouble::None,
    ];
    let verdicts = world.mails(&body(1000), 2, &troubles);
    let verdicts = verdicts.iter().map(|outcome| outcome.verdict).collect::<Vec<_>>();
    let (retry, delivered) = (Verdict::RetryLater, Verdict::Delivered);
    assert_eq!(verdicts, [retry, retry, retry, delivered, delivered]);
}

// --- mails between two stacks ----------------------------------------------------------------------------------

type When = fn(&server::Event<'_>) -> bool;

/// What goes wrong on the server's side.
#[derive(Clone, Copy)]
enum Trouble {
    None,
    NobodyListens,
    /// The socket is aborted at this event.
    Abort(When),
    /// The server stops answering at this event.
    Silence(When),
    /// The server says 421 at this event.
    ShutDown(When),
    /// At this event the server says 552 and tears the connection down.
    RefuseAndAbort(When),
    /// The same, but it ends its own side first.
    RefuseAndClose(When),
}

impl Trouble {
    fn is_due(self, event: &server::Event<'_>) -> bool {
        match self {
            Self::Abort(when)
            | Self::Silence(when)
            | Self::ShutDown(when)
            | Self::RefuseAndAbort(when)
            | Self::RefuseAndClose(when) => when(event),
            Self::None | Self::NobodyListens => false,
        }
    }
}

struct Outcome {
    verdict: Verdict,
    cause: Option<Cause>,
    answer: Option<u16>,
    error: Option<ConnectionError<Fault>>,
    received: Vec<u8>,
}

struct World {
    now: Instant,
    pipelining: bool,
    client: Host,
    server: Host,
}

impl World {
    /// With these sizes of the client's receive and transmit buffer, and the server's.
    fn new([client_rx, client_tx, server_rx, server_tx]: [usize; 4]) -> Self {
        let lanes = [(); 2].map(|()| Rc::new(RefCell::new(Lane::default())));
        let [there, back] = &lanes;
        Self {
            now: Instant::ZERO,
            pipelining: true,
            client: Host::new(1, back, there, client_rx, client_tx),
            server: Host::new(2, there, back, server_rx, server_tx),
        }
    }

    fn lose_every(&mut self, every: usize) {
        for host in [&self.client, &self.server] {
            host.device.out.borrow_mut().lose_every = every;
        }
    }

    fn open(&mut self) {
        self.server.socket().listen(PORT).unwrap();
        self.client.connect();
    }

    fn mail(&mut self, content: &[u8], recipients: usize, trouble: Trouble) -> Outcome {
        self.mails(content, recipients, &[trouble]).pop().unwrap()
    }

    /// One mail after the other, each on a connection of its own, all with the same buffers.
    fn mails(&mut self, content: &[u8], recipients: usize, troubles: &[Trouble]) -> Vec<Outcome> {
        let policy = if self.pipelining { policy() } else { policy().without(Extension::Pipelining) };
        let (mut client_rx, mut client_tx) = ([0; 128], [0; 512]);
        let (mut server_rx, mut server_tx) = ([0; 512], [0; 512]);
        let mut client = Client::new(&mut client_rx, &mut client_tx);
        let mut server = Server::new(&mut server_rx, &mut server_tx, &policy);
        let addresses =
            (0..recipients).map(|number| format!("recipient.{number}@example.test")).collect::<Vec<_>>();
        let mut outcomes = Vec::new();
        for trouble in troubles {
            client.restart(false);
            server.restart(false);
            outcomes.push(self.one_mail(&mut client, &mut server, content, &addresses, *trouble));
            self.client.socket().abort();
            self.server.socket().abort();
            for _ in 0..10 {
                self.client.poll(self.now);
                self.server.poll(self.now);
            }
        }
        outcomes
    }

    fn one_mail(
        &mut self,
        client: &mut Client<'_>,
        server: &mut Server<'_, '_>,
        content: &[u8],
        addresses: &[String],
        trouble: Trouble,
    ) -> Outcome {
        if !matches!(trouble, Trouble::NobodyListens) {
            self.server.socket().listen(PORT).unwrap();
        }
        self.client.connect();
        let mut recipients =
            addresses.iter().map(|to| Recipient::new(ForwardPath::new(to).unwrap())).collect::<Vec<_>>();
        let envelope = Envelope::new(ReversePath::new("a@example.test").unwrap(), &mut recipients);
        let options = Options::new(HelloName::new("client.example.test").unwrap()).tls(TlsPolicy::Never);
        let mut texts = [0; 128];
        let mut submission = Submission::new(client, options, envelope, Slice::new(content), &mut texts);
        let (mut near, mut far) = (Driver::new(), Driver::new());
        let mut received = Vec::new();
        let mut silent = false;
        let error = loop {
            match self.client.drive(&mut near, &mut submission, self.now) {
                Ok(Progress::Waiting) => {}
                Ok(_) => break None,
                Err(error) => break Some(error),
            }
            while !silent && self.server.drive(&mut far, server, self.now) == Ok(Progress::Event) {
                let event = server.event().unwrap();
                if let server::Event::Body(piece) = event {
                    received.extend_from_slice(piece);
                }
                if trouble.is_due(&event) {
                    match trouble {
                        Trouble::Abort(_) => self.server.socket().abort(),
                        Trouble::ShutDown(_) => server.shut_down(),
                        Trouble::RefuseAndAbort(_) | Trouble::RefuseAndClose(_) => {
                            self.refuse_and_go(matches!(trouble, Trouble::RefuseAndClose(_)));
                        }
                        _ => {}
                    }
                    silent = !matches!(trouble, Trouble::ShutDown(_));
                } else if server.reply_owed().is_some() {
                    server.accept().unwrap();
                }
            }
            self.pass(&[near.poll_at(), far.poll_at().filter(|_| !silent)]);
        };
        let report = submission.report();
        let answer = report.answer().code().map(Code::number);
        Outcome { verdict: report.verdict(), cause: report.cause(), answer, error, received }
    }

    /// The client's stack takes in the 552, and hears then that the connection is no more, before its engine looks again.
    fn refuse_and_go(&mut self, close: bool) {
        let socket = self.server.socket();
        assert_eq!(socket.send_slice(b"552 5.3.4 too much\r\n"), Ok(20));
        if close {
            socket.close();
        }
        while self.server.poll(self.now) | self.client.poll(self.now) {}
        self.server.socket().abort();
        while self.server.poll(self.now) | self.client.poll(self.now) {}
    }

    /// Lets the stacks talk, or, when they have nothing to say, time go by until something is due.
    fn pass(&mut self, timers: &[Option<Instant>]) {
        if self.client.poll(self.now) | self.server.poll(self.now) {
            return;
        }
        let stacks = [self.client.poll_at(self.now), self.server.poll_at(self.now)];
        let next = stacks.into_iter().chain(timers.iter().copied()).flatten().min();
        let next = next.expect("nothing would ever happen again");
        self.now = self.now.max(next);
    }
}

fn policy() -> Policy<'static> {
    Policy::new(HelloName::new("mail.example.test").unwrap())
}

/// Lines of many lengths, some with a dot in front.
fn body(octets: usize) -> Vec<u8> {
    let mut text = String::new();
    for number in 0.. {
        if text.len() >= octets {
            break;
        }
        text += if number % 3 == 0 { "." } else { "" };
        text += &"line upon line ".repeat(number % 5);
        text += &number.to_string();
        text += "\r\n";
    }
    text.into_bytes()
}
