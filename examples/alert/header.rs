//! The header section (RFC 5322) of a text that has none.

use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

use embedded_smtp::wire::{ForwardPath, ReversePath};

use super::survey::Survey;

/// Columns after which a line is folded, and octets of an encoded word (RFC 2047 §2).
const COLUMNS: usize = 76;

/// What the header section says.
#[derive(Debug)]
pub(crate) struct Header<'a> {
    pub(crate) from: ReversePath<'a>,
    pub(crate) to: Vec<ForwardPath<'a>>,
    pub(crate) subject: &'a str,
    pub(crate) date: SystemTime,
    /// With its angle brackets.
    pub(crate) id: &'a str,
}

impl Header<'_> {
    /// The header section with the empty line behind it, for a text of which `survey` tells.
    ///
    /// # Errors
    /// What is wrong with the subject or the sender.
    pub(crate) fn section(&self, survey: &Survey) -> Result<Vec<u8>, String> {
        let from = self.from.mailbox().ok_or("a mail from nobody needs --raw and a From field of its own")?;
        let to: Vec<&str> =
            self.to.iter().map(|path| path.mailbox().map_or("Postmaster:;", |to| to.as_str())).collect();
        let (charset, encoding) = match (survey.eight_bit, survey.utf8) {
            (false, _) => ("us-ascii", "7bit"),
            (true, true) => ("utf-8", "8bit"),
            // RFC 1428
            (true, false) => ("unknown-8bit", "8bit"),
        };
        let (subject, date, id) = (subject(self.subject)?, date(self.date), self.id);
        Ok(format!(
            "From: {}\r\nTo: {}\r\n{subject}\r\nDate: {date}\r\nMessage-ID: {id}\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n",
            from.as_str(),
            to.join(",\r\n ")
        )
        .into_bytes())
    }
}

/// A Message-ID (RFC 5322 §3.6.4) under the sender's domain.
pub(crate) fn message_id(from: ReversePath<'_>) -> String {
    let domain = from.mailbox().map_or("localhost", |mailbox| mailbox.domain());
    format!("<{}@{domain}>", unique())
}

/// A word that nobody else has: time, process and chance.
pub(crate) fn unique() -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    // The standard library's hasher is keyed by chance.
    let chance = RandomState::new().hash_one(time);
    format!("{time:x}.{:x}.{chance:x}", std::process::id())
}

/// The subject's field: as it stands where it can, else in encoded words (RFC 2047).
fn subject(subject: &str) -> Result<String, String> {
    if let Some(at) = subject.find(['\r', '\n', '\0']) {
        return Err(format!("--subject has a CR, LF or NUL in it, at octet {at}: it must be one line"));
    }
    let plain = subject.bytes().all(|octet| matches!(octet, b' '..=b'~'))
        && !subject.contains("=?")
        && !subject.starts_with(' ')
        && !subject.ends_with(' ')
        && subject.split(' ').all(|word| word.len() < COLUMNS - 10);
    Ok(if plain { folded(subject) } else { encoded(subject) })
}

fn folded(subject: &str) -> String {
    let mut field = String::from("Subject:");
    let mut column = field.len();
    // A line is never folded into one of spaces only (RFC 5322 §3.2.2): a run of spaces stays together.
    for word in subject.split_inclusive(' ') {
        let text = word.trim_end_matches(' ');
        if column > 10 && column + 1 + text.len() > COLUMNS && field.ends_with(' ') && !text.is_empty() {
            field.pop();
            field += "\r\n ";
            column = 1;
        } else if field.ends_with(':') {
            field.push(' ');
            column += 1;
        }
        field += word;
        column += word.len();
    }
    field
}

/// Encoded words in `Q`, each on a line of its own and none with half a character in it (RFC 2047 §5).
fn encoded(subject: &str) -> String {
    let mut field = String::from("Subject: =?utf-8?Q?");
    let mut column = field.len();
    for character in subject.chars() {
        let mut word = String::new();
        for octet in character.encode_utf8(&mut [0; 4]).bytes() {
            match octet {
                b' ' => word.push('_'),
                b'0'..=b'9'
                | b'A'..=b'Z'
                | b'a'..=b'z'
                | b'!'
                | b'*'
                | b'+'
                | b'-'
                | b'/'
                | b'.'
                | b','
                | b':' => {
                    word.push(octet.into());
                }
                _ => word.extend(['=', hex(octet >> 4), hex(octet & 15)]),
            }
        }
        if column + word.len() + 2 > COLUMNS - 1 {
            field += "?=\r\n =?utf-8?Q?";
            column = 11;
        }
        field += &word;
        column += word.len();
    }
    field + "?="
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16).unwrap_or('0').to_ascii_uppercase()
}

/// A date in UTC (RFC 5322 §3.3).
fn date(time: SystemTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [(&str, u64); 12] = [
        ("Jan", 31),
        ("Feb", 28),
        ("Mar", 31),
        ("Apr", 30),
        ("May", 31),
        ("Jun", 30),
        ("Jul", 31),
        ("Aug", 31),
        ("Sep", 30),
        ("Oct", 31),
        ("Nov", 30),
        ("Dec", 31),
    ];
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (mut day, second) = (seconds / 86_400, seconds % 86_400);
    // 1 January 1970 was a Thursday.
    let weekday = DAYS[(day % 7) as usize];
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut date = format!("{weekday}, ");
    for (month, days) in MONTHS {
        let days = days + u64::from(month == "Feb" && leap(year));
        if day < days {
            let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
            let _ = write!(date, "{} {month} {year} {hour:02}:{minute:02}:{second:02} +0000", day + 1);
            break;
        }
        day -= days;
    }
    date
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn dates_are_right() {
        for (seconds, expected) in [
            (0, "Thu, 1 Jan 1970 00:00:00 +0000"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 +0000"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 +0000"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 +0000"),
            (1_795_176_000, "Fri, 20 Nov 2026 12:00:00 +0000"),
            (4_107_542_400, "Mon, 1 Mar 2100 00:00:00 +0000"),
        ] {
            assert_eq!(date(UNIX_EPOCH + Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn a_subject_stays_as_it_is_where_it_can() {
        assert_eq!(subject("The pump has stopped").unwrap(), "Subject: The pump has stopped");
        assert_eq!(subject("two  spaces").unwrap(), "Subject: two  spaces");
    }

    #[test]
    fn a_long_subject_is_folded_and_unfolds_to_itself() {
        let long = "twelve words of some length each, again and again, ".repeat(9) + "and  the end";
        let field = subject(&long).unwrap();
        assert!(
            field.split("\r\n").all(|line| line.len() <= COLUMNS + 1 && !line.trim().is_empty()),
            "{field}"
        );
        assert_eq!(field.replace("\r\n", ""), format!("Subject: {long}"));
    }

    #[test]
    fn what_is_not_plain_goes_in_encoded_words() {
        assert_eq!(subject("84 \u{b0}C").unwrap(), "Subject: =?utf-8?Q?84_=C2=B0C?=");
        assert_eq!(subject("=?x?=").unwrap(), "Subject: =?utf-8?Q?=3D=3Fx=3F=3D?=");
        assert_eq!(subject(" x").unwrap(), "Subject: =?utf-8?Q?_x?=");
        let field = subject(&"\u{1f600}x".repeat(40)).unwrap();
        let words = field.strip_prefix("Subject: ").unwrap();
        for word in words.split("\r\n ") {
            assert!(word.len() <= 75 && word.starts_with("=?utf-8?Q?") && word.ends_with("?="), "{word}");
            let text =
                word.trim_start_matches("=?utf-8?Q?").trim_end_matches("?=").replace("=F0=9F=98=80", "");
            assert!(text.bytes().all(|octet| octet == b'x'), "half a character: {word}");
        }
        assert!(subject(&"a".repeat(2000)).unwrap().split("\r\n").all(|line| line.len() <= COLUMNS));
    }

    #[test]
    fn a_subject_cannot_bring_a_field_of_its_own() {
        for subject in ["x\r\nBcc: a@b", "x\ny", "x\ry", "x\0"] {
            assert!(super::subject(subject).unwrap_err().contains("at octet 1"), "{subject:?}");
        }
    }

    #[test]
    fn a_header_section_has_each_field_once() {
        let survey = super::super::survey::survey(&mut "84 \u{b0}C\n".as_bytes()).unwrap();
        let to = ["ops@example.test", "postmaster", "\"two words\"@example.test"];
        let header = Header {
            from: ReversePath::new("pump@example.test").unwrap(),
            to: to.iter().map(|to| ForwardPath::new(to).unwrap()).collect(),
            subject: "hot",
            date: UNIX_EPOCH,
            id: "<1@example.test>",
        };
        let expected = "From: pump@example.test\r\nTo: ops@example.test,\r\n Postmaster:;,\r\n \"two words\"@example.test\r\n\
            Subject: hot\r\nDate: Thu, 1 Jan 1970 00:00:00 +0000\r\nMessage-ID: <1@example.test>\r\nMIME-Version: 1.0\r\n\
            Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
        assert_eq!(String::from_utf8(header.section(&survey).unwrap()).unwrap(), expected);
        let nobody = Header { from: ReversePath::Null, ..header };
        assert!(nobody.section(&survey).is_err());
    }
}
