//! AUTH (RFC 4954): PLAIN and LOGIN are understood here, other mechanisms are the caller's.

use super::event::{Shown, Span};
use super::{Next, Server, answer};
use crate::sasl::base64::{Encoder, decode_in_place};
use crate::session::{Line, Phase};
use crate::wire::{AuthMechanism, Response, Severity, Verb};
use crate::{Error, Misuse};

/// What LOGIN asks, base64 for `Username:` and `Password:`.
const USER_NAME: &[u8] = b"VXNlcm5hbWU6";
const PASSWORD: &[u8] = b"UGFzc3dvcmQ6";

impl Server<'_, '_> {
    pub(super) fn begin_auth(
        &mut self,
        mechanism: AuthMechanism,
        initial: Option<Span>,
    ) -> Result<Next, Error> {
        self.mechanism = Some(mechanism);
        match (mechanism, initial) {
            // RFC 4954 §4: where the server speaks first there is no initial response.
            (AuthMechanism::CramMd5, Some(_)) => {
                self.rx.wipe(usize::from(self.consumed));
                self.give_up(&answer::BAD_BASE64)
            }
            (_, Some(initial)) => self.take_message(initial),
            (AuthMechanism::Plain, None) => self.prompt(b""),
            (AuthMechanism::Login, None) => self.prompt(USER_NAME),
            (mechanism, None) => {
                Ok(self.ask(Verb::Auth, Shown::AuthMessage { mechanism, first: true, message: None }))
            }
        }
    }

    /// A line behind 334.
    pub(super) fn take_auth_line(&mut self, line: Line) -> Result<Next, Error> {
        self.tick();
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

    fn take_message(&mut self, encoded: Span) -> Result<Next, Error> {
        let range = usize::from(encoded.from)..usize::from(encoded.to);
        let decoded =
            self.rx.filled_mut().get_mut(range).and_then(decode_in_place).map(|decoded| decoded.len());
        let Some(length) = decoded else {
            self.rx.wipe(usize::from(self.consumed));
            return self.give_up(&answer::BAD_BASE64);
        };
        let message = Span { from: encoded.from, to: encoded.from.saturating_add(length as u16) };
        match self.mechanism {
            Some(AuthMechanism::Plain) => self.plain(message),
            Some(AuthMechanism::Login) => self.login(message),
            Some(mechanism) => {
                // Behind 334 the phase is another than where AUTH is permitted.
                let first = self.phase != Phase::Auth;
                Ok(self.ask(Verb::Auth, Shown::AuthMessage { mechanism, first, message: Some(message) }))
            }
            None => self.give_up(&answer::BAD_SEQUENCE),
        }
    }

    /// `[authzid] NUL authcid NUL passwd` (RFC 4616 §2).
    fn plain(&mut self, message: Span) -> Result<Next, Error> {
        let octets = self.rx.slice(usize::from(message.from)..usize::from(message.to));
        let mut nuls = octets.iter().enumerate().filter(|(_, octet)| **octet == 0).map(|(at, _)| at);
        let places = (nuls.next(), nuls.next(), nuls.next());
        let (Some(first), Some(second), None) = places else {
            self.rx.wipe(usize::from(self.consumed));
            return self.give_up(&answer::BAD_BASE64);
        };
        let at = |offset: usize| message.from.saturating_add(offset as u16);
        let authorize_as = Span { from: message.from, to: at(first) };
        let user = Span { from: at(first.saturating_add(1)), to: at(second) };
        let password = Span { from: at(second.saturating_add(1)), to: message.to };
        // RFC 4616 §2: neither may be empty, and to some directories an empty password is a yes.
        let empty = user.from == user.to || password.from == password.to;
        // Those two NULs are the only control characters of the names.
        let names = Span { from: message.from, to: password.from };
        if empty || self.controls(names) != 2 {
            self.rx.wipe(usize::from(self.consumed));
            return self.give_up(&answer::BAD_BASE64);
        }
        Ok(self.ask(Verb::Auth, Shown::Login { authorize_as, user, password }))
    }

    /// The user name first, then the password.
    fn login(&mut self, message: Span) -> Result<Next, Error> {
        if self.rx.aside().is_empty() {
            if message.from == message.to || self.controls(message) != 0 {
                return self.give_up(&answer::BAD_BASE64);
            }
            let moved = self.rx.put_aside(usize::from(message.from)..usize::from(message.to));
            self.consumed = self.consumed.saturating_sub(moved as u16);
            self.rx.wipe(usize::from(self.consumed));
            return self.prompt(PASSWORD);
        }
        if message.from == message.to {
            return self.give_up(&answer::BAD_BASE64);
        }
        let none = Span::default();
        Ok(self.ask(Verb::Auth, Shown::Login { authorize_as: none, user: none, password: message }))
    }

    /// How many control characters are in names. RFC 4013 §2.3: none of their own, which could forge a line of somebody's log.
    fn controls(&self, names: Span) -> usize {
        let octets = self.rx.slice(usize::from(names.from)..usize::from(names.to));
        octets.iter().filter(|octet| octet.is_ascii_control()).count()
    }

    /// `334 text`
    fn prompt(&mut self, text: &[u8]) -> Result<Next, Error> {
        self.append(|out| {
            out.put(b"334 ");
            out.put(text);
            out.crlf();
        })?;
        self.phase = Phase::Auth;
        self.tick();
        Ok(Next::Again)
    }

    /// Goes on in a mechanism of the caller's: `334` and `challenge`, which is encoded on the way.
    ///
    /// # Errors
    /// [`Misuse::NoReplyOwed`] unless an [`Event::AuthMessage`](super::Event::AuthMessage) is told of; [`Error::Capacity`] when `tx` has
    /// no room: write what waits, and call again.
    pub fn challenge(&mut self, challenge: &[u8]) -> Result<(), Error> {
        if !matches!((self.owed, self.shown), (Some(Verb::Auth), Shown::AuthMessage { .. })) {
            return Err(Misuse::NoReplyOwed.into());
        }
        self.append(|out| {
            out.put(b"334 ");
            let mut encoder = Encoder::new(out);
            encoder.put(challenge);
            encoder.finish();
            out.crlf();
        })?;
        self.owed = None;
        self.phase = Phase::Auth;
        self.tick();
        Ok(())
    }

    /// The exchange ends in a refusal.
    fn give_up(&mut self, response: &'static Response<'static>) -> Result<Next, Error> {
        self.say(response, true)?;
        self.answered(Verb::Auth, Severity::Permanent);
        Ok(Next::Again)
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
