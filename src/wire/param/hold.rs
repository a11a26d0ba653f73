//! HOLDFOR and HOLDUNTIL: when a mail may leave the submission server, RFC 4865 §3.

use crate::wire::scan::{Scan, check};
use crate::wire::syntax::{Fault, Syntax, text};
use crate::wire::writer::{Emit, Writer};

use super::deliver_by::interval;

/// How long a mail is held, in seconds, at most nine digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct HoldFor(u32);

impl HoldFor {
    /// Checks a number of seconds.
    ///
    /// # Errors
    /// [`Fault::Number`] when it has more than nine digits.
    pub fn new(seconds: u32) -> Result<Self, Syntax> {
        if seconds > 999_999_999 { Err(Syntax::new(Fault::Number, &[], 0)) } else { Ok(Self(seconds)) }
    }

    /// The number of seconds.
    pub fn seconds(&self) -> u32 {
        self.0
    }

    /// `future-release-interval = 1*9DIGIT`
    pub(crate) fn read(scan: &mut Scan<'_>) -> Option<Self> {
        interval(scan).map(Self)
    }
}

impl Emit for HoldFor {
    fn emit(&self, out: &mut Writer<'_>) {
        out.number(u64::from(self.0));
    }
}

/// A point in time as RFC 3339 §5.6 writes it, such as `2026-11-21T06:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DateTime<'a>(&'a str);

impl<'a> DateTime<'a> {
    /// Checks a point in time. Whether the month has that many days is not checked.
    ///
    /// # Errors
    /// When `text` does not have the form, or a number in it is out of bounds.
    pub fn new(text: &'a str) -> Result<Self, Syntax> {
        check(text.as_bytes(), date_time)?;
        Ok(Self(text))
    }

    /// The time as it was given.
    pub fn as_str(&self) -> &'a str {
        self.0
    }

    pub(crate) fn read(scan: &mut Scan<'a>) -> Option<Self> {
        let value = scan.rest;
        date_time(scan).then(|| Self(text(scan.since(value))))
    }
}

impl Emit for DateTime<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(self.0.as_bytes());
    }
}

/// ```abnf
/// date-time   = 4DIGIT "-" 2DIGIT "-" 2DIGIT "T" full-time
/// full-time   = 2DIGIT ":" 2DIGIT ":" 2DIGIT [time-secfrac] time-offset
/// time-secfrac = "." 1*DIGIT
/// time-offset = "Z" / (("+" / "-") 2DIGIT ":" 2DIGIT)
/// ```
fn date_time(scan: &mut Scan<'_>) -> bool {
    let date = field(scan, 4, 0, 9999)
        && scan.octet(b'-')
        && field(scan, 2, 1, 12)
        && scan.octet(b'-')
        && field(scan, 2, 1, 31);
    // 60 is a leap second.
    let time = date
        && (scan.octet(b'T') || scan.octet(b't'))
        && field(scan, 2, 0, 23)
        && scan.octet(b':')
        && field(scan, 2, 0, 59)
        && scan.octet(b':')
        && field(scan, 2, 0, 60);
    if !time || scan.octet(b'.') && scan.decimal().is_none() {
        return false;
    }
    scan.octet(b'Z')
        || scan.octet(b'z')
        || (scan.octet(b'+') || scan.octet(b'-'))
            && field(scan, 2, 0, 23)
            && scan.octet(b':')
            && field(scan, 2, 0, 59)
}

/// Exactly `width` digits that say a number from `least` to `most`.
fn field(scan: &mut Scan<'_>, width: usize, least: u16, most: u16) -> bool {
    let (front, mut value) = (scan.rest, 0_u16);
    for _ in 0..width {
        let [digit @ b'0'..=b'9', rest @ ..] = scan.rest else {
            return false;
        };
        value = value.wrapping_mul(10).wrapping_add(u16::from(digit & 0x0f));
        scan.rest = rest;
    }
    (least..=most).contains(&value) || scan.wrong(Fault::Number, front)
}
