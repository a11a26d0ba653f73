//! Replies as they come: matched to what is in flight, line by line.

use super::Client;
use super::content::Ending;
use super::event::{Shown, ShownLine};
use crate::Protocol;
use crate::log::debug;
use crate::session::{Framed, Line, MAX_REPLY, Phase};
use crate::wire::reply::{HEAD, head};
use crate::wire::{Code, Extension, Severity, Verb};

/// What is remembered from one line of a reply to the next.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fold {
    /// The code of the reply's lines so far.
    code: Option<Code>,
    /// Octets so far.
    octets: u16,
    /// Octets at the front of the input that came before the command in flight was given, and so
    /// cannot answer it.
    stale: u16,
}

/// What counts the replies of LMTP; by use, so that others do not link it.
pub(super) type Counter = fn(&mut Client<'_>, Verb, Severity) -> bool;

impl Client<'_> {
    /// Lets go of the event that was shown.
    pub(super) fn release(&mut self) {
        if let Shown::Line(line) = self.shown {
            self.rx.consume(usize::from(line.consumed));
            self.reply.stale = self.reply.stale.saturating_sub(line.consumed);
        }
        self.shown = Shown::Nothing;
    }

    /// A command goes into flight while nothing else is: what has come in already is no answer to it.
    pub(super) fn mark_stale(&mut self) {
        // The line that is shown among it, until it is released.
        self.reply.stale = self.rx.len();
    }

    /// Takes the next line of a reply, if it is there whole.
    pub(super) fn take_reply_line(&mut self) {
        match self.rx.line() {
            Framed::Line(line) => self.show_line(line),
            Framed::BareLf => self.fail(Protocol::BareLf),
            Framed::Partial if self.reply.octets.saturating_add(self.rx.partial()) > MAX_REPLY => {
                self.fail(Protocol::ReplyTooLong);
            }
            Framed::Partial => {}
        }
    }

    fn show_line(&mut self, line: Line) {
        let octets = self.rx.slice(0..line.length);
        let (code, last) = match head(octets) {
            Ok(head) => head,
            Err(at) => return self.fail(Protocol::not_a_reply(octets, at)),
        };

        if let Some(from) = self.reply.code
            && from != code
        {
            return self.fail(Protocol::CodeChanged(code));
        }
        // Each of them fits 16 bits.
        let octets = usize::from(self.reply.octets)
            .wrapping_add(usize::from(line.dropped))
            .wrapping_add(line.consumed);
        if octets > usize::from(MAX_REPLY) {
            return self.fail(Protocol::ReplyTooLong);
        }
        self.reply.octets = octets as u16;
        let severity = code.severity();
        let Some((to, closing)) = self.addressee(code, severity) else {
            return self.fail(Protocol::Unasked(code));
        };

        if let (Some(Verb::Ehlo | Verb::Lhlo), Severity::Positive) = (to, severity) {
            let first = self.reply.code.is_none();
            if first {
                self.forget_offers();
            }
            let text = self.rx.slice(HEAD..line.length);
            self.capabilities.fold_with(text, first, line.truncated, self.limits);
            // RFC 8689 §3: it can be asked for under TLS only, so an offer in clear is none.
            if !self.flags.tls {
                self.capabilities.forget(Extension::RequireTls);
            }
        }
        let (length, consumed) = (line.length as u16, line.consumed as u16);
        let truncated = line.truncated;
        self.shown = Shown::Line(ShownLine { to, code, last, truncated, closing, length, consumed });
        self.reply.code = Some(code);
        if last {
            self.reply.code = None;
            self.reply.octets = 0;
            debug!("reply {} in phase {:?}", code.number(), self.phase);
            self.complete(to, severity, closing);
        }
    }

    /// What a reply with this code answers, and whether it ends the session; `None` when nothing was asked.
    fn addressee(&self, code: Code, severity: Severity) -> Option<(Option<Verb>, bool)> {
        let mut to = if self.reply.stale > 0 { None } else { self.pipeline.front() };
        let ends_content = matches!(to, Some(Verb::EndOfData | Verb::BdatLast));
        // The end of the content cannot be answered before all of it has gone out; a refusal
        // in its middle means that the server will not read the rest.
        let mut early = ends_content && self.ending != Ending::SENT;
        if to.is_none() && self.phase == Phase::Data {
            to = Some(Verb::EndOfData);
            early = true;
        }
        // RFC 5321 §3.8: 421 may come at any moment.
        let closing = code == Code::CLOSING || early && severity.is_refusal();
        // No 3yz can answer it; what has become of the mail is not known.
        let unasked = early || to.is_none() || ends_content && severity == Severity::Intermediate;
        if unasked && !closing { None } else { Some((to, closing)) }
    }

    /// The reply is whole.
    fn complete(&mut self, to: Option<Verb>, severity: Severity, closing: bool) {
        self.tick();
        let (false, Some(verb)) = (closing, to) else {
            self.phase = Phase::Closing;
            self.pipeline.clear();
            self.drop_output();
            self.ending = Ending::NONE;
            return;
        };
        if let Some(count) = self.lmtp
            && count(self, verb, severity)
        {
            return;
        }
        if matches!(verb, Verb::EndOfData | Verb::BdatLast) {
            self.ending = Ending::NONE;
        }
        self.pipeline.pop();
        self.phase = self.phase.after(verb, severity);
        if severity != Severity::Positive {
            return;
        }
        match verb {
            Verb::Helo => self.forget_offers(),
            Verb::Auth | Verb::AuthResponse => self.flags.authenticated = true,
            _ => {}
        }
    }
}

/// LMTP, RFC 2033 §4.2: one reply for each accepted recipient. Whether more are to come.
pub(super) fn count(client: &mut Client<'_>, verb: Verb, severity: Severity) -> bool {
    match (verb, severity) {
        (Verb::EndOfData | Verb::BdatLast, _) if client.flags.lmtp => {
            client.recipients = client.recipients.saturating_sub(1);
            return client.recipients > 0;
        }
        (Verb::Ehlo | Verb::Helo | Verb::Lhlo, Severity::Positive) => {
            client.flags.lmtp = verb == Verb::Lhlo;
        }
        (Verb::Mail, _) => client.recipients = 0,
        (Verb::Rcpt, Severity::Positive) => client.recipients = client.recipients.saturating_add(1),
        _ => {}
    }
    false
}
