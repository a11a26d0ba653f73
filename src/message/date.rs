//! The moment a mail was made: RFC 5322 §3.3.

use super::ink::Ink;
use crate::wire::{Fault, Syntax};

/// Seconds since 1970 at which the year 10000 begins: four digits are all that the field has.
const YEAR_10000: u64 = 253_402_300_800;

/// A day's minutes: a zone is off by less than that.
const DAY: i16 = 24 * 60;

const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
const WEEKDAYS: &[u8; 21] = b"ThuFriSatSunMonTueWed";

/// A date and time with its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Date {
    /// Local days since 1 January 1970.
    days: u32,
    /// Local seconds of the day.
    seconds: u32,
    /// Minutes ahead of UTC.
    offset: i16,
}

impl Date {
    /// The moment `seconds` after 1 January 1970, 00:00 UTC (leap seconds not counted), as a clock
    /// shows it that is `offset` minutes ahead of UTC (behind it if negative).
    ///
    /// # Errors
    /// [`Fault::Number`] when the year would not be one of 1970 to 9999 or the offset is a day or more.
    pub fn from_unix(seconds: u64, offset: i16) -> Result<Self, Syntax> {
        let shift = i64::from(offset).saturating_mul(60);
        let local = seconds.checked_add_signed(shift).filter(|local| *local < YEAR_10000);
        match local {
            Some(local) if offset.unsigned_abs() < DAY.unsigned_abs() => {
                // A day is 675 times 128 seconds, so 32 bits are enough to divide.
                let units = (local >> 7) as u32;
                let seconds = (units % 675).wrapping_mul(128).wrapping_add((local & 127) as u32);
                Ok(Self { days: units / 675, seconds, offset })
            }
            _ => Err(Syntax::new(Fault::Number, &[], 0)),
        }
    }

    /// ```abnf
    /// date-time = [ day-of-week "," ] date time
    /// date      = day month year
    /// time      = hour ":" minute ":" second FWS zone
    /// zone      = FWS ( "+" / "-" ) 4DIGIT
    /// ```
    /// Always as many octets: `Thu, 01 Jan 1970 00:00:00 +0000`.
    pub(crate) fn emit(&self, ink: &mut Ink<'_>) {
        let (year, month, day) = civil(self.days);
        ink.put(name(WEEKDAYS, self.days % 7));
        ink.put(b", ");
        two_digits(day, ink);
        ink.byte(b' ');
        ink.put(name(MONTHS, month));
        ink.byte(b' ');
        two_digits(year / 100, ink);
        two_digits(year % 100, ink);
        ink.byte(b' ');
        two_digits(self.seconds / 3600, ink);
        ink.byte(b':');
        two_digits(self.seconds / 60 % 60, ink);
        ink.byte(b':');
        two_digits(self.seconds % 60, ink);
        ink.put(if self.offset < 0 { b" -" } else { b" +" });
        let offset = u32::from(self.offset.unsigned_abs());
        two_digits(offset / 60, ink);
        two_digits(offset % 60, ink);
    }
}

/// Year, month (from 0) and day (from 1) of a day since 1970, in the Gregorian calendar: counted in
/// years that begin in March, so that the leap day is the last.
fn civil(days: u32) -> (u32, u32, u32) {
    const ERA: u32 = 146_097; // days of 400 years
    const TO_1970: u32 = 719_468; // from 1 March of the year 0
    let days = days.wrapping_add(TO_1970);
    let era = days / ERA;
    let of_era = days % ERA;
    // The leap days before this day are taken out, so that years are 365 days long.
    let leaps = (of_era / 36_524).wrapping_sub(of_era / 1460).wrapping_sub(of_era / 146_096);
    let year = of_era.wrapping_add(leaps) / 365;
    let of_year = of_era.wrapping_sub(year.wrapping_mul(365).wrapping_add(year / 4).wrapping_sub(year / 100));
    // Five months of 31, 30, 31, 30, 31 days repeat: 153 days.
    let from_march = of_year.wrapping_mul(5).wrapping_add(2) / 153;
    let before = from_march.wrapping_mul(153).wrapping_add(2) / 5;
    let day = of_year.wrapping_sub(before).wrapping_add(1);
    let month = from_march.wrapping_add(2) % 12;
    let next_year = u32::from(month < 2);
    (era.wrapping_mul(400).wrapping_add(year).wrapping_add(next_year), month, day)
}

/// The entry `number` of a list of three-letter names.
fn name(names: &[u8], number: u32) -> &[u8] {
    // Not by `chunks_exact`, whose check the compiler keeps when it saves on size.
    let at = (number as usize).saturating_mul(3);
    names.get(at..at.saturating_add(3)).unwrap_or_default()
}

/// In one place in flash.
#[inline(never)]
fn two_digits(number: u32, ink: &mut Ink<'_>) {
    let digit = |number: u32| b'0'.wrapping_add((number % 10) as u8);
    ink.put(&[digit(number / 10), digit(number)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, offset, text) in [
            (0, 0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (951_782_399, 0, "Mon, 28 Feb 2000 23:59:59 +0000"),
            (951_782_400, 0, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (4_107_542_399, 0, "Sun, 28 Feb 2100 23:59:59 +0000"),
            (4_107_542_400, 0, "Mon, 01 Mar 2100 00:00:00 +0000"),
            (1_795_239_371, 0, "Sat, 21 Nov 2026 05:36:11 +0000"),
            (1_795_239_371, 345, "Sat, 21 Nov 2026 11:21:11 +0545"),
            (1_795_239_371, -420, "Fri, 20 Nov 2026 22:36:11 -0700"),
            (253_402_300_799, 0, "Fri, 31 Dec 9999 23:59:59 +0000"),
        ] {
            let mut buffer = [0; 31];
            let mut ink = Ink::new(&mut buffer, 0, 0);
            Date::from_unix(seconds, offset).unwrap().emit(&mut ink);
            assert_eq!(ink.finish().total, 31);
            assert_eq!(core::str::from_utf8(&buffer).unwrap(), text);
        }
    }

    #[test]
    fn what_the_field_cannot_say_is_refused() {
        for (seconds, offset) in [(YEAR_10000, 0), (YEAR_10000 - 1, 1), (59, -1), (u64::MAX, 0), (0, 1440)] {
            assert_eq!(Date::from_unix(seconds, offset).unwrap_err().fault(), Fault::Number);
        }
        assert!(Date::from_unix(86_400, -1439).is_ok());
    }
}
