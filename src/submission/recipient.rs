//! Whom a mail is for, and what became of it for each of them.

use core::fmt;

use crate::client::Parameters;
use crate::wire::{Code, EnhancedCode, ForwardPath};

use super::texts::Range;

/// A recipient, and afterwards its outcome.
// In this order it takes the fewest instructions to make one.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Recipient<'e> {
    /// Its path, as it goes onto the wire: so nothing has to be asked of it then.
    pub(super) path: &'e [u8],
    pub(super) answer: Answer,
    pub(super) parameters: Option<&'e dyn Parameters>,
    pub(super) status: Status,
}

/// What became of a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)] // a bit for each, so that those of all recipients make a set
pub enum Status {
    /// The server has said nothing about it.
    Waiting = 1,
    /// RCPT was accepted, and the server has not yet said whether it took the mail. When the
    /// report's verdict is [`Unknown`](super::Verdict::Unknown), the mail may have been delivered.
    Accepted = 2,
    /// The server has taken the mail for it.
    Delivered = 4,
    /// Refused, by the answer.
    Refused = 8,
}

/// The server's answer, without its text (which the [`Report`](super::Report) lends).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Answer {
    pub(super) code: Option<Code>,
    pub(super) enhanced: Option<EnhancedCode>,
    pub(super) text: Range,
}

impl Answer {
    /// None has come.
    pub(super) const NONE: Self = Self { code: None, enhanced: None, text: Range::EMPTY };
}

impl fmt::Debug for Recipient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipient")
            .field("path", &self.path())
            .field("status", &self.status)
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}

impl<'e> Recipient<'e> {
    /// A recipient without parameters.
    pub const fn new(path: ForwardPath<'e>) -> Self {
        Self { path: path.as_bytes(), parameters: None, status: Status::Waiting, answer: Answer::NONE }
    }

    /// With parameters for its RCPT, such as NOTIFY (RFC 3461).
    pub const fn with(mut self, parameters: &'e dyn Parameters) -> Self {
        self.parameters = Some(parameters);
        self
    }

    /// Whom.
    pub fn path(&self) -> ForwardPath<'e> {
        ForwardPath::again(self.path)
    }

    /// What became of it.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The answer that decided its status.
    pub fn answer(&self) -> Answer {
        // What stands there may be an earlier mail's.
        if self.status == Status::Waiting { Answer::NONE } else { self.answer }
    }

    /// Refused, but not for good, or not asked for at all: a later try may succeed.
    pub fn is_worth_retrying(&self) -> bool {
        match self.status {
            Status::Refused => !self.answer.is_permanent(),
            Status::Waiting => true,
            Status::Accepted | Status::Delivered => false,
        }
    }

    pub(super) fn reset(&mut self) {
        self.status = Status::Waiting;
        self.answer.enhanced = None;
    }
}

impl Answer {
    /// The reply code; `None` when no answer has come.
    pub fn code(&self) -> Option<Code> {
        self.code
    }

    /// The enhanced code, when the server gave one.
    pub fn enhanced(&self) -> Option<EnhancedCode> {
        self.enhanced
    }

    /// 5yz.
    pub(super) fn is_permanent(&self) -> bool {
        self.code.is_some_and(|code| code.number() >= 500)
    }
}
