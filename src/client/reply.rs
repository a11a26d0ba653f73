//! Replies as they come: matched to what is in flight, line by line.

use super::Client;
use super::content::Content;
use super::event::Shown;
use crate::Protocol;
use crate::log::debug;
use crate::session::{Looked, MAX_REPLY, Phase};
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
        let looked = self.rx.look();
        // Each of them fits 16 bits.
        let octets = self.rx.line_octets().wrapping_add(usize::from(self.line.octets));
        if octets > usize::from(MAX_REPLY) {
            return self.fail(Protocol::ReplyTooLong);
        }
        match looked {
            Looked::Line => {
                self.line.octets = octets as u16;
                self.take_line();
            }
            Looked::BareLf => self.fail(Protocol::BareLf),
            Looked::Partial => {}
        }
    }

    fn take_line(&mut self) {
        let text = self.rx.text(0);
        let (code, severity, last) = match head(text) {
            Ok(head) => head,
            Err(at) => return self.fail(Protocol::not_a_reply(text, at)),
        };
        let first = self.line.last;
        if !first && self.line.code != code {
            return self.fail(Protocol::CodeChanged(code));
        }
        self.line.code = code;
        self.line.last = last;
        self.line.severity = severity;
        if !self.address_line() {
            return self.fail(Protocol::Unasked(code));
        }
        self.shown = Shown::Line;
        if severity == Severity::Positive {
            self.take_offer(first);
        }
        if last {
            self.complete();
        }
    }

    /// The reply to EHLO.
    fn take_offer(&mut self, first: bool) {
        let Some(to @ (Verb::Ehlo | Verb::Helo | Verb::Lhlo)) = self.line.to else { return };
        if first {
            self.forget_offers();
        }
        if to != Verb::Helo {
            (self.fold)(&mut self.capabilities, self.rx.text(HEAD), first, self.rx.is_cut());
        }
        // RFC 8689 §3: it can be asked for under TLS only, so an offer in clear is none.
        if !self.flags.tls {
            self.capabilities.forget(Extension::RequireTls);
        }
    }

    /// Finds out what the line answers, and whether it ends the session; whether anything was asked.
    fn address_line(&mut self) -> bool {
        let (code, severity) = (self.line.code, self.line.severity);
        let stale = self.flags.stale;
        let front = if stale { None } else { self.pipeline.front() };
        let to = if self.phase == Phase::Data { Some(Verb::EndOfData) } else { front };
        self.line.to = to;
        // RFC 5321 §3.8: 421 may come at any moment.
        self.line.closing = code == Code::CLOSING;
        let mut asked = to.is_some();
        if matches!(to, Some(Verb::EndOfData | Verb::BdatLast)) {
            // No 3yz can answer it; what has become of the mail is not known.
            asked = severity != Severity::Intermediate;
            // The end of the content cannot be answered before all of it has gone out; a refusal
            // in its middle means that the server will not read the rest.
            if stale || !self.in_doubt() {
                asked = severity.is_refusal();
                self.line.closing |= asked;
            }
        }
        self.line.closing || asked
    }

    /// The reply is whole.
    fn complete(&mut self) {
        debug!("reply {} in phase {:?}", self.line.code.number(), self.phase);
        self.line.octets = 0;
        self.tick();
        if let (false, Some(verb)) = (self.line.closing, self.line.to) {
            let severity = self.line.severity;
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
            self.pipeline.clear();
            self.phase = Phase::Closing;
            self.content = Content::None;
        }
        if self.phase == Phase::Closing {
            self.timed_out();
        }
    }
}

/// LMTP, RFC 2033 §4.2: one reply for each accepted recipient. Whether more are to come, behind a reply; there is none yet when the end of a
/// mail has just been given.
pub(super) fn count(client: &mut Client<'_>, verb: Verb, reply: Option<Severity>) -> bool {
    match (verb, reply) {
        (_, None) if client.flags.lmtp && client.recipients == 0 => {
            // Nobody was accepted, nobody is replied for. A server that said 354 all the same may see
            // that otherwise too, and its reply would be taken for the next command's: only QUIT is left.
            client.pipeline.pop();
            client.content = Content::None;
            client.phase = Phase::Refused;
        }
        (_, None) => {}
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
