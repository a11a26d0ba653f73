//! The async adapter, over [`embedded_io_async::Read`] and [`embedded_io_async::Write`].
//!
//! It runs on embassy-net's sockets as they are (best with [`Flush::Never`]; `tests/embassy` shows it), and on tokio's through the `embedded-io-adapters` crate.
//!
//! Everything that waits is written before anything is read. So the replies to the commands in flight
//! ([`MAX_IN_FLIGHT`](crate::session::MAX_IN_FLIGHT) at most) must find room in the buffers of the two TCP stacks, as they
//! do in those of any operating system.

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::Poll;
use core::time::Duration;

use embedded_io_async::{Read, Write};

use super::link::{Link, Move, Moved};
use super::{ConnectionError, Flush};
use crate::session::{Endpoint, Want};

/// A stream, and the engine that speaks over it: a [`Client`](crate::client::Client), a [`Server`](crate::server::Server)
/// or a [`Submission`](crate::submission::Submission).
///
/// The stream is owned and the engine is borrowed, for at STARTTLS the stream changes its type and the engine stays:
/// take the stream out by [`into_inner`](Self::into_inner), do the handshake, and go on with a new `Connection`.
#[derive(Debug)]
pub struct Connection<'e, S, E: ?Sized> {
    stream: S,
    link: Link<'e, E>,
    epoch: Option<u8>,
}

impl<'e, S: Read + Write, E: Endpoint + ?Sized> Connection<'e, S, E> {
    /// Joins `stream` and `engine`; the stream is flushed before it is read.
    pub fn new(stream: S, engine: &'e mut E) -> Self {
        Self::with_flush(stream, engine, Flush::BeforeReading)
    }

    /// The same with another policy for flushing.
    pub fn with_flush(stream: S, engine: &'e mut E, flush: Flush) -> Self {
        Self { stream, link: Link::new(engine, flush), epoch: None }
    }

    /// Does the one thing that the engine wants now, and says what it was: one read, or one write or flush
    /// ([`Want::Write`]). [`Want::Event`] and [`Want::Closed`] are for the caller, and await nothing.
    ///
    /// Cancel-safe when the stream is. Where a write fails, the peer's last words are read before that is told.
    ///
    /// # Errors
    /// The engine's, and the stream's. After one the session can not go on; a submission's report is still right.
    pub async fn step(&mut self) -> Result<Want, ConnectionError<S::Error>> {
        let (want, result) = match self.link.next()? {
            Move::Event => return Ok(Want::Event),
            Move::Closed => return Ok(Want::Closed),
            Move::Write(octets) => (Want::Write, self.stream.write(octets).await.map(Moved::Written)),
            Move::Flush => (Want::Write, self.stream.flush().await.map(|()| Moved::Flushed)),
            Move::Read(room) => (Want::Read, self.stream.read(room).await.map(Moved::Read)),
        };
        if self.link.is_cut_off(want, &result) {
            while self.stream.read(self.link.room()).await.is_ok_and(|octets| self.link.heard(octets)) {}
        }
        self.link.moved(result)?;
        Ok(want)
    }

    /// Reads and writes until the engine has an event; `false` when the session is over instead.
    ///
    /// Cancel-safe when the stream is: dropped at any await, it has lost no octet and sent none twice.
    ///
    /// # Errors
    /// As [`step`](Self::step).
    pub async fn run(&mut self) -> Result<bool, ConnectionError<S::Error>> {
        loop {
            match self.step().await? {
                Want::Event => return Ok(true),
                Want::Closed => return Ok(false),
                Want::Write | Want::Read => {}
            }
        }
    }

    /// The same under the engine's timers. `sleep` makes a future that is ready when that much time has gone by:
    /// `tokio::time::sleep`, or `|after| embassy_time::Timer::after_micros(after.as_micros() as u64)`. `alarm` holds that
    /// future, so that the clock goes on from one call to the next, also when a call was dropped. Cancel-safe as [`run`](Self::run), whatever the
    /// future of `sleep` is.
    ///
    /// ```
    /// # use core::{future::Future, pin::pin, time::Duration};
    /// # use embedded_smtp::{io::asynch::Connection, server::Server};
    /// # async fn serve<S: embedded_io_async::Read + embedded_io_async::Write, F: Future>(
    /// #     stream: S, mut server: Server<'_, '_>, mut sleep: impl FnMut(Duration) -> F) {
    /// let mut connection = Connection::new(stream, &mut server);
    /// let mut alarm = pin!(None);
    /// while let Ok(true) = connection.run_timed(alarm.as_mut(), &mut sleep).await {
    ///     // see to `connection.engine().event()`
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`step`](Self::step); [`ConnectionError::TimedOut`] when a timer ran out. The engine has been told; a server has a
    /// 421 to write then: run once more, for as long as that is worth waiting for.
    pub async fn run_timed<F: Future>(
        &mut self,
        mut alarm: Pin<&mut Option<F>>,
        mut sleep: impl FnMut(Duration) -> F,
    ) -> Result<bool, ConnectionError<S::Error>> {
        loop {
            let timer = self.engine().timer();
            let epoch = timer.map(|timer| timer.epoch());
            // Where the event behind a flush awaits the caller there is no timer; but the flush awaits the peer, and the last timer
            // runs on.
            let goes_on = timer.is_none() && self.link.is_unflushed();
            if !goes_on && (epoch != self.epoch || alarm.is_none()) {
                self.epoch = epoch;
                alarm.set(timer.map(|timer| sleep(timer.after())));
            }
            let want = {
                let mut step = pin!(self.step());
                poll_fn(|context| match (step.as_mut().poll(context), alarm.as_mut().as_pin_mut()) {
                    (Poll::Ready(want), _) => Poll::Ready(Some(want)),
                    (Poll::Pending, Some(alarm)) => alarm.poll(context).map(|_| None),
                    (Poll::Pending, None) => Poll::Pending,
                })
                .await
            };
            match want.transpose()? {
                Some(Want::Event) => return Ok(true),
                Some(Want::Closed) => return Ok(false),
                Some(Want::Write | Want::Read) => {}
                None => {
                    alarm.set(None);
                    self.link.timed_out();
                    return Err(ConnectionError::TimedOut);
                }
            }
        }
    }

    /// The engine, to give it commands and to look at its events.
    pub fn engine(&mut self) -> &mut E {
        self.link.engine()
    }

    /// The stream.
    pub fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The stream; the engine goes on with another. To be called behind an event or the session's end: what a dropped [`run`](Self::run) had
    /// written and not flushed yet, or found and not told, is known to this `Connection` alone.
    pub fn into_inner(self) -> S {
        self.stream
    }
}
