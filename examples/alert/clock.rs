//! The engine's timers, kept by the socket's own timeouts.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use embedded_smtp::Error;
use embedded_smtp::session::{Endpoint, Timer, Want};

/// An engine whose socket never waits longer than its timer says.
///
/// A socket's timeout counts from the last octet, a timer from the moment at which the wait began; so before each
/// wait the socket is given what is left, and a peer that sends an octet now and then gains nothing: in clear; under TLS
/// only once a record is whole, since rustls reads on by itself until then.
#[derive(Debug)]
pub(crate) struct Clocked<'e, E> {
    engine: &'e mut E,
    socket: Option<TcpStream>,
    /// In place of the engine's own durations.
    fixed: Option<Duration>,
    began: Instant,
    epoch: Option<u8>,
}

impl<'e, E: Endpoint> Clocked<'e, E> {
    /// `socket` is a second handle of the stream's socket; without one there is no clock.
    pub(crate) fn new(engine: &'e mut E, socket: Option<TcpStream>, fixed: Option<Duration>) -> Self {
        Self { engine, socket, fixed, began: Instant::now(), epoch: None }
    }

    /// What is left of the timer; `None` when none runs.
    fn left(&mut self) -> Option<Duration> {
        let timer = self.engine.timer()?;
        if self.epoch != Some(timer.epoch()) {
            self.epoch = Some(timer.epoch());
            self.began = Instant::now();
        }
        Some(self.fixed.unwrap_or(timer.after()).saturating_sub(self.began.elapsed()))
    }
}

impl<E: Endpoint> Endpoint for Clocked<'_, E> {
    fn poll(&mut self) -> Result<Want, Error> {
        let want = self.engine.poll()?;
        if self.socket.is_none() || !matches!(want, Want::Read | Want::Write) {
            return Ok(want);
        }
        let left = self.left();
        if left.is_some_and(|left| left.is_zero()) {
            self.engine.timed_out();
            return self.engine.poll();
        }
        if let Some(socket) = &self.socket {
            // Both, for TLS may have to write in order to read. A socket that takes no timeout is broken, and
            // the read or write will tell.
            let _ = socket.set_read_timeout(left).and_then(|()| socket.set_write_timeout(left));
        }
        Ok(want)
    }

    fn receive_buffer(&mut self) -> &mut [u8] {
        self.engine.receive_buffer()
    }

    fn received(&mut self, octets: usize) {
        self.engine.received(octets);
    }

    fn received_eof(&mut self) {
        self.engine.received_eof();
    }

    fn transmit(&mut self) -> &[u8] {
        self.engine.transmit()
    }

    fn transmitted(&mut self, octets: usize) {
        self.engine.transmitted(octets);
    }

    fn timer(&self) -> Option<Timer> {
        self.engine.timer()
    }

    fn timed_out(&mut self) {
        self.engine.timed_out();
    }
}
