//! Parameters of MAIL and RCPT as the client takes them: behind a trait, so that firmware which
//! needs three of them does not link the emission of fourteen.

use crate::Misuse;
use crate::wire::{BodyType, Capabilities, Emit, Extension, Param, Verb, Writer};

/// Parameters of one MAIL or RCPT: `()` for none, [`Transfer`] for the usual ones of MAIL, an
/// array or slice of [`Param`] for anything.
///
/// Sealed, for what is written here goes onto the wire unseen. `Sync`, so that a submission can go from one thread to
/// another. `Debug` is not asked for: it would be in every `dyn Parameters`, and formatting in every firmware.
pub trait Parameters: sealed::Sealed + Sync {
    /// Whether they may all go with `verb` to this server.
    ///
    /// # Errors
    /// [`Misuse::NotOffered`] or [`Misuse::Parameter`].
    fn check(&self, verb: Verb, offered: &Capabilities) -> Result<(), Misuse>;

    /// Writes them, each behind a space.
    fn emit(&self, out: &mut Writer<'_>);

    /// Whether SMTPUTF8 is among them.
    fn has_smtputf8(&self) -> bool;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl Sealed for super::Transfer {}
    impl Sealed for &[super::Param<'_>] {}
    impl<const N: usize> Sealed for [super::Param<'_>; N] {}
}

impl Parameters for () {
    fn check(&self, _: Verb, _: &Capabilities) -> Result<(), Misuse> {
        Ok(())
    }

    fn emit(&self, _: &mut Writer<'_>) {}

    fn has_smtputf8(&self) -> bool {
        false
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
    fn check(&self, verb: Verb, offered: &Capabilities) -> Result<(), Misuse> {
        if verb != Verb::Mail {
            return Err(Misuse::Parameter);
        }
        let body = if self.binary { Extension::BinaryMime } else { Extension::EightBitMime };
        for (wanted, extension) in [
            (self.size.is_some(), Extension::Size),
            (self.eight_bit || self.binary, body),
            (self.smtputf8, Extension::SmtpUtf8),
        ] {
            if wanted && !offered.has(extension) {
                return Err(Misuse::NotOffered(extension));
            }
        }
        Ok(())
    }

    fn emit(&self, out: &mut Writer<'_>) {
        if let Some(size) = self.size {
            out.put(b" SIZE=");
            out.number(size);
        }
        if self.binary {
            out.put(b" BODY=BINARYMIME");
        } else if self.eight_bit {
            out.put(b" BODY=8BITMIME");
        }
        if self.smtputf8 {
            out.put(b" SMTPUTF8");
        }
    }

    fn has_smtputf8(&self) -> bool {
        self.smtputf8
    }
}

impl Parameters for &[Param<'_>] {
    fn check(&self, verb: Verb, offered: &Capabilities) -> Result<(), Misuse> {
        for parameter in *self {
            let fits = if verb == Verb::Mail { parameter.for_mail() } else { parameter.for_rcpt() };
            if !fits {
                return Err(Misuse::Parameter);
            }
            if let Some(extension) = needs(parameter)
                && !offered.has(extension)
            {
                return Err(Misuse::NotOffered(extension));
            }
        }
        Ok(())
    }

    fn emit(&self, out: &mut Writer<'_>) {
        for parameter in *self {
            out.byte(b' ');
            parameter.emit(out);
        }
    }

    fn has_smtputf8(&self) -> bool {
        self.contains(&Param::SmtpUtf8)
    }
}

impl<const N: usize> Parameters for [Param<'_>; N] {
    fn check(&self, verb: Verb, offered: &Capabilities) -> Result<(), Misuse> {
        self.as_slice().check(verb, offered)
    }

    fn emit(&self, out: &mut Writer<'_>) {
        Parameters::emit(&self.as_slice(), out);
    }

    fn has_smtputf8(&self) -> bool {
        self.as_slice().has_smtputf8()
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
