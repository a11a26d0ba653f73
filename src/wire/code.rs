//! Reply codes (RFC 5321 §4.2.1) and enhanced status codes (RFC 3463).

use core::num::{NonZeroU16, NonZeroU32};

use super::scan::Scan;
use super::syntax::WIDE;
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

impl Severity {
    /// What the first digit of a code says.
    pub(crate) const fn of_digit(digit: u8) -> Self {
        match digit {
            b'2' => Self::Positive,
            b'3' => Self::Intermediate,
            b'4' => Self::Transient,
            _ => Self::Permanent,
        }
    }

    /// 4yz or 5yz.
    pub(crate) fn is_refusal(self) -> bool {
        matches!(self, Self::Transient | Self::Permanent)
    }
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

    /// Of three digits, of which the first is within 2 to 5.
    pub(crate) fn of_digits(digits: [u8; 3]) -> Option<Self> {
        let [a, b, c] = digits;
        let tens =
            u16::from(a.wrapping_sub(b'0')).wrapping_mul(10).wrapping_add(u16::from(b.wrapping_sub(b'0')));
        let number = tens.wrapping_mul(10).wrapping_add(u16::from(c.wrapping_sub(b'0')));
        NonZeroU16::new(number).map(Self)
    }

    /// The code as a number.
    pub const fn number(self) -> u16 {
        self.0.get()
    }

    /// What the first digit says.
    // Called in many places, and the optimiser would spread it out in each of them.
    #[inline(never)]
    pub const fn severity(self) -> Severity {
        match self.0.get() / 100 {
            2 => Severity::Positive,
            3 => Severity::Intermediate,
            4 => Severity::Transient,
            _ => Severity::Permanent,
        }
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

    /// Of three digits, of which the first is 2, 4 or 5.
    pub(crate) fn of_digits(digits: [u8; 3]) -> Option<Self> {
        let [class, subject, detail] = digits.map(|digit| u32::from(digit & 0x0f));
        NonZeroU32::new(class << 20 | subject << 10 | detail).map(Self)
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

    /// The enhanced code in front of a text, if there is one, and what stands behind it. Firmware that asks for no enhanced code
    /// does not link this.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    pub(crate) fn split(text: &[u8], code: Code) -> (Option<Self>, &[u8]) {
        if WIDE && let Some(split) = Self::usual(text, code) {
            return split;
        }
        Self::slowly(text, code)
    }

    #[cfg_attr(target_pointer_width = "64", inline(never))]
    pub(crate) fn slowly(text: &[u8], code: Code) -> (Option<Self>, &[u8]) {
        let mut scan = Scan::new(text);
        let enhanced = Self::scan(&mut scan, code);
        (enhanced, if enhanced.is_some() { scan.rest } else { text })
    }

    /// The same at a glance, if it is as nearly all are: this takes half the instructions, where flash does not matter.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    pub(crate) fn usual(text: &[u8], code: Code) -> Option<(Option<Self>, &[u8])> {
        match text {
            [class, b'.', subject @ b'0'..=b'9', b'.', detail @ b'0'..=b'9', b' ', text @ ..]
                if matches!(class, b'2' | b'4' | b'5') && u16::from(class & 0x0f) == code.number() / 100 =>
            {
                Some((Self::of_digits([*class, *subject, *detail]), text))
            }
            // Perhaps with longer numbers.
            [b'2' | b'4' | b'5', b'.', ..] => None,
            _ => Some((None, text)),
        }
    }

    /// An enhanced code in front of a text, and the space behind it: RFC 2034 §4 demands that its class is that of `code`.
    ///
    /// ```abnf
    /// status-code = class "." subject "." detail
    /// class       = "2" / "4" / "5"
    /// subject     = 1*3digit
    /// detail      = 1*3digit
    /// ```
    fn scan(scan: &mut Scan<'_>, code: Code) -> Option<Self> {
        let [class @ (b'2' | b'4' | b'5'), rest @ ..] = scan.rest else { return None };
        let class = u16::from(class & 0x0f);
        scan.rest = rest;
        let mut numbers = [0; 2];
        for number in &mut numbers {
            if !scan.octet(b'.') {
                return None;
            }
            *number = up_to_three_digits(scan)?;
        }
        let [subject, detail] = numbers;
        let ends = scan.octet(b' ') || scan.rest.is_empty();
        if !ends || class != code.number() / 100 {
            return None;
        }
        // No number of three digits is beyond its ten bits.
        NonZeroU32::new(u32::from(class) << 20 | u32::from(subject) << 10 | u32::from(detail)).map(Self)
    }
}

/// As [`Scan::number`], with less to decide on where speed counts for more than flash.
fn up_to_three_digits(scan: &mut Scan<'_>) -> Option<u16> {
    if !WIDE {
        return scan.number(10, 3);
    }
    let mut number = None;
    for _ in 0..3 {
        let [digit @ b'0'..=b'9', behind @ ..] = scan.rest else { break };
        number = Some(number.unwrap_or(0_u16).wrapping_mul(10).wrapping_add(u16::from(digit & 0x0f)));
        scan.rest = behind;
    }
    number
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
