//! Replies: the caller's, and the engine's own with their enhanced codes (RFC 3463, RFC 5248, RFC 7372).

use super::event::{Lost, Shown};
use super::{ChunkIs, Server};
use crate::log::debug;
use crate::session::Phase;
use crate::wire::{Code, Extension, Response, Severity, Verb, Writer};
use crate::{Buffer, Capacity, Error, Misuse};

type Canned = Response<'static>;

pub(super) const OK: Canned = Response::known(250, (2, 0, 0), "OK");
pub(super) const SENDER_OK: Canned = Response::known(250, (2, 1, 0), "Sender OK");
pub(super) const RECIPIENT_OK: Canned = Response::known(250, (2, 1, 5), "Recipient OK");
pub(super) const GO_AHEAD: Canned = Response::known(354, (0, 0, 0), "End data with <CR><LF>.<CR><LF>");
pub(super) const TAKEN: Canned = Response::known(250, (2, 6, 0), "Message accepted");
pub(super) const AUTHENTICATED: Canned = Response::known(235, (2, 7, 0), "Authentication successful");
pub(super) const NOT_AUTHENTICATED: Canned = Response::known(535, (5, 7, 8), "Authentication failed");
pub(super) const CANNOT_VRFY: Canned =
    Response::known(252, (2, 5, 2), "Cannot VRFY, but will take the message");
pub(super) const READY_FOR_TLS: Canned = Response::known(220, (2, 0, 0), "Ready to start TLS");
pub(super) const BYE: Canned = Response::known(221, (2, 0, 0), "Bye");
pub(super) const TIMED_OUT: Canned = Response::known(421, (4, 4, 2), "Timeout, closing connection");
pub(super) const SHUTTING_DOWN: Canned =
    Response::known(421, (4, 3, 2), "Service going down, closing connection");
pub(super) const CANNOT_GO_ON: Canned = Response::known(421, (4, 3, 0), "Cannot go on, closing connection");
pub(super) const TOO_MANY_ERRORS: Canned =
    Response::known(421, (4, 7, 0), "Too many errors, closing connection");
pub(super) const TOO_MUCH: Canned =
    Response::known(421, (4, 7, 0), "Too much without a mail, closing connection");
pub(super) const TOO_MANY_MAILS: Canned = Response::known(452, (4, 5, 0), "Too many mails in this session");
pub(super) const TOO_MANY_RECIPIENTS: Canned = Response::known(452, (4, 5, 3), "Too many recipients");
pub(super) const UNKNOWN_COMMAND: Canned = Response::known(500, (5, 5, 1), "Command not recognized");
pub(super) const LINE_TOO_LONG: Canned = Response::known(500, (5, 5, 2), "Line too long");
pub(super) const AUTH_LINE_TOO_LONG: Canned =
    Response::known(500, (5, 5, 6), "Authentication exchange line is too long");
pub(super) const BARE_LF: Canned = Response::known(500, (5, 5, 2), "Lines must end with CRLF");
pub(super) const SYNTAX: Canned = Response::known(501, (5, 5, 4), "Syntax error in arguments");
pub(super) const BAD_ADDRESS: Canned = Response::known(501, (5, 1, 3), "Bad address syntax");
pub(super) const BAD_SENDER: Canned = Response::known(501, (5, 1, 7), "Bad sender address syntax");
pub(super) const BAD_BASE64: Canned = Response::known(501, (5, 5, 2), "Cannot decode the response");
pub(super) const CANCELLED: Canned = Response::known(501, (5, 7, 0), "Authentication cancelled");
pub(super) const NOT_IMPLEMENTED: Canned = Response::known(502, (5, 5, 1), "Command not implemented");
pub(super) const BAD_SEQUENCE: Canned = Response::known(503, (5, 5, 1), "Bad sequence of commands");
pub(super) const HELLO_FIRST: Canned = Response::known(503, (5, 5, 1), "Say hello first");
pub(super) const NO_RECIPIENTS: Canned = Response::known(503, (5, 5, 1), "No valid recipients");
pub(super) const BINARY_NEEDS_BDAT: Canned = Response::known(503, (5, 5, 1), "BINARYMIME needs BDAT");
pub(super) const UNKNOWN_MECHANISM: Canned = Response::known(504, (5, 5, 4), "Mechanism not offered");
pub(super) const TLS_FIRST: Canned = Response::known(530, (5, 7, 0), "Must issue a STARTTLS command first");
pub(super) const AUTH_FIRST: Canned = Response::known(530, (5, 7, 0), "Authentication required");
pub(super) const NEEDS_ENCRYPTION: Canned =
    Response::known(538, (5, 7, 11), "Encryption required for requested authentication mechanism");
pub(super) const TOO_LARGE: Canned = Response::known(552, (5, 3, 4), "Message too big");
pub(super) const BARE_LINE_END: Canned = Response::known(554, (5, 6, 0), "Bare CR or LF in the message");
pub(super) const CHUNK_REFUSED: Canned =
    Response::known(554, (5, 6, 0), "A chunk of the message was refused");
pub(super) const NEEDS_SMTPUTF8: Canned = Response::known(553, (5, 6, 7), "Address needs SMTPUTF8");
pub(super) const UNKNOWN_PARAMETER: Canned =
    Response::known(555, (5, 5, 4), "Parameter not recognized or not offered");

/// # Replies
impl Server<'_, '_> {
    /// Replies favourably to what [`event`](Self::event) tells of: 250 with what the engine offers to EHLO, 354 to DATA, 235
    /// to a login, 252 to VRFY, 250 to the rest.
    ///
    /// # Errors
    /// [`Misuse::NoReplyOwed`]. [`Error::Capacity`] when `tx` has no room: write what waits, and call again.
    pub fn accept(&mut self) -> Result<(), Error> {
        let response = match self.owed.ok_or(Misuse::NoReplyOwed)? {
            verb @ (Verb::Ehlo | Verb::Helo | Verb::Lhlo) => {
                self.emit_hello(verb)?;
                self.answered(verb, Severity::Positive);
                return Ok(());
            }
            Verb::XClient => {
                self.emit_greeting()?;
                self.answered(Verb::XClient, Severity::Positive);
                return Ok(());
            }
            Verb::Mail => SENDER_OK,
            Verb::Rcpt => RECIPIENT_OK,
            Verb::Data => GO_AHEAD,
            Verb::EndOfData | Verb::BdatLast => TAKEN,
            Verb::Auth => AUTHENTICATED,
            Verb::Vrfy => CANNOT_VRFY,
            _ => OK,
        };
        self.reply(&response)
    }

    /// Replies to what [`event`](Self::event) tells of. 421 ends the session.
    ///
    /// # Errors
    /// [`Misuse::NoReplyOwed`]; [`Misuse::WrongReply`] for a code that cannot answer the command: 3yz to anything but DATA,
    /// 2yz to DATA, 2yz to EHLO and XCLIENT (that is [`accept`](Self::accept)'s). [`Error::Capacity`] when `tx` has no room: write what
    /// waits, and call again.
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
            Verb::Bdat if !positive => self.lost = self.lost.or(Some(Lost::Refused)),
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

    pub(super) fn append(&mut self, emit: impl FnOnce(&mut Writer<'_>)) -> Result<(), Error> {
        match self.tx.append(emit) {
            Ok(()) => Ok(()),
            Err(needed) => Err(Capacity::new(Buffer::Tx, needed).into()),
        }
    }

    /// A reply of the engine's own; one of 5yz counts as a command in error.
    pub(super) fn answer(&mut self, response: &Canned) -> Result<(), Error> {
        self.say(response, true)?;
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

    /// Whether this refuses what was pipelined behind a MAIL that was refused, or behind recipients all of whom were: no error of
    /// the client's (RFC 2920 §3.1), as often as a mail may have recipients.
    fn is_in_wake(&self, response: &Canned) -> bool {
        let wake = match self.phase {
            Phase::Ready => self.flags.unsent && *response == BAD_SEQUENCE,
            Phase::Mail => self.refused > 0 && *response == NO_RECIPIENTS,
            _ => false,
        };
        wake && self.refused <= self.policy.max_recipients
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
            let _ = self.say(response, true);
            self.tick();
        }
        self.phase = Phase::Closing;
        self.owed = None;
        self.chunk_is = ChunkIs::None;
    }
}
