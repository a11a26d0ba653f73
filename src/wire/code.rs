//! Reply codes (RFC 5321 §4.2.1) and enhanced status codes (RFC 3463).

use core::num::{NonZeroU16, NonZeroU32};

use super::syntax::{Fault, Parsed, fail};
use super::writer::{Emit, Writer};

/// A three-digit reply code, 200 to 599.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Code(NonZeroU16);

/// The first digit of a reply code (RFC 5321 §4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Severity {
    /// 2yz: done.
    Positive,
    /// 3yz: go on.
    Intermediate,
    /// 4yz: not now; the same command may succeed later.
    Transient,
    /// 5yz: no; do not repeat the same command.
    Permanent,
}

impl Code {
    /// 421: the server closes the connection (RFC 5321 §3.8), in answer to anything or to nothing.
    pub const CLOSING: Self = Self::known(421);

    /// `None` unless `number` is within 200 to 599.
    pub const fn new(number: u16) -> Option<Self> {
        match NonZeroU16::new(number) {
            Some(code) if number >= 200 && number <= 599 => Some(Self(code)),
            _ => None,
        }
    }

    /// For codes written down in this crate.
    pub(crate) const fn known(number: u16) -> Self {
        match Self::new(number) {
            Some(code) => code,
            None => Self(NonZeroU16::MAX),
        }
    }

    /// The code as a number.
    pub const fn number(self) -> u16 {
        self.0.get()
    }

    /// What the first digit says.
    pub const fn severity(self) -> Severity {
        match self.0.get() {
            ..300 => Severity::Positive,
            300..400 => Severity::Intermediate,
            400..500 => Severity::Transient,
            500.. => Severity::Permanent,
        }
    }

    /// ```abnf
    /// Reply-code = %x32-35 %x30-35 %x30-39
    /// ```
    /// Lenient: the second digit may be 6 to 9, which servers with codes of their own send.
    pub(crate) fn parse(line: &[u8]) -> Parsed<'_, Self> {
        if let [b'2'..=b'5', _, _, ..] = line
            && let (Some(number), rest) = number(line)
            && number > 99
            && let Some(code) = Self::new(number)
        {
            return Ok((rest, code));
        }
        fail(Fault::Unexpected, line)
    }
}

impl Emit for Code {
    fn emit(&self, out: &mut Writer<'_>) {
        out.number(u64::from(self.number()));
    }
}

impl core::fmt::Display for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// An enhanced status code, `class.subject.detail` (RFC 3463 §2).
///
/// Its three numbers share 32 bits, 10 for each, so that engines can keep many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EnhancedCode(NonZeroU32);

impl EnhancedCode {
    /// `None` unless `class` is 2, 4 or 5, and `subject` and `detail` are at most 999.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Option<Self> {
        if !matches!(class, 2 | 4 | 5) || subject > 999 || detail > 999 {
            return None;
        }
        match NonZeroU32::new((class as u32) << 20 | (subject as u32) << 10 | detail as u32) {
            Some(packed) => Some(Self(packed)),
            None => None,
        }
    }

    /// For codes written down in this crate.
    pub(crate) const fn known(class: u8, subject: u16, detail: u16) -> Self {
        match Self::new(class, subject, detail) {
            Some(code) => code,
            None => Self(NonZeroU32::MAX),
        }
    }

    /// 2, 4 or 5.
    pub const fn class(self) -> u8 {
        (self.0.get() >> 20) as u8
    }

    /// What it is about: 1 addressing, 2 mailbox, 3 mail system, 4 network, 5 protocol, 6 content, 7 security.
    pub const fn subject(self) -> u16 {
        (self.0.get() >> 10 & 0x3ff) as u16
    }

    /// The third number.
    pub const fn detail(self) -> u16 {
        (self.0.get() & 0x3ff) as u16
    }

    /// ```abnf
    /// status-code = class "." subject "." detail
    /// class       = "2" / "4" / "5"
    /// subject     = 1*3digit
    /// detail      = 1*3digit
    /// ```
    pub(crate) fn parse(text: &[u8]) -> Option<(&[u8], Self)> {
        let [class @ (b'2' | b'4' | b'5'), b'.', rest @ ..] = text else { return None };
        let (Some(subject), [b'.', rest @ ..]) = number(rest) else { return None };
        let (Some(detail), rest) = number(rest) else { return None };
        Some((rest, Self::new(class & 0x0f, subject, detail)?))
    }
}

/// One to three digits, and what stands behind them.
fn number(text: &[u8]) -> (Option<u16>, &[u8]) {
    let mut number = None;
    let mut rest = text;
    for _ in 0..3 {
        let [digit @ b'0'..=b'9', behind @ ..] = rest else { break };
        number = Some(number.unwrap_or(0_u16).wrapping_mul(10).wrapping_add(u16::from(digit & 0x0f)));
        rest = behind;
    }
    (number, rest)
}

impl Emit for EnhancedCode {
    fn emit(&self, out: &mut Writer<'_>) {
        out.number(u64::from(self.class()));
        out.byte(b'.');
        out.number(u64::from(self.subject()));
        out.byte(b'.');
        out.number(u64::from(self.detail()));
    }
}

impl core::fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}.{}.{}", self.class(), self.subject(), self.detail())
    }
}
