//! A server that refuses in the middle of a mail's content and closes: why it did so is in the report, over sockets
//! of the system as through futures that are dropped wherever they wait. (For smoltcp see `smoltcp.rs`.)

#[path = "support/waits.rs"]
mod waits;

use core::pin::pin;
use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use embedded_io::ErrorKind;
use embedded_io_adapters::std::FromStd;
use embedded_io_adapters::tokio_1::FromTokio;
use embedded_io_async::{ErrorType, Read, Write};
use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::io::{asynch, blocking};
use embedded_smtp::submission::{Cause, Envelope, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath, Verb};
use waits::{Hesitation, poll_once};

/// More than the buffers of two sockets hold.
const CONTENT: usize = 15_000_000;

/// How the server goes away.
#[derive(Debug, Clone, Copy)]
enum Close {
    /// With octets unread, which tears the connection down (RST).
    Reset,
    /// It ends its own side first, and tears down later.
    End,
}

type Mail<'s, 'b, 'e> = Submission<'s, 'b, 'e, Slice<'e>>;

/// Lends `run` a mail of so many octets; what became of it, with the server's words.
fn outcome(octets: usize, run: impl FnOnce(&mut Mail<'_, '_, '_>)) -> (Verdict, Option<Cause>, String) {
    let (mut rx, mut tx, mut texts) = ([0; 128], [0; 128], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut recipients = [Recipient::new(ForwardPath::Postmaster)];
    let envelope = Envelope::new(ReversePath::Null, &mut recipients);
    let options = Options::new(HelloName::new("client.example.test").unwrap()).tls(TlsPolicy::Never);
    let content = b"a line of the mail's content\r\n".repeat(octets / 30);
    let mut submission = Submission::new(&mut client, options, envelope, Slice::new(&content), &mut texts);
    run(&mut submission);
    let report = submission.report();
    (report.verdict(), report.cause(), report.text(&report.answer()).to_owned())
}

fn refused() -> (Verdict, Option<Cause>, String) {
    (Verdict::Rejected, Some(Cause::Refused(Verb::EndOfData)), "this is\nfar too much".to_owned())
}

const SAYS: [&str; 5] = ["220 x\r\n", "250 x\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"];
const LAST: &str = "552-5.3.4 this is\r\n552 5.3.4 far too much\r\n";

/// A server for one session.
fn server(close: Close) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let served = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut buffer = [0; 1000];
        for line in SAYS {
            socket.write_all(line.as_bytes()).unwrap();
            assert!(socket.read(&mut buffer).unwrap() > 0);
        }
        socket.write_all(LAST.as_bytes()).unwrap();
        if let Close::End = close {
            socket.shutdown(Shutdown::Write).unwrap();
        }
        // The client goes on writing until nobody takes anything any more.
        thread::sleep(Duration::from_millis(100));
    });
    (address, served)
}

#[test]
fn the_blocking_adapter_reads_them_from_a_socket() {
    for close in [Close::Reset, Close::End] {
        let (address, served) = server(close);
        let outcome = outcome(CONTENT, |submission| {
            let stream = FromStd::new(TcpStream::connect(address).unwrap());
            let result = blocking::Connection::new(stream, submission).run();
            assert!(result.is_err(), "{close:?}");
        });
        assert_eq!(outcome, refused(), "{close:?}");
        served.join().unwrap();
    }
}

#[test]
fn the_async_adapter_reads_them_from_a_socket() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for close in [Close::Reset, Close::End] {
        let (address, served) = server(close);
        let outcome = outcome(CONTENT, |submission| {
            let result = runtime.block_on(async {
                let stream = FromTokio::new(tokio::net::TcpStream::connect(address).await.unwrap());
                asynch::Connection::new(stream, submission).run_timed(pin!(None), tokio::time::sleep).await
            });
            assert!(result.is_err(), "{close:?}");
        });
        assert_eq!(outcome, refused(), "{close:?}");
        served.join().unwrap();
    }
}

/// Gives the server's lines, each in two pieces, takes so many octets, and fails then. Each operation waits once.
struct Refusing {
    says: VecDeque<Vec<u8>>,
    takes: usize,
    hesitation: Hesitation,
}

impl ErrorType for Refusing {
    type Error = ErrorKind;
}

impl Read for Refusing {
    async fn read(&mut self, room: &mut [u8]) -> Result<usize, ErrorKind> {
        self.hesitation.pass().await;
        let said = self.says.pop_front().unwrap_or_default();
        room[..said.len()].copy_from_slice(&said);
        Ok(said.len())
    }
}

impl Write for Refusing {
    async fn write(&mut self, octets: &[u8]) -> Result<usize, ErrorKind> {
        self.hesitation.pass().await;
        let taken = octets.len().min(self.takes);
        self.takes -= taken;
        if taken == 0 { Err(ErrorKind::ConnectionReset) } else { Ok(taken) }
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.hesitation.pass().await;
        Ok(())
    }
}

#[test]
fn a_future_that_is_dropped_wherever_it_waits_loses_none_of_them() {
    // Dropped nowhere; how often it waits is known then.
    let waits = dropped(None);
    assert!(waits > 10, "{waits}");
    for at in 0..waits {
        dropped(Some(at));
    }
}

/// How often the future waited.
fn dropped(plan: Option<usize>) -> usize {
    let mut waits = 0;
    let outcome = outcome(3000, |submission| {
        let mut says: VecDeque<_> = SAYS.iter().map(|line| line.as_bytes().to_vec()).collect();
        says.extend(LAST.as_bytes().chunks(25).map(<[u8]>::to_vec));
        let mut connection = asynch::Connection::new(
            Refusing { says, takes: 1000, hesitation: Hesitation::default() },
            submission,
        );
        'anew: loop {
            let mut run = pin!(connection.run());
            while poll_once(run.as_mut()).is_pending() {
                waits += 1;
                if plan == Some(waits - 1) {
                    continue 'anew;
                }
            }
            return;
        }
    });
    assert_eq!(outcome, refused(), "dropped at {plan:?}");
    waits
}
