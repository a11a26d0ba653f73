//! Names, sizes and strangers' texts as they are shown.

use std::fmt::Write as _;

use super::legible::legible;

/// Names that are shown; the others are only counted.
const NAMED: usize = 10;

/// The first of them, and how many others there are.
pub(crate) fn names(addresses: &[String]) -> String {
    let mut text = addresses.iter().take(NAMED).map(|name| legible(name)).collect::<Vec<_>>().join(", ");
    if let Some(more) = addresses.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = write!(text, " and {more} more");
    }
    text
}

/// A number of octets, in short.
pub(crate) fn size(octets: u64) -> String {
    let tenths = |unit: u64| {
        let tenths = octets.saturating_mul(10) / unit;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match octets {
        0..1024 => format!("{octets} octets"),
        1024..1_048_576 => format!("{} KiB", tenths(1024)),
        _ => format!("{} MiB", tenths(1_048_576)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (octets, expected) in [
            (0, "0 octets"),
            (1023, "1023 octets"),
            (1024, "1.0 KiB"),
            (1_048_575, "1023.9 KiB"),
            (10 * 1_048_576, "10.0 MiB"),
        ] {
            assert_eq!(size(octets), expected);
        }
    }

    #[test]
    fn many_recipients_are_counted() {
        let addresses: Vec<_> = (0..12).map(|number| format!("{number}@a")).collect();
        assert!(names(&addresses).ends_with("9@a and 2 more"));
    }
}
