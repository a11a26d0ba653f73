//! Replies: the caller's, and the engine's own with their enhanced codes (RFC 3463, RFC 5248, RFC 7372).

pub(super) use super::canned::*;
use super::event::{Lost, Shown};
use super::{ChunkIs, Server};
use crate::log::debug;
use crate::session::{Phase, success};
use crate::wire::syntax::WIDE;
use crate::wire::{Code, Extension, Response, Severity, Verb, Writer};
use crate::{Buffer, Capacity, Error, Misuse};

/// Recipients beyond a mail's limit that are no idle commands yet.
const TOO_MANY: u16 = 1000;

/// # Replies
impl Server<'_, '_> {
    /// Replies favourably to what [`event`](Self::event) tells of: 250 with what the engine offers to EHLO, 354 to DATA, 235
    /// to a login, 252 to VRFY, 250 to the rest.
    ///
    /// # Errors
    /// [`Misuse::NoReplyOwed`]. [`Error::Capacity`] when `tx` has no room: what waits is wanted written then, and behind that the same
    /// event is told again.
    pub fn accept(&mut self) -> Result<(), Error> {
        let verb = self.owed.ok_or(Misuse::NoReplyOwed)?;
        match verb {
            // Those of each mail: what follows from a verb that is known takes half the instructions, where flash does not matter.
            Verb::Mail if WIDE => self.say_success(Verb::Mail),
            Verb::Rcpt if WIDE => self.say_success(Verb::Rcpt),
            Verb::Data if WIDE => self.say_success(Verb::Data),
            Verb::EndOfData if WIDE => self.say_success(Verb::EndOfData),
            _ => self.accept_any(verb),
        }
    }

    #[cfg_attr(target_pointer_width = "64", inline(never))] // so that the others need few registers
    fn accept_any(&mut self, verb: Verb) -> Result<(), Error> {
        match verb {
            Verb::Ehlo | Verb::Helo | Verb::Lhlo => self.emit_hello(verb)?,
            Verb::XClient => self.emit_greeting()?,
            _ => return self.say_success(verb),
        }
        self.answered(verb, success(verb));
        Ok(())
    }

    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    fn say_success(&mut self, verb: Verb) -> Result<(), Error> {
        self.say_canned(match verb {
            Verb::Mail => &SENDER_OK,
            Verb::Rcpt => &RECIPIENT_OK,
            Verb::Data => &GO_AHEAD,
            Verb::EndOfData | Verb::BdatLast => &TAKEN,
            Verb::Auth => &AUTHENTICATED,
            Verb::Vrfy => &CANNOT_VRFY,
            _ => &OK,
        })?;
        self.answered_now(verb, success(verb));
        Ok(())
    }

    /// Replies to what [`event`](Self::event) tells of. 421 ends the session.
    ///
    /// # Errors
    /// [`Misuse::NoReplyOwed`]; [`Misuse::WrongReply`] for a code that cannot answer the command: 3yz to anything but DATA,
    /// 2yz to DATA, 2yz to EHLO and XCLIENT (that is [`accept`](Self::accept)'s). [`Error::Capacity`] as there.
    pub fn reply(&mut self, response: &Response<'_>) -> Result<(), Error> {
        let verb = self.owed.ok_or(Misuse::NoReplyOwed)?;
        let severity = response.code().severity();
        let fits = match verb {
            Verb::Data => severity != Severity::Positive,
            Verb::Ehlo | Verb::Helo | Verb::Lhlo | Verb::XClient => {
                !matches!(severity, Severity::Positive | Severity::Intermediate)
            }
            _ => severity != Severity::Intermediate,
        };
        if !fits {
            return Err(Misuse::WrongReply.into());
        }
        // RFC 2034 §4: not on the replies to EHLO and HELO
        let enhanced = !matches!(verb, Verb::Ehlo | Verb::Helo | Verb::Lhlo);
        self.say(response, enhanced)?;
        self.answered(verb, severity);
        if response.code() == Code::CLOSING {
            self.phase = Phase::Closing;
            self.owed = None;
        }
        Ok(())
    }

    /// Refuses the connection in place of the greeting (RFC 5321 §3.1): behind 554 only QUIT is taken, behind 421 nothing.
    ///
    /// # Errors
    /// [`Misuse::NoReplyOwed`] once the session has begun, [`Misuse::WrongReply`] for a code other than 4yz and 5yz,
    /// [`Error::Capacity`] when `tx` has no room.
    pub fn refuse_connection(&mut self, response: &Response<'_>) -> Result<(), Error> {
        if self.phase != Phase::Connected {
            return Err(Misuse::NoReplyOwed.into());
        }
        if matches!(response.code().severity(), Severity::Positive | Severity::Intermediate) {
            return Err(Misuse::WrongReply.into());
        }
        self.say(response, false)?;
        self.phase = if response.code() == Code::CLOSING { Phase::Closing } else { Phase::Refused };
        Ok(())
    }

    /// The reply to `verb` is given.
    pub(super) fn answered(&mut self, verb: Verb, severity: Severity) {
        self.answered_now(verb, severity);
    }

    /// The same in place, for verbs that are known there.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    fn answered_now(&mut self, verb: Verb, severity: Severity) {
        debug!("answered {:?} in phase {:?}", verb, self.phase);
        self.tick();
        let positive = severity == Severity::Positive;
        if matches!(verb, Verb::EndOfData | Verb::BdatLast) {
            self.replied = self.replied.saturating_add(1);
            if positive {
                self.idle = 0;
                // Who can guess passwords no more, and brings mails, may have a bad address now and then.
                if self.flags.authenticated || self.policy.mechanisms.is_empty() {
                    self.errors = 0;
                }
            }
            if self.policy.lmtp && self.replied < self.recipients {
                // RFC 2033 §4.2: one reply for each accepted recipient
                if self.owed.is_some() {
                    self.shown = Shown::EndOfData { recipient: self.replied };
                }
                return;
            }
            self.mails = self.mails.saturating_add(1);
        }
        self.owed = None;
        self.phase = self.phase.after(verb, severity);
        match verb {
            Verb::Ehlo | Verb::Helo | Verb::Lhlo if positive => self.abandon_transaction(),
            Verb::XClient if positive => {
                self.forget_transaction();
                self.flags.authenticated = false;
                // Another client, to whom neither the errors nor the mails of the last belong.
                (self.errors, self.mails, self.drained) = (0, 0, 0);
            }
            Verb::Mail if positive => {
                self.forget_transaction();
                if let Shown::Mail { smtputf8, binary, .. } = self.shown {
                    (self.flags.smtputf8, self.flags.binary) = (smtputf8, binary);
                }
            }
            Verb::Mail => self.unsent(),
            Verb::Rcpt if positive => self.recipients = self.recipients.saturating_add(1),
            Verb::Rcpt => self.refused = self.refused.saturating_add(1),
            // Content that somebody wants is what a session is for; by crumbs it is not.
            Verb::Bdat
                if positive && u32::from(self.useful) >= self.policy.progress.min(u32::from(u16::MAX)) =>
            {
                (self.useful, self.idle) = (0, 0);
            }
            // In LMTP the last chunk is still taken, to be refused for each recipient.
            Verb::Bdat if !positive => {
                self.lost = self.lost.or(Some(Lost::Refused));
                self.refused = 0;
            }
            Verb::EndOfData | Verb::BdatLast => {
                self.forget_transaction();
                // RFC 3030 §2 leaves the state behind a refused last chunk open; here it is as behind the dot.
                self.phase = Phase::Ready;
            }
            Verb::Auth => {
                self.flags.authenticated |= positive;
                self.mechanism = None;
                self.rx.put_aside(0..0);
                if !positive {
                    return self.count_error();
                }
            }
            _ => {}
        }
        // Recipients have a limit of their own, and mails too.
        let idle = match verb {
            Verb::Rcpt | Verb::EndOfData | Verb::BdatLast => false,
            Verb::Data => severity != Severity::Intermediate,
            _ => true,
        };
        if idle {
            self.count_idle();
        }
    }

    /// Appends a reply.
    pub(super) fn say(&mut self, response: &Response<'_>, enhanced: bool) -> Result<(), Error> {
        let enhanced = enhanced && self.policy.offers(Extension::EnhancedStatusCodes);
        let utf8 = self.flags.smtputf8;
        self.append(|out| response.emit_lines(out, enhanced, utf8))
    }

    /// As [`say`](Self::say), of what is known beforehand, with its enhanced code where these are offered.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    pub(super) fn say_canned(&mut self, canned: &Canned) -> Result<(), Error> {
        if let Some((line, length)) = canned.line()
            && self.policy.offers(Extension::EnhancedStatusCodes)
            && self.tx.front(line, length)
        {
            self.flags.short = false;
            return Ok(());
        }
        self.say_any(canned)
    }

    /// The same by those who write any reply.
    #[cfg_attr(target_pointer_width = "64", inline(never))] // so that what is known needs few registers
    fn say_any(&mut self, response: &Response<'_>) -> Result<(), Error> {
        self.say(response, true)
    }

    pub(super) fn append(&mut self, emit: impl FnOnce(&mut Writer<'_>)) -> Result<(), Error> {
        let appended = self.tx.append(emit);
        self.flags.short = appended.is_err();
        appended.map_err(|needed| Capacity::new(Buffer::Tx, needed).into())
    }

    /// A reply of the engine's own; one of 5yz counts as a command in error.
    pub(super) fn answer(&mut self, response: &Canned) -> Result<(), Error> {
        self.say_canned(response)?;
        self.tick();
        if self.is_in_wake(response) {
            self.refused = self.refused.saturating_add(1);
        } else if response.code().severity() == Severity::Permanent {
            self.count_error();
        } else {
            self.count_idle();
        }
        Ok(())
    }

    /// Whether this refuses what was pipelined behind a MAIL or a chunk that was refused, or behind recipients all of whom were: no
    /// error of the client's (RFC 2920 §3.1), as often as a mail may have recipients; or recipients that are too many for a mail which
    /// others wait for (RFC 5321 §4.5.3.1.10).
    fn is_in_wake(&self, response: &Canned) -> bool {
        let (wake, most) = match self.phase {
            Phase::Ready => (self.flags.unsent && *response == BAD_SEQUENCE, self.policy.max_recipients),
            Phase::Mail => (self.refused > 0 && *response == NO_RECIPIENTS, self.policy.max_recipients),
            Phase::Spoiled => (*response == BAD_SEQUENCE, self.policy.max_recipients),
            Phase::Rcpt => {
                (*response == TOO_MANY_RECIPIENTS, TOO_MANY.saturating_add(self.policy.max_recipients))
            }
            _ => return false,
        };
        wake && self.refused <= most
    }

    /// A command more that brings no mail nearer.
    pub(super) fn count_idle(&mut self) {
        self.idle = self.idle.saturating_add(1);
        if self.idle >= self.policy.max_idle {
            self.shut(&TOO_MUCH);
        }
    }

    /// MAIL is refused.
    pub(super) fn unsent(&mut self) {
        self.forget_transaction();
        self.flags.unsent = true;
    }

    fn count_error(&mut self) {
        self.errors = self.errors.saturating_add(1);
        if self.errors >= self.policy.max_errors {
            self.shut(&TOO_MANY_ERRORS);
        }
    }

    /// 421, and nothing more is read.
    pub(super) fn shut(&mut self, response: &Canned) {
        // During the handshake the stream is not ours to write to.
        let silent = self.phase == Phase::Closing || (self.phase == Phase::Tls && self.tx.is_empty());
        if !silent {
            // Without room for it, the replies that wait are the last.
            let _ = self.say_canned(response);
            self.tick();
        }
        self.phase = Phase::Closing;
        self.owed = None;
        self.chunk_is = ChunkIs::None;
    }
}
