//! Layer 2, what both roles share: the table of phases, the lent buffers, the commands in flight,
//! timers, and [`Endpoint`], the face that every engine shows to an adapter.

mod buffer;
mod phase;
mod pipeline;
mod timer;

pub(crate) use buffer::{Framed, Incoming, Line, Looked, Outgoing, is_piece, wipe};
pub use phase::Phase;
pub(crate) use phase::success;
pub use pipeline::MAX_IN_FLIGHT;
pub(crate) use pipeline::Pipeline;
pub use timer::{Timer, TimerKind};

use crate::Error;

/// Octets of one reply, all its lines together, that a client takes before it calls the reply endless.
pub const MAX_REPLY: u16 = 32_768;

/// Challenges in one AUTH that a client answers before it calls the exchange endless.
pub const MAX_CHALLENGES: u8 = 8;

/// Octets that a lent receive buffer must have at least.
pub const MIN_RX: usize = 64;

/// What an engine wants of its driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Want {
    /// Look at `event`; nothing needs to move meanwhile.
    Event,
    /// Write what `transmit` lends.
    Write,
    /// Read into `receive_buffer`.
    Read,
    /// Close the stream: the session is over.
    Closed,
}

/// An engine as its driver sees it: octets in, octets out, time, and what to do next.
///
/// A driver turns round `poll`: on [`Want::Write`] it writes some of [`transmit`](Self::transmit)
/// and says how much by [`transmitted`](Self::transmitted); on [`Want::Read`] it reads into
/// [`receive_buffer`](Self::receive_buffer) and says how much by [`received`](Self::received), or that there will be
/// no more by [`received_eof`](Self::received_eof); on [`Want::Event`] it hands over to whoever gives the commands.
/// Nothing is lost when a driver stops between any two of these calls. Where it is told to write and the stream takes
/// nothing, it may read instead, so that two peers with small buffers do not wait for each other.
pub trait Endpoint {
    /// Goes on as far as possible, and says what is needed next.
    ///
    /// How long that takes is bounded by the lent slices, not by what a peer sends: it looks at what lies in `rx` and fills
    /// `tx` at most. What a [`Body`](crate::data::Body) takes to lend its octets comes on top, in a submission.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the peer broke the protocol; [`Error::Capacity`] when a lent buffer cannot do; of a submission
    /// [`Error::Misuse`] too, when a mail's content breaks the caller's own policy.
    fn poll(&mut self) -> Result<Want, Error>;

    /// Room to read into; empty when nothing may be read now.
    fn receive_buffer(&mut self) -> &mut [u8];

    /// Says that `octets` were read into the front of [`receive_buffer`](Self::receive_buffer).
    fn received(&mut self, octets: usize);

    /// Says that the peer has closed its side.
    fn received_eof(&mut self);

    /// What is to be written next.
    fn transmit(&mut self) -> &[u8];

    /// Says that the first `octets` of [`transmit`](Self::transmit) were written.
    fn transmitted(&mut self, octets: usize);

    /// The timer that runs now, by which the session is to be [`timed_out`](Self::timed_out); `None` while nothing is awaited of the peer.
    fn timer(&self) -> Option<Timer>;

    /// Says that the timer has run out: the session is over.
    fn timed_out(&mut self);
}
