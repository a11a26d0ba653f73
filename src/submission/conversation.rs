//! The conversation: which command follows which reply.
//!
//! A command that cannot be given ends the session: what is told of it is kept by [`Submission::did`], so that no step here has a
//! result of its own.

use super::report::Cause;
use super::{Answer, Status, Step, Submission, TlsPolicy, Words};
use crate::data::Body;
use crate::sasl::Authenticator;
use crate::session::{Phase, Want};
use crate::wire::{AuthMechanisms, Extension, Severity, Verb};
use crate::{Error, Misuse};

impl<B: Body, A: Authenticator, W: Words> Submission<'_, '_, '_, B, A, W> {
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn converse(&mut self) -> Result<Want, Error> {
        if self.step == Step::Begin {
            self.begin();
        }
        loop {
            if matches!(self.step, Step::Mail | Step::Rcpt | Step::Data) {
                self.send_envelope();
            }
            if self.step == Step::Content {
                self.send_content();
            }
            self.settle_when_refused();
            if self.step == Step::Done {
                return self.failed.take().map_or(Ok(Want::Event), Err);
            }
            match self.client.poll() {
                Ok(Want::Event) => {
                    if !self.hear() {
                        // STARTTLS: nothing has come behind its reply.
                        return Ok(Want::Event);
                    }
                }
                Ok(Want::Closed) => self.abandon(Cause::ConnectionLost),
                Ok(want) => return Ok(want),
                Err(error) => self.did(Err(error)),
            }
        }
    }

    /// Takes note of an error of the engine's, which ends the session.
    pub(super) fn did(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.failed = Some(error);
            self.abandon(Cause::Engine(error));
        }
    }

    fn begin(&mut self) {
        if self.envelope.recipients.is_empty() {
            return self.did(Err(Misuse::OutOfOrder(Verb::Rcpt).into()));
        }
        if self.options.tls == TlsPolicy::Implicit && !self.client.is_tls() {
            return self.did(Err(Misuse::TlsState.into()));
        }
        match self.client.phase() {
            _ if !self.client.is_open() => self.abandon(Cause::ConnectionLost),
            Phase::Connected => self.step = Step::Greeting,
            // A session that was kept.
            Phase::Ready => self.secure(),
            // The session that was kept has ended meanwhile, or is in a state that only it knows: nothing
            // is wrong with this mail, which needs another connection (`Client::restart`).
            _ => self.abandon(Cause::ConnectionLost),
        }
    }

    /// Keeps the words and the code of what has come, and goes on once the reply is whole; whether anything has come.
    fn hear(&mut self) -> bool {
        let Some((line, text)) = self.client.shown_line() else { return false };
        let to = match line.to {
            // The last chunk ends the content as the lone dot does.
            Some(Verb::BdatLast) if self.body.needs().binary => Some(Verb::EndOfData),
            to => to,
        };
        let (code, whole, closing) = (line.code, line.last, line.closing);
        let severity = code.severity();
        let worth = self.is_worth_keeping(to, severity);
        let enhanced = if worth { self.words.add(text, code) } else { None };
        if whole {
            let answer = if worth { self.words.answer(code, enhanced) } else { Answer::NONE };
            self.go_on(to, severity, closing, answer);
        }
        true
    }

    /// Refusals, and the answer to the end of the mail; but behind a refusal the commands that were
    /// in flight are refused for its sake, and that tells nothing; nor do last words once all is settled.
    fn is_worth_keeping(&self, to: Option<Verb>, severity: Severity) -> bool {
        if self.cause.is_some() || self.is_settled() {
            return false;
        }
        if severity == Severity::Positive {
            return to == Some(Verb::EndOfData);
        }
        match to {
            Some(Verb::Auth | Verb::AuthResponse) => severity != Severity::Intermediate,
            Some(Verb::Data) => severity != Severity::Intermediate && self.any(Status::Accepted),
            _ => true,
        }
    }

    /// Takes the recipients who are `from` to where they are now, or the first of them, with this answer.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn decide(&mut self, from: Status, to: Status, answer: Answer, one: bool) {
        for recipient in &mut *self.envelope.recipients {
            if recipient.status == from {
                recipient.status = to;
                recipient.answer = answer;
                if one {
                    return;
                }
            }
        }
    }

    /// Whether there is a recipient of this status.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn any(&self, status: Status) -> bool {
        self.envelope.recipients.iter().any(|recipient| recipient.status == status)
    }

    /// `answer` is one when it is worth keeping.
    fn go_on(&mut self, to: Option<Verb>, severity: Severity, closing: bool, answer: Answer) {
        let positive = severity == Severity::Positive;
        let told = answer.code.is_some();
        if told && (to != Some(Verb::Rcpt) || closing) {
            self.answer = answer;
        }
        let Some(verb) = to else {
            return self.abandon(Cause::ConnectionLost);
        };
        let blamed = if verb == Verb::Data && !self.any(Status::Accepted) { Verb::Rcpt } else { verb };
        match verb {
            // Replies come in the order of the recipients. Behind a refused MAIL there is nobody to accept.
            Verb::Rcpt if self.cause.is_none() => {
                let status = if positive { Status::Accepted } else { Status::Refused };
                self.decide(Status::Waiting, status, answer, true);
            }
            Verb::EndOfData | Verb::Data | Verb::Bdat if told => {
                let status = if positive { Status::Delivered } else { Status::Refused };
                // LMTP answers for each accepted recipient in turn (RFC 2033 §4.2), SMTP for all; so does who closes.
                let one = verb == Verb::EndOfData && self.client.is_lmtp() && !closing;
                self.decide(Status::Accepted, status, answer, one);
            }
            _ => {}
        }
        if closing {
            self.refused(blamed);
            return self.abandon(Cause::ConnectionLost);
        }
        match verb {
            Verb::Greeting if positive => self.hello(),
            Verb::Ehlo | Verb::Helo | Verb::Lhlo if positive => self.secure(),
            // RFC 5321 §3.2: a server that does not know EHLO knows HELO.
            Verb::Ehlo if severity == Severity::Permanent => self.hello_without_extensions(),
            Verb::StartTls if !positive => {
                if self.options.tls == TlsPolicy::Required {
                    self.refused(verb);
                    return self.abandon(Cause::TlsNotOffered);
                }
                self.answer = Answer::default();
                self.login();
            }
            Verb::Auth | Verb::AuthResponse => self.login_goes_on(severity),
            // A 2yz to DATA is no leave to send the content (RFC 5321 §4.1.1.4).
            Verb::Data if severity != Severity::Intermediate || blamed == Verb::Rcpt => self.refused(blamed),
            Verb::EndOfData if self.client.in_flight() == 0 => {
                if !self.any(Status::Delivered) {
                    self.refused(Verb::EndOfData);
                }
                self.leave();
            }
            Verb::Quit | Verb::Rset => {
                // Behind a RSET that is refused nobody knows where the session is.
                if verb == Verb::Rset && !positive {
                    self.client.timed_out();
                }
                self.step = Step::Done;
            }
            Verb::Greeting | Verb::Ehlo | Verb::Helo | Verb::Lhlo | Verb::Mail | Verb::Bdat if !positive => {
                self.refused(verb);
            }
            _ => {}
        }
    }

    /// The first refusal is the cause.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn refused(&mut self, verb: Verb) {
        self.caused(Cause::Refused(verb));
    }

    pub(super) fn hello(&mut self) {
        self.step = Step::Hello;
        let result = (self.options.greet)(self.client, self.options.name);
        self.did(result);
    }

    /// HELO instead of EHLO, unless that gives up the TLS that is required.
    fn hello_without_extensions(&mut self) {
        if self.options.tls == TlsPolicy::Required && !self.client.is_tls() {
            return self.abandon(Cause::TlsNotOffered);
        }
        self.answer = Answer::default();
        let result = self.client.helo(self.options.name);
        self.did(result);
    }

    /// Behind EHLO: TLS, by the policy.
    fn secure(&mut self) {
        let policy = self.options.tls;
        if self.client.is_tls() || !matches!(policy, TlsPolicy::Required | TlsPolicy::IfOffered) {
            return self.login();
        }
        if self.client.capabilities().has(Extension::StartTls) {
            self.step = Step::StartTls;
            let result = self.client.starttls();
            return self.did(result);
        }
        if policy == TlsPolicy::Required {
            return self.abandon(Cause::TlsNotOffered);
        }
        self.login();
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn login(&mut self) {
        if !self.login.is_wanted() || self.client.is_authenticated() {
            return self.address();
        }
        let offered = self.client.capabilities().mechanisms();
        let safe = if self.client.may_reveal_secrets() { offered } else { offered.not_revealing() };
        let mut insist = None;
        if self.login.choose(safe).is_none()
            && let Some(unoffered) = self.options.unoffered
            && self.client.is_tls()
        {
            self.login.choose(AuthMechanisms::NONE.with(unoffered));
            insist = self.options.insist;
        }
        if let Some(mechanism) = self.login.mechanism() {
            self.step = Step::Auth;
            let result = match insist {
                Some(insist) => insist(self.client, mechanism),
                None => self.client.auth(mechanism),
            };
            return self.did(result);
        }
        self.cause = Some(if safe == offered { Cause::NoMechanism } else { Cause::ClearText });
        self.leave();
    }

    fn login_goes_on(&mut self, severity: Severity) {
        match (severity, self.login.mechanism()) {
            (Severity::Intermediate, Some(mechanism)) => {
                let result = self.client.auth_respond(mechanism);
                self.did(result);
            }
            (Severity::Positive, Some(mechanism)) if mechanism.accept() => self.address(),
            (Severity::Positive, _) => self.abandon(Cause::ServerNotProven),
            _ => self.refused(Verb::Auth),
        }
    }

    /// Leaves once something is refused and nothing is in flight any more.
    fn settle_when_refused(&mut self) {
        if self.is_settled() || self.client.in_flight() > 0 {
            return;
        }
        // All have been asked for, and all have been answered for.
        if self.step == Step::Data && !self.any(Status::Accepted) {
            self.refused(Verb::Rcpt);
        }
        if self.cause.is_some()
            && self.client.phase() != Phase::Data
            && !(self.body.needs().binary && self.client.chunk_left() > 0)
        {
            self.leave();
        }
    }

    /// The outcome is settled: QUIT, or good order for the next mail.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn leave(&mut self) {
        let said = (self.options.leave)(self.client);
        // Where nothing can be said any more, that is that.
        self.step = if said { Step::Leaving } else { Step::Done };
    }
}
