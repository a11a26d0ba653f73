//! A submission against a server through a pipe that cuts, delays and breaks: never a deadlock, and never a
//! mail that one side counts and the other does not, but for the verdict that says so; and what arrives is what was sent.
#![no_main]

use arbitrary::Arbitrary;
use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::server::{Event as Told, Policy, Server};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{
    Envelope, Event, Hello, Options, Recipient, Status, Submission, TlsPolicy, Verdict,
};
use embedded_smtp::wire::{Code, Extension, ForwardPath, HelloName, Response, ReversePath};
use embedded_smtp_fuzz::{Cuts, normalised};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Case<'a> {
    content: &'a [u8],
    sizes: &'a [u8],
    /// What the server says to each RCPT and to the content.
    answers: &'a [u8],
    recipients: u8,
    pipelining: bool,
    lmtp: bool,
    /// After how many octets in all the pipe breaks.
    breaks: Option<u16>,
}

fuzz_target!(|case: Case<'_>| run(&case));

fn run(case: &Case<'_>) {
    let mut policy = Policy::new(HelloName::new("mail.example.test").unwrap());
    if !case.pipelining {
        policy = policy.without(Extension::Pipelining);
    }
    if case.lmtp {
        policy = policy.lmtp();
    }
    let (mut server_rx, mut server_tx) = ([0; 512], [0; 512]);
    let mut server = Server::new(&mut server_rx, &mut server_tx, &policy);

    let (mut rx, mut tx, mut texts) = ([0; 128], [0; 128], [0; 64]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut recipients = [Recipient::new(ForwardPath::Postmaster); 40];
    // Seldom more than there may be in flight, since each takes a round trip.
    let number = if case.recipients > 240 { case.recipients - 215 } else { case.recipients % 6 + 1 };
    let recipients = &mut recipients[..usize::from(number)];
    let envelope = Envelope::new(ReversePath::Null, recipients);
    let name = HelloName::new("client.example.test").unwrap();
    let hello = if case.lmtp { Hello::Lmtp(name) } else { Hello::Smtp(name) };
    let options = Options::new(name).tls(TlsPolicy::Never).hello(hello);
    let mut submission =
        Submission::new(&mut client, options, envelope, Slice::new(case.content), &mut texts);

    let (mut to_server, mut to_client) = (Vec::<u8>::new(), Vec::<u8>::new());
    let mut cuts = Cuts::new(case.sizes);
    let mut answers = case.answers.iter().cycle();
    let mut content = Vec::new();
    let (mut taken, mut left) = (0_usize, case.breaks.map(|octets| usize::from(octets % 2048)));
    let (mut client_ends, mut server_ends, mut idle) = (false, false, 0);
    while !(client_ends && server_ends) {
        let broken = left == Some(0);
        let mut moved = false;
        if !client_ends {
            match submission.poll() {
                Ok(Want::Event) if submission.event() == Some(Event::Done) => client_ends = true,
                Ok(Want::Closed) | Err(_) => client_ends = true,
                Ok(Want::Event) => unreachable!("no TLS here"),
                Ok(want) => {
                    moved |= pump(
                        &mut submission,
                        want,
                        &mut to_client,
                        &mut to_server,
                        &mut cuts,
                        &mut left,
                        broken || server_ends,
                    )
                }
            }
        }
        if !server_ends {
            match server.poll().expect("no client breaks the protocol here") {
                Want::Closed => server_ends = true,
                Want::Event => {
                    moved = true;
                    match server.event() {
                        Some(Told::Body(run)) => content.extend_from_slice(run),
                        Some(Told::EndOfData { .. }) => assert_eq!(content, normalised(case.content)),
                        _ => {}
                    }
                    taken += usize::from(decide(&mut server, &mut answers));
                }
                want => {
                    moved |= pump(
                        &mut server,
                        want,
                        &mut to_server,
                        &mut to_client,
                        &mut cuts,
                        &mut left,
                        broken || client_ends,
                    )
                }
            }
        }
        idle = if moved || client_ends || server_ends { 0 } else { idle + 1 };
        assert!(idle < 4, "a deadlock");
    }
    let report = submission.report();
    let delivered =
        report.recipients().iter().filter(|recipient| recipient.status() == Status::Delivered).count();
    match report.verdict() {
        // With nobody to lose it between, what one side says is what the other side knows.
        Verdict::Unknown => assert!(case.breaks.is_some()),
        Verdict::Delivered | Verdict::PartlyDelivered if case.lmtp => assert!(delivered <= taken),
        Verdict::Delivered | Verdict::PartlyDelivered => assert_eq!(taken, 1),
        Verdict::RetryLater | Verdict::Rejected => assert_eq!(taken, 0, "taken, and not told"),
    }
}

/// Moves octets as an engine wants; `true` when some moved or the end was told.
fn pump(
    engine: &mut impl Endpoint,
    want: Want,
    incoming: &mut Vec<u8>,
    outgoing: &mut Vec<u8>,
    cuts: &mut Cuts<'_>,
    left: &mut Option<usize>,
    ended: bool,
) -> bool {
    if want == Want::Write {
        let mut size = cuts.next_size().min(engine.transmit().len());
        if ended {
            // Written into a broken pipe: an error, told as the end.
            engine.received_eof();
            engine.timed_out();
            engine.timed_out();
            return true;
        }
        if let Some(left) = left {
            size = size.min(*left);
            *left -= size;
        }
        outgoing.extend_from_slice(&engine.transmit()[..size]);
        engine.transmitted(size);
        return true;
    }
    let size = cuts.next_size().min(incoming.len()).min(engine.receive_buffer().len());
    if size == 0 {
        if ended && incoming.is_empty() {
            engine.received_eof();
        }
        return ended;
    }
    engine.receive_buffer()[..size].copy_from_slice(&incoming[..size]);
    incoming.drain(..size);
    engine.received(size);
    true
}

/// Replies as the case says; `true` when the mail was taken (for one recipient of LMTP).
fn decide<'a>(server: &mut Server<'_, '_>, answers: &mut impl Iterator<Item = &'a u8>) -> bool {
    let end = matches!(server.event(), Some(Told::EndOfData { .. }));
    let choice = matches!(server.event(), Some(Told::Rcpt { .. } | Told::EndOfData { .. }));
    if server.reply_owed().is_none() {
        return false;
    }
    let code = match answers.next().copied().unwrap_or(0) % 4 {
        1 if choice => 550,
        2 if choice => 450,
        _ => {
            server.accept().expect("there is room for a reply");
            return end;
        }
    };
    let refusal = Response::new(Code::new(code).unwrap(), "no").unwrap();
    server.reply(&refusal).expect("there is room for a reply");
    false
}
