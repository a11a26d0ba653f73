//! The trace that every server leaves in a mail (RFC 5321 §4.4).

use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

/// How a mail came in.
pub(crate) struct Arrival<'a> {
    pub(crate) helo: &'a str,
    pub(crate) peer: IpAddr,
    pub(crate) host: &'a str,
    /// Whether EHLO was said, and not HELO.
    pub(crate) extended: bool,
    pub(crate) tls: bool,
    pub(crate) authenticated: bool,
    pub(crate) id: u64,
}

/// The header field, with its CRLF.
pub(crate) fn received(arrival: &Arrival<'_>) -> String {
    let Arrival { helo, peer, host, .. } = arrival;
    let prefix = if peer.is_ipv6() { "IPv6:" } else { "" };
    let address = format!("[{prefix}{peer}]");
    // RFC 6532 §3: UTF-8 is for the header of a mail with SMTPUTF8, which EHLO knows nothing of.
    let helo = if helo.is_ascii() { *helo } else { &address };
    let mut field = format!("Received: from {helo} ({address})\r\n\tby {host} with ");
    // RFC 3848 §1
    let extended = arrival.extended || arrival.tls || arrival.authenticated;
    field += if extended { "ESMTP" } else { "SMTP" };
    field += if arrival.tls { "S" } else { "" };
    field += if arrival.authenticated { "A" } else { "" };
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let _ = write!(field, " id {:x};\r\n\t{}\r\n", arrival.id, date(seconds));
    field
}

/// Seconds since 1970 as an RFC 5322 §3.3 date-time, in UTC.
fn date(seconds: u64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    let weekday = DAYS[(days % 7) as usize];
    let (mut year, mut day) = (1970, days);
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 0;
    for length in [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("{weekday}, {} {} {year} {hour:02}:{minute:02}:{second:02} +0000", day + 1, MONTHS[month])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocol_is_one_that_is_registered() {
        // RFC 3848: TLS and logins are ESMTP's, also where HELO was said behind them.
        for (extended, tls, authenticated, with) in [
            (false, false, false, "SMTP"),
            (true, false, false, "ESMTP"),
            (true, true, false, "ESMTPS"),
            (true, false, true, "ESMTPA"),
            (true, true, true, "ESMTPSA"),
            (false, true, false, "ESMTPS"),
            (false, true, true, "ESMTPSA"),
        ] {
            let peer = IpAddr::from([192, 0, 2, 1]);
            let arrival = Arrival { helo: "a", peer, host: "b", extended, tls, authenticated, id: 1 };
            assert!(received(&arrival).contains(&format!(" with {with} id 1;")), "{with}");
        }
    }

    #[test]
    fn dates_are_right_around_leap_days() {
        let cases = [
            (0, "Thu, 1 Jan 1970 00:00:00 +0000"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 +0000"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 +0000"),
            (4_107_542_400, "Mon, 1 Mar 2100 00:00:00 +0000"),
        ];
        for (seconds, text) in cases {
            assert_eq!(date(seconds), text);
        }
    }
}
