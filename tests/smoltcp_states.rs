//! The adapter for smoltcp where it is called at odd moments: sockets in every state of TCP, clocks that jump, and
//! connections that come and go while a server listens.

#[path = "support/hosts.rs"]
mod hosts;

use std::cell::RefCell;
use std::rc::Rc;

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::io::ConnectionError;
use embedded_smtp::io::smoltcp::{Driver, Fault, Progress};
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Phase;
use embedded_smtp::submission::{Envelope, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};
use hosts::{Host, Lane, PORT};
use smoltcp::socket::tcp::State;
use smoltcp::time::{Duration, Instant};

/// An engine, with so many octets for `rx` and `tx` lent to it by variables behind it.
macro_rules! lent {
    (let mut $engine:ident = Server of $rx:expr, $tx:expr) => {
        let (policy, mut rx, mut tx) = (policy(), vec![0; $rx], vec![0; $tx]);
        let mut $engine = Server::new(&mut rx, &mut tx, &policy);
    };
    (let mut $engine:ident = Client of $rx:expr, $tx:expr) => {
        let (mut rx, mut tx) = (vec![0; $rx], vec![0; $tx]);
        let mut $engine = Client::new(&mut rx, &mut tx);
    };
}

const MAIL: &[u8] = b"Subject: test\r\n\r\n.\r\nand more\r\n";

#[test]
fn a_connection_that_was_never_finished_takes_no_time_from_the_next() {
    let (mut client, mut server) = hosts([512; 4]);
    lent!(let mut engine = Server of 512, 512);
    let mut driver = Driver::new();
    server.socket().listen(PORT).unwrap();
    // Someone says SYN and no more: the server's stack waits, and then listens again.
    client.connect();
    client.poll(Instant::ZERO);
    server.poll(Instant::ZERO);
    assert_eq!(server.socket().state(), State::SynReceived);
    assert_eq!(server.drive(&mut driver, &mut engine, Instant::ZERO), Ok(Progress::Waiting));
    client.socket().abort();
    settle(&mut client, &mut server, Instant::ZERO);
    assert_eq!(server.socket().state(), State::Listen);
    assert_eq!(server.drive(&mut driver, &mut engine, Instant::from_secs(1)), Ok(Progress::Waiting));
    assert_eq!(driver.poll_at(), None, "while it listens, no timer runs");
    // A long time later somebody comes in earnest.
    let later = Instant::from_secs(4000);
    client.connect();
    settle(&mut client, &mut server, later);
    assert_eq!(server.drive(&mut driver, &mut engine, later), Ok(Progress::Waiting));
    settle(&mut client, &mut server, later);
    let said = heard(&mut client);
    assert!(said.starts_with("220 ") && !said.contains("421"), "{said}");
    assert_eq!(driver.poll_at(), Some(later + Duration::from_secs(300)));
}

#[test]
fn a_clock_that_begins_anew_winds_the_timer_up_again() {
    let (mut client, mut server) = hosts([512; 4]);
    lent!(let mut engine = Server of 512, 512);
    let mut driver = Driver::new();
    // Milliseconds of 32 bits, a second before they wrap.
    let before = Instant::from_millis(u32::MAX - 1000);
    connect(&mut client, &mut server, before);
    assert_eq!(server.drive(&mut driver, &mut engine, before), Ok(Progress::Waiting));
    assert_eq!(server.drive(&mut driver, &mut engine, Instant::ZERO), Ok(Progress::Waiting));
    assert_eq!(driver.poll_at(), Some(Instant::from_secs(300)));
    assert_eq!(server.drive(&mut driver, &mut engine, Instant::from_secs(299)), Ok(Progress::Waiting));
    assert_eq!(server.drive(&mut driver, &mut engine, Instant::from_secs(300)), Ok(Progress::Closed));
}

#[test]
fn the_last_moments_of_a_clock_are_no_panic() {
    for now in [i64::MAX, i64::MAX - 1, i64::MIN, -1] {
        let (mut client, mut server) = hosts([512; 4]);
        lent!(let mut engine = Server of 512, 512);
        connect(&mut client, &mut server, Instant::ZERO);
        let mut driver = Driver::new();
        let now = Instant::from_micros(now);
        assert_eq!(server.drive(&mut driver, &mut engine, now), Ok(Progress::Waiting));
        assert!(driver.poll_at().is_some_and(|at| at >= now));
    }
}

#[test]
fn a_mail_goes_over_the_same_socket_while_the_last_connection_is_in_time_wait() {
    let (mut near, mut far) = hosts([64; 4]);
    lent!(let mut server = Server of 512, 512);
    lent!(let mut client = Client of 128, 512);
    let mut now = Instant::ZERO;
    for _ in 0..5 {
        far.socket().listen(PORT).unwrap();
        near.connect();
        let (verdict, received) = mail(&mut near, &mut far, &mut client, &mut server, &mut now);
        assert_eq!((verdict, received), (Verdict::Delivered, MAIL.to_vec()));
        settle(&mut near, &mut far, now);
        // Who has closed first waits; both may be opened again.
        let states = [near.socket().state(), far.socket().state()];
        assert!(states.contains(&State::TimeWait), "{states:?}");
        assert!(!near.socket().is_open() && !far.socket().is_open());
    }
}

#[test]
fn driving_on_after_the_end_changes_nothing() {
    let (mut near, mut far) = hosts([512; 4]);
    lent!(let mut server = Server of 512, 512);
    connect(&mut near, &mut far, Instant::ZERO);
    let mut driver = Driver::new();
    far.drive(&mut driver, &mut server, Instant::ZERO).unwrap();
    near.socket().abort();
    settle(&mut near, &mut far, Instant::ZERO);
    for seconds in [0, 1, 1000, 100_000] {
        let result = far.drive(&mut driver, &mut server, Instant::from_secs(seconds));
        assert_eq!(result, Err(ConnectionError::Transport(Fault::Reset)));
        assert_eq!(server.phase(), Phase::Greeted);
    }
    // A socket that nobody has opened.
    let (mut near, _) = hosts([512; 4]);
    lent!(let mut client = Client of 512, 512);
    let mut driver = Driver::new();
    for seconds in [0, 1000] {
        let result = near.drive(&mut driver, &mut client, Instant::from_secs(seconds));
        assert_eq!(result, Err(ConnectionError::Transport(Fault::Refused)));
    }
}

#[test]
fn what_came_before_the_end_of_the_stream_is_read_through_however_small_the_engines_buffer() {
    // All of it waits in the socket, and the peer has closed, before the engine looks for the first time.
    let said = b"EHLO c\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<d@e.example>\r\nNOOP\r\n";
    for rx in [64, 100, 512] {
        let (mut near, mut far) = hosts([512; 4]);
        connect(&mut near, &mut far, Instant::ZERO);
        near.socket().send_slice(said).unwrap();
        near.socket().close();
        settle(&mut near, &mut far, Instant::ZERO);
        assert_eq!(far.socket().state(), State::CloseWait);
        lent!(let mut server = Server of rx, 512);
        let mut driver = Driver::new();
        let mut recipients = 0;
        while far.drive(&mut driver, &mut server, Instant::ZERO) == Ok(Progress::Event) {
            recipients += usize::from(matches!(server.event(), Some(Event::Rcpt { .. })));
            server.accept().unwrap();
        }
        assert_eq!(recipients, 1);
        settle(&mut near, &mut far, Instant::ZERO);
        let replies = heard(&mut near);
        assert_eq!(replies.matches("\r\n250 ").count(), 4, "{replies}");
    }
}

/// The adapter looks late, and finds both: the timer that had run out meanwhile, and what had come in time.
#[test]
fn what_has_come_goes_before_a_timer_that_has_run_out() {
    let (mut near, mut far) = hosts([512; 4]);
    connect(&mut near, &mut far, Instant::ZERO);
    lent!(let mut server = Server of 512, 512);
    let mut driver = Driver::new();
    assert_eq!(far.drive(&mut driver, &mut server, Instant::ZERO), Ok(Progress::Waiting));
    near.socket().send_slice(b"NOOP\r\n").unwrap();
    settle(&mut near, &mut far, Instant::ZERO);
    let late = Instant::from_secs(301);
    assert_eq!(far.drive(&mut driver, &mut server, late), Ok(Progress::Waiting));
    assert_eq!(driver.poll_at(), Some(late + Duration::from_secs(300)));
    settle(&mut near, &mut far, late);
    let said = heard(&mut near);
    assert!(said.ends_with("250 2.0.0 OK\r\n"), "{said}");
}

/// Else a loop that is driven at `poll_at` would turn without end, and nobody could say a word.
#[test]
fn a_timer_of_no_time_at_all_takes_a_second() {
    let (mut near, mut far) = hosts([512; 4]);
    connect(&mut near, &mut far, Instant::ZERO);
    let (policy, mut rx, mut tx) = (policy().patience(0, 0, 1), [0; 512], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let mut driver = Driver::new();
    for _ in 0..3 {
        assert_eq!(far.drive(&mut driver, &mut server, Instant::ZERO), Ok(Progress::Waiting));
        assert_eq!(driver.poll_at(), Some(Instant::from_secs(1)));
    }
    assert_eq!(far.drive(&mut driver, &mut server, Instant::from_secs(1)), Ok(Progress::Closed));
}

#[test]
fn no_timer_runs_when_the_session_is_over() {
    let (mut near, mut far) = hosts([512; 4]);
    connect(&mut near, &mut far, Instant::ZERO);
    lent!(let mut server = Server of 512, 512);
    let mut driver = Driver::new();
    assert_eq!(far.drive(&mut driver, &mut server, Instant::ZERO), Ok(Progress::Waiting));
    assert!(driver.poll_at().is_some());
    near.socket().send_slice(b"QUIT\r\n").unwrap();
    settle(&mut near, &mut far, Instant::ZERO);
    assert_eq!(far.drive(&mut driver, &mut server, Instant::ZERO), Ok(Progress::Event));
    assert_eq!(far.drive(&mut driver, &mut server, Instant::ZERO), Ok(Progress::Closed));
    assert_eq!(driver.poll_at(), None);
}

/// Within one poll of the interface, and before the adapter has looked at the socket: what it said shows that it was there.
#[test]
fn a_connection_that_said_something_and_was_torn_down_at_once_was_no_refusal() {
    for (said, fault) in [("220 he", Fault::Reset), ("", Fault::Refused)] {
        let (mut near, mut far) = hosts([512; 4]);
        connect(&mut near, &mut far, Instant::ZERO);
        far.socket().send_slice(said.as_bytes()).unwrap();
        settle(&mut near, &mut far, Instant::ZERO);
        far.socket().abort();
        settle(&mut near, &mut far, Instant::ZERO);
        assert_eq!(near.socket().state(), State::Closed);
        lent!(let mut client = Client of 128, 512);
        let progress = near.drive(&mut Driver::new(), &mut client, Instant::ZERO);
        assert_eq!(progress, Err(ConnectionError::Transport(fault)), "{said:?}");
    }
}

/// A hostile or broken peer cannot make the adapter spin: it ends, waits, or tells an error.
#[test]
fn engines_with_next_to_no_buffers_end_or_wait() {
    for rx in 0..16 {
        for tx in [0, 1, 15, 512] {
            let (mut near, mut far) = hosts([64; 4]);
            connect(&mut near, &mut far, Instant::ZERO);
            lent!(let mut server = Server of rx, tx);
            lent!(let mut client = Client of rx, tx);
            let (mut here, mut there) = (Driver::new(), Driver::new());
            for _ in 0..20 {
                let _ = near.drive(&mut here, &mut client, Instant::ZERO);
                let _ = far.drive(&mut there, &mut server, Instant::ZERO);
                settle(&mut near, &mut far, Instant::ZERO);
            }
        }
    }
}

// --- what the tests share --------------------------------------------------------------------------------------

/// A client's host and a server's, with these sizes of their sockets' receive and transmit buffers.
fn hosts([client_rx, client_tx, server_rx, server_tx]: [usize; 4]) -> (Host, Host) {
    let lanes = [(); 2].map(|()| Rc::new(RefCell::new(Lane::default())));
    let [there, back] = &lanes;
    (Host::new(1, back, there, client_rx, client_tx), Host::new(2, there, back, server_rx, server_tx))
}

/// The server listens, the client connects, and the handshake is done.
fn connect(client: &mut Host, server: &mut Host, now: Instant) {
    server.socket().listen(PORT).unwrap();
    client.connect();
    settle(client, server, now);
}

fn policy() -> Policy<'static> {
    Policy::new(HelloName::new("mail.example.test").unwrap())
}

/// Lets the stacks say all that they have to say at this moment.
fn settle(near: &mut Host, far: &mut Host, now: Instant) {
    while near.poll(now) | far.poll(now) {}
}

fn heard(host: &mut Host) -> String {
    let mut octets = [0; 512];
    let length = host.socket().recv_slice(&mut octets).unwrap_or(0);
    String::from_utf8_lossy(&octets[..length]).into_owned()
}

/// One mail over the connection that is being opened; its verdict, and what came.
fn mail(
    near: &mut Host,
    far: &mut Host,
    client: &mut Client<'_>,
    server: &mut Server<'_, '_>,
    now: &mut Instant,
) -> (Verdict, Vec<u8>) {
    client.restart(false);
    server.restart(false);
    let mut recipients = [Recipient::new(ForwardPath::new("b@example.test").unwrap())];
    let envelope = Envelope::new(ReversePath::new("a@example.test").unwrap(), &mut recipients);
    let options = Options::new(HelloName::new("client.example.test").unwrap()).tls(TlsPolicy::Never);
    let mut texts = [0; 128];
    let mut submission = Submission::new(client, options, envelope, Slice::new(MAIL), &mut texts);
    let (mut here, mut there) = (Driver::new(), Driver::new());
    let mut received = Vec::new();
    let mut ended = [false; 2];
    for _ in 0..100_000 {
        if ended == [true; 2] {
            return (submission.report().verdict(), received);
        }
        if !ended[0] && near.drive(&mut here, &mut submission, *now) != Ok(Progress::Waiting) {
            near.socket().close();
            ended[0] = true;
        }
        loop {
            let progress = far.drive(&mut there, server, *now);
            ended[1] |= matches!(progress, Ok(Progress::Closed) | Err(_));
            if progress != Ok(Progress::Event) {
                break;
            }
            if let Some(Event::Body(piece)) = server.event() {
                received.extend_from_slice(piece);
            }
            if server.reply_owed().is_some() {
                server.accept().unwrap();
            }
        }
        if !(near.poll(*now) | far.poll(*now)) {
            let next = near.poll_at(*now).into_iter().chain(far.poll_at(*now)).min();
            *now = (*now + Duration::from_micros(1)).max(next.unwrap_or(*now));
        }
    }
    panic!("it does not end");
}
