//! The envelope and the content on their way out: as much at once as may be.

use super::report::Cause;
use super::{Step, Submission};
use crate::client::{Transfer, check};
use crate::data::Body;
use crate::sasl::Authenticator;
use crate::session::Phase;
use crate::wire::{Extension, Verb};
use crate::{Buffer, Error, Misuse};

impl<B: Body, A: Authenticator> Submission<'_, '_, '_, B, A> {
    /// Before MAIL: refuses what the server cannot take, before anything of the mail is sent.
    pub(super) fn obstacle(&self) -> Option<Cause> {
        let offered = self.client.capabilities();
        let transfer = self.transfer();
        if transfer.binary {
            if !offered.has(Extension::BinaryMime) || !offered.has(Extension::Chunking) {
                return Some(Cause::NeedsBinaryMime);
            }
        } else if transfer.eight_bit && !offered.has(Extension::EightBitMime) {
            return Some(Cause::NeedsEightBitMime);
        }
        if transfer.smtputf8 && !offered.has(Extension::SmtpUtf8) {
            return Some(Cause::NeedsSmtpUtf8);
        }
        let rcpts = self.envelope.recipients.iter().map(|recipient| (Verb::Rcpt, recipient.parameters));
        for (verb, parameters) in rcpts.chain([(Verb::Mail, self.envelope.parameters)]) {
            match check(parameters, verb, offered) {
                Ok(()) => {}
                Err(Misuse::NotOffered(extension)) => return Some(Cause::NotOffered(extension)),
                Err(misuse) => return Some(Cause::Engine(misuse.into())),
            }
        }
        match self.body.size() {
            Some(size) if !offered.size().allows(size) => Some(Cause::TooLarge),
            _ => None,
        }
    }

    fn transfer(&self) -> Transfer {
        let needs = self.body.needs();
        let paths_ascii = self.envelope.from.is_ascii()
            && self.envelope.recipients.iter().all(|recipient| recipient.path.is_ascii());
        let size = self.body.size().filter(|_| self.client.capabilities().has(Extension::Size));
        let (eight_bit, binary) = (needs.eight_bit, needs.binary);
        Transfer { size, eight_bit, binary, smtputf8: needs.utf8_headers || !paths_ascii }
    }

    /// Whether the content goes in chunks (RFC 3030).
    pub(super) fn is_binary(&self) -> bool {
        self.body.needs().binary
    }

    /// Sends what may be sent now of the envelope, one command after the other without waiting
    /// where the server offers PIPELINING.
    pub(super) fn send_envelope(&mut self) -> Result<(), Error> {
        loop {
            let verb = match self.step {
                Step::Mail => Verb::Mail,
                Step::Rcpt => Verb::Rcpt,
                Step::Data if self.is_binary() => {
                    // A chunk cannot be taken back as DATA can, so it is known first that somebody wants it.
                    if self.client.in_flight() == 0 && self.anyone_accepted() {
                        self.step = Step::Content;
                    }
                    return Ok(());
                }
                Step::Data => Verb::Data,
                _ => return Ok(()),
            };
            // Once something is refused, nothing more is sent; what is in flight is awaited.
            if self.cause.is_some() || !self.client.permits(verb) {
                return Ok(());
            }
            let sent = match verb {
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
            match sent {
                Ok(()) => self.envelope_sent(verb),
                Err(error) => return self.room_later(error),
            }
        }
    }

    fn envelope_sent(&mut self, verb: Verb) {
        if verb == Verb::Rcpt {
            self.sent = self.sent.saturating_add(1);
        }
        self.step = match verb {
            Verb::Data => Step::Content,
            _ if self.sent >= self.envelope.recipients.len() => Step::Data,
            _ => Step::Rcpt,
        };
    }

    /// Sends what may be sent now of the content: short pieces by way of the transmit buffer, where
    /// they travel together, and long ones from where they lie.
    pub(super) fn send_content(&mut self) -> Result<(), Error> {
        let binary = self.is_binary();
        while self.step == Step::Content && (binary || self.client.phase() == Phase::Data) {
            if self.client.body_pending() > 0 {
                // Lent already, and lent again for each write.
                match self.body.fill() {
                    Ok([_, ..]) => {}
                    Ok([]) => self.abandon(Cause::BodyFailed),
                    Err(error) => {
                        self.body_error = Some(error);
                        self.abandon(Cause::BodyFailed);
                    }
                }
                return Ok(());
            }
            let chunk = if binary { self.client.chunk_left() } else { 0 };
            if binary && chunk == 0 && (self.cause.is_some() || !self.client.permits(Verb::Bdat)) {
                return Ok(());
            }
            // Nobody was accepted, or MAIL was refused, and 354 came all the same: the lone dot (RFC 2920 §3.1).
            let wanted = binary || self.cause.is_none() && self.anyone_accepted();
            let piece = match if wanted { self.body.fill() } else { Ok(&[][..]) } {
                Ok(piece) => piece,
                Err(error) => {
                    self.body_error = Some(error);
                    self.abandon(Cause::BodyFailed);
                    return Ok(());
                }
            };
            let (lent, done) = (piece.len() as u64, piece.is_empty());
            let piece = if binary { front(piece, chunk) } else { piece };
            if binary && chunk == 0 {
                // As much as is lent makes a chunk; how long the last one is shows behind it only.
                match self.client.bdat(lent, done) {
                    Ok(()) if done => self.step = Step::End,
                    Ok(()) => {}
                    Err(error) => return self.room_later(error),
                }
            } else if done && binary {
                self.abandon(Cause::BodyFailed);
            } else if done {
                match self.client.end_of_body() {
                    Ok(()) => self.step = Step::End,
                    Err(error) => return self.room_later(error),
                }
            } else if self.client.body_in_place(piece)? == 0 {
                let taken = self.client.body(piece)?;
                self.body.consume(taken);
                if taken == 0 {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Room that will come of itself (by writing, by reading replies) is waited for; a buffer that
    /// could not hold this even when empty is an error.
    fn room_later(&self, error: Error) -> Result<(), Error> {
        match error {
            Error::Capacity(short)
                if short.buffer() == Buffer::Queue || !self.client.transmit().is_empty() =>
            {
                Ok(())
            }
            error => Err(error),
        }
    }
}

/// What belongs to a chunk that has `left` octets to come.
fn front(piece: &[u8], left: u64) -> &[u8] {
    usize::try_from(left).ok().and_then(|left| piece.get(..left)).unwrap_or(piece)
}
