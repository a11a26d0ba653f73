//! What a driver of a stream does between its reads and writes, said once for streams that block and streams
//! that are awaited.

use embedded_io::ErrorKind;

use super::ConnectionError;
use crate::Error;
use crate::session::{Endpoint, Want};

/// When an adapter flushes its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Flush {
    /// Once, when everything that waits is written: before the adapter reads, hands an event over, or ends.
    /// A stream that gathers what is written to it (TLS, a buffered writer) needs that.
    BeforeReading,
    /// Not at all. For streams that send by themselves what they were given, and whose `flush` waits until
    /// the peer has acknowledged it (a TCP socket of embassy-net): that costs round trips, and two peers with small
    /// buffers who both wait for that wait until a timer ends it. (To read meanwhile, the flush would have to be dropped half done, which
    /// streams of TLS do not bear.)
    Never,
}

/// An engine, and whether what it wrote has been flushed.
#[derive(Debug)]
pub(super) struct Link<'e, E: ?Sized> {
    engine: &'e mut E,
    flush: Flush,
    unflushed: bool,
    /// An event that came up while something was unflushed, and is handed over behind the flush.
    event: bool,
}

/// The one operation that is due on the stream.
pub(super) enum Move<'m> {
    Write(&'m [u8]),
    Flush,
    Read(&'m mut [u8]),
    Event,
    Closed,
}

/// The operation that succeeded, with its octets.
pub(super) enum Moved {
    Written(usize),
    Flushed,
    Read(usize),
}

impl<'e, E: Endpoint + ?Sized> Link<'e, E> {
    pub(super) fn new(engine: &'e mut E, flush: Flush) -> Self {
        Self { engine, flush, unflushed: false, event: false }
    }

    /// What is to be done next. As long as [`moved`](Self::moved) has not been told that it is done, it is due again.
    pub(super) fn next(&mut self) -> Result<Move<'_>, Error> {
        // To poll again would let go of the event.
        let want = if self.event { Want::Event } else { self.engine.poll()? };
        self.event = want == Want::Event && self.unflushed;
        Ok(match want {
            Want::Write => Move::Write(self.engine.transmit()),
            _ if self.unflushed => Move::Flush,
            Want::Event => Move::Event,
            Want::Read => Move::Read(self.engine.receive_buffer()),
            Want::Closed => Move::Closed,
        })
    }

    pub(super) fn moved<T: embedded_io::Error>(
        &mut self,
        result: Result<Moved, T>,
    ) -> Result<(), ConnectionError<T>> {
        match result {
            Ok(Moved::Written(0)) => return Err(ConnectionError::WriteZero),
            Ok(Moved::Written(octets)) => {
                self.engine.transmitted(octets);
                self.unflushed = self.flush == Flush::BeforeReading;
            }
            Ok(Moved::Flushed) => self.unflushed = false,
            Ok(Moved::Read(0)) => self.engine.received_eof(),
            Ok(Moved::Read(octets)) => self.engine.received(octets),
            // Nothing moved: the same is due again.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                self.timed_out();
                return Err(ConnectionError::TimedOut);
            }
            Err(error) => return Err(ConnectionError::Transport(error)),
        }
        Ok(())
    }

    /// The timer has run out. What the engine has to say to that comes instead of an event that waits for a flush.
    pub(super) fn timed_out(&mut self) {
        self.event = false;
        self.engine.timed_out();
    }

    /// Whether the stream takes no more octets though there is room to read: the peer may have said why before it closed (a 552
    /// or a 421), and what it said is to be [`heard`](Self::heard) then.
    pub(super) fn is_cut_off<T: embedded_io::Error>(
        &mut self,
        want: Want,
        result: &Result<Moved, T>,
    ) -> bool {
        let passing = |error: &T| matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::TimedOut);
        want == Want::Write
            && result.as_ref().is_err_and(|error| !passing(error))
            && !self.engine.receive_buffer().is_empty()
    }

    /// Takes in last words; whether there may be more of them. What comes of them is in the engine's event, or in the
    /// report; the stream's error is told first.
    pub(super) fn heard(&mut self, octets: usize) -> bool {
        self.engine.received(octets);
        octets > 0
            && matches!(self.engine.poll(), Ok(Want::Write | Want::Read))
            && !self.engine.receive_buffer().is_empty()
    }

    /// Whether a flush is due before anything else than a write.
    #[cfg(feature = "embedded-io-async")]
    pub(super) fn is_unflushed(&self) -> bool {
        self.unflushed
    }

    pub(super) fn room(&mut self) -> &mut [u8] {
        self.engine.receive_buffer()
    }

    /// An event that was found before the last flush is still to be told: what the caller asks meanwhile must not lose it.
    pub(super) fn engine(&mut self) -> &mut E {
        self.engine
    }
}
