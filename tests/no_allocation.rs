//! One message goes through both engines, and the heap is not asked for anything.
#![allow(unsafe_code, reason = "an allocator that counts is still an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::{Credentials, Password};
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{
    Envelope, Event as Told, Options, Recipient, Submission, TlsPolicy, Verdict,
};
use embedded_smtp::wire::{
    AuthMechanism, AuthMechanisms, Code, Extension, ForwardPath, HelloName, Response, ReversePath,
};

struct Counting;

thread_local! {
    /// By this thread: that of the tests' harness has a life of its own.
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: the system's allocator does all the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ASKED.try_with(|asked| asked.set(asked.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Moves what one has to write to where the other reads.
fn carry(from: &mut impl Endpoint, to: &mut impl Endpoint) {
    let waiting = from.transmit();
    let room = to.receive_buffer();
    let octets = waiting.len().min(room.len());
    room[..octets].copy_from_slice(&waiting[..octets]);
    to.received(octets);
    from.transmitted(octets);
}

/// A mail over STARTTLS with AUTH, one recipient refused; octets of content that arrived.
fn one_mail() -> usize {
    let name = HelloName::new("mx.test").unwrap();
    let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::Login);
    let policy = Policy::new(name).offer(Extension::StartTls).auth(mechanisms).require_auth();
    let (mut rx, mut tx, mut server_rx, mut server_tx) = ([0; 512], [0; 512], [0; 512], [0; 512]);
    let mut server = Server::new(&mut server_rx, &mut server_tx, &policy);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut recipients = [
        Recipient::new(ForwardPath::new("ok@example.test").unwrap()),
        Recipient::new(ForwardPath::new("reject@example.test").unwrap()),
    ];
    let envelope = Envelope::new(ReversePath::new("a@example.test").unwrap(), &mut recipients);
    let options = Options::new(name).tls(TlsPolicy::Required);
    let content = [b'x'; 3000];
    let login = Password::new(Credentials::new("user", "pass").unwrap());
    let mut texts = [0; 256];
    let mut submission =
        Submission::with_login(&mut client, options, envelope, Slice::new(&content), &mut texts, login);
    let refusal = Response::new(Code::new(550).unwrap(), "no").unwrap();
    let mut arrived = 0;
    loop {
        match submission.poll().unwrap() {
            Want::Event if submission.event() == Some(Told::StartTls) => {
                submission.tls_established().unwrap();
            }
            Want::Event | Want::Closed => break,
            Want::Write => carry(&mut submission, &mut server),
            Want::Read => {}
        }
        match server.poll().unwrap() {
            Want::Event => {
                let mut reject = false;
                match server.event() {
                    Some(Event::StartTls) => server.tls_established().unwrap(),
                    Some(Event::Body(octets)) => arrived += octets.len(),
                    Some(Event::Rcpt { path, .. }) => reject = path.as_str().starts_with("reject"),
                    _ => {}
                }
                if server.reply_owed().is_some() {
                    if reject { server.reply(&refusal) } else { server.accept() }.unwrap();
                }
            }
            Want::Write => carry(&mut server, &mut submission),
            Want::Read | Want::Closed => {}
        }
    }
    assert!(submission.report().verdict() == Verdict::PartlyDelivered);
    arrived
}

#[test]
fn a_message_through_both_engines_allocates_nothing() {
    let before = ASKED.get();
    let counted = String::from("x");
    assert_ne!(ASKED.get(), before, "the count counts");
    drop(counted);
    let before = ASKED.get();
    let arrived = one_mail();
    let asked = ASKED.get() - before;
    assert_eq!((arrived, asked), (3002, 0));
}
