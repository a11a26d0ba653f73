//! Parameters of MAIL and RCPT as the client takes them: behind a trait, so that firmware which
//! needs three of them does not link the emission of fourteen.

use crate::Misuse;
use crate::data::Needs;
use crate::wire::{BodyType, Capabilities, Emit, Extension, Param, Verb, Writer};

/// Parameters of one MAIL or RCPT: `()` for none, [`Transfer`] for the usual ones of MAIL, an
/// array or slice of [`Param`] for anything.
///
/// Sealed, for what is written here goes onto the wire unseen. `Sync`, so that a submission can go from one thread to
/// another. `Debug` is not asked for: it would be in every `dyn Parameters`, and formatting in every firmware.
pub trait Parameters: sealed::Sealed + Sync {
    /// Writes them, each behind a space.
    ///
    /// # Errors
    /// [`Misuse::NotOffered`] or [`Misuse::Parameter`] for what may not go with this verb to this server.
    fn write(&self, list: &mut ParameterList<'_, '_>) -> Result<(), Misuse>;
}

/// Of the extensions that a transaction makes use of, the first eight, a bit for each: SMTPUTF8 and BINARYMIME are among them, and the
/// others are not asked for.
pub(super) type Used = u8;

/// The bit of an extension in [`Used`].
pub(super) const fn used(extension: Extension) -> Used {
    extension.bit() as Used
}

/// The parameters of a command that is being written.
#[derive(Debug)]
pub struct ParameterList<'l, 'b> {
    out: &'l mut Writer<'b>,
    verb: Verb,
    offered: &'l Capabilities,
    /// The extensions that this transaction makes use of.
    used: Used,
}

impl<'l, 'b> ParameterList<'l, 'b> {
    /// `used` is what MAIL made use of, for RCPT.
    pub(super) fn new(out: &'l mut Writer<'b>, verb: Verb, offered: &'l Capabilities, used: Used) -> Self {
        let used = if verb == Verb::Mail { 0 } else { used };
        Self { out, verb, offered, used }
    }

    /// What every parameter goes through: it belongs to the command, and the server offers what it needs.
    fn may(&mut self, fits: bool, extension: Extension) -> Result<(), Misuse> {
        if !fits {
            return Err(Misuse::Parameter);
        }
        if !self.offered.has(extension) {
            return Err(Misuse::NotOffered(extension));
        }
        self.used |= used(extension);
        Ok(())
    }

    /// A parameter that is nothing but this.
    fn word(&mut self, extension: Extension, text: &str) -> Result<(), Misuse> {
        self.may(true, extension)?;
        self.out.put(text.as_bytes());
        Ok(())
    }

    /// Behind the last of them: what the transaction makes use of. RFC 6531 §3.4: an address or a value outside ASCII needs
    /// SMTPUTF8 with MAIL, those of RCPT too.
    pub(super) fn end(&self) -> Result<Used, Misuse> {
        let ascii = self.used & used(Extension::SmtpUtf8) != 0 || self.out.is_ascii();
        if ascii { Ok(self.used) } else { Err(Misuse::NeedsSmtpUtf8) }
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl Sealed for super::Transfer {}
    impl Sealed for super::Both<'_> {}
    impl Sealed for super::OfMail<'_> {}
    impl Sealed for &[super::Param<'_>] {}
    impl<const N: usize> Sealed for [super::Param<'_>; N] {}
}

impl Parameters for () {
    fn write(&self, _: &mut ParameterList<'_, '_>) -> Result<(), Misuse> {
        Ok(())
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
    fn write(&self, list: &mut ParameterList<'_, '_>) -> Result<(), Misuse> {
        let of_mail = list.verb == Verb::Mail;
        if !of_mail {
            return Err(Misuse::Parameter);
        }
        if let Some(size) = self.size {
            list.may(of_mail, Extension::Size)?;
            list.out.put(b" SIZE=");
            list.out.number(size);
        }
        if self.binary {
            // Such a mail can go in chunks only.
            list.may(of_mail, Extension::Chunking)?;
            list.word(Extension::BinaryMime, " BODY=BINARYMIME")?;
        } else if self.eight_bit {
            list.word(Extension::EightBitMime, " BODY=8BITMIME")?;
        }
        if self.smtputf8 {
            list.word(Extension::SmtpUtf8, " SMTPUTF8")?;
        }
        Ok(())
    }
}

/// One list behind the other.
pub(super) struct Both<'p>(pub(super) &'p dyn Parameters, pub(super) &'p dyn Parameters);

impl Parameters for Both<'_> {
    fn write(&self, list: &mut ParameterList<'_, '_>) -> Result<(), Misuse> {
        self.0.write(list)?;
        self.1.write(list)
    }
}

/// What a mail asks for, and what else its sender does.
pub(crate) struct OfMail<'p> {
    /// Left out where SIZE is not offered.
    pub(crate) size: Option<u64>,
    pub(crate) needs: Needs,
    pub(crate) more: &'p dyn Parameters,
}

impl Parameters for OfMail<'_> {
    fn write(&self, list: &mut ParameterList<'_, '_>) -> Result<(), Misuse> {
        let Needs { eight_bit, utf8_headers: smtputf8, binary } = self.needs;
        let size = self.size.filter(|_| list.offered.has(Extension::Size));
        Transfer { size, eight_bit, binary, smtputf8 }.write(list)?;
        self.more.write(list)
    }
}

impl Parameters for &[Param<'_>] {
    fn write(&self, list: &mut ParameterList<'_, '_>) -> Result<(), Misuse> {
        for parameter in *self {
            let fits = if list.verb == Verb::Mail { parameter.for_mail() } else { parameter.for_rcpt() };
            match needs(parameter) {
                Some(extension) => list.may(fits, extension)?,
                None if fits => {}
                None => return Err(Misuse::Parameter),
            }
            list.out.byte(b' ');
            parameter.emit(list.out);
        }
        Ok(())
    }
}

impl<const N: usize> Parameters for [Param<'_>; N] {
    fn write(&self, list: &mut ParameterList<'_, '_>) -> Result<(), Misuse> {
        self.as_slice().write(list)
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
