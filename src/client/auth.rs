//! AUTH (RFC 4954).

use super::Client;
use super::event::Shown;
use crate::sasl::mechanism::Own;
use crate::sasl::{Challenge, Mechanism, Message};
use crate::session::{MAX_CHALLENGES, wipe};
use crate::wire::reply::HEAD;
use crate::wire::{Extension, Verb, Writer, limits};
use crate::{Error, Misuse, Protocol};

impl Client<'_> {
    /// AUTH with `mechanism`, and its initial response if it has one that fits a line of 512 octets (RFC 4954 §4); a longer one
    /// waits for the first 334. A 334 comes as a reply to
    /// [`Verb::Auth`] or [`Verb::AuthResponse`] and is answered by [`auth_respond`](Self::auth_respond); 235 ends it well,
    /// if [`Mechanism::accept`] says so too: ask it, and drop the connection if it does not.
    ///
    /// # Errors
    /// As all commands; [`Misuse::NotOffered`] and [`Misuse::MechanismNotOffered`];
    /// [`Misuse::ClearText`] without TLS, unless it was allowed; [`Misuse::OutOfOrder`] when AUTH has succeeded already.
    /// [`Error::Capacity`] when any message of the exchange would not fit `tx`, which is known beforehand.
    pub fn auth(&mut self, mechanism: &mut dyn Mechanism) -> Result<(), Error> {
        self.offered(Extension::Auth)?;
        if !self.capabilities.mechanisms().has(mechanism.mechanism()) {
            return Err(Misuse::MechanismNotOffered.into());
        }
        self.begin_auth(mechanism, self.flags.clear_text_allowed)
    }

    /// AUTH with a mechanism that the server does not offer, for servers that take it all the
    /// same. Never without TLS.
    ///
    /// # Errors
    /// As [`auth`](Self::auth), but for the offer.
    pub fn auth_unoffered(&mut self, mechanism: &mut dyn Mechanism) -> Result<(), Error> {
        if !self.flags.tls {
            return Err(Misuse::ClearText.into());
        }
        self.begin_auth(mechanism, false)
    }

    fn begin_auth(&mut self, mechanism: &mut dyn Mechanism, clear_text: bool) -> Result<(), Error> {
        if mechanism.mechanism().reveals_secret() && !self.flags.tls && !clear_text {
            return Err(Misuse::ClearText.into());
        }
        // RFC 4954 §4: no second AUTH
        if self.flags.authenticated {
            return Err(Misuse::OutOfOrder(Verb::Auth).into());
        }
        self.may_send(Verb::Auth)?;
        self.exchange(Verb::Auth, mechanism)
    }

    /// Answers the challenge that [`event`](Self::event) shows now. A mechanism that gives up sends `*`, and the
    /// server answers that with a refusal.
    ///
    /// # Errors
    /// [`Misuse::OutOfOrder`] outside of an exchange; [`Error::Capacity`] when the message does not fit `tx`;
    /// [`Error::Protocol`] for challenges without end.
    pub fn auth_respond(&mut self, mechanism: &mut dyn Mechanism) -> Result<(), Error> {
        self.may_send(Verb::AuthResponse)?;
        self.exchange(Verb::AuthResponse, mechanism)
    }

    /// One message of the exchange: AUTH itself, or the answer to a challenge. The caller sees to it that the mechanism may be used, and
    /// that this is its turn; if it is not, nothing goes out all the same, but the mechanism has been asked.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn exchange(&mut self, verb: Verb, mechanism: &mut dyn Mechanism) -> Result<(), Error> {
        let begins = verb == Verb::Auth;
        let mut number = if begins { 0 } else { self.may_answer()? };
        self.tx.mark_secret();
        let room = self.tx.room();
        let free = room.len();
        let mut out = Writer::new(room);
        if begins {
            out.put(b"AUTH ");
            out.put(mechanism.name(Own));
            out.byte(b' ');
        }
        let front = out.wanted();
        // A mechanism with a state is asked once: the room must be there beforehand, for whichever message it is. CRLF goes with it.
        let groups = (mechanism.longest() as u32).wrapping_add(2) / 3;
        let longest = groups.wrapping_mul(4).wrapping_add(front as u32).wrapping_add(2);
        if longest > free as u32 {
            // Which fails, for there is no room for so much.
            return self.launch(verb, usize::try_from(longest).unwrap_or(usize::MAX), number);
        }
        let mut message = Message::new(&mut out);
        let said = if begins {
            mechanism.initial(&mut message)
        } else {
            let whole = self.shown == Shown::Line && !self.rx.is_cut();
            let place = self.rx.text_place(HEAD);
            let challenge = Challenge { storage: self.rx.storage(), place, whole };
            number = number.saturating_add(1);
            mechanism.respond(number.wrapping_sub(1), challenge, &mut message).is_ok()
        };
        if said {
            message.finish();
        }
        if front > 0 {
            if !said || out.wanted() > LONGEST {
                // RFC 4954 §4: what makes the line too long waits until the server asks for it.
                out.truncate(front.wrapping_sub(1));
            } else if out.wanted() == front {
                // RFC 4954 §4: an empty response is told from none.
                out.byte(b'=');
            }
        } else if !said {
            // What the mechanism may have written is part of no line; `*` alone is. RFC 4954 §4: 501 is due; one more challenge
            // is no answer to it.
            out.truncate(0);
            out.byte(b'*');
            number = MAX_CHALLENGES;
        }
        let octets = out.line();
        if octets > free {
            // The mechanism's word was not to be relied on; half a secret is one too.
            wipe(out.into_buffer());
        }
        self.launch(verb, octets, number)
    }

    /// Gives the exchange up with `*` (RFC 4954 §4).
    ///
    /// # Errors
    /// As all commands.
    pub fn auth_cancel(&mut self) -> Result<(), Error> {
        self.may_send(Verb::AuthResponse)?;
        self.may_answer()?;
        self.command(Verb::AuthResponse, "*", b"", None)?;
        self.scratch = MAX_CHALLENGES;
        Ok(())
    }

    /// How many challenges have been answered.
    fn may_answer(&mut self) -> Result<u8, Error> {
        if self.scratch >= MAX_CHALLENGES {
            self.fail(Protocol::EndlessAuth);
            return Err(Protocol::EndlessAuth.into());
        }
        Ok(self.scratch)
    }
}

/// Octets of AUTH with an initial response, before CRLF.
const LONGEST: usize = limits::COMMAND_LINE - 2;
