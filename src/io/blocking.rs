//! The blocking adapter, over [`embedded_io::Read`] and [`embedded_io::Write`].

use embedded_io::{Error as _, ErrorKind, Read, Write};

use super::ConnectionError;
use crate::session::{Endpoint, Want};

/// A stream, and the engine that speaks over it: a [`Client`](crate::client::Client), a `Server` or a
/// [`Submission`](crate::submission::Submission).
///
/// The stream is owned and the engine is borrowed, for at STARTTLS the stream changes its type and
/// the engine stays: take the stream out by [`into_inner`](Self::into_inner), do the handshake, and go on with
/// a new `Connection`.
///
/// Timers are the stream's: set its own read timeout ([`Endpoint::timer`] says how long); an error
/// of the kind [`ErrorKind::TimedOut`] becomes [`ConnectionError::TimedOut`], and the engine is told.
#[derive(Debug)]
pub struct Connection<'e, S, E: ?Sized> {
    stream: S,
    engine: &'e mut E,
    unflushed: bool,
}

impl<'e, S: Read + Write, E: Endpoint + ?Sized> Connection<'e, S, E> {
    /// Joins `stream` and `engine`.
    pub fn new(stream: S, engine: &'e mut E) -> Self {
        Self { stream, engine, unflushed: false }
    }

    /// Reads and writes until the engine has an event; `false` when the session is over instead.
    ///
    /// Everything that waits is written before anything is read, and flushed once.
    ///
    /// # Errors
    /// The engine's, and the stream's. After one the session can not go on; a submission's report is
    /// still right, and behind [`ConnectionError::TimedOut`] a last call lets a server's 421 out.
    pub fn run(&mut self) -> Result<bool, ConnectionError<S::Error>> {
        loop {
            match self.engine.poll()? {
                Want::Event => {
                    // What was queued meanwhile goes out with what the event brings.
                    return Ok(true);
                }
                Want::Closed => {
                    self.flush()?;
                    return Ok(false);
                }
                Want::Write => self.write()?,
                Want::Read => self.read()?,
            }
        }
    }

    fn write(&mut self) -> Result<(), ConnectionError<S::Error>> {
        match self.stream.write(self.engine.transmit()) {
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Ok(0) => Err(ConnectionError::WriteZero),
            Ok(octets) => {
                self.engine.transmitted(octets);
                self.unflushed = true;
                Ok(())
            }
            Err(error) => Err(self.failed(error)),
        }
    }

    fn read(&mut self) -> Result<(), ConnectionError<S::Error>> {
        self.flush()?;
        match self.stream.read(self.engine.receive_buffer()) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(0) => self.engine.received_eof(),
            Ok(octets) => self.engine.received(octets),
            Err(error) => return Err(self.failed(error)),
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ConnectionError<S::Error>> {
        while self.unflushed {
            match self.stream.flush() {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
                Ok(()) => self.unflushed = false,
            }
        }
        Ok(())
    }

    fn failed(&mut self, error: S::Error) -> ConnectionError<S::Error> {
        if error.kind() == ErrorKind::TimedOut {
            self.engine.timed_out();
            return ConnectionError::TimedOut;
        }
        ConnectionError::Transport(error)
    }

    /// The engine, to give it commands and to look at its events.
    pub fn engine(&mut self) -> &mut E {
        self.engine
    }

    /// The stream, to set its timeouts, say.
    pub fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The stream; the engine goes on with another.
    pub fn into_inner(self) -> S {
        self.stream
    }
}
