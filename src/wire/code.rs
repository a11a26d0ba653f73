//! Reply codes (RFC 5321 §4.2.1) and enhanced status codes (RFC 3463).

use nom::Parser;
use nom::bytes::complete::{tag, take_while_m_n};
use nom::combinator::verify;

use super::syntax::Parsed;
use super::writer::{Emit, Writer};

/// A three-digit reply code, 200 to 599.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Code(u16);

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
    pub const CLOSING: Self = Self(421);

    /// `None` unless `number` is within 200 to 599.
    pub const fn new(number: u16) -> Option<Self> {
        if number >= 200 && number <= 599 { Some(Self(number)) } else { None }
    }

    /// For codes written down in this crate.
    pub(crate) const fn known(number: u16) -> Self {
        Self(number)
    }

    /// The code as a number.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// What the first digit says.
    pub const fn severity(self) -> Severity {
        match self.0 {
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
        let (rest, digits) = take_while_m_n(3, 3, |octet: u8| octet.is_ascii_digit()).parse(line)?;
        let number = digits
            .iter()
            .fold(0_u16, |sum, digit| sum.wrapping_mul(10).wrapping_add(u16::from(digit & 0x0f)));
        match Self::new(number) {
            Some(code) => Ok((rest, code)),
            None => nom::combinator::fail().parse(line),
        }
    }
}

impl Emit for Code {
    fn emit(&self, out: &mut Writer<'_>) {
        out.number(u64::from(self.0));
    }
}

impl core::fmt::Display for Code {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// An enhanced status code, `class.subject.detail` (RFC 3463 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EnhancedCode {
    class: u8,
    subject: u16,
    detail: u16,
}

impl EnhancedCode {
    /// `None` unless `class` is 2, 4 or 5, and `subject` and `detail` are at most 999.
    pub const fn new(class: u8, subject: u16, detail: u16) -> Option<Self> {
        if matches!(class, 2 | 4 | 5) && subject <= 999 && detail <= 999 {
            Some(Self { class, subject, detail })
        } else {
            None
        }
    }

    /// For codes written down in this crate.
    pub(crate) const fn known(class: u8, subject: u16, detail: u16) -> Self {
        Self { class, subject, detail }
    }

    /// 2, 4 or 5.
    pub const fn class(self) -> u8 {
        self.class
    }

    /// What it is about: 1 addressing, 2 mailbox, 3 mail system, 4 network, 5 protocol, 6 content, 7 security.
    pub const fn subject(self) -> u16 {
        self.subject
    }

    /// The third number.
    pub const fn detail(self) -> u16 {
        self.detail
    }

    /// ```abnf
    /// status-code = class "." subject "." detail
    /// class       = "2" / "4" / "5"
    /// subject     = 1*3digit
    /// detail      = 1*3digit
    /// ```
    pub(crate) fn parse(text: &[u8]) -> Parsed<'_, Self> {
        let (rest, class) = verify(number, |class| matches!(class, 2 | 4 | 5)).parse(text)?;
        let (rest, _) = tag(&b"."[..]).parse(rest)?;
        let (rest, subject) = number(rest)?;
        let (rest, _) = tag(&b"."[..]).parse(rest)?;
        let (rest, detail) = number(rest)?;
        Ok((rest, Self { class: class as u8, subject, detail }))
    }
}

/// One to three digits.
fn number(text: &[u8]) -> Parsed<'_, u16> {
    let (rest, digits) = take_while_m_n(1, 3, |octet: u8| octet.is_ascii_digit()).parse(text)?;
    let number =
        digits.iter().fold(0_u16, |sum, digit| sum.wrapping_mul(10).wrapping_add(u16::from(digit & 0x0f)));
    Ok((rest, number))
}

impl Emit for EnhancedCode {
    fn emit(&self, out: &mut Writer<'_>) {
        out.number(u64::from(self.class));
        out.byte(b'.');
        out.number(u64::from(self.subject));
        out.byte(b'.');
        out.number(u64::from(self.detail));
    }
}

impl core::fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}
