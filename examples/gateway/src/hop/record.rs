//! What became of a mail, for the journal.

use std::time::Duration;

use embedded_smtp::submission::Verdict;

use super::outcome::Outcome;
use crate::journal::{Door, Fate, JOURNAL, Record, time};

/// Characters of what the next hop said.
const MOST: usize = 1000;

/// Enters a mail that came by the REST door.
pub(super) fn enter(id: &str, from: String, outcome: &Outcome, took: Duration) {
    let fate = match outcome.verdict {
        Verdict::Delivered => Fate::Accepted,
        Verdict::PartlyDelivered => Fate::Partly,
        Verdict::RetryLater => Fate::Later,
        Verdict::Rejected => Fate::Refused,
        Verdict::Unknown => Fate::Unknown,
    };
    let refusal = outcome.fates.iter().find(|fate| !fate.delivered);
    let reply = match (fate, refusal) {
        (Fate::Partly, Some(refused)) => format!("{}; {}: {}", outcome.words, refused.address, refused.words),
        _ => outcome.words.to_string(),
    };
    // A server may say much, and hundreds of records are kept.
    let reply = reply.chars().take(MOST).collect();
    JOURNAL.enter(Record {
        time: time(),
        door: Door::Rest,
        id: id.to_owned(),
        from,
        recipients: outcome.fates.len(),
        accepted: outcome.fates.iter().filter(|fate| fate.delivered).count(),
        octets: outcome.octets,
        fate,
        reply,
        seconds: took.as_secs_f64(),
    });
}
