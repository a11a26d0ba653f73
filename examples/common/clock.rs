//! The engine's timers, kept by a clock that the socket looks at before each wait.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use embedded_smtp::Error;
use embedded_smtp::session::{Endpoint, Timer, Want};

/// Until when the socket may wait; shared by the engine, which says so, and the socket beneath all TLS. So even a peer that
/// sends a TLS record octet by octet is not waited for any longer.
#[derive(Debug, Clone)]
pub(crate) struct Clock(Rc<Cell<Instant>>);

impl Clock {
    pub(crate) fn new(wait: Duration) -> Self {
        Self(Rc::new(Cell::new(Instant::now() + wait)))
    }

    /// From now on, so long and no longer.
    pub(crate) fn set(&self, wait: Duration) {
        self.0.set(Instant::now() + wait);
    }

    /// What is left.
    pub(crate) fn left(&self) -> Duration {
        self.0.get().saturating_duration_since(Instant::now())
    }
}

/// An engine that sets the clock to its timer.
#[derive(Debug)]
pub(crate) struct Clocked<'e, E> {
    pub(crate) engine: &'e mut E,
    clock: Clock,
    /// In place of the engine's own durations.
    fixed: Option<Duration>,
    epoch: Option<u8>,
}

impl<'e, E: Endpoint> Clocked<'e, E> {
    pub(crate) fn new(engine: &'e mut E, clock: Clock, fixed: Option<Duration>) -> Self {
        Self { engine, clock, fixed, epoch: None }
    }
}

impl<E: Endpoint> Endpoint for Clocked<'_, E> {
    fn poll(&mut self) -> Result<Want, Error> {
        let want = self.engine.poll()?;
        if matches!(want, Want::Read | Want::Write)
            && let Some(timer) = self.engine.timer()
            && self.epoch != Some(timer.epoch())
        {
            self.epoch = Some(timer.epoch());
            self.clock.set(self.fixed.unwrap_or(timer.after()));
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
