//! What tests/no-panic.sh looks through of the async adapter: both engines over a stream that lets wait, under timers, and futures that are
//! dropped and begun anew.

#![no_std]
#![no_main]

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};

use cortex_m_images::submit::submit_as_anyone;
use cortex_m_images::{Lent, Wire, done, entry, unknown};
use embedded_io::{ErrorKind, ErrorType};
use embedded_io_async::{Read, Write};
use embedded_smtp::io::asynch::Connection;
use embedded_smtp::server::{Policy, Server};
use embedded_smtp::session::Endpoint;
use embedded_smtp::wire::HelloName;

static RX: Lent<[u8; 512]> = Lent::new([0; 512]);
static TX: Lent<[u8; 512]> = Lent::new([0; 512]);

#[entry]
fn main() -> ! {
    if unknown(true) {
        submit_as_anyone(|mail| while drive(mail) == Some(true) {})
    }
    if let Ok(name) = HelloName::new(unknown("mail.example.com")) {
        let policy = Policy::new(name);
        let mut server = Server::new(RX.lend(), TX.lend(), &policy);
        while drive(&mut server) == Some(true) {
            if server.reply_owed().is_some() && server.accept().is_err() {
                break;
            }
        }
    }
    done()
}

/// Whether there is an event; `None` when the session is over, or nobody waits any longer.
fn drive<E: Endpoint>(engine: &mut E) -> Option<bool> {
    let mut connection = Connection::new(Waiting(Wire::new()), engine);
    let mut alarm = pin!(None);
    while unknown(true) {
        let mut run =
            pin!(connection.run_timed(alarm.as_mut(), |after| wait(unknown(after).as_secs() as u32)));
        while unknown(true) {
            if let Poll::Ready(event) = poll_once(run.as_mut()) {
                return event.ok();
            }
        }
    }
    let mut run = pin!(connection.run());
    while unknown(true) {
        if let Poll::Ready(event) = poll_once(run.as_mut()) {
            return event.ok();
        }
    }
    None
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn wait(mut looks: u32) -> impl Future<Output = ()> {
    poll_fn(move |_| {
        looks = unknown(looks).saturating_sub(1);
        if looks > 0 { Poll::Pending } else { Poll::Ready(()) }
    })
}

struct Waiting(Wire);

impl ErrorType for Waiting {
    type Error = ErrorKind;
}

impl Read for Waiting {
    async fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        wait(unknown(2)).await;
        if unknown(false) { Err(unknown(ErrorKind::TimedOut)) } else { Ok(self.0.read(into)) }
    }
}

impl Write for Waiting {
    async fn write(&mut self, octets: &[u8]) -> Result<usize, ErrorKind> {
        wait(unknown(2)).await;
        if unknown(false) { Err(unknown(ErrorKind::BrokenPipe)) } else { Ok(self.0.write(octets)) }
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        wait(unknown(2)).await;
        Ok(())
    }
}
