//! What a client tells its caller.

use crate::session::Incoming;
use crate::wire::reply::HEAD;
use crate::wire::{Code, Reply, Severity, Verb};

/// Something has come from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event<'e> {
    /// A line of a reply that goes on (RFC 5321 §4.2.1). Whoever does not want the text passes over it.
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
    /// The server gives the session up: 421, asked for or not (RFC 5321 §3.8), or a refusal in the middle of a
    /// mail's content. Commands in flight stay unanswered; close the stream.
    Closing {
        /// What it stands in front of; `None` when nothing was in flight.
        to: Option<Verb>,
        /// The line.
        reply: Reply<'e>,
    },
    /// STARTTLS was accepted (RFC 3207 §4): do the handshake on this stream now, then call
    /// [`tls_established`](super::Client::tls_established). Told until that happens.
    StartTls,
}

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    Nothing,
    StartTls,
    /// The [`ReplyLine`].
    Line,
}

/// The line of a reply that came last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct ReplyLine {
    pub(crate) to: Option<Verb>,
    pub(crate) last: bool,
    pub(crate) closing: bool,
    pub(crate) severity: Severity,
    pub(crate) code: Code,
    /// Octets of the reply, with those of the lines before it; 0 behind its last line.
    pub(super) octets: u16,
}

impl ReplyLine {
    /// None has come: as behind the end of a reply.
    pub(super) const fn none() -> Self {
        Self {
            to: None,
            last: true,
            closing: false,
            severity: Severity::Positive,
            code: Code::CLOSING,
            octets: 0,
        }
    }

    pub(super) fn event<'e>(self, rx: &'e Incoming<'_, false>) -> Event<'e> {
        let reply = Reply::behind(self.code, self.last, rx.text(HEAD));
        let reply = Reply { truncated: rx.is_cut(), ..reply };
        match (self.to, self.last) {
            (to, true) if self.closing => Event::Closing { to, reply },
            (Some(to), true) => Event::Reply { to, reply },
            (to, _) => Event::Line { to, reply },
        }
    }
}
