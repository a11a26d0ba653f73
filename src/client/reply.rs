//! Replies as they come: matched to what is in flight, line by line.

use super::Client;
use super::content::Content;
use super::event::{ReplyLine, Shown};
use crate::Protocol;
use crate::log::debug;
use crate::session::{Framed, Line, MAX_REPLY, Phase};
use crate::wire::reply::{HEAD, head};
use crate::wire::{Code, Extension, Severity, Verb};

/// What counts the replies of LMTP; by use, so that others do not link it.
pub(super) type Counter = fn(&mut Client<'_>, Verb, Option<Severity>) -> bool;

impl Client<'_> {
    /// Lets go of the event that was shown.
    pub(super) fn release(&mut self) {
        if self.shown == Shown::Line {
            self.rx.next_line();
        }
        self.shown = Shown::Nothing;
    }

    /// Takes the next line of a reply, if it is there whole.
    pub(super) fn take_reply_line(&mut self) {
        let framed = self.rx.line();
        // Each of them fits 16 bits.
        let octets = match framed {
            Framed::Line(line) => usize::from(line.dropped).wrapping_add(line.consumed),
            _ => usize::from(self.rx.partial()),
        };
        let octets = octets.wrapping_add(usize::from(self.line.octets));
        if octets > usize::from(MAX_REPLY) {
            return self.fail(Protocol::ReplyTooLong);
        }
        match framed {
            Framed::Line(line) => self.show_line(line, octets as u16),
            Framed::BareLf => self.fail(Protocol::BareLf),
            Framed::Partial => {}
        }
    }

    fn show_line(&mut self, line: Line, octets: u16) {
        let text = self.rx.part(0, line.length);
        let (code, last) = match head(text) {
            Ok(head) => head,
            Err(at) => return self.fail(Protocol::not_a_reply(text, at)),
        };
        let first = self.line.last;
        if !first && self.line.code != code {
            return self.fail(Protocol::CodeChanged(code));
        }
        let severity = code.severity();
        let Some((to, closing)) = self.addressee(code, severity) else {
            return self.fail(Protocol::Unasked(code));
        };
        if let (Some(Verb::Ehlo | Verb::Helo | Verb::Lhlo), Severity::Positive) = (to, severity) {
            if first {
                self.forget_offers();
            }
            if to != Some(Verb::Helo) {
                let text = self.rx.part(HEAD, line.length);
                self.capabilities.fold_with(text, first, line.truncated, self.limits);
            }
            // RFC 8689 §3: it can be asked for under TLS only, so an offer in clear is none.
            if !self.flags.tls {
                self.capabilities.forget(Extension::RequireTls);
            }
        }
        let (length, truncated) = (line.length as u16, line.truncated);
        let octets = if last { 0 } else { octets };
        self.line = ReplyLine { to, last, truncated, closing, code, length, octets };
        self.shown = Shown::Line;
        if last {
            debug!("reply {} in phase {:?}", code.number(), self.phase);
            self.complete(to, severity, closing);
        }
    }

    /// What a reply with this code answers, and whether it ends the session; `None` when nothing was asked.
    fn addressee(&self, code: Code, severity: Severity) -> Option<(Option<Verb>, bool)> {
        let front = if self.flags.stale { None } else { self.pipeline.front() };
        let ends_content = matches!(front, Some(Verb::EndOfData | Verb::BdatLast));
        let in_content = front.is_none() & (self.phase == Phase::Data);
        let to = if in_content { Some(Verb::EndOfData) } else { front };
        // The end of the content cannot be answered before all of it has gone out; a refusal
        // in its middle means that the server will not read the rest.
        let early = in_content | (ends_content & !self.in_doubt());
        // RFC 5321 §3.8: 421 may come at any moment.
        let closing = (code == Code::CLOSING) | (early & severity.is_refusal());
        // No 3yz can answer it; what has become of the mail is not known.
        let unasked = early | to.is_none() | (ends_content & (severity == Severity::Intermediate));
        if unasked & !closing { None } else { Some((to, closing)) }
    }

    /// The reply is whole.
    fn complete(&mut self, to: Option<Verb>, severity: Severity, closing: bool) {
        self.tick();
        if let (false, Some(verb)) = (closing, to) {
            if let Some(count) = self.lmtp
                && count(self, verb, Some(severity))
            {
                return;
            }
            if matches!(verb, Verb::EndOfData | Verb::BdatLast) {
                self.content = Content::None;
            }
            self.pipeline.pop();
            self.phase = self.phase.after(verb, severity);
            if matches!(verb, Verb::Auth | Verb::AuthResponse) && severity == Severity::Positive {
                self.flags.authenticated = true;
            }
        } else {
            self.phase = Phase::Closing;
            self.pipeline.clear();
            self.content = Content::None;
        }
        if self.phase == Phase::Closing {
            self.timed_out();
        }
    }
}

/// LMTP, RFC 2033 §4.2: one reply for each accepted recipient. Whether more are to come, behind a reply; whether none is, when
/// there is none yet and the end of a mail has been given.
pub(super) fn count(client: &mut Client<'_>, verb: Verb, reply: Option<Severity>) -> bool {
    match (verb, reply) {
        (_, None) => return client.flags.lmtp && client.recipients == 0,
        (Verb::EndOfData | Verb::BdatLast, _) if client.flags.lmtp => {
            client.recipients = client.recipients.saturating_sub(1);
            return client.recipients > 0;
        }
        (Verb::Ehlo | Verb::Helo | Verb::Lhlo, Some(Severity::Positive)) => {
            client.flags.lmtp = verb == Verb::Lhlo;
        }
        (Verb::Mail, _) => client.recipients = 0,
        (Verb::Rcpt, Some(Severity::Positive)) => client.recipients = client.recipients.saturating_add(1),
        _ => {}
    }
    false
}
