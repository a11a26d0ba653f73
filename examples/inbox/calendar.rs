//! Moments as people read them, in UTC.

use std::time::{SystemTime, UNIX_EPOCH};

const SECONDS_A_DAY: u64 = 86_400;
/// Days of 400 years, after which the calendar repeats.
const DAYS_AN_ERA: u64 = 146_097;

/// A moment since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    year: u64,
    month: u64,
    day: u64,
    /// Of the day.
    second: u64,
    millisecond: u32,
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        // Years are counted from 1 March, so that the odd day comes last: from 1 March of the year 0.
        let days = since.as_secs() / SECONDS_A_DAY + 719_468;
        let (era, day_of_era) = (days / DAYS_AN_ERA, days % DAYS_AN_ERA);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // Five months from March on have 153 days, and so have the next five.
        let months = (5 * day_of_year + 2) / 153;
        let month = if months < 10 { months + 3 } else { months - 9 };
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * months + 2) / 5 + 1,
            second: since.as_secs() % SECONDS_A_DAY,
            millisecond: since.subsec_millis(),
        }
    }
}

impl Moment {
    /// `20261121-062155.042`, for the names of files.
    pub(crate) fn compact(&self) -> String {
        let (year, month, day, (hour, minute, second)) = (self.year, self.month, self.day, self.clock());
        let thousandths = self.millisecond;
        format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}.{thousandths:03}")
    }

    /// `06:21:55Z`.
    pub(crate) fn time(&self) -> String {
        let (hour, minute, second) = self.clock();
        format!("{hour:02}:{minute:02}:{second:02}Z")
    }

    fn clock(&self) -> (u64, u64, u64) {
        (self.second / 3600, self.second / 60 % 60, self.second % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "19700101-000000.000"),
            (951_782_399, "20000228-235959.000"),
            (951_782_400, "20000229-000000.000"),
            (951_868_800, "20000301-000000.000"),
            (1_795_242_115, "20261121-062155.000"),
            (4_107_542_400, "21000301-000000.000"),
            (1_735_603_200, "20241231-000000.000"),
        ] {
            let moment = Moment::from(UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(moment.compact(), expected);
        }
    }
}
