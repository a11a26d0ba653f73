//! The async adapter on embassy-net's sockets as they are: a submission in one stack, the server engine in the other.

use core::pin::pin;

use embassy_check::{SERVER, on_two_hosts};
use embassy_futures::join::join;
use embassy_net::Stack;
use embassy_net::tcp::{Error, TcpSocket};
use embassy_time::{Duration, TimeoutError, Timer, with_timeout};
use embedded_io_async::Write;
use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::io::asynch::Connection;
use embedded_smtp::io::{ConnectionError, Flush};
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Endpoint;
use embedded_smtp::submission::{Cause, Envelope, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{Code, ForwardPath, HelloName, ReversePath};

const PORT: u16 = 25;
const POLICIES: [Flush; 2] = [Flush::BeforeReading, Flush::Never];
const NEAR: Duration = Duration::from_micros(100);
const FOREVER: Duration = Duration::from_secs(86_400);
const FAR: Duration = Duration::from_millis(100);

#[test]
fn a_mail_arrives_octet_for_octet_through_buffers_of_any_size() {
    // Octets of the sockets' receive and transmit buffers, on either side, and of the mail.
    let cases = [
        ([4096; 4], 20_000),
        ([64; 4], 3000),
        ([65, 67, 71, 73], 3000),
        ([1, 64, 64, 64], 300),
        ([64, 1, 64, 64], 300),
        ([64, 64, 1, 64], 300),
        ([64, 64, 64, 1], 300),
    ];
    for (sizes, octets) in cases {
        for flush in POLICIES {
            let outcome = mail(Run { sizes, flush, ..RUN }, &body(octets)).0;
            assert_eq!((outcome.verdict, outcome.error), (Verdict::Delivered, None), "{sizes:?}, {flush:?}");
            assert_eq!(outcome.received, body(octets), "{sizes:?}, {flush:?}");
        }
    }
}

#[test]
fn a_mail_arrives_octet_for_octet_though_the_future_is_dropped_again_and_again() {
    for flush in POLICIES {
        let outcome =
            mail(Run { flush, patience: Some(Duration::from_millis(2)), sizes: [64; 4], ..RUN }, &body(3000))
                .0;
        assert_eq!((outcome.verdict, outcome.error), (Verdict::Delivered, None), "{flush:?}");
        assert!(outcome.dropped > 10, "only {} times", outcome.dropped);
        assert_eq!(outcome.received, body(3000), "{flush:?}");
    }
}

/// What `Flush::Never` is for.
#[test]
fn who_does_not_wait_for_acknowledgements_needs_less_time_and_less_room() {
    let took = |flush, sizes| {
        let (outcome, took) = mail(Run { sizes, recipients: 20, delay: FAR, flush, ..RUN }, &body(2000));
        assert_eq!(outcome.verdict, Verdict::Delivered);
        took
    };
    let [waiting, not] = POLICIES.map(|flush| took(flush, [1024; 4]));
    assert!(not + FAR * 2 <= waiting, "{not} and {waiting}");
    took(Flush::Never, [256; 4]);
    // Each waits for the other's acknowledgement, and neither reads: a timer ends it, and nothing is lost.
    let (outcome, _) = mail(Run { sizes: [256; 4], recipients: 20, delay: FAR, ..RUN }, &body(2000));
    assert_eq!((outcome.verdict, outcome.error), (Verdict::RetryLater, Some(ConnectionError::TimedOut)));
}

#[test]
fn the_report_says_that_a_server_keeps_silent() {
    let cases: [(When, u64, Verdict); 3] = [
        (|event| matches!(event, Event::Hello { .. }), 300, Verdict::RetryLater),
        (|event| matches!(event, Event::Mail { .. }), 300, Verdict::RetryLater),
        (|event| matches!(event, Event::EndOfData { .. }), 600, Verdict::Unknown),
    ];
    for (when, seconds, verdict) in cases {
        let (outcome, took) = mail(Run { trouble: Trouble::Silence(when), ..RUN }, &body(300));
        assert_eq!((outcome.verdict, outcome.cause), (verdict, Some(Cause::TimedOut)));
        assert_eq!(outcome.error, Some(ConnectionError::TimedOut));
        assert_eq!(took.as_secs(), seconds);
    }
}

#[test]
fn a_caller_with_less_patience_than_the_standard_drops_the_future_and_reads_the_report() {
    let silence = Trouble::Silence(|event| matches!(event, Event::EndOfData { .. }));
    let run = Run { trouble: silence, limit: Some(Duration::from_secs(20)), ..RUN };
    let (outcome, took) = mail(run, &body(300));
    assert_eq!((outcome.verdict, outcome.cause), (Verdict::Unknown, Some(Cause::TimedOut)));
    assert_eq!(took.as_secs(), 20);
}

#[test]
fn a_server_that_resets_the_connection_is_an_error_of_the_stream() {
    let cases: [(When, Verdict); 3] = [
        (|event| matches!(event, Event::Hello { .. }), Verdict::RetryLater),
        (|event| matches!(event, Event::Body(_)), Verdict::RetryLater),
        (|event| matches!(event, Event::EndOfData { .. }), Verdict::Unknown),
    ];
    for flush in POLICIES {
        for (number, (when, verdict)) in cases.into_iter().enumerate() {
            let (outcome, _) = mail(Run { trouble: Trouble::Reset(when), flush, ..RUN }, &body(5000));
            assert_eq!(
                (outcome.verdict, outcome.cause),
                (verdict, Some(Cause::ConnectionLost)),
                "case {number}"
            );
            let reset = Some(ConnectionError::Transport(Error::ConnectionReset));
            assert_eq!(outcome.error, reset, "case {number}");
        }
    }
}

#[test]
fn a_server_that_refuses_in_the_middle_of_the_content_is_read_to_its_last_word() {
    let refusal = Trouble::Refuse(|event| matches!(event, Event::Body(_)));
    for flush in POLICIES {
        for sizes in [[1024; 4], [64; 4]] {
            let (outcome, _) = mail(Run { trouble: refusal, sizes, flush, ..RUN }, &body(20_000));
            assert_eq!(
                (outcome.verdict, outcome.answer),
                (Verdict::Rejected, Some(552)),
                "{sizes:?}, {flush:?}"
            );
        }
    }
}

// --- a mail from one host to the other -----------------------------------------------------------------------

/// What is different from one test to the next.
#[derive(Clone, Copy)]
struct Run {
    /// Octets of the client's socket's receive and transmit buffer, and of the server's.
    sizes: [usize; 4],
    flush: Flush,
    delay: Duration,
    recipients: usize,
    trouble: Trouble,
    /// After how long the client drops the future that moves octets, to make another.
    patience: Option<Duration>,
    /// After how long the client gives up.
    limit: Option<Duration>,
}

const RUN: Run = Run {
    sizes: [1024; 4],
    flush: Flush::BeforeReading,
    delay: NEAR,
    recipients: 1,
    trouble: Trouble::None,
    patience: None,
    limit: None,
};

type When = fn(&Event<'_>) -> bool;

/// What the server does at some event instead of an answer.
#[derive(Clone, Copy)]
enum Trouble {
    None,
    Silence(When),
    Reset(When),
    /// It says 552, and closes.
    Refuse(When),
}

#[derive(Debug)]
struct Outcome {
    verdict: Verdict,
    cause: Option<Cause>,
    answer: Option<u16>,
    /// How often the future was dropped.
    dropped: usize,
    error: Option<ConnectionError<Error>>,
    received: Vec<u8>,
}

fn mail(run: Run, content: &[u8]) -> (Outcome, Duration) {
    on_two_hosts(run.delay, async |near, far| {
        let (mut outcome, received) = join(submit(near, run, content), serve(far, run)).await;
        outcome.received = received;
        outcome
    })
}

async fn submit(stack: Stack<'_>, run: Run, content: &[u8]) -> Outcome {
    let [mut socket_rx, mut socket_tx] = [vec![0; run.sizes[0]], vec![0; run.sizes[1]]];
    let mut socket = TcpSocket::new(stack, &mut socket_rx, &mut socket_tx);
    socket.connect((SERVER, PORT)).await.unwrap();

    let addresses = (0..run.recipients).map(|number| format!("recipient.{number}@example.test"));
    let addresses = addresses.collect::<Vec<_>>();
    let mut recipients =
        addresses.iter().map(|to| Recipient::new(ForwardPath::new(to).unwrap())).collect::<Vec<_>>();
    let envelope = Envelope::new(ReversePath::new("a@example.test").unwrap(), &mut recipients);
    let options = Options::new(HelloName::new("client.example.test").unwrap()).tls(TlsPolicy::Never);
    let (mut rx, mut tx, mut texts) = ([0; 128], [0; 512], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut submission = Submission::new(&mut client, options, envelope, Slice::new(content), &mut texts);

    let mut connection = Connection::with_flush(&mut socket, &mut submission, run.flush);
    let sleep = |after: core::time::Duration| Timer::after_micros(after.as_micros() as u64);
    let mut alarm = pin!(None);
    let mut dropped = 0;
    let all = async {
        loop {
            let some = connection.run_timed(alarm.as_mut(), sleep);
            match with_timeout(run.patience.unwrap_or(FOREVER), some).await {
                Ok(result) => break result,
                Err(TimeoutError) => dropped += 1,
            }
        }
    };
    let error = match with_timeout(run.limit.unwrap_or(FOREVER), all).await {
        Ok(result) => result.err(),
        Err(TimeoutError) => {
            submission.timed_out();
            None
        }
    };
    let report = submission.report();
    let (verdict, cause, answer) =
        (report.verdict(), report.cause(), report.answer().code().map(Code::number));
    let outcome = Outcome { verdict, cause, answer, dropped, error, received: Vec::new() };
    // What it holds is sent before it goes.
    socket.close();
    let _ = with_timeout(Duration::from_secs(10), socket.flush()).await;
    outcome
}

async fn serve(stack: Stack<'_>, run: Run) -> Vec<u8> {
    let [mut socket_rx, mut socket_tx] = [vec![0; run.sizes[2]], vec![0; run.sizes[3]]];
    let mut socket = TcpSocket::new(stack, &mut socket_rx, &mut socket_tx);
    socket.accept(PORT).await.unwrap();

    let policy = Policy::new(HelloName::new("mail.example.test").unwrap());
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let mut received = Vec::new();
    let mut connection = Connection::with_flush(&mut socket, &mut server, run.flush);
    while let Ok(true) = connection.run().await {
        let server = connection.engine();
        let Some(event) = server.event() else { continue };
        if let Event::Body(piece) = event {
            received.extend_from_slice(piece);
        }
        match run.trouble {
            Trouble::Silence(when) if when(&event) => {
                // It listens on, until the client closes.
                while connection.stream().read(&mut [0; 64]).await.is_ok_and(|octets| octets > 0) {}
                break;
            }
            Trouble::Reset(when) if when(&event) => {
                connection.stream().abort();
                break;
            }
            Trouble::Refuse(when) if when(&event) => {
                connection.stream().write_all(b"552 5.3.4 too much\r\n").await.unwrap();
                break;
            }
            _ if server.reply_owed().is_some() => server.accept().unwrap(),
            _ => {}
        }
    }
    socket.close();
    let _ = with_timeout(Duration::from_secs(10), socket.flush()).await;
    received
}

/// Lines of many lengths, some with a dot in front.
fn body(octets: usize) -> Vec<u8> {
    let mut text = String::new();
    for number in 0.. {
        if text.len() > octets {
            break;
        }
        text += if number % 3 == 0 { "." } else { "" };
        text += &"line upon line ".repeat(number % 5);
        text += &number.to_string();
        text += "\r\n";
    }
    text.into_bytes()
}
