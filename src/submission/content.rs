//! The envelope and the content on their way out: as much at once as may be.

use super::report::Cause;
use super::{Status, Step, Submission, Words};
use crate::client::{IN_PLACE, OfMail, Parameters};
use crate::data::Body;
use crate::sasl::Authenticator;
use crate::session::Phase;
use crate::wire::Verb;
use crate::wire::size::counted;
use crate::{Error, Misuse};

impl<B: Body, A: Authenticator, W: Words> Submission<'_, '_, '_, B, A, W> {
    /// Before the envelope: a mail that is too large is not begun.
    pub(super) fn address(&mut self) {
        self.step = Step::Address;
        self.client.forget_parameters();
        if let Some(size) = self.body.size()
            && !self.client.capabilities().size().allows(size)
        {
            self.cause = Some(Cause::TooLarge);
        }
    }

    /// Sends what may be sent now of the envelope, one command after the other without waiting
    /// where the server offers PIPELINING. Before MAIL all recipients are tried: what the server cannot take of them is
    /// refused before anything of the mail is sent.
    pub(super) fn send_envelope(&mut self) -> bool {
        // Once something is refused, nothing more is sent; what is in flight is awaited.
        if self.cause.is_some() {
            return false;
        }
        let step = self.step;
        let result = match step {
            Step::Mail => {
                let mut needs = self.body.needs();
                needs.utf8_headers |= self.options.utf8;
                let size = self.body.size().and_then(counted);
                let more = self.envelope.parameters;
                // One of them is not linked where the body's needs are known when compiling.
                let (lines, binary) =
                    (OfMail::<false> { size, needs, more }, OfMail::<true> { size, needs, more });
                let parameters: &dyn Parameters = if needs.binary { &binary } else { &lines };
                self.client.mail_from(self.envelope.from, parameters)
            }
            Step::Address | Step::Rcpt => {
                let Some(recipient) = self.envelope.recipients.get(self.sent) else { return false };
                self.client.rcpt_to(recipient.path, recipient.parameters)
            }
            Step::Data if self.body.needs().binary => {
                // A chunk cannot be taken back as DATA can, so it is known first that somebody wants it.
                if self.client.in_flight() == 0 && self.any(Status::Accepted) {
                    self.step = Step::Content;
                }
                return false;
            }
            Step::Data => self.client.data_in_lines(),
            _ => return false,
        };
        if !self.done_with(result) {
            return false;
        }
        if matches!(step, Step::Address | Step::Rcpt) {
            self.sent = self.sent.wrapping_add(1);
            if self.sent < self.envelope.recipients.len() {
                return true;
            }
            self.sent = 0;
        }
        self.step = match self.step {
            Step::Address => Step::Mail,
            Step::Mail => Step::Rcpt,
            Step::Rcpt => Step::Data,
            _ => Step::Content,
        };
        true
    }

    /// Sends what may be sent now of the content, a piece at a time; whether there may be more of it. Short pieces go by way of
    /// the transmit buffer, where they travel together, and long ones from where they lie.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn send_content(&mut self) -> bool {
        let binary = self.body.needs().binary;
        if !binary && self.client.phase() != Phase::Data {
            return false;
        }
        let pending = IN_PLACE && self.client.body_pending() > 0;
        let chunk = if binary { self.client.chunk_left() } else { 0 };
        if binary && !pending && chunk == 0 && (self.cause.is_some() || !self.client.permits(Verb::Bdat)) {
            return false;
        }
        // Nobody was accepted, or MAIL was refused, and 354 came all the same: the lone dot (RFC 2920 §3.1).
        let wanted = pending || binary || self.cause.is_none();
        let piece = match if wanted { self.body.fill() } else { Ok(&[][..]) } {
            Ok(piece) => piece,
            Err(error) => {
                self.body_error = Some(error);
                self.abandon(Cause::BodyFailed);
                return false;
            }
        };
        let (lent, done) = (piece.len() as u64, piece.is_empty());
        let piece = if binary { front(piece, chunk) } else { piece };
        if pending || done && binary && chunk > 0 {
            // What is lent already is lent again for each write; a chunk that has been opened is given wholly.
            if done {
                self.abandon(Cause::BodyFailed);
            }
            return false;
        }
        if done || binary && chunk == 0 {
            // As much as is lent makes a chunk; how long the last one is shows behind it only.
            let result = if binary { self.client.bdat(lent, done) } else { self.client.end_of_body() };
            let given = self.done_with(result);
            if given && done {
                self.step = Step::End;
            }
            return given;
        }
        let in_place = if IN_PLACE { self.client.body_in_place(piece) } else { Ok(0) };
        let taken = match in_place {
            Ok(0) if binary => self.client.body(piece),
            Ok(0) => self.client.body_in_lines(piece),
            // It is lent for writing.
            result => result.map(|_| 0),
        };
        match taken {
            Ok(taken) => {
                self.body.consume(taken);
                taken > 0
            }
            Err(error) => self.done_with(Err(error)),
        }
    }

    /// Whether a command is on its way, or has been tried. What is not its turn, and room that will come of itself (by writing, by
    /// reading replies), is waited for; a buffer that could not hold this even when empty is an error. What the envelope
    /// needs and the server lacks is the cause.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn done_with(&mut self, result: Result<(), Error>) -> bool {
        let Err(error) = result else { return true };
        if let Error::Misuse(misuse) = error {
            match misuse {
                // Before MAIL it is never a RCPT's turn, and nothing else is wrong with it.
                Misuse::OutOfOrder(_) => return self.step == Step::Address,
                _ if self.step > Step::Mail => {}
                Misuse::NeedsSmtpUtf8 => {
                    // MAIL is next, and asks for it: with that, this does not come again.
                    self.options.utf8 = true;
                    self.step = Step::Address;
                    return true;
                }
                _ => {
                    self.cause = Some(Cause::Engine(error));
                    return false;
                }
            }
        } else if self.client.in_flight() > 0 || !self.client.transmit().is_empty() {
            // Room comes, or the engine tells itself that the session has broken off.
            return false;
        }
        self.did(Err(error));
        false
    }
}

/// What belongs to a chunk that has `left` octets to come.
fn front(piece: &[u8], left: u64) -> &[u8] {
    usize::try_from(left).ok().and_then(|left| piece.get(..left)).unwrap_or(piece)
}
