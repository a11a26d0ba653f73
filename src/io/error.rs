//! What can go wrong between an engine and a stream.

use core::fmt;

use crate::Error;

/// An engine's error, or the stream's. The session is over after each; a [`Submission`](crate::submission::Submission)'s report says what
/// has become of the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConnectionError<E> {
    /// The engine's: the peer broke the protocol, a lent buffer is too small, or the caller's content broke its own policy.
    Engine(Error),
    /// The stream's own.
    Transport(E),
    /// The stream took nothing of what was to be written.
    WriteZero,
    /// A timer ran out, by the word of the stream or of the caller, and the engine has been told. A server has a 421 to write then
    /// (RFC 5321 §4.5.3.2.7): run once more.
    TimedOut,
}

impl<E> From<Error> for ConnectionError<E> {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl<E: fmt::Display> fmt::Display for ConnectionError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(error) => error.fmt(f),
            Self::Transport(error) => write!(f, "the stream failed: {error}"),
            Self::WriteZero => f.write_str("the stream takes no more octets"),
            Self::TimedOut => f.write_str("the peer took too long"),
        }
    }
}

impl<E: core::error::Error> core::error::Error for ConnectionError<E> {}
