//! HOLDFOR and HOLDUNTIL: when a mail may leave the submission server, RFC 4865 §3.

use crate::wire::class::before;
use crate::wire::syntax::{Fault, Parsed, Syntax, fail, number, octet, utf8, whole, within};
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
    pub(crate) fn parse(value: &[u8]) -> Parsed<'_, Self> {
        interval(value).map(|(rest, seconds)| (rest, Self(seconds)))
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
        whole(text.as_bytes(), date_time)?;
        Ok(Self(text))
    }

    /// The time as it was given.
    pub fn as_str(&self) -> &'a str {
        self.0
    }

    pub(crate) fn parse(value: &'a [u8]) -> Parsed<'a, Self> {
        let (rest, ()) = date_time(value)?;
        utf8(before(value, rest), rest).map(|(rest, text)| (rest, Self(text)))
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
fn date_time(input: &[u8]) -> Parsed<'_, ()> {
    let (rest, ()) = field(input, 4, 0, 9999)?;
    let (rest, ()) = octet(b'-')(rest)?;
    let (rest, ()) = field(rest, 2, 1, 12)?;
    let (rest, ()) = octet(b'-')(rest)?;
    let (rest, ()) = field(rest, 2, 1, 31)?;
    let (rest, ()) = match rest {
        [b't', rest @ ..] => (rest, ()),
        _ => octet(b'T')(rest)?,
    };
    let (rest, ()) = field(rest, 2, 0, 23)?;
    let (rest, ()) = octet(b':')(rest)?;
    let (rest, ()) = field(rest, 2, 0, 59)?;
    let (rest, ()) = octet(b':')(rest)?;
    // 60 is a leap second.
    let (rest, ()) = field(rest, 2, 0, 60)?;
    let (rest, _) = match rest {
        [b'.', rest @ ..] => number(rest)?,
        _ => (rest, 0),
    };
    match rest {
        [b'Z' | b'z', rest @ ..] => Ok((rest, ())),
        [b'+' | b'-', rest @ ..] => {
            let (rest, ()) = field(rest, 2, 0, 23)?;
            let (rest, ()) = octet(b':')(rest)?;
            field(rest, 2, 0, 59)
        }
        _ => fail(Fault::Unexpected, rest),
    }
}

/// Exactly `width` digits that say a number from `least` to `most`.
fn field(input: &[u8], width: usize, least: u64, most: u64) -> Parsed<'_, ()> {
    let Some((digits, rest)) = input.split_at_checked(width) else {
        return fail(Fault::Unexpected, &[]);
    };
    let (rest, value) = within(digits, rest, number)?;
    if (least..=most).contains(&value) { Ok((rest, ())) } else { fail(Fault::Number, input) }
}
