//! The conversation: which command follows which reply.

use super::report::Cause;
use super::{Answer, Event, Hello, Status, Step, Submission, Then, TlsPolicy};
use crate::Error;
use crate::Misuse;
use crate::client;
use crate::data::Body;
use crate::sasl::Authenticator;
use crate::session::{Phase, Want};
use crate::wire::{AuthMechanisms, Extension, Severity, Verb};

/// A reply, without its text, which has been kept.
#[derive(Clone, Copy)]
struct Replied {
    to: Option<Verb>,
    severity: Severity,
    closing: bool,
}

impl<B: Body, A: Authenticator> Submission<'_, '_, '_, B, A> {
    pub(super) fn converse(&mut self) -> Result<Want, Error> {
        if self.step == Step::Begin {
            self.begin()?;
        }
        loop {
            if self.event() == Some(Event::Done) {
                return Ok(Want::Event);
            }
            self.send_envelope()?;
            self.send_content()?;
            self.settle_when_refused()?;
            if self.event() == Some(Event::Done) {
                return Ok(Want::Event);
            }
            match self.client.poll()? {
                Want::Event => {
                    let Some(replied) = self.note() else {
                        if self.event().is_some() {
                            return Ok(Want::Event);
                        }
                        continue;
                    };
                    self.go_on(replied)?;
                }
                Want::Closed => self.abandon(Cause::ConnectionLost),
                want => return Ok(want),
            }
        }
    }

    fn begin(&mut self) -> Result<(), Error> {
        if self.envelope.recipients.is_empty() {
            return Err(Misuse::OutOfOrder(Verb::Rcpt).into());
        }
        if self.options.tls == TlsPolicy::Implicit && !self.client.is_tls() {
            return Err(Misuse::TlsState.into());
        }
        match self.client.phase() {
            Phase::Connected => self.step = Step::Greeting,
            // A session that was kept.
            Phase::Ready => return self.secure(),
            // The session that was kept has ended meanwhile, or is in a state that only it knows: nothing
            // is wrong with this mail, which needs another connection (`Client::restart`).
            _ => self.abandon(Cause::ConnectionLost),
        }
        if !self.client.is_open() {
            self.abandon(Cause::ConnectionLost);
        }
        Ok(())
    }

    /// Keeps the words and the code of what has come; `None` while a reply goes on, and for STARTTLS.
    fn note(&mut self) -> Option<Replied> {
        // The last chunk ends the content as the lone dot does.
        let binary = self.is_binary();
        let ending = |verb| if binary && verb == Verb::BdatLast { Verb::EndOfData } else { verb };
        let (to, reply, closing) = match self.client.event()? {
            client::Event::Line { to, reply } => {
                let to = to.map(ending);
                if self.is_worth_keeping(to, reply.severity()) {
                    self.texts.add(reply.text);
                }
                return None;
            }
            client::Event::Reply { to, reply } => (Some(ending(to)), reply, false),
            client::Event::Closing { to, reply } => (to.map(ending), reply, true),
            client::Event::StartTls => return None,
        };
        let replied = Replied { to, severity: reply.severity(), closing };
        if self.is_worth_keeping(to, replied.severity) {
            self.texts.add(reply.text);
            let text = self.texts.finish();
            self.keep(replied, Answer { code: Some(reply.code), enhanced: reply.enhanced, text });
        }
        Some(replied)
    }

    /// Refusals, and the answer to the end of the mail; but behind a refusal the commands that were
    /// in flight are refused for its sake, and that tells nothing; nor do last words once all is settled.
    fn is_worth_keeping(&self, to: Option<Verb>, severity: Severity) -> bool {
        if self.is_settled() || self.cause.is_some() || severity == Severity::Positive {
            return to == Some(Verb::EndOfData) && self.cause.is_none();
        }
        match to {
            Some(Verb::Auth | Verb::AuthResponse) => severity != Severity::Intermediate,
            Some(Verb::Data) => severity != Severity::Intermediate && self.anyone_accepted(),
            _ => true,
        }
    }

    fn keep(&mut self, Replied { to, severity, closing }: Replied, answer: Answer) {
        if closing {
            self.answer = answer;
        }
        match to {
            Some(Verb::Rcpt) => {
                if let Some(recipient) = self.envelope.recipients.get_mut(self.answered) {
                    recipient.status = Status::Refused;
                    recipient.answer = answer;
                }
            }
            Some(Verb::EndOfData | Verb::Data | Verb::Bdat) => {
                let status = if severity == Severity::Positive { Status::Delivered } else { Status::Refused };
                // LMTP answers for each accepted recipient in turn (RFC 2033 §4.2), SMTP for all; so does
                // who closes.
                let one = to == Some(Verb::EndOfData) && self.client.is_lmtp() && !closing;
                let accepted = self.envelope.recipients.iter_mut().filter(|r| r.status == Status::Accepted);
                for recipient in accepted.take(if one { 1 } else { usize::MAX }) {
                    recipient.status = status;
                    recipient.answer = answer;
                }
                self.answer = answer;
            }
            _ => self.answer = answer,
        }
    }

    pub(super) fn anyone_accepted(&self) -> bool {
        self.envelope.recipients.iter().any(|recipient| recipient.status == Status::Accepted)
    }

    fn go_on(&mut self, Replied { to, severity, closing }: Replied) -> Result<(), Error> {
        let positive = severity == Severity::Positive;
        if closing {
            match to {
                Some(Verb::Data) if self.answer.code.is_none() => self.refused(Verb::Rcpt),
                Some(verb) => self.refused(verb),
                None => {}
            }
            self.abandon(Cause::ConnectionLost);
            return Ok(());
        }
        match to {
            Some(Verb::Greeting | Verb::Helo) if !positive => self.refused(to.unwrap_or(Verb::Greeting)),
            Some(Verb::Greeting) => return self.hello(),
            Some(Verb::Ehlo | Verb::Helo | Verb::Lhlo) if positive => return self.secure(),
            // RFC 5321 §3.2: a server that does not know EHLO knows HELO.
            Some(Verb::Ehlo) if severity == Severity::Permanent => return self.hello_without_extensions(),
            Some(verb @ (Verb::Ehlo | Verb::Lhlo)) => self.refused(verb),
            Some(Verb::StartTls) if !positive => {
                if self.options.tls == TlsPolicy::Required {
                    self.refused(Verb::StartTls);
                    self.abandon(Cause::TlsNotOffered);
                    return Ok(());
                }
                self.answer = Answer::default();
                return self.login();
            }
            Some(Verb::Auth | Verb::AuthResponse) => return self.login_goes_on(severity),
            Some(verb @ (Verb::Mail | Verb::Bdat)) if !positive => self.refused(verb),
            Some(Verb::Rcpt) => {
                // Behind a refused MAIL there is nobody to accept.
                let live = self.cause.is_none();
                if let Some(recipient) = self.envelope.recipients.get_mut(self.answered)
                    && live
                    && positive
                {
                    recipient.status = Status::Accepted;
                }
                self.answered = self.answered.saturating_add(1);
            }
            Some(Verb::Data) if severity != Severity::Intermediate && self.answer.code.is_some() => {
                self.refused(Verb::Data);
            }
            Some(Verb::Data) if !self.anyone_accepted() => self.refused(Verb::Rcpt),
            // A 2yz to DATA is no leave to send the content (RFC 5321 §4.1.1.4).
            Some(Verb::Data) if severity != Severity::Intermediate => self.refused(Verb::Data),
            Some(Verb::EndOfData) if self.client.in_flight() == 0 => {
                if self.envelope.recipients.iter().all(|r| r.status != Status::Delivered) {
                    self.refused(Verb::EndOfData);
                }
                return self.leave();
            }
            Some(Verb::Quit | Verb::Rset) => {
                // Behind a RSET that is refused nobody knows where the session is.
                if to == Some(Verb::Rset) && !positive {
                    self.client.timed_out();
                }
                self.step = Step::Done;
            }
            _ => {}
        }
        Ok(())
    }

    /// The first refusal is the cause.
    #[inline(never)]
    fn refused(&mut self, verb: Verb) {
        if !self.is_settled() && self.cause.is_none() {
            self.cause = Some(Cause::Refused(verb));
        }
    }

    pub(super) fn hello(&mut self) -> Result<(), Error> {
        self.step = Step::Ehlo;
        match self.options.hello {
            Hello::Smtp(name) => self.client.ehlo(name),
            Hello::Lmtp(name) => self.client.lhlo(name),
        }
    }

    /// HELO instead of EHLO, unless that gives up the TLS that is required.
    fn hello_without_extensions(&mut self) -> Result<(), Error> {
        if self.options.tls == TlsPolicy::Required && !self.client.is_tls() {
            self.abandon(Cause::TlsNotOffered);
            return Ok(());
        }
        match self.options.hello {
            Hello::Smtp(name) => {
                self.step = Step::Helo;
                self.answer = Answer::default();
                self.client.helo(name)
            }
            Hello::Lmtp(_) => Ok(()),
        }
    }

    /// Behind EHLO: TLS, by the policy.
    fn secure(&mut self) -> Result<(), Error> {
        let wanted = matches!(self.options.tls, TlsPolicy::Required | TlsPolicy::IfOffered);
        if self.client.is_tls() || !wanted {
            return self.login();
        }
        if self.client.capabilities().has(Extension::StartTls) {
            self.step = Step::StartTls;
            return self.client.starttls();
        }
        if self.options.tls == TlsPolicy::Required {
            self.abandon(Cause::TlsNotOffered);
            return Ok(());
        }
        self.login()
    }

    fn login(&mut self) -> Result<(), Error> {
        if !self.login.is_wanted() || self.client.is_authenticated() {
            self.address();
            return Ok(());
        }
        let offered = self.client.capabilities().mechanisms();
        let safe = if self.client.may_reveal_secrets() { offered } else { offered.not_revealing() };
        if self.login.choose(safe).is_some()
            && let Some(mechanism) = self.login.mechanism()
        {
            self.step = Step::Auth;
            return self.client.auth(mechanism);
        }
        if let Some(unoffered) = self.options.unoffered
            && self.client.is_tls()
            && self.login.choose(AuthMechanisms::NONE.with(unoffered)).is_some()
            && let Some(mechanism) = self.login.mechanism()
        {
            self.step = Step::Auth;
            return self.client.auth_unoffered(mechanism);
        }
        self.cause = Some(if safe == offered { Cause::NoMechanism } else { Cause::ClearText });
        self.leave()
    }

    fn login_goes_on(&mut self, severity: Severity) -> Result<(), Error> {
        match (severity, self.login.mechanism()) {
            (Severity::Intermediate, Some(mechanism)) => return self.client.auth_respond(mechanism),
            (Severity::Positive, Some(mechanism)) if mechanism.accept() => self.address(),
            (Severity::Positive, _) => self.abandon(Cause::ServerNotProven),
            _ => self.refused(Verb::Auth),
        }
        Ok(())
    }

    /// Behind the login: the envelope, unless something stands in its way.
    fn address(&mut self) {
        self.cause = self.obstacle();
        self.step = Step::Mail;
    }

    /// Leaves once something is refused and nothing is in flight any more.
    fn settle_when_refused(&mut self) -> Result<(), Error> {
        if self.is_settled() || self.client.in_flight() > 0 {
            return Ok(());
        }
        let nobody = self.step == Step::Data
            && self.answered == self.sent
            && self.envelope.recipients.iter().all(|recipient| recipient.status == Status::Refused);
        if nobody {
            self.refused(Verb::Rcpt);
        }
        if self.cause.is_some()
            && self.client.phase() != Phase::Data
            && !(self.is_binary() && self.client.chunk_left() > 0)
        {
            return self.leave();
        }
        Ok(())
    }

    /// The outcome is settled: QUIT, or good order for the next mail.
    fn leave(&mut self) -> Result<(), Error> {
        self.step = Step::Leaving;
        if self.options.then == Then::Quit && self.client.permits(Verb::Quit) {
            return self.client.quit();
        }
        if self.options.then == Then::Keep
            && self.client.phase().in_transaction()
            && self.client.permits(Verb::Rset)
        {
            return self.client.rset();
        }
        self.step = Step::Done;
        Ok(())
    }
}
