//! Time without a clock: the engine says how long to wait for what, the caller keeps the time.

use core::time::Duration;

/// How long the caller shall wait, and for what.
///
/// Start the clock anew whenever [`epoch`](Timer::epoch) differs from the last one seen; when
/// [`after`](Timer::after) has gone by, call `timed_out`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timer {
    pub(crate) kind: TimerKind,
    pub(crate) seconds: u16,
    pub(crate) epoch: u8,
}

/// What is waited for. The durations are those of RFC 5321 §4.5.3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TimerKind {
    /// The greeting: 5 minutes (§4.5.3.2.1).
    Greeting,
    /// The reply to a command: 5 minutes (§4.5.3.2.2, §4.5.3.2.3).
    Reply,
    /// The reply to DATA: 2 minutes (§4.5.3.2.4).
    DataReply,
    /// The peer's taking of a piece of the content, which is all that waits in `tx`, or 1 024 octets of more: 3 minutes (§4.5.3.2.5).
    DataBlock,
    /// The reply to the end of the content: 10 minutes (§4.5.3.2.6).
    EndOfData,
    /// The client's next command: 5 minutes (§4.5.3.2.7).
    Command,
    /// The client's next piece of content: 5 minutes (§4.5.3.2.7).
    Content,
}

impl TimerKind {
    pub(crate) const fn seconds(self) -> u16 {
        match self {
            Self::Greeting | Self::Reply | Self::Command | Self::Content => 300,
            Self::DataReply => 120,
            Self::DataBlock => 180,
            Self::EndOfData => 600,
        }
    }
}

impl Timer {
    /// What is waited for.
    pub fn kind(&self) -> TimerKind {
        self.kind
    }

    /// How long, from the moment at which this epoch began.
    pub fn after(&self) -> Duration {
        Duration::from_secs(u64::from(self.seconds))
    }

    /// Changes whenever the clock is to be started anew.
    pub fn epoch(&self) -> u8 {
        self.epoch
    }
}
