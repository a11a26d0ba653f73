//! The moment in `maxdelivertime`.

use crate::problem::{Problem, shown};

/// `YYYY-MM-DD hh:mm:ss` in UTC, as seconds since 1970.
pub(super) fn deadline(text: &str) -> Result<u64, Problem> {
    parse(text).ok_or_else(|| {
        Problem::bad(
            "maxdelivertime",
            format!("{} is no moment; write YYYY-MM-DD hh:mm:ss, in UTC", shown(text)),
        )
    })
}

fn parse(text: &str) -> Option<u64> {
    let octets = text.as_bytes();
    let shape = octets.len() == 19
        && octets.iter().zip(b"0000-00-00 00:00:00").all(|(octet, model)| match model {
            b'0' => octet.is_ascii_digit(),
            model => octet == model,
        });
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        2 => 28 + u64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let valid = year >= 1970 && (1..=12).contains(&month) && (1..=length).contains(&day);
    // A leap second is the last of its day; seconds since 1970 count it with the next one.
    let seconds = if (hour, minute) == (23, 59) { 60 } else { 59 };
    if !shape || !valid || hour > 23 || minute > 59 || second > seconds {
        return None;
    }
    // Days before the first of each month in a year that is no leap year.
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334].get(month as usize - 1)?;
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let days =
        (year - 1970) * 365 + leaps(year - 1) - leaps(1969) + before + u64::from(leap && month > 2) + day - 1;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (text, expected) in [
            ("1970-01-01 00:00:00", Some(0)),
            ("2000-02-28 23:59:59", Some(951_782_399)),
            ("2000-02-29 00:00:00", Some(951_782_400)),
            ("2000-03-01 00:00:00", Some(951_868_800)),
            ("2026-11-21 06:21:55", Some(1_795_242_115)),
            ("2100-03-01 00:00:00", Some(4_107_542_400)),
            ("9999-12-31 23:59:59", Some(253_402_300_799)),
            ("2016-12-31 23:59:60", Some(1_483_228_800)),
            ("2016-12-31 23:59:61", None),
            ("2016-12-31 22:59:60", None),
            ("2100-02-29 00:00:00", None),
            ("2026-11-31 00:00:00", None),
            ("2026-13-01 00:00:00", None),
            ("2026-00-01 00:00:00", None),
            ("2026-11-21 24:00:00", None),
            ("2026-11-21T06:21:55", None),
            ("2026-11-21 06:21:5", None),
            ("2026-11-21 06:21:55Z", None),
            ("1969-12-31 23:59:59", None),
            ("+026-11-21 06:21:55", None),
            ("", None),
            ("2026-1\u{e9}-21 06:21:55", None),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
