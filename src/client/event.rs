//! What a client tells its caller.

use core::ops::Range;

use super::reply::Fold;
use crate::session::Incoming;
use crate::wire::{Code, EnhancedCode, Reply, Verb};

/// Something has come from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event<'e> {
    /// A line of a reply that goes on. Whoever does not want the text passes over it.
    Line {
        /// What is being answered; `None` for an unasked 421.
        to: Option<Verb>,
        /// The line.
        reply: Reply<'e>,
    },
    /// The last line of a reply, often the only one: the command is answered.
    Reply {
        /// What is answered. [`Verb::Rcpt`] comes once for each RCPT, in their order; in LMTP
        /// [`Verb::EndOfData`] comes once for each accepted recipient.
        to: Verb,
        /// The line.
        reply: Reply<'e>,
    },
    /// The server gives the session up: 421, asked for or not, or a refusal in the middle of a
    /// mail's content. Commands in flight stay unanswered; close the stream.
    Closing {
        /// What it stands in front of; `None` when nothing was in flight.
        to: Option<Verb>,
        /// The line.
        reply: Reply<'e>,
    },
    /// STARTTLS was accepted: do the handshake on this stream now, then call
    /// [`tls_established`](super::Client::tls_established). Told until that happens.
    StartTls,
}

/// The event as the engine keeps it: ranges instead of slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Nothing,
    StartTls,
    Line(ShownLine),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ShownLine {
    pub(super) to: Option<Verb>,
    pub(super) enhanced: Option<EnhancedCode>,
    /// Where the text begins in the line; a code, an enhanced code and their separators are short.
    pub(super) text: u8,
    pub(super) last: bool,
    pub(super) truncated: bool,
    pub(super) closing: bool,
    /// Octets of the line, without CRLF.
    pub(super) length: u16,
    /// Octets to use up when the event is over.
    pub(super) consumed: u16,
}

impl Shown {
    /// Where the shown line's text stands, and whether it is whole.
    pub(super) fn text(&self) -> Option<(Range<usize>, bool)> {
        match self {
            Self::Line(line) => Some((usize::from(line.text)..usize::from(line.length), !line.truncated)),
            _ => None,
        }
    }

    pub(super) fn event<'e>(&self, rx: &'e Incoming<'_>, fold: Fold) -> Option<Event<'e>> {
        let line = match self {
            Self::Nothing => return None,
            Self::StartTls => return Some(Event::StartTls),
            Self::Line(line) => line,
        };
        let code = fold.shown()?;
        let reply = line.reply(code, rx);
        Some(match (line.to, line.last) {
            (to, true) if line.closing => Event::Closing { to, reply },
            (Some(to), true) => Event::Reply { to, reply },
            (to, _) => Event::Line { to, reply },
        })
    }
}

impl ShownLine {
    fn reply<'e>(&self, code: Code, rx: &'e Incoming<'_>) -> Reply<'e> {
        Reply {
            code,
            enhanced: self.enhanced,
            text: rx.slice(usize::from(self.text)..usize::from(self.length)),
            last: self.last,
            truncated: self.truncated,
        }
    }
}
