//! The async adapter on an executor of ten lines: futures dropped at every await, streams that move a
//! few octets at a time, flushes, and timers that are the test's own.

use core::cell::{Cell, RefCell};
use core::convert::Infallible;
use core::future::{Future, pending, poll_fn, ready};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::collections::VecDeque;
use std::rc::Rc;

use embedded_io_async::{ErrorType, Read, Write};
use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::io::asynch::Connection;
use embedded_smtp::io::{ConnectionError, Flush};
use embedded_smtp::server::{self, Policy, Server};
use embedded_smtp::session::{Endpoint, Phase, Want};
use embedded_smtp::submission::{Envelope, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};

const MAIL: &[u8] = b"Subject: test\r\n\r\n.\r\n..a line with dots\r\nand one without\r\n.\r\n";

/// A runtime of several threads takes nothing else.
#[test]
fn what_drives_a_submission_may_move_to_another_thread() {
    fn may_move<T: Send>(_: &T) {}
    let path = ForwardPath::new("a@example.test").unwrap();
    let mut recipients = [Recipient::new(path)];
    let envelope = Envelope::new(ReversePath::new("b@example.test").unwrap(), &mut recipients);
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut client = Client::new(&mut rx, &mut tx);
    let options = Options::new(HelloName::new("client.example.test").unwrap());
    may_move(&Submission::new(&mut client, options, envelope, Slice::new(MAIL), &mut []));
}

#[test]
fn no_octet_is_lost_or_doubled_when_a_future_is_dropped_at_any_await() {
    // The awaits of both sides, under timers and without.
    for (most, timed) in [(1, true), (7, true), (7, false), (4096, true), (4096, false)] {
        let (undisturbed, awaits) = deliver(most, timed, Plan::Never);
        assert_eq!(undisturbed.verdict, Verdict::Delivered);
        assert_eq!(undisturbed.body, MAIL);
        assert!(awaits > 10, "{awaits} awaits");
        let plans = (0..awaits).map(Plan::At).chain([Plan::Always]);
        for plan in plans {
            let delivery = deliver(most, timed, plan).0;
            assert_eq!(delivery, undisturbed, "dropped: {plan:?}; {most} octets at once, {timed}");
        }
    }
}

#[test]
fn no_event_is_lost_behind_a_flush_that_falls_due_in_the_middle_of_a_group() {
    // So many replies fill the transmit buffer that some are written while the content lies in the receive buffer.
    for recipients in 1..60 {
        let mut said = b"EHLO c\r\nMAIL FROM:<a@b.example>\r\n".to_vec();
        (0..recipients).for_each(|_| said.extend_from_slice(b"RCPT TO:<d@e.example>\r\n"));
        said.extend_from_slice(b"BDAT 10 LAST\r\n01234567\r\nQUIT\r\n");
        let (mut here, there) = pipe(4096);
        let policy = policy();
        let (mut rx, mut tx) = ([0; 2048], [0; 512]);
        let mut server = Server::new(&mut rx, &mut tx, &policy);
        let mut connection = Connection::new(there, &mut server);
        let mut content = Vec::new();
        block_on(join(
            async {
                let mut alarm = pin!(None);
                while let Ok(true) = connection.run_timed(alarm.as_mut(), |_| pending::<()>()).await {
                    let server = connection.engine();
                    if let Some(server::Event::Body(run)) = server.event() {
                        content.extend_from_slice(run);
                    }
                    if server.reply_owed().is_some() {
                        server.accept().unwrap();
                    }
                }
            },
            async {
                let mut rest = &said[..];
                while !rest.is_empty() {
                    let octets = here.write(rest).await.unwrap();
                    rest = &rest[octets..];
                }
            },
        ));
        assert_eq!(content, b"01234567\r\n", "{recipients} recipients");
    }
}

#[test]
fn a_stream_that_takes_nothing_is_an_error_and_not_a_loop() {
    let (mut rx, mut tx) = ([0; 128], [0; 512]);
    let policy = policy();
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let (stream, _peer) = pipe(0);
    let mut connection = Connection::new(stream, &mut server);
    assert_eq!(block_on(connection.run()), Err(ConnectionError::WriteZero));
}

#[test]
fn the_end_of_the_stream_ends_the_session() {
    let (mut rx, mut tx) = ([0; 128], [0; 512]);
    let mut client = Client::new(&mut rx, &mut tx);
    let (stream, peer) = pipe(64);
    drop(peer);
    assert_eq!(block_on(Connection::new(stream, &mut client).run()), Ok(false));
}

#[test]
fn the_stream_is_flushed_once_before_it_is_read_or_never() {
    for (flush, expected) in [(Flush::BeforeReading, 1), (Flush::Never, 0)] {
        let (mut rx, mut tx) = ([0; 128], [0; 512]);
        let policy = policy();
        let mut server = Server::new(&mut rx, &mut tx, &policy);
        // Seven octets at once: the greeting takes several writes.
        let (stream, peer) = pipe(7);
        drop(peer);
        let mut connection = Connection::with_flush(stream, &mut server, flush);
        assert_eq!(block_on(connection.run()), Ok(false));
        assert_eq!(connection.into_inner().flushes, expected, "{flush:?}");
    }
}

#[test]
fn each_step_is_one_read_or_one_write() {
    let (mut rx, mut tx) = ([0; 128], [0; 512]);
    let policy = policy();
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let (stream, mut peer) = pipe(4096);
    block_on(peer.write(b"NOOP\r\n")).unwrap();
    drop(peer);
    let mut connection = Connection::new(stream, &mut server);
    // The greeting and its flush; NOOP; its reply and the flush; the end.
    let expected = [
        Want::Write,
        Want::Write,
        Want::Read,
        Want::Write,
        Want::Write,
        Want::Read,
        Want::Closed,
        Want::Closed,
    ];
    for want in expected {
        assert_eq!(block_on(connection.step()), Ok(want));
    }
}

#[test]
fn a_timer_that_runs_out_ends_the_session_and_a_server_says_so() {
    let (mut rx, mut tx) = ([0; 128], [0; 512]);
    let policy = policy();
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let (stream, mut peer) = pipe(4096);
    let mut connection = Connection::new(stream, &mut server);
    let mut slept = Vec::new();
    // The clock stands still for the greeting and runs out for the first command.
    let sleep = |after: Duration| {
        slept.push(after.as_secs());
        let first = slept.len() == 1;
        async move { if first { pending().await } else { ready(()).await } }
    };
    assert_eq!(block_on(connection.run_timed(pin!(None), sleep)), Err(ConnectionError::TimedOut));
    assert_eq!(slept, [300, 300]);
    assert_eq!(block_on(connection.run()), Ok(false));
    let said = text(&mut peer);
    let (greeting, last) = said.split_once("\r\n").unwrap();
    assert!(greeting.starts_with("220 ") && last.starts_with("421 4.4.2 "), "{said}");
}

/// A peer that pipelines and does not read: what TLS has gathered cannot leave, and an event stands behind it.
#[test]
fn a_timer_runs_while_an_event_waits_for_a_flush_and_the_421_comes_instead_of_it() {
    for dropped in [false, true] {
        let (mut rx, mut tx) = ([0; 2048], [0; 512]);
        let policy = policy();
        let mut server = Server::new(&mut rx, &mut tx, &policy);
        let (stream, mut peer) = pipe(4096);
        let mut said = b"EHLO c\r\nMAIL FROM:<a@b.example>\r\n".to_vec();
        (0..60).for_each(|_| said.extend_from_slice(b"RCPT TO:<d@e.example>\r\n"));
        block_on(peer.write(&said)).unwrap();
        let mut connection = Connection::new(stream, &mut server);
        let (mut events, mut alarm, rung) = (0, pin!(None), Cell::new(false));
        let sleep = |_| poll_fn(|_| if rung.get() { Poll::Ready(()) } else { Poll::Pending });
        // The greeting is flushed, and nothing behind it; after some looks at it the time is up.
        let mut end = None;
        for look in 0..100 {
            connection.stream().stuck = events > 0;
            rung.set(look > 90);
            let event = {
                let mut run = pin!(connection.run_timed(alarm.as_mut(), sleep));
                let mut looks = (0..if dropped { 2 } else { 20 })
                    .map(|_| run.as_mut().poll(&mut Context::from_waker(Waker::noop())));
                looks.find(Poll::is_ready)
            };
            match event {
                Some(Poll::Ready(Ok(true))) => {
                    events += 1;
                    connection.engine().accept().unwrap();
                }
                None => {}
                ended => {
                    end = ended;
                    break;
                }
            }
        }
        assert_eq!(
            end,
            Some(Poll::Ready(Err(ConnectionError::TimedOut))),
            "{events} events, dropped: {dropped}"
        );
        connection.stream().stuck = false;
        assert_eq!(block_on(connection.run()), Ok(false));
        let said = String::from_utf8(peer.into.borrow().written.clone()).unwrap();
        assert!(said.lines().last().unwrap().starts_with("421 4.4.2 "), "{said}");
    }
}

#[test]
fn the_clock_goes_on_though_the_future_is_dropped_and_pieces_of_a_mail_come_in() {
    let (mut rx, mut tx) = ([0; 128], [0; 512]);
    let policy = policy().patience(300, 60, 1024);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let (stream, mut peer) = pipe(4096);
    let mut connection = Connection::new(stream, &mut server);
    let mut slept = Vec::new();
    let mut alarm = pin!(None);
    block_on(peer.write(b"EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<b@c>\r\nDATA\r\n")).unwrap();
    let mut pieces = 0;
    // Each piece is an event, but a few octets are no progress that starts the timer anew.
    while pieces < 5 {
        let sleep = |after: Duration| {
            slept.push(after.as_secs());
            pending::<()>()
        };
        // Dropped wherever it waits.
        let event =
            pin!(connection.run_timed(alarm.as_mut(), sleep)).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(event) = event else { continue };
        assert_eq!(event, Ok(true));
        let server = connection.engine();
        if server.reply_owed().is_some() {
            server.accept().unwrap();
        } else {
            pieces += 1;
        }
        if server.phase() == Phase::Data {
            block_on(peer.write(b"drip\r\n")).unwrap();
        }
    }
    assert_eq!(slept.iter().filter(|seconds| **seconds == 60).count(), 1, "{slept:?}");
}

#[test]
fn what_is_ready_goes_before_a_timer_that_has_run_out() {
    let (mut rx, mut tx) = ([0; 128], [0; 512]);
    let mut client = Client::new(&mut rx, &mut tx);
    let (mut stream, mut peer) = pipe(4096);
    stream.prompt = true;
    block_on(peer.write(b"220 mail.example.test\r\n")).unwrap();
    let mut connection = Connection::new(stream, &mut client);
    assert_eq!(block_on(connection.run_timed(pin!(None), |_| ready(()))), Ok(true));
    // Nothing is in flight: no timer runs, and none is asked for.
    assert!(connection.engine().timer().is_none());
}

// --- a mail from a submission to a server, both on the adapter -----------------------------------------------

/// When the future that runs a connection is dropped, counted over the awaits of both sides.
#[derive(Debug, Clone, Copy)]
enum Plan {
    Never,
    Always,
    At(usize),
}

#[derive(Debug, PartialEq)]
struct Delivery {
    verdict: Verdict,
    body: Vec<u8>,
    /// All that went over the wire, from the client and from the server.
    wire: [Vec<u8>; 2],
}

/// The delivery, and how often its two sides awaited something.
fn deliver(most: usize, timed: bool, plan: Plan) -> (Delivery, usize) {
    let awaits = RefCell::new(0);
    let (near, far) = pipe(most);
    let wires = [near.out.clone(), far.out.clone()];
    let mut body = Vec::new();
    let mut verdict = None;
    block_on(join(
        async {
            let (mut rx, mut tx) = ([0; 128], [0; 160]);
            let mut client = Client::new(&mut rx, &mut tx);
            let mut recipients = ["b@example.test", "c@example.test"]
                .map(|address| Recipient::new(ForwardPath::new(address).unwrap()));
            let envelope = Envelope::new(ReversePath::new("a@example.test").unwrap(), &mut recipients);
            let options = Options::new(HelloName::new("client.example.test").unwrap()).tls(TlsPolicy::Never);
            let mut texts = [0; 128];
            let mut submission =
                Submission::new(&mut client, options, envelope, Slice::new(MAIL), &mut texts);
            let mut connection = Connection::new(near, &mut submission);
            assert_eq!(run_dropped(&mut connection, timed, plan, &awaits).await, Ok(true));
            verdict = Some(submission.report().verdict());
        },
        async {
            let (mut rx, mut tx) = ([0; 128], [0; 512]);
            let policy = policy();
            let mut server = Server::new(&mut rx, &mut tx, &policy);
            let mut connection = Connection::new(far, &mut server);
            while run_dropped(&mut connection, timed, plan, &awaits).await.unwrap() {
                let server = connection.engine();
                if let Some(server::Event::Body(piece)) = server.event() {
                    body.extend_from_slice(piece);
                }
                if server.reply_owed().is_some() {
                    server.accept().unwrap();
                }
            }
        },
    ));
    let wire = wires.map(|wire| wire.borrow().written.clone());
    (Delivery { verdict: verdict.unwrap(), body, wire }, awaits.into_inner())
}

/// Runs the connection to its next event; by the plan, the future is dropped where it waits and begun anew.
async fn run_dropped<E: Endpoint>(
    connection: &mut Connection<'_, Half, E>,
    timed: bool,
    plan: Plan,
    awaits: &RefCell<usize>,
) -> Result<bool, ConnectionError<Infallible>> {
    // Timers are there and never run out.
    let mut alarm = pin!(None);
    loop {
        let outcome = {
            let mut run = pin!(async {
                if timed {
                    connection.run_timed(alarm.as_mut(), |_| pending::<()>()).await
                } else {
                    connection.run().await
                }
            });
            poll_fn(|context| match run.as_mut().poll(context) {
                Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
                Poll::Pending => {
                    let number = awaits.replace_with(|awaits| *awaits + 1);
                    match plan {
                        Plan::Always => Poll::Ready(None),
                        Plan::At(at) if at == number => Poll::Ready(None),
                        _ => Poll::Pending,
                    }
                }
            })
            .await
        };
        match outcome {
            Some(outcome) => return outcome,
            None => yield_once().await,
        }
    }
}

fn policy() -> Policy<'static> {
    Policy::new(HelloName::new("mail.example.test").unwrap())
}

// --- a stream and an executor ----------------------------------------------------------------------------------

/// One direction of a pipe: what is on its way, and all that ever was.
#[derive(Default)]
struct Lane {
    queue: VecDeque<u8>,
    written: Vec<u8>,
    closed: bool,
}

/// One end of a pipe. Each operation waits once before it does anything, unless it is `prompt`, and then moves at most
/// so many octets at once.
struct Half {
    into: Rc<RefCell<Lane>>,
    out: Rc<RefCell<Lane>>,
    most: usize,
    prompt: bool,
    waited: bool,
    flushes: usize,
    /// Whether a flush waits for ever.
    stuck: bool,
}

fn pipe(most: usize) -> (Half, Half) {
    let lanes = [(); 2].map(|()| Rc::new(RefCell::new(Lane::default())));
    let half = |into: usize, out: usize| Half {
        into: lanes[into].clone(),
        out: lanes[out].clone(),
        most,
        prompt: false,
        waited: false,
        flushes: 0,
        stuck: false,
    };
    (half(0, 1), half(1, 0))
}

impl Half {
    async fn wait(&mut self) {
        poll_fn(|_| {
            self.waited = !self.waited && !self.prompt;
            if self.waited { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        self.out.borrow_mut().closed = true;
    }
}

impl ErrorType for Half {
    type Error = Infallible;
}

impl Read for Half {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        self.wait().await;
        poll_fn(|_| {
            let lane = &mut *self.into.borrow_mut();
            if lane.queue.is_empty() && !lane.closed {
                return Poll::Pending;
            }
            let octets = buffer.len().min(self.most).min(lane.queue.len());
            buffer.iter_mut().zip(lane.queue.drain(..octets)).for_each(|(to, from)| *to = from);
            Poll::Ready(Ok(octets))
        })
        .await
    }
}

impl Write for Half {
    async fn write(&mut self, buffer: &[u8]) -> Result<usize, Infallible> {
        self.wait().await;
        let octets = buffer.len().min(self.most);
        let lane = &mut *self.out.borrow_mut();
        lane.queue.extend(&buffer[..octets]);
        lane.written.extend(&buffer[..octets]);
        Ok(octets)
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        self.wait().await;
        poll_fn(|_| if self.stuck { Poll::Pending } else { Poll::Ready(()) }).await;
        self.flushes += 1;
        Ok(())
    }
}

fn text(half: &mut Half) -> String {
    let mut buffer = [0; 512];
    let octets = block_on(half.read(&mut buffer)).unwrap();
    String::from_utf8(buffer[..octets].to_vec()).unwrap()
}

/// Whatever waits here waits for another future in the same thread, so polling again is all there is to do.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..1_000_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("nothing moves any more");
}

async fn join(one: impl Future<Output = ()>, two: impl Future<Output = ()>) {
    let (mut one, mut two) = (pin!(one), pin!(two));
    let (mut first, mut second) = (false, false);
    poll_fn(|context| {
        first = first || one.as_mut().poll(context).is_ready();
        second = second || two.as_mut().poll(context).is_ready();
        if first && second { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|_| if core::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}
