//! The small values: BODY, MT-PRIORITY and AUTH.

use crate::wire::class::{KEYWORD, packed};
use crate::wire::mailbox::Mailbox;
use crate::wire::scan::Scan;
use crate::wire::syntax::{Fault, Syntax};
use crate::wire::writer::{Emit, Writer};
use crate::wire::xtext::Xtext;

/// What octets the body has (RFC 6152 §2, RFC 3030 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BodyType {
    /// `7BIT`: lines of ASCII.
    SevenBit,
    /// `8BITMIME`: lines of any octets.
    EightBitMime,
    /// `BINARYMIME`: any octets, only with BDAT.
    BinaryMime,
}

impl BodyType {
    /// `body-value = "7BIT" / "8BITMIME" / "BINARYMIME"`
    pub(crate) fn read(scan: &mut Scan<'_>) -> Option<Self> {
        const SEVEN_BIT: u64 = packed(BodyType::SevenBit.name());
        const EIGHT_BIT_MIME: u64 = packed(BodyType::EightBitMime.name());
        let value = scan.rest;
        let (word, packed) = scan.packed_run(KEYWORD)?;
        Some(match word.len() {
            ..=8 if packed == EIGHT_BIT_MIME => Self::EightBitMime,
            ..=8 if packed == SEVEN_BIT => Self::SevenBit,
            _ if word.eq_ignore_ascii_case(Self::BinaryMime.name()) => Self::BinaryMime,
            _ => return scan.none(Fault::Value, value),
        })
    }

    const fn name(self) -> &'static [u8] {
        match self {
            Self::SevenBit => b"7BIT",
            Self::EightBitMime => b"8BITMIME",
            Self::BinaryMime => b"BINARYMIME",
        }
    }
}

impl Emit for BodyType {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(self.name());
    }
}

/// A mail's priority among others, from -9 to 9, the higher the sooner (RFC 6710 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MtPriority(i8);

impl MtPriority {
    /// Checks a priority.
    ///
    /// # Errors
    /// [`Fault::Number`] when it is not from -9 to 9.
    pub fn new(level: i8) -> Result<Self, Syntax> {
        if (-9..=9).contains(&level) { Ok(Self(level)) } else { Err(Syntax::new(Fault::Number, &[], 0)) }
    }

    /// The priority.
    pub fn level(&self) -> i8 {
        self.0
    }

    /// `priority-value = (["-"] NZDIGIT) / "0"`
    pub(crate) fn read(scan: &mut Scan<'_>) -> Option<Self> {
        let (digit, sign, rest) = match scan.rest {
            [digit @ b'0'..=b'9', rest @ ..] => (digit, 1, rest),
            [b'-', digit @ b'1'..=b'9', rest @ ..] => (digit, -1_i8, rest),
            value => return scan.none(Fault::Number, value),
        };
        scan.rest = rest;
        Some(Self((digit & 0x0f).cast_signed().wrapping_mul(sign)))
    }
}

impl Emit for MtPriority {
    fn emit(&self, out: &mut Writer<'_>) {
        if self.0 < 0 {
            out.byte(b'-');
        }
        out.number(u64::from(self.0.unsigned_abs()));
    }
}

/// Who handed the mail in, as far as the client vouches for it (RFC 4954 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct AuthSender<'a>(Option<Xtext<'a>>);

impl<'a> AuthSender<'a> {
    /// `<>`: not known, or not to be trusted.
    pub const UNKNOWN: Self = Self(None);

    /// A mailbox.
    pub fn new(mailbox: Mailbox<'a>) -> Self {
        Self(Some(Xtext::of(mailbox.as_bytes())))
    }

    /// The mailbox, `None` for `<>`. One that came from a peer is checked to be xtext only: whoever
    /// relies on it decodes it and gives it to [`Mailbox::new`].
    pub fn mailbox(&self) -> Option<Xtext<'a>> {
        self.0
    }

    /// `"<>" / xtext`
    pub(crate) fn read(scan: &mut Scan<'a>) -> Option<Self> {
        if let [b'<', b'>', rest @ ..] = scan.rest {
            scan.rest = rest;
            return Some(Self::UNKNOWN);
        }
        Xtext::read(scan, false).map(|mailbox| Self(Some(mailbox)))
    }
}

impl Emit for AuthSender<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        match self.0 {
            None => out.put(b"<>"),
            Some(mailbox) => mailbox.emit(out),
        }
    }
}
