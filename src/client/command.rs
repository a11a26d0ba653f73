//! Commands: each is checked for its turn, its need of an extension, room in `tx` and in the
//! queue, and then happens wholly, or it does not happen.

use super::event::Shown;
use super::parameters::{Both, ParameterList, Utf8, used};
use super::reply::count;
use super::{Client, NOTHING_MORE, Parameters};
use crate::log::debug;
use crate::session::{MAX_IN_FLIGHT, Phase};
use crate::wire::{Extension, ForwardPath, HelloName, ReversePath, Severity, Text, Verb};
use crate::{Buffer, Capacity, Error, Misuse};

/// # Commands
///
/// They all fail with [`Error::Misuse`] ([`Misuse::OutOfOrder`]) when it is not their turn, and with
/// [`Error::Capacity`] when `tx` or the queue of [`MAX_IN_FLIGHT`] commands has no room; then nothing has happened.
impl Client<'_> {
    /// EHLO (RFC 5321 §4.1.1.1).
    ///
    /// # Errors
    /// As all commands; [`Misuse::NeedsSmtpUtf8`] for a name outside ASCII.
    pub fn ehlo(&mut self, name: HelloName<'_>) -> Result<(), Error> {
        self.hello(Verb::Ehlo, "EHLO ", name)
    }

    /// HELO, for servers that refuse EHLO with 5yz (RFC 5321 §3.2).
    ///
    /// # Errors
    /// As all commands.
    pub fn helo(&mut self, name: HelloName<'_>) -> Result<(), Error> {
        self.hello(Verb::Helo, "HELO ", name)
    }

    /// LHLO: from here on the session is LMTP (RFC 2033).
    ///
    /// # Errors
    /// As all commands.
    pub fn lhlo(&mut self, name: HelloName<'_>) -> Result<(), Error> {
        self.hello(Verb::Lhlo, "LHLO ", name)?;
        self.lmtp = Some(count);
        Ok(())
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    fn hello(&mut self, verb: Verb, head: &str, name: HelloName<'_>) -> Result<(), Error> {
        // RFC 6531 §3.7.1: no extension is there yet that would allow it.
        self.command(verb, head, name.as_bytes(), None)
    }

    /// STARTTLS (RFC 3207). When it is accepted, [`Event::StartTls`](super::Event::StartTls) comes.
    ///
    /// # Errors
    /// As all commands; [`Misuse::TlsState`] under TLS, [`Misuse::NotOffered`].
    pub fn starttls(&mut self) -> Result<(), Error> {
        if self.flags.tls {
            return Err(Misuse::TlsState.into());
        }
        self.offered(Extension::StartTls)?;
        self.word(Verb::StartTls, "STARTTLS")
    }

    /// Says that the handshake is done and octets go through TLS from here on. What the server
    /// offered before is forgotten (RFC 3207 §4.2): EHLO is due again.
    ///
    /// # Errors
    /// [`Misuse::TlsState`] when no handshake was due.
    pub fn tls_established(&mut self) -> Result<(), Error> {
        if self.phase != Phase::Tls || !self.rx.is_empty() || self.flags.over {
            return Err(Misuse::TlsState.into());
        }
        // No line is shown, which would be in `rx`.
        self.shown = Shown::Nothing;
        self.phase = Phase::Greeted;
        self.forget_offers();
        self.flags.tls = true;
        self.flags.authenticated = false;
        Ok(())
    }

    /// MAIL (RFC 5321 §4.1.1.2).
    ///
    /// # Errors
    /// As all commands; [`Misuse::NotOffered`] for a parameter whose extension is not offered,
    /// [`Misuse::Parameter`] for one of RCPT, [`Misuse::NeedsSmtpUtf8`] for an address or a value outside ASCII without that one.
    pub fn mail(&mut self, from: &ReversePath<'_>, parameters: &dyn Parameters) -> Result<(), Error> {
        self.mail_from(from.as_bytes(), parameters)
    }

    /// MAIL with two lists of parameters, one behind the other.
    ///
    /// # Errors
    /// As [`mail`](Self::mail).
    pub fn mail_with(
        &mut self,
        from: &ReversePath<'_>,
        parameters: &dyn Parameters,
        more: &dyn Parameters,
    ) -> Result<(), Error> {
        self.mail(from, &Both(parameters, more))
    }

    /// RCPT (RFC 5321 §4.1.1.3).
    ///
    /// # Errors
    /// As all commands; [`Misuse::NotOffered`] for a parameter whose extension is not offered, [`Misuse::Parameter`] for one
    /// of MAIL, [`Misuse::NeedsSmtpUtf8`] for an address or a value outside ASCII where MAIL had not that parameter.
    pub fn rcpt(&mut self, to: &ForwardPath<'_>, parameters: &dyn Parameters) -> Result<(), Error> {
        self.rcpt_to(to.as_bytes(), Some(parameters))
    }

    /// MAIL, with a path that was checked before.
    pub(crate) fn mail_from(&mut self, path: &[u8], parameters: &dyn Parameters) -> Result<(), Error> {
        self.command(Verb::Mail, "MAIL FROM:<", path, Some(parameters))
    }

    /// RCPT, with a path that was checked before, perhaps with parameters.
    pub(crate) fn rcpt_to(&mut self, path: &[u8], parameters: Option<&dyn Parameters>) -> Result<(), Error> {
        self.command(Verb::Rcpt, "RCPT TO:<", path, parameters)
    }

    /// Between transactions: whatever is given out of its turn now, before MAIL, makes use of no extension.
    pub(crate) fn forget_parameters(&mut self) {
        self.scratch = 0;
    }

    /// DATA (RFC 5321 §4.1.1.4). Behind its 354 the content is due, even if it is only the lone
    /// dot because nobody was accepted (RFC 2920 §3.1).
    ///
    /// # Errors
    /// As all commands; [`Misuse::OutOfOrder`] for a mail of BODY=BINARYMIME, which goes by [`bdat`](Self::bdat).
    pub fn data(&mut self) -> Result<(), Error> {
        // RFC 3030 §3
        if self.scratch & used(Extension::BinaryMime) != 0 {
            return Err(Misuse::OutOfOrder(Verb::Data).into());
        }
        self.data_in_lines()
    }

    /// DATA for a mail that is known to stand in lines.
    pub(crate) fn data_in_lines(&mut self) -> Result<(), Error> {
        self.word(Verb::Data, "DATA")
    }

    /// RSET (RFC 5321 §4.1.1.5): the transaction is forgotten.
    ///
    /// # Errors
    /// As all commands.
    pub fn rset(&mut self) -> Result<(), Error> {
        self.word(Verb::Rset, "RSET")
    }

    /// NOOP (RFC 5321 §4.1.1.9).
    ///
    /// # Errors
    /// As all commands.
    pub fn noop(&mut self) -> Result<(), Error> {
        self.word(Verb::Noop, "NOOP")
    }

    /// QUIT (RFC 5321 §4.1.1.10).
    ///
    /// # Errors
    /// As all commands.
    pub fn quit(&mut self) -> Result<(), Error> {
        self.word(Verb::Quit, "QUIT")
    }

    /// VRFY (RFC 5321 §4.1.1.6).
    ///
    /// # Errors
    /// As all commands; [`Misuse::NotOffered`] for text outside ASCII without SMTPUTF8.
    pub fn vrfy(&mut self, who: Text<'_>) -> Result<(), Error> {
        self.look_up(Verb::Vrfy, "VRFY ", who)
    }

    /// EXPN (RFC 5321 §4.1.1.7).
    ///
    /// # Errors
    /// As [`vrfy`](Self::vrfy).
    pub fn expn(&mut self, list: Text<'_>) -> Result<(), Error> {
        self.look_up(Verb::Expn, "EXPN ", list)
    }

    /// HELP (RFC 5321 §4.1.1.8), about `topic` if there is one.
    ///
    /// # Errors
    /// As [`vrfy`](Self::vrfy).
    pub fn help(&mut self, topic: Option<Text<'_>>) -> Result<(), Error> {
        let Some(topic) = topic else { return self.word(Verb::Help, "HELP") };
        self.look_up(Verb::Help, "HELP ", topic)
    }

    /// A verb and what stands behind it; with parameters, if there may be any, behind `>`.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn command(
        &mut self,
        verb: Verb,
        head: &str,
        argument: &[u8],
        parameters: Option<&dyn Parameters>,
    ) -> Result<(), Error> {
        let mut list = ParameterList::new(self.tx.writer(), verb, &self.capabilities, self.scratch);
        list.out.put(head.as_bytes());
        list.out.put(argument);
        if matches!(verb, Verb::Mail | Verb::Rcpt) {
            list.out.byte(b'>');
        }
        if let Some(parameters) = parameters {
            parameters.write(&mut list);
        }
        list.end()?;
        let (octets, used) = (list.out.line(), list.used);
        // Its turn is judged behind all that: a command can be tried when it is not.
        self.launch(verb, octets, used)
    }

    /// A verb alone.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn word(&mut self, verb: Verb, word: &str) -> Result<(), Error> {
        self.command(verb, word, b"", None)
    }

    /// A look-up, whose text may need SMTPUTF8; that is no business of the transaction's.
    fn look_up(&mut self, verb: Verb, head: &str, text: Text<'_>) -> Result<(), Error> {
        let scratch = self.scratch;
        let result = self.command(verb, head, text.as_bytes(), Some(&Utf8));
        self.scratch = scratch;
        result
    }

    pub(super) fn offered(&self, extension: Extension) -> Result<(), Error> {
        if self.capabilities.has(extension) { Ok(()) } else { Err(Misuse::NotOffered(extension).into()) }
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn may_send(&self, verb: Verb) -> Result<(), Error> {
        if self.body_pending() > 0 {
            return Err(Misuse::BodyPending.into());
        }
        if !self.is_turn_of(verb) {
            return Err(self.failed.map_or(Misuse::OutOfOrder(verb).into(), Error::from));
        }
        if self.pipeline.is_full() {
            return Err(Capacity::new(Buffer::Queue, MAX_IN_FLIGHT + 1).into());
        }
        Ok(())
    }

    /// So many octets stand in the room of `tx`: the command goes into flight, if it may and they fit.
    pub(super) fn launch(&mut self, verb: Verb, octets: usize, scratch: u8) -> Result<(), Error> {
        // As one result that is passed on: of `?` the compiler makes more here.
        let launched = self.may_send(verb).and_then(|()| {
            if self.tx.written(octets) { Ok(()) } else { Err(Capacity::new(Buffer::Tx, octets).into()) }
        });
        if launched.is_ok() {
            self.launched(verb, scratch);
        }
        launched
    }

    /// The command stands in what is to go out.
    fn launched(&mut self, verb: Verb, scratch: u8) {
        debug!("send {:?} in phase {:?}", verb, self.phase);
        if self.pipeline.is_empty() {
            self.ahead = self.phase;
            // What has come in already, but for the line that is shown, is no answer to it.
            let used = self.shown == Shown::Line;
            if self.rx.has_more(used) {
                self.flags.stale = true;
            }
            self.tick();
        }
        self.scratch = scratch;
        // RFC 2920 §3.1
        self.ahead = if verb.ends_group() || !self.capabilities.has(Extension::Pipelining) {
            NOTHING_MORE
        } else {
            self.ahead.after(verb, Severity::Positive)
        };
        self.pipeline.push(verb);
    }
}
