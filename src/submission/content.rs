//! The envelope and the content on their way out: as much at once as may be.

use super::report::Cause;
use super::{Status, Step, Submission, Words};
use crate::client::{IN_PLACE, Transfer, check};
use crate::data::Body;
use crate::sasl::Authenticator;
use crate::session::Phase;
use crate::wire::{Extension, Verb};
use crate::{Buffer, Error, Misuse};

impl<B: Body, A: Authenticator, W: Words> Submission<'_, '_, '_, B, A, W> {
    /// Before MAIL: refuses what the server cannot take of the recipients' parameters and of the mail's size, before
    /// anything of the mail is sent. What MAIL itself needs is found out when it is given.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn address(&mut self) {
        self.step = Step::Mail;
        let offered = self.client.capabilities();
        for recipient in &*self.envelope.recipients {
            if let Err(misuse) = check(recipient.parameters, Verb::Rcpt, offered) {
                return self.obstacle(misuse);
            }
        }
        if let Some(size) = self.body.size()
            && !offered.size().allows(size)
        {
            self.cause = Some(Cause::TooLarge);
        }
    }

    /// The envelope or the mail asks for what the server does not offer, or for what cannot be.
    fn obstacle(&mut self, misuse: Misuse) {
        self.cause = Some(match misuse {
            Misuse::NotOffered(Extension::EightBitMime) => Cause::NeedsEightBitMime,
            Misuse::NotOffered(Extension::BinaryMime | Extension::Chunking) => Cause::NeedsBinaryMime,
            Misuse::NotOffered(Extension::SmtpUtf8) => Cause::NeedsSmtpUtf8,
            Misuse::NotOffered(extension) => Cause::NotOffered(extension),
            misuse => Cause::Engine(misuse.into()),
        });
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn transfer(&self) -> Transfer {
        let needs = self.body.needs();
        let ascii = self.envelope.from.is_ascii()
            && self.envelope.parameters.is_ascii()
            && self.envelope.recipients.iter().all(|to| to.path.is_ascii() && to.parameters.is_ascii());
        let size = self.body.size().filter(|_| self.client.capabilities().has(Extension::Size));
        let (eight_bit, binary) = (needs.eight_bit, needs.binary);
        Transfer { size, eight_bit, binary, smtputf8: needs.utf8_headers || !ascii }
    }

    /// Sends what may be sent now of the envelope, one command after the other without waiting
    /// where the server offers PIPELINING.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn send_envelope(&mut self) {
        // Once something is refused, nothing more is sent; what is in flight is awaited.
        while self.cause.is_none() {
            let verb = match self.step {
                Step::Mail => Verb::Mail,
                Step::Rcpt => Verb::Rcpt,
                Step::Data if self.body.needs().binary => {
                    // A chunk cannot be taken back as DATA can, so it is known first that somebody wants it.
                    if self.client.in_flight() == 0 && self.any(Status::Accepted) {
                        self.step = Step::Content;
                    }
                    return;
                }
                Step::Data => Verb::Data,
                _ => return,
            };
            if !self.client.permits(verb) {
                return;
            }
            let result = match verb {
                Verb::Mail => {
                    let transfer = self.transfer();
                    self.client.mail_with(&self.envelope.from, &transfer, self.envelope.parameters)
                }
                Verb::Rcpt => match self.envelope.recipients.get(self.sent) {
                    Some(recipient) => self.client.rcpt(&recipient.path, recipient.parameters),
                    None => Ok(()),
                },
                _ => self.client.data(),
            };
            if !self.had_room(result) {
                return;
            }
            if verb == Verb::Rcpt {
                self.sent = self.sent.wrapping_add(1);
            }
            self.step = match verb {
                Verb::Data => Step::Content,
                _ if self.sent >= self.envelope.recipients.len() => Step::Data,
                _ => Step::Rcpt,
            };
        }
    }

    /// Sends what may be sent now of the content: short pieces by way of the transmit buffer, where
    /// they travel together, and long ones from where they lie.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn send_content(&mut self) {
        let binary = self.body.needs().binary;
        while self.step == Step::Content && (binary || self.client.phase() == Phase::Data) {
            let pending = IN_PLACE && self.client.body_pending() > 0;
            let chunk = if binary { self.client.chunk_left() } else { 0 };
            if binary && !pending && chunk == 0 && (self.cause.is_some() || !self.client.permits(Verb::Bdat))
            {
                return;
            }
            // Nobody was accepted, or MAIL was refused, and 354 came all the same: the lone dot (RFC 2920 §3.1).
            let wanted = pending || binary || self.cause.is_none() && self.any(Status::Accepted);
            let piece = match if wanted { self.body.fill() } else { Ok(&[][..]) } {
                Ok(piece) => piece,
                Err(error) => {
                    self.body_error = Some(error);
                    return self.abandon(Cause::BodyFailed);
                }
            };
            let (lent, done) = (piece.len() as u64, piece.is_empty());
            let piece = if binary { front(piece, chunk) } else { piece };
            if pending || done && binary && chunk > 0 {
                // What is lent already is lent again for each write; a chunk that has been opened is given wholly.
                if done {
                    self.abandon(Cause::BodyFailed);
                }
                return;
            }
            if binary && chunk == 0 {
                // As much as is lent makes a chunk; how long the last one is shows behind it only.
                let result = self.client.bdat(lent, done);
                if !self.had_room(result) {
                    return;
                }
                if done {
                    self.step = Step::End;
                }
            } else if done {
                let result = self.client.end_of_body();
                if !self.had_room(result) {
                    return;
                }
                self.step = Step::End;
            } else {
                let in_place = if IN_PLACE { self.client.body_in_place(piece) } else { Ok(0) };
                let taken = match in_place {
                    Ok(0) => self.client.body(piece),
                    // It is lent for writing.
                    result => result.map(|_| 0),
                };
                match taken {
                    Ok(0) => return,
                    Ok(taken) => self.body.consume(taken),
                    Err(error) => return self.did(Err(error)),
                }
            }
        }
    }

    /// Whether a command is on its way. Room that will come of itself (by writing, by reading replies) is waited for; a
    /// buffer that could not hold this even when empty is an error. What MAIL needs and the server lacks is the cause.
    fn had_room(&mut self, result: Result<(), Error>) -> bool {
        if let Err(Error::Capacity(short)) = result
            && (short.buffer() == Buffer::Queue || !self.client.transmit().is_empty())
        {
            return false;
        }
        if let (Step::Mail, Err(Error::Misuse(misuse))) = (self.step, result) {
            self.obstacle(misuse);
            return false;
        }
        self.did(result);
        result.is_ok()
    }
}

/// What belongs to a chunk that has `left` octets to come.
fn front(piece: &[u8], left: u64) -> &[u8] {
    usize::try_from(left).ok().and_then(|left| piece.get(..left)).unwrap_or(piece)
}
