//! The blocking adapter, over [`embedded_io::Read`] and [`embedded_io::Write`].

use embedded_io::{Read, Write};

use super::link::{Link, Move, Moved};
use super::{ConnectionError, Flush};
use crate::session::{Endpoint, Want};

/// A stream, and the engine that speaks over it: a [`Client`](crate::client::Client), a [`Server`](crate::server::Server)
/// or a [`Submission`](crate::submission::Submission).
///
/// The stream is owned and the engine is borrowed, for at STARTTLS the stream changes its type and
/// the engine stays: take the stream out by [`into_inner`](Self::into_inner), do the handshake, and go on with
/// a new `Connection`.
///
/// Timers are the stream's: set its own read timeout ([`Endpoint::timer`] says how long); an error
/// of the kind [`TimedOut`](embedded_io::ErrorKind::TimedOut) becomes [`ConnectionError::TimedOut`], and the engine is told. A timeout of
/// each single read begins anew with each octet of a peer that drips; a stream that is given what is left of the engine's timer
/// before each read and write (`examples/common/clock.rs`) is not held up by that. A `TcpStream` of std's calls its timeout
/// `WouldBlock` on Unix, for which embedded-io has no name: what wraps it is to say `TimedOut` instead (`examples/common/tcp.rs`).
#[derive(Debug)]
pub struct Connection<'e, S, E: ?Sized> {
    stream: S,
    link: Link<'e, E>,
}

impl<'e, S: Read + Write, E: Endpoint + ?Sized> Connection<'e, S, E> {
    /// Joins `stream` and `engine`; the stream is flushed before it is read.
    pub fn new(stream: S, engine: &'e mut E) -> Self {
        Self::with_flush(stream, engine, Flush::BeforeReading)
    }

    /// The same with another policy for flushing.
    pub fn with_flush(stream: S, engine: &'e mut E, flush: Flush) -> Self {
        Self { stream, link: Link::new(engine, flush) }
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
            let (want, result) = match self.link.next()? {
                Move::Event => return Ok(true),
                Move::Closed => return Ok(false),
                Move::Write(octets) => (Want::Write, self.stream.write(octets).map(Moved::Written)),
                Move::Flush => (Want::Write, self.stream.flush().map(|()| Moved::Flushed)),
                Move::Read(room) => (Want::Read, self.stream.read(room).map(Moved::Read)),
            };
            if self.link.is_cut_off(want, &result) {
                while self.stream.read(self.link.room()).is_ok_and(|octets| self.link.heard(octets)) {}
            }
            self.link.moved(result)?;
        }
    }

    /// The engine, to give it commands and to look at its events.
    pub fn engine(&mut self) -> &mut E {
        self.link.engine()
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
