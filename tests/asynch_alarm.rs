//! The async adapter's alarm: whatever the caller does with it from one call to the next, a peer that falls silent is not waited for
//! for ever.

use core::convert::Infallible;
use core::future::{Future, pending, ready};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use embedded_io_async::{ErrorType, Read, Write};
use embedded_smtp::client::Client;
use embedded_smtp::io::ConnectionError;
use embedded_smtp::io::asynch::Connection;

/// Says this, and then nothing more for ever.
struct Silent(&'static [u8]);

impl ErrorType for Silent {
    type Error = Infallible;
}

impl Read for Silent {
    async fn read(&mut self, room: &mut [u8]) -> Result<usize, Infallible> {
        if self.0.is_empty() {
            pending::<()>().await;
        }
        let octets = room.len().min(self.0.len());
        let (said, rest) = self.0.split_at(octets);
        room[..octets].copy_from_slice(said);
        self.0 = rest;
        Ok(octets)
    }
}

impl Write for Silent {
    async fn write(&mut self, octets: &[u8]) -> Result<usize, Infallible> {
        Ok(octets.len())
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// The lines of one reply are events, and the timer of the whole reply runs on behind each: one that lies in a new alarm, too.
#[test]
fn a_new_alarm_in_the_middle_of_a_reply_is_set() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut connection = Connection::new(Silent(b"220-one\r\n220-two\r\n"), &mut client);
    for _ in 0..2 {
        let line = poll(connection.run_timed(pin!(None), |_| pending::<()>()));
        assert_eq!(line, Poll::Ready(Ok(true)));
    }
    let mut slept = Vec::new();
    let sleep = |after: Duration| {
        slept.push(after.as_secs());
        ready(())
    };
    assert_eq!(poll(connection.run_timed(pin!(None), sleep)), Poll::Ready(Err(ConnectionError::TimedOut)));
    assert_eq!(slept, [300]);
    // The session is over.
    assert_eq!(poll(connection.run_timed(pin!(None), |_| pending::<()>())), Poll::Ready(Ok(false)));
}
