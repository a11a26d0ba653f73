//! AUTH (RFC 4954): what SMTP has around the messages of a SASL mechanism. The mechanisms themselves are in
//! [`sasl::server`](crate::sasl::server); PLAIN and LOGIN are driven here, others by the caller.

use core::ops::Range;

use super::event::{Shown, Span, auth_message};
use super::{Done, Server, Stop, answer};
use crate::sasl::base64::{Encoder, decode_in_place};
use crate::sasl::server::{Answer, Login, Message, Plain, Step};
use crate::session::{Line, Phase};
use crate::wire::{AuthMechanism, Response, Severity, Verb, Writer};
use crate::{Error, Misuse};

/// What LOGIN asks, base64 for `Username:` and `Password:`: who offers nothing but PLAIN and LOGIN needs no encoder.
const PROMPTS: [&[u8]; 2] = [b"VXNlcm5hbWU6", b"UGFzc3dvcmQ6"];

impl Server<'_, '_> {
    pub(super) fn begin_auth(&mut self, mechanism: AuthMechanism, initial: Option<Span>) -> Done {
        self.mechanism = Some(mechanism);
        self.flags.secret = true;
        match initial {
            // RFC 4954 §4: where the server speaks first there is no initial response.
            Some(_) if mechanism == AuthMechanism::CramMd5 => self.refuse_message(),
            Some(initial) => self.take_message(initial),
            None => self.hand_on(None),
        }
    }

    /// A line behind 334.
    pub(super) fn take_auth_line(&mut self, line: Line) -> Done {
        self.tick();
        self.flags.secret = true;
        if line.truncated || line.consumed > usize::from(self.policy.max_line) {
            self.rx.wipe(line.consumed);
            return self.give_up(&answer::AUTH_LINE_TOO_LONG);
        }
        // RFC 4954 §4: `*` takes it back.
        if self.rx.slice(0..line.length) == b"*" {
            return self.give_up(&answer::CANCELLED);
        }
        self.take_message(Span { from: 0, to: line.length as u16 })
    }

    fn take_message(&mut self, encoded: Span) -> Done {
        let range = usize::from(encoded.from)..usize::from(encoded.to);
        let decoded =
            self.rx.filled_mut().get_mut(range).and_then(decode_in_place).map(|decoded| decoded.len());
        let Some(length) = decoded else { return self.refuse_message() };
        self.hand_on(Some(Span { from: encoded.from, to: encoded.from.saturating_add(length as u16) }))
    }

    /// The message, or AUTH without one, to the mechanism.
    fn hand_on(&mut self, message: Option<Span>) -> Done {
        let Some(mechanism) = self.mechanism else { return self.refuse_message() };
        // Behind 334 the phase is another than where AUTH is permitted.
        let first = self.phase != Phase::Auth;
        let (challenge, keep) = match understood(auth_message(&self.rx, mechanism, first, message)) {
            None | Some(Step::Judge(_)) => {
                let told = self.ask(Verb::Auth, Shown::AuthMessage { mechanism, first, message });
                // A mechanism takes a message once: what it says to it must not want for room.
                self.flags.short = !self.tx.is_empty();
                return if self.flags.short { Err(Stop::Input) } else { told };
            }
            Some(Step::Answer(Answer::Challenge(challenge))) => (challenge, 0..0),
            Some(Step::Answer(Answer::Keep { from, to, challenge })) => (challenge, from..to),
            Some(Step::Answer(_)) => return self.refuse_message(),
        };
        self.put_challenge(|out| out.put(challenge))?;
        if !keep.is_empty() {
            self.keep(message, keep);
        }
        Ok(())
    }

    /// A part of the message outlives it.
    fn keep(&mut self, message: Option<Span>, part: Range<usize>) {
        let Some(message) = message else { return };
        let place = |offset| usize::from(message.from).saturating_add(offset);
        let used = self.rx.put_aside(place(part.start)..place(part.end).min(usize::from(message.to)));
        self.consumed = self.consumed.saturating_sub(used as u16);
        self.rx.wipe(usize::from(self.consumed));
        // It stands there no more.
        self.shown = Shown::Nothing;
    }

    /// `334` and what is put behind it.
    fn put_challenge(&mut self, put: impl FnOnce(&mut Writer<'_>)) -> Result<(), Error> {
        self.append(|out| {
            out.put(b"334 ");
            put(out);
            out.crlf();
        })?;
        self.owed = None;
        self.phase = Phase::Auth;
        self.tick();
        Ok(())
    }

    /// Answers an [`Event::AuthMessage`](super::Event::AuthMessage) as a mechanism says: 334, 235 or 535.
    ///
    /// # Errors
    /// [`Misuse::NoReplyOwed`] unless such an event is told of; [`Error::Capacity`] when the challenge is
    /// longer than `tx`, which is empty when the event is told: refuse then.
    pub fn auth(&mut self, answer: Answer<'_>) -> Result<(), Error> {
        let (Some(Verb::Auth), Shown::AuthMessage { mechanism, message, .. }) = (self.owed, self.shown)
        else {
            return Err(Misuse::NoReplyOwed.into());
        };
        // A login is accepted or refused, and nothing is asked.
        if matches!(mechanism, AuthMechanism::Plain | AuthMechanism::Login) {
            return Err(Misuse::NoReplyOwed.into());
        }
        let (challenge, keep) = match answer {
            Answer::Challenge(challenge) => (challenge, None),
            Answer::Keep { from, to, challenge } => (challenge, Some(from..to)),
            Answer::Accept => return self.accept(),
            Answer::Refuse(_) => return self.reply(&answer::NOT_AUTHENTICATED),
        };
        self.put_challenge(|out| {
            let mut encoder = Encoder::new(out);
            encoder.put(challenge);
            encoder.finish();
        })?;
        if let Some(part) = keep {
            self.keep(message, part);
        }
        Ok(())
    }

    /// Goes on in a mechanism of the caller's: `334` and `challenge`. The same as [`auth`](Self::auth) with [`Answer::Challenge`].
    ///
    /// # Errors
    /// As there.
    pub fn challenge(&mut self, challenge: &[u8]) -> Result<(), Error> {
        self.auth(Answer::Challenge(challenge))
    }

    /// What came is no message of the mechanism.
    fn refuse_message(&mut self) -> Done {
        self.rx.wipe(usize::from(self.consumed));
        self.give_up(&answer::BAD_BASE64)
    }

    /// The exchange ends in a refusal.
    fn give_up(&mut self, response: &'static Response<'static>) -> Done {
        self.say(response, true)?;
        self.answered(Verb::Auth, Severity::Permanent);
        Ok(())
    }

    /// The exchange is over because a line broke the rules for lines.
    pub(super) fn cancel_auth(&mut self) {
        if self.phase == Phase::Auth {
            self.phase = Phase::Ready;
            self.mechanism = None;
            self.rx.put_aside(0..0);
        }
    }
}

/// What the mechanisms that are driven here make of a message; `None` for others, which are the caller's.
#[inline(never)] // once in flash, not at each place of use
pub(super) fn understood(message: Message<'_>) -> Option<Step<'static, '_>> {
    match message.mechanism() {
        AuthMechanism::Plain => Some(Plain::take(message)),
        AuthMechanism::Login => Some(Login::take(message, PROMPTS)),
        _ => None,
    }
}
