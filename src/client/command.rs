//! Commands: each is checked for its turn, its need of an extension, room in `tx` and in the
//! queue, and then happens wholly, or it does not happen.

use super::{Client, Parameters};
use crate::log::debug;
use crate::session::{MAX_IN_FLIGHT, Phase};
use crate::wire::emit;
use crate::wire::{Capabilities, Extension, ForwardPath, HelloName, ReversePath, Text, Verb, Writer};
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
        self.hello(Verb::Ehlo, name)
    }

    /// HELO, for servers that refuse EHLO with 5yz (RFC 5321 §3.2).
    ///
    /// # Errors
    /// As all commands.
    pub fn helo(&mut self, name: HelloName<'_>) -> Result<(), Error> {
        self.hello(Verb::Helo, name)
    }

    /// LHLO: from here on the session is LMTP (RFC 2033).
    ///
    /// # Errors
    /// As all commands.
    pub fn lhlo(&mut self, name: HelloName<'_>) -> Result<(), Error> {
        self.hello(Verb::Lhlo, name)
    }

    fn hello(&mut self, verb: Verb, name: HelloName<'_>) -> Result<(), Error> {
        // RFC 6531 §3.7.1: no extension is there yet that would allow it.
        if !name.is_ascii() {
            return Err(Misuse::NeedsSmtpUtf8.into());
        }
        self.command(verb, name.as_str().as_bytes())
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
        self.command(Verb::StartTls, b"")
    }

    /// Says that the handshake is done and octets go through TLS from here on. What the server
    /// offered before is forgotten (RFC 3207 §4.2): EHLO is due again.
    ///
    /// # Errors
    /// [`Misuse::TlsState`] when no handshake was due.
    pub fn tls_established(&mut self) -> Result<(), Error> {
        if self.phase != Phase::Tls || !self.rx.is_empty() || self.failed.is_some() || self.flags.closed {
            return Err(Misuse::TlsState.into());
        }
        self.release();
        self.phase = Phase::Greeted;
        self.capabilities = Capabilities::NONE;
        self.flags.tls = true;
        self.flags.authenticated = false;
        Ok(())
    }

    /// MAIL (RFC 5321 §4.1.1.2).
    ///
    /// # Errors
    /// As all commands; [`Misuse::NotOffered`] for a parameter whose extension is not offered,
    /// [`Misuse::Parameter`] for one of RCPT, [`Misuse::NeedsSmtpUtf8`] for an address outside ASCII without that one.
    pub fn mail(&mut self, from: &ReversePath<'_>, parameters: &dyn Parameters) -> Result<(), Error> {
        self.mail_with(from, parameters, &())
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
        parameters.check(Verb::Mail, &self.capabilities)?;
        more.check(Verb::Mail, &self.capabilities)?;
        if !from.is_ascii() && !parameters.has_smtputf8() && !more.has_smtputf8() {
            return Err(Misuse::NeedsSmtpUtf8.into());
        }
        self.envelope(Verb::Mail, from.as_str(), [parameters, more])
    }

    /// RCPT (RFC 5321 §4.1.1.3).
    ///
    /// # Errors
    /// As all commands; [`Misuse::NotOffered`] for a parameter whose extension is not offered,
    /// [`Misuse::Parameter`] for one of MAIL.
    pub fn rcpt(&mut self, to: &ForwardPath<'_>, parameters: &dyn Parameters) -> Result<(), Error> {
        parameters.check(Verb::Rcpt, &self.capabilities)?;
        if !to.is_ascii() {
            self.offered(Extension::SmtpUtf8)?;
        }
        self.envelope(Verb::Rcpt, to.as_str(), [parameters, &()])
    }

    fn envelope(&mut self, verb: Verb, address: &str, parameters: [&dyn Parameters; 2]) -> Result<(), Error> {
        self.may_send(verb)?;
        self.line(|out| {
            emit::path(out, verb, address);
            for list in parameters {
                list.emit(out);
            }
        })?;
        self.launch(verb);
        Ok(())
    }

    /// DATA (RFC 5321 §4.1.1.4). Behind its 354 the content is due, even if it is only the lone
    /// dot because nobody was accepted (RFC 2920 §3.1).
    ///
    /// # Errors
    /// As all commands.
    pub fn data(&mut self) -> Result<(), Error> {
        self.command(Verb::Data, b"")?;
        self.stuffer = crate::data::Stuffer::new(self.line_ends);
        Ok(())
    }

    /// RSET (RFC 5321 §4.1.1.5): the transaction is forgotten.
    ///
    /// # Errors
    /// As all commands.
    pub fn rset(&mut self) -> Result<(), Error> {
        self.command(Verb::Rset, b"")
    }

    /// NOOP (RFC 5321 §4.1.1.9).
    ///
    /// # Errors
    /// As all commands.
    pub fn noop(&mut self) -> Result<(), Error> {
        self.command(Verb::Noop, b"")
    }

    /// QUIT (RFC 5321 §4.1.1.10).
    ///
    /// # Errors
    /// As all commands.
    pub fn quit(&mut self) -> Result<(), Error> {
        self.command(Verb::Quit, b"")
    }

    /// VRFY (RFC 5321 §4.1.1.6).
    ///
    /// # Errors
    /// As all commands; [`Misuse::NotOffered`] for text outside ASCII without SMTPUTF8.
    pub fn vrfy(&mut self, who: Text<'_>) -> Result<(), Error> {
        self.presentable(who)?;
        self.command(Verb::Vrfy, who.as_bytes())
    }

    /// EXPN (RFC 5321 §4.1.1.7).
    ///
    /// # Errors
    /// As [`vrfy`](Self::vrfy).
    pub fn expn(&mut self, list: Text<'_>) -> Result<(), Error> {
        self.presentable(list)?;
        self.command(Verb::Expn, list.as_bytes())
    }

    /// HELP (RFC 5321 §4.1.1.8), about `topic` if there is one.
    ///
    /// # Errors
    /// As [`vrfy`](Self::vrfy).
    pub fn help(&mut self, topic: Option<Text<'_>>) -> Result<(), Error> {
        if let Some(topic) = topic {
            self.presentable(topic)?;
        }
        self.command(Verb::Help, topic.as_ref().map_or(b"", |topic| topic.as_bytes()))
    }

    /// A verb and what stands behind it.
    pub(super) fn command(&mut self, verb: Verb, argument: &[u8]) -> Result<(), Error> {
        self.may_send(verb)?;
        self.line(|out| emit::command(out, verb, argument))?;
        self.launch(verb);
        Ok(())
    }

    /// RFC 6531 §3.1: octets above 127 in a command only for servers that offer SMTPUTF8.
    fn presentable(&self, text: Text<'_>) -> Result<(), Error> {
        if text.as_bytes().is_ascii() { Ok(()) } else { self.offered(Extension::SmtpUtf8) }
    }

    pub(super) fn offered(&self, extension: Extension) -> Result<(), Error> {
        if self.capabilities.has(extension) { Ok(()) } else { Err(Misuse::NotOffered(extension).into()) }
    }

    pub(super) fn may_send(&mut self, verb: Verb) -> Result<(), Error> {
        if let Some(failed) = self.failed {
            return Err(failed.into());
        }
        if self.body_pending() > 0 {
            return Err(Misuse::BodyPending.into());
        }
        if !self.permits(verb) {
            return Err(Misuse::OutOfOrder(verb).into());
        }
        if self.pipeline.is_full() {
            return Err(Capacity::new(Buffer::Queue, MAX_IN_FLIGHT + 1).into());
        }
        Ok(())
    }

    /// Appends a line and its CRLF.
    pub(super) fn line(&mut self, emit: impl FnOnce(&mut Writer<'_>)) -> Result<(), Error> {
        self.append(|out| {
            emit(out);
            out.crlf();
        })
    }

    pub(super) fn append(&mut self, emit: impl FnOnce(&mut Writer<'_>)) -> Result<(), Error> {
        match self.tx.append(emit) {
            Ok(_) => Ok(()),
            Err(needed) => Err(Capacity::new(Buffer::Tx, needed).into()),
        }
    }

    /// The command is in `tx`: its reply is awaited from now on.
    pub(super) fn launch(&mut self, verb: Verb) {
        debug!("send {:?} in phase {:?}", verb, self.phase);
        if self.pipeline.is_empty() {
            self.mark_stale();
            self.tick();
        }
        self.pipeline.push(verb);
    }
}
