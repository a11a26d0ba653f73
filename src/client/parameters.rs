//! Parameters of MAIL and RCPT as the client takes them: behind a trait, so that firmware which
//! needs three of them does not link the emission of fourteen.

use crate::data::Needs;
use crate::wire::size::Octets;
use crate::wire::{BodyType, Capabilities, Emit, Extension, Param, Verb, Writer};
use crate::{Error, Misuse};

/// Parameters of one MAIL or RCPT: `()` for none, [`Transfer`] for the usual ones of MAIL, an
/// array or slice of [`Param`] for anything.
///
/// Sealed, for what is written here goes onto the wire unseen. `Sync`, so that a submission can go from one thread to
/// another. `Debug` is not asked for: it would be in every `dyn Parameters`, and formatting in every firmware.
pub trait Parameters: sealed::Sealed + Sync {
    /// Writes them, each behind a space; the list takes note of what may not go with this verb to this server.
    fn write(&self, list: &mut ParameterList<'_, '_>);
}

/// Of the extensions that a transaction makes use of, the first eight, a bit for each: SMTPUTF8 and BINARYMIME are among them, and the
/// others are not asked for.
pub(super) type Used = u8;

/// The bit of an extension in [`Used`].
pub(super) const fn used(extension: Extension) -> Used {
    extension.bit() as Used
}

/// The parameters of a command that is being written.
// In this order, so that where the list is, the writer is.
#[derive(Debug)]
#[repr(C)]
pub struct ParameterList<'l, 'b> {
    pub(super) out: Writer<'b>,
    offered: &'l Capabilities,
    /// The first thing that cannot be: [`Misuse::NotOffered`] or [`Misuse::Parameter`].
    outcome: Result<(), Error>,
    /// The extensions that this transaction makes use of.
    pub(super) used: Used,
    verb: Verb,
}

impl<'l, 'b> ParameterList<'l, 'b> {
    /// `used` is what MAIL made use of, for what comes within its transaction; EHLO and MAIL begin anew.
    pub(super) fn new(out: Writer<'b>, verb: Verb, offered: &'l Capabilities, used: Used) -> Self {
        let used = if verb as u8 <= Verb::Mail as u8 { 0 } else { used };
        Self { out, verb, offered, used, outcome: Ok(()) }
    }

    /// Takes note of what cannot be, unless something was before it.
    fn fault(&mut self, misuse: Misuse) {
        if self.outcome.is_ok() {
            self.outcome = Err(misuse.into());
        }
    }

    /// What every parameter goes through: it belongs to the command ...
    fn fits(&mut self, fits: bool) {
        if !fits {
            self.fault(Misuse::Parameter);
        }
    }

    /// ... and the server offers what it needs.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn needs(&mut self, extension: Extension) {
        if !self.offered.has(extension) {
            self.fault(Misuse::NotOffered(extension));
        }
        self.used |= used(extension);
    }

    /// A parameter that is nothing but this.
    #[cfg_attr(not(target_pointer_width = "64"), inline(always))]
    fn word(&mut self, extension: Extension, text: &str) {
        self.needs(extension);
        self.out.put(text.as_bytes());
    }

    /// BODY and SMTPUTF8.
    fn of_content(&mut self, eight_bit: bool, binary: bool, smtputf8: bool) {
        if binary {
            // Such a mail can go in chunks only.
            self.needs(Extension::Chunking);
            self.word(Extension::BinaryMime, " BODY=BINARYMIME");
        } else if eight_bit {
            self.word(Extension::EightBitMime, " BODY=8BITMIME");
        }
        if smtputf8 {
            self.word(Extension::SmtpUtf8, " SMTPUTF8");
        }
    }

    /// Behind the last of them: what cannot be. RFC 6531 §3.4: an address or a value outside ASCII needs
    /// SMTPUTF8 with MAIL, those of RCPT too; and so does a name, which never can have it.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        if self.used & used(Extension::SmtpUtf8) == 0 && !self.out.is_ascii() {
            self.fault(Misuse::NeedsSmtpUtf8);
        }
        self.outcome
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl Sealed for super::Transfer {}
    impl Sealed for super::Both<'_> {}
    impl<const BINARY: bool> Sealed for super::OfMail<'_, BINARY> {}
    impl Sealed for super::Utf8 {}
    impl Sealed for &[super::Param<'_>] {}
    impl<const N: usize> Sealed for [super::Param<'_>; N] {}
}

impl Parameters for () {
    fn write(&self, _: &mut ParameterList<'_, '_>) {}
}

/// RFC 6531 §3.1: octets above 127 in a command for a look-up only where the server offers SMTPUTF8. There is nothing to be
/// written.
pub(super) struct Utf8;

impl Parameters for Utf8 {
    fn write(&self, list: &mut ParameterList<'_, '_>) {
        if !list.out.is_ascii() {
            list.needs(Extension::SmtpUtf8);
        }
    }
}

/// The parameters of MAIL that follow from the mail's content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(clippy::exhaustive_structs, reason = "built by callers; the four are all there are")]
pub struct Transfer {
    /// SIZE (RFC 1870), in octets.
    pub size: Option<u64>,
    /// BODY=8BITMIME (RFC 6152).
    pub eight_bit: bool,
    /// BODY=BINARYMIME in its place (RFC 3030 §3): the content goes by BDAT.
    pub binary: bool,
    /// SMTPUTF8 (RFC 6531).
    pub smtputf8: bool,
}

impl Parameters for Transfer {
    fn write(&self, list: &mut ParameterList<'_, '_>) {
        list.fits(list.verb == Verb::Mail);
        if let Some(size) = self.size {
            list.word(Extension::Size, " SIZE=");
            list.out.number(size);
        }
        list.of_content(self.eight_bit, self.binary, self.smtputf8);
    }
}

/// One list behind the other.
pub(super) struct Both<'p>(pub(super) &'p dyn Parameters, pub(super) &'p dyn Parameters);

impl Parameters for Both<'_> {
    fn write(&self, list: &mut ParameterList<'_, '_>) {
        self.0.write(list);
        self.1.write(list);
    }
}

/// What a mail asks for, and what else its sender does; whether it is `BINARY` instead of in need of eight bits is known beforehand, so that
/// firmware whose mails are not does not link what goes with that.
pub(crate) struct OfMail<'p, const BINARY: bool> {
    /// Left out where SIZE is not offered; and of a mail whose size this machine cannot keep, for RFC 1870 §6.1 lets it be.
    pub(crate) size: Option<Octets>,
    pub(crate) needs: Needs,
    pub(crate) more: Option<&'p dyn Parameters>,
}

impl<const BINARY: bool> Parameters for OfMail<'_, BINARY> {
    fn write(&self, list: &mut ParameterList<'_, '_>) {
        if let Some(size) = self.size
            && list.offered.has(Extension::Size)
        {
            list.out.put(b" SIZE=");
            list.out.octets(size);
        }
        list.of_content(self.needs.eight_bit, BINARY, self.needs.utf8_headers);
        if let Some(more) = self.more {
            more.write(list);
        }
    }
}

impl Parameters for &[Param<'_>] {
    fn write(&self, list: &mut ParameterList<'_, '_>) {
        for parameter in *self {
            list.fits(if list.verb == Verb::Mail { parameter.for_mail() } else { parameter.for_rcpt() });
            if let Some(extension) = needs(parameter) {
                list.needs(extension);
            }
            list.out.byte(b' ');
            parameter.emit(&mut list.out);
        }
    }
}

impl<const N: usize> Parameters for [Param<'_>; N] {
    fn write(&self, list: &mut ParameterList<'_, '_>) {
        self.as_slice().write(list);
    }
}

/// The extension that lets a parameter be sent.
fn needs(parameter: &Param<'_>) -> Option<Extension> {
    Some(match parameter {
        Param::Size(_) => Extension::Size,
        Param::Body(BodyType::BinaryMime) => Extension::BinaryMime,
        Param::Body(_) => Extension::EightBitMime,
        Param::SmtpUtf8 => Extension::SmtpUtf8,
        Param::Auth(_) => Extension::Auth,
        Param::Ret(_) | Param::Envid(_) | Param::Notify(_) | Param::Orcpt(_) => Extension::Dsn,
        Param::RequireTls => Extension::RequireTls,
        Param::By(_) => Extension::DeliverBy,
        Param::HoldFor(_) | Param::HoldUntil(_) => Extension::FutureRelease,
        Param::MtPriority(_) => Extension::MtPriority,
        Param::Other(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::size::counted;
    use std::format;
    use std::string::String;

    #[test]
    fn a_mail_s_size_is_stated_as_far_as_this_machine_keeps_it_and_else_left_out() {
        let mut offered = Capabilities::NONE;
        offered.fold(b"SIZE", false, false);
        for size in [0, 9, 10, 4_294_967_295, 4_294_967_296, u64::MAX] {
            let mut room = [0; 32];
            let mut list = ParameterList::new(Writer::new(&mut room), Verb::Mail, &offered, 0);
            OfMail::<false> { size: counted(size), needs: Needs::default(), more: None }.write(&mut list);
            assert_eq!(list.end(), Ok(()));
            let kept = Octets::BITS == 64 || size <= 4_294_967_295;
            let stated = if kept { format!(" SIZE={size}") } else { String::new() };
            let octets = list.out.wanted();
            assert_eq!(&room[..octets], stated.as_bytes());
        }
    }
}
