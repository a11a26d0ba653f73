//! The adapter for smoltcp's TCP sockets: poll-driven, it never blocks.
//!
//! [`Driver::drive`] belongs behind each [`Interface::poll`](::smoltcp::iface::Interface::poll). It moves octets between the
//! socket's buffers and the engine's until nothing more moves; sockets of 64 octets do as well as large ones. So what one call takes is
//! bounded by the size of these four buffers, which is what the patience of a watchdog has to allow for.
//! Where the peer takes no more, it reads all the same, so that two small stacks cannot wait for each other, and a peer that
//! refuses in the middle and goes away is read to its last word.
//!
//! A mail, in a loop that does other work too. After any outcome the same socket and the same buffers do for the next attempt:
//!
//! ```
//! use embedded_smtp::io::smoltcp::{Driver, Progress};
//! use embedded_smtp::session::Endpoint;
//! use smoltcp::iface::{Interface, SocketHandle, SocketSet};
//! use smoltcp::phy::Device;
//! use smoltcp::socket::tcp::{ConnectError, Socket};
//! use smoltcp::time::Instant;
//! use smoltcp::wire::IpEndpoint;
//!
//! fn send<D: Device>(
//!     device: &mut D,
//!     interface: &mut Interface,
//!     sockets: &mut SocketSet<'_>,
//!     tcp: SocketHandle,
//!     (server, own_port): (IpEndpoint, u16), // another port at each attempt
//!     submission: &mut impl Endpoint,
//!     mut other_work: impl FnMut() -> Instant, // and what time it is
//! ) -> Result<(), ConnectError> {
//!     let socket = sockets.get_mut::<Socket>(tcp);
//!     socket.abort(); // whatever is left of the last attempt
//!     socket.connect(interface.context(), server, own_port)?;
//!     let mut driver = Driver::new();
//!     loop {
//!         let now = other_work();
//!         interface.poll(now, device, sockets);
//!         let socket = sockets.get_mut::<Socket>(tcp);
//!         match driver.drive(socket, submission, now) {
//!             // Who has nothing else to do sleeps: to the first of `interface.poll_at` and `driver.poll_at`, or to the next frame.
//!             Ok(Progress::Waiting) => {}
//!             // Of a submission without TLS: it is done. The interface is to be polled on, so that the last frames leave.
//!             Ok(Progress::Event | Progress::Closed) => return Ok(socket.close()),
//!             // This is in the submission's report, too.
//!             Err(_) => return Ok(socket.abort()),
//!         }
//!     }
//! }
//! ```
//!
//! In front of a submission's next attempt stands [`Client::restart`](crate::client::Client::restart); `examples/firmware` has all of it, with pauses
//! and TLS, and `examples/loopback.rs` has both roles.

use core::fmt;

use ::smoltcp::socket::tcp::{RecvError, Socket, State};
use ::smoltcp::time::{Duration, Instant};

use super::ConnectionError;
use crate::session::{Endpoint, Want};

/// What a driver keeps of one connection: the engine's timer, and how far the connection got.
///
/// For the next connection take a new `Driver`, call the engine's `restart`, and open the socket again; the buffers stay.
#[derive(Debug, Clone, Copy, Default)]
pub struct Driver {
    /// The timer that `deadline` belongs to.
    epoch: Option<u8>,
    deadline: Option<Instant>,
    opened: bool,
    ended: bool,
}

/// Where things stand when nothing more moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Progress {
    /// The engine has an event. See to it, then drive again.
    Event,
    /// The network is waited for: poll the interface, and drive again behind that or at [`Driver::poll_at`].
    Waiting,
    /// The session is over and the socket is told to close. What it still holds is sent as the interface is polled;
    /// `Socket::abort` drops it. The socket can be opened again when its `is_open` is false.
    Closed,
}

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Fault {
    /// It was never seen: the peer refused it, did not answer, or the socket was not opened. (Or it came and went, with nothing said,
    /// within one poll of the interface.)
    Refused,
    /// It was there, and the peer or [`Socket::abort`] has torn it down.
    Reset,
}

impl Driver {
    /// For a socket that has been told to connect or to listen.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves what can be moved now. When a timer has run out the engine is told, and what it says to that (the 421 of a
    /// server) goes out too. While the socket listens, no timer runs.
    ///
    /// # Errors
    /// The engine's own, as its `poll`: abort the socket. [`ConnectionError::Transport`] when the socket is closed and all
    /// that came in before has been used. Then the session is over; a submission's report is still right.
    pub fn drive<E: Endpoint + ?Sized>(
        &mut self,
        socket: &mut Socket<'_>,
        engine: &mut E,
        now: Instant,
    ) -> Result<Progress, ConnectionError<Fault>> {
        self.opened |= socket.may_send() || socket.may_recv();
        loop {
            let moved = match engine.poll()? {
                Want::Event => return Ok(Progress::Event),
                Want::Closed => {
                    socket.close();
                    self.deadline = None;
                    return Ok(Progress::Closed);
                }
                Want::Write => send(socket, engine) || self.receive(socket, engine),
                Want::Read => self.receive(socket, engine),
            };
            if moved {
                continue;
            }
            match socket.state() {
                State::Closed if self.opened => return Err(ConnectionError::Transport(Fault::Reset)),
                State::Closed => return Err(ConnectionError::Transport(Fault::Refused)),
                State::Listen => {
                    // Who came and did not stay takes no time from who comes next.
                    *self = Self::new();
                    return Ok(Progress::Waiting);
                }
                _ if self.is_late(engine, now) => engine.timed_out(),
                _ => return Ok(Progress::Waiting),
            }
        }
    }

    /// When [`drive`](Self::drive) must be called again though nothing has come: the engine's timer runs out then. `None` while
    /// none runs. It is as of the last call that ended with [`Progress::Waiting`].
    pub fn poll_at(&self) -> Option<Instant> {
        self.deadline
    }

    fn receive<E: Endpoint + ?Sized>(&mut self, socket: &mut Socket<'_>, engine: &mut E) -> bool {
        match socket.recv_slice(engine.receive_buffer()) {
            Ok(octets) if octets > 0 => engine.received(octets),
            Err(RecvError::Finished) if !self.ended => {
                self.ended = true;
                engine.received_eof();
            }
            Ok(_) | Err(_) => return false,
        }
        true
    }

    /// Keeps the engine's timer, and says whether it has run out; it is wound up again then, and where the clock has been put
    /// back (one of 32 bits that counts milliseconds begins anew after 49.7 days).
    fn is_late<E: Endpoint + ?Sized>(&mut self, engine: &E, now: Instant) -> bool {
        let timer = engine.timer();
        let epoch = timer.map(|timer| timer.epoch());
        let until = timer.map(|timer| {
            let after = Duration::from(timer.after()).max(Duration::from_secs(1));
            Instant::from_micros(now.total_micros().saturating_add_unsigned(after.total_micros()))
        });
        let late = epoch == self.epoch && self.deadline.is_some_and(|deadline| deadline <= now);
        if late || epoch != self.epoch || self.deadline > until {
            self.epoch = epoch;
            self.deadline = until;
        }
        late
    }
}

fn send<E: Endpoint + ?Sized>(socket: &mut Socket<'_>, engine: &mut E) -> bool {
    match socket.send_slice(engine.transmit()) {
        Ok(octets) if octets > 0 => {
            engine.transmitted(octets);
            true
        }
        Ok(_) | Err(_) => false,
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "the connection was refused or not answered",
            Self::Reset => "the connection was reset",
        })
    }
}

impl core::error::Error for Fault {}
