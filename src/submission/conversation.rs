//! The conversation: which command follows which reply.
//!
//! A command that cannot be given ends the session: what is told of it is kept by [`Submission::did`], so that no step here has a
//! result of its own.

use core::mem::replace;

use super::report::Cause;
use super::{Status, Step, Submission, TlsPolicy, Words};
use crate::data::Body;
use crate::sasl::Authenticator;
use crate::session::{Endpoint, Phase, Want};
use crate::wire::{Code, Extension, Severity, Verb};
use crate::{Error, Misuse};

impl<B: Body, A: Authenticator, W: Words> Submission<'_, '_, '_, B, A, W> {
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn converse(&mut self) -> Result<Want, Error> {
        loop {
            if self.step == Step::Begin {
                self.begin();
            }
            while self.send_envelope() {}
            while self.step == Step::Content && self.send_content() {}
            self.settle();
            if self.step == Step::Done {
                return replace(&mut self.end, Ok(Want::Event));
            }
            let polled = self.client.poll();
            match polled {
                Ok(Want::Closed) => self.abandon(Cause::ConnectionLost),
                // STARTTLS is an event too, and nothing has come behind its reply.
                Ok(want) if want != Want::Event || !self.hear() => return polled,
                Ok(_) => {}
                Err(error) => self.did(Err(error)),
            }
        }
    }

    /// Takes note of an error of the engine's, which ends the session.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn did(&mut self, result: Result<(), Error>) {
        if let Err(error) = result {
            self.end = Err(error);
            self.abandon(Cause::Engine(error));
        }
    }

    /// A session is there, new or anew or kept: what comes next up to the login follows from its phase.
    fn begin(&mut self) {
        if self.envelope.recipients.is_empty() {
            return self.did(Err(Misuse::OutOfOrder(Verb::Rcpt).into()));
        }
        if self.options.tls == TlsPolicy::Implicit && !self.client.is_tls() {
            return self.did(Err(Misuse::TlsState.into()));
        }
        self.step = Step::Opening;
        match self.client.phase() {
            _ if !self.client.is_open() => self.abandon(Cause::ConnectionLost),
            Phase::Connected => {}
            Phase::Greeted => self.hello(),
            Phase::Ready => self.secure(),
            // A session that was kept has ended meanwhile, or is in a state that only it knows: nothing
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
            Some(Verb::AuthResponse) => Some(Verb::Auth),
            to => to,
        };
        let (code, severity, whole, closing) = (line.code, line.severity, line.last, line.closing);
        // Refusals, and the answer to the end of the mail; but behind a refusal the commands that were
        // in flight are refused for its sake, and that tells nothing; nor do last words once all is settled.
        let goes_on = match severity {
            Severity::Positive => to != Some(Verb::EndOfData),
            Severity::Intermediate => matches!(to, Some(Verb::Auth | Verb::Data)),
            _ => false,
        };
        let told = !goes_on && self.cause.is_none() && !self.is_settled();
        let enhanced = if told { self.words.add(text, code) } else { None };
        if whole {
            let kept = if told { self.words.finish(enhanced) } else { W::Kept::default() };
            self.go_on(to, severity, closing, told.then_some(code), kept);
        }
        true
    }

    /// Takes the recipients who wait for RCPT's reply or for the mail's, or the first of them, to where they are now, with this answer.
    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    fn decide(&mut self, from: Status, to: Status, code: Option<Code>, kept: W::Kept, one: bool) {
        for recipient in &mut *self.envelope.recipients {
            if recipient.status == from {
                recipient.status = to;
                W::write(&mut recipient.answer, code, kept);
                if one {
                    return;
                }
            }
        }
    }

    /// Whether there is a recipient of this status.
    pub(super) fn any(&self, status: Status) -> bool {
        self.envelope.recipients.iter().any(|recipient| recipient.status == status)
    }

    /// `code` is one when the answer is worth keeping.
    fn go_on(
        &mut self,
        to: Option<Verb>,
        severity: Severity,
        closing: bool,
        code: Option<Code>,
        kept: W::Kept,
    ) {
        let positive = severity == Severity::Positive;
        // Replies come in the order of the recipients. Behind a refused MAIL there is nobody to accept.
        if to == Some(Verb::Rcpt) && self.cause.is_none() {
            let status = if positive { Status::Accepted } else { Status::Refused };
            self.decide(Status::Waiting, status, code, kept, true);
        } else if code.is_some() {
            W::write(&mut self.answer, code, kept);
            if matches!(to, Some(Verb::Data | Verb::EndOfData | Verb::Bdat)) {
                let status = if positive { Status::Delivered } else { Status::Refused };
                // LMTP answers for each accepted recipient in turn (RFC 2033 §4.2), SMTP for all; so does who closes.
                let one = to == Some(Verb::EndOfData) && self.client.is_lmtp() && !closing;
                self.decide(Status::Accepted, status, code, kept, one);
            }
        }
        let Some(verb) = to else {
            return self.abandon(Cause::ConnectionLost);
        };
        if closing {
            self.refused(verb);
            if code.is_some() {
                W::write(&mut self.answer, code, kept);
            }
            return self.abandon(Cause::ConnectionLost);
        }
        let refused = match verb {
            Verb::Auth if !severity.is_refusal() => !self.login_goes_on(positive),
            Verb::Greeting | Verb::Ehlo | Verb::Helo | Verb::Lhlo if positive => {
                self.step = Step::Begin;
                false
            }
            // RFC 5321 §3.2: a server that does not know EHLO knows HELO.
            Verb::Ehlo if severity == Severity::Permanent => {
                self.hello_without_extensions();
                false
            }
            Verb::StartTls if !positive => {
                if self.options.tls == TlsPolicy::Required {
                    self.refused(verb);
                    return self.abandon(Cause::TlsNotOffered);
                }
                W::write(&mut self.answer, None, W::Kept::default());
                self.login();
                false
            }
            // Behind a RSET that is refused nobody knows where the session is, and behind QUIT it is over.
            Verb::Quit | Verb::Rset if !positive => return self.abandon(Cause::ConnectionLost),
            Verb::Quit | Verb::Rset => {
                self.step = Step::Done;
                false
            }
            // A 2yz to DATA is no leave to send the content (RFC 5321 §4.1.1.4).
            Verb::Data => severity != Severity::Intermediate,
            Verb::Greeting | Verb::Ehlo | Verb::Helo | Verb::Lhlo | Verb::Auth | Verb::Mail | Verb::Bdat => {
                !positive
            }
            _ => false,
        };
        if refused {
            self.refused(verb);
        }
    }

    /// The first refusal is the cause.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn refused(&mut self, verb: Verb) {
        self.caused(Cause::Refused(verb));
    }

    fn hello(&mut self) {
        let name = self.options.name;
        let result = match self.options.greet {
            Some(greet) => greet(self.client, name),
            None => self.client.ehlo(name),
        };
        self.did(result);
    }

    /// HELO instead of EHLO, unless that gives up the TLS that is required.
    fn hello_without_extensions(&mut self) {
        if self.options.tls == TlsPolicy::Required && !self.client.is_tls() {
            return self.abandon(Cause::TlsNotOffered);
        }
        W::write(&mut self.answer, None, W::Kept::default());
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
        let mut allowed = if self.client.may_reveal_secrets() { offered } else { offered.not_revealing() };
        let cause = if allowed == offered { Cause::NoMechanism } else { Cause::ClearText };
        if self.login.choose(allowed).is_none() && self.client.is_tls() {
            allowed = self.options.unoffered;
            self.login.choose(allowed);
        }
        let Some(mechanism) = self.login.mechanism() else {
            self.cause = Some(cause);
            return;
        };
        // Whoever chooses is not trusted to keep to what is allowed.
        let result = if allowed.has(mechanism.mechanism()) {
            self.client.exchange(Verb::Auth, mechanism)
        } else {
            Err(Misuse::MechanismNotOffered.into())
        };
        self.did(result);
    }

    /// A challenge is answered, or the login is done; whether there is one.
    fn login_goes_on(&mut self, accepted: bool) -> bool {
        let Some(mechanism) = self.login.mechanism() else { return false };
        if !accepted {
            let result = self.client.exchange(Verb::AuthResponse, mechanism);
            self.did(result);
        } else if mechanism.accept() {
            // That is done, then.
            self.login();
        } else {
            self.abandon(Cause::ServerNotProven);
        }
        true
    }

    /// Leaves once all is answered, or something is refused, and nothing is in flight any more.
    fn settle(&mut self) {
        if self.step < Step::End {
            if self.envelope.recipients.iter().all(|recipient| recipient.status == Status::Refused) {
                self.refused(Verb::Rcpt);
            }
            // A chunk may be refused before it has come (RFC 3030 §2): what is left of it, of which something is always on
            // its way out, goes before anything else can.
            let content =
                self.client.phase() == Phase::Data || self.body.needs().binary && !self.transmit().is_empty();
            if self.cause.is_none() || content {
                return;
            }
        }
        if self.step <= Step::End && self.client.in_flight() == 0 {
            self.leave();
        }
    }

    /// The outcome is settled: QUIT, or good order for the next mail.
    fn leave(&mut self) {
        let said = match self.options.leave {
            Some(leave) => leave(self.client),
            None => self.client.quit(),
        };
        // Where nothing can be said any more, that is that.
        self.step = if said.is_ok() { Step::Leaving } else { Step::Done };
    }
}
