//! What came through: one line a mail, the last ones in memory for the page, and the counts for `/metrics`.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use schemars::JsonSchema;
use serde::Serialize;

use crate::calendar::Moment;
use crate::legible::legible;
use crate::printer::print;

/// Mails that are remembered.
const MOST: usize = 500;

/// The upper bounds of the counted durations, in seconds.
const BOUNDS: [f64; 8] = [0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0];

/// By which door a mail came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Door {
    Rest,
    Smtp,
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fate {
    /// The next hop took it for all recipients.
    Accepted,
    /// The next hop took it for some.
    Partly,
    /// A later try may succeed.
    Later,
    /// Refused for good.
    Refused,
    /// It may have been delivered.
    Unknown,
}

/// A mail that is done with.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Record {
    /// When, in UTC, ISO 8601.
    pub(crate) time: String,
    pub(crate) door: Door,
    /// The mail's identifier in the log.
    pub(crate) id: String,
    pub(crate) from: String,
    pub(crate) recipients: usize,
    pub(crate) accepted: usize,
    /// Octets of the mail, where they are known.
    pub(crate) octets: Option<u64>,
    pub(crate) fate: Fate,
    /// The next hop's reply, or why there is none.
    pub(crate) reply: String,
    pub(crate) seconds: f64,
}

#[derive(Debug)]
pub(crate) struct Journal {
    last: Mutex<VecDeque<Record>>,
    /// By door and fate.
    mails: [[AtomicU64; 5]; 2],
    recipients_accepted: AtomicU64,
    recipients_refused: AtomicU64,
    slots: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
    /// REST requests by the hundreds of their status.
    requests: [AtomicU64; 6],
    pub(crate) connections: AtomicI64,
}

/// The program's journal.
pub(crate) static JOURNAL: Journal = Journal {
    last: Mutex::new(VecDeque::new()),
    mails: [const { [const { AtomicU64::new(0) }; 5] }; 2],
    recipients_accepted: AtomicU64::new(0),
    recipients_refused: AtomicU64::new(0),
    slots: [const { AtomicU64::new(0) }; BOUNDS.len() + 1],
    micros: AtomicU64::new(0),
    requests: [const { AtomicU64::new(0) }; 6],
    connections: AtomicI64::new(0),
};

impl Journal {
    pub(crate) fn enter(&self, record: Record) {
        let mut line = String::new();
        let Record { time, door, id, from, recipients, accepted, octets, fate, reply, seconds } = &record;
        let octets = octets.unwrap_or_default();
        let _ = write!(
            line,
            "time={time} door={} mail={id} from={} recipients={recipients} accepted={accepted} octets={octets} fate={} seconds={seconds:.3} reply={}",
            door.name(),
            quoted(from),
            fate.name(),
            quoted(reply),
        );
        print(&line);
        self.count(&record);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() >= MOST {
            last.pop_front();
        }
        last.push_back(record);
    }

    fn count(&self, record: &Record) {
        let add = |counter: &AtomicU64, number: usize| {
            counter.fetch_add(number as u64, Ordering::Relaxed);
        };
        if let Some(counter) =
            self.mails.get(record.door as usize).and_then(|fates| fates.get(record.fate as usize))
        {
            add(counter, 1);
        }
        add(&self.recipients_accepted, record.accepted);
        add(&self.recipients_refused, record.recipients.saturating_sub(record.accepted));
        let slot = BOUNDS.iter().position(|bound| record.seconds <= *bound).unwrap_or(BOUNDS.len());
        if let Some(counter) = self.slots.get(slot) {
            add(counter, 1);
        }
        self.micros.fetch_add(
            Duration::from_secs_f64(record.seconds.max(0.0)).as_micros() as u64,
            Ordering::Relaxed,
        );
    }

    /// A REST request was answered.
    pub(crate) fn answered(&self, status: u16) {
        if let Some(counter) = self.requests.get(usize::from(status / 100)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The last mails, the newest first.
    pub(crate) fn last(&self) -> Vec<Record> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    /// In Prometheus's text format.
    pub(crate) fn metrics(&self) -> String {
        let mut text = String::from(
            "# HELP gateway_mails_total Mails that are done with.\n# TYPE gateway_mails_total counter\n",
        );
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        for (door, fates) in [Door::Rest, Door::Smtp].iter().zip(&self.mails) {
            for (fate, counter) in Fate::ALL.iter().zip(fates) {
                let _ = writeln!(
                    text,
                    "gateway_mails_total{{door=\"{}\",fate=\"{}\"}} {}",
                    door.name(),
                    fate.name(),
                    get(counter)
                );
            }
        }
        text += "# HELP gateway_recipients_total Recipients, by the next hop's word.\n# TYPE gateway_recipients_total counter\n";
        let _ = writeln!(
            text,
            "gateway_recipients_total{{fate=\"accepted\"}} {}",
            get(&self.recipients_accepted)
        );
        let _ =
            writeln!(text, "gateway_recipients_total{{fate=\"refused\"}} {}", get(&self.recipients_refused));
        text += "# HELP gateway_mail_seconds Time from the whole mail, or its MAIL command, to the next hop's word.\n# TYPE gateway_mail_seconds histogram\n";
        let mut sum = 0;
        for (bound, counter) in BOUNDS.iter().zip(&self.slots) {
            sum += get(counter);
            let _ = writeln!(text, "gateway_mail_seconds_bucket{{le=\"{bound}\"}} {sum}");
        }
        sum += self.slots.last().map_or(0, get);
        let _ = writeln!(text, "gateway_mail_seconds_bucket{{le=\"+Inf\"}} {sum}");
        let seconds = Duration::from_micros(get(&self.micros)).as_secs_f64();
        let _ = writeln!(text, "gateway_mail_seconds_sum {seconds}\ngateway_mail_seconds_count {sum}");
        text += "# HELP gateway_requests_total REST requests by the hundreds of their status.\n# TYPE gateway_requests_total counter\n";
        for (hundreds, counter) in self.requests.iter().enumerate().skip(1) {
            let _ = writeln!(text, "gateway_requests_total{{status=\"{hundreds}xx\"}} {}", get(counter));
        }
        text += "# HELP gateway_rest_connections REST connections that are open.\n# TYPE gateway_rest_connections gauge\n";
        let _ = writeln!(text, "gateway_rest_connections {}", self.connections.load(Ordering::Relaxed));
        text
    }
}

impl Door {
    fn name(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Smtp => "smtp",
        }
    }
}

impl Fate {
    const ALL: [Self; 5] = [Self::Accepted, Self::Partly, Self::Later, Self::Refused, Self::Unknown];

    fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Partly => "partly",
            Self::Later => "later",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }
}

/// `20261121T062155.042Z`.
pub(crate) fn time() -> String {
    Moment::from(SystemTime::now()).compact().replacen('-', "T", 1) + "Z"
}

/// One value of a line, whatever is in it.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in legible(text).chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_begins_another_line_or_another_value() {
        assert_eq!(quoted("a\"b\\c\r\nd\u{85}"), "\"a\\\"b\\\\c??d?\"");
    }

    #[test]
    fn the_time_is_of_iso_8601() {
        let time = time();
        assert_eq!(time.len(), 20);
        assert_eq!((time.find('T'), time.ends_with('Z')), (Some(8), true));
    }
}
