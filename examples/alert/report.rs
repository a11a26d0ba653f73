//! The report, one line a recipient.

use embedded_smtp::submission::{Report, Status, Verdict};

use super::outcome::words;
use super::paint::{Ink, Paint};

/// What became of each recipient, and the server's own words for it.
pub(crate) fn recipients(report: &Report<'_>, paint: Paint) -> Vec<String> {
    let width =
        report.recipients().iter().map(|recipient| recipient.path().as_str().len()).max().unwrap_or(0);
    let line = |recipient: &embedded_smtp::submission::Recipient<'_>| {
        let (ink, fate) = match recipient.status() {
            Status::Delivered => (Ink::Good, "delivered"),
            Status::Refused if recipient.is_worth_retrying() => (Ink::Doubtful, "put off"),
            Status::Refused => (Ink::Bad, "refused"),
            Status::Accepted if report.verdict() == Verdict::Unknown => (Ink::Doubtful, "in doubt"),
            Status::Accepted | Status::Waiting => (Ink::Bad, "not sent"),
        };
        let fate = paint.ink(ink, format!("{fate:<9}"));
        let text =
            format!("{fate}  {:<width$}  {}", recipient.path().as_str(), words(&recipient.answer(), report));
        text.trim_end().to_owned()
    };
    report.recipients().iter().map(line).collect()
}

/// The verdict in a word.
pub(crate) fn verdict(report: &Report<'_>, paint: Paint) -> String {
    match report.verdict() {
        Verdict::Delivered => paint.ink(Ink::Good, "delivered"),
        Verdict::PartlyDelivered => paint.ink(Ink::Doubtful, "partly delivered"),
        Verdict::RetryLater => paint.ink(Ink::Doubtful, "not delivered, worth another try later"),
        Verdict::Rejected => paint.ink(Ink::Bad, "not delivered"),
        Verdict::Unknown => paint.ink(Ink::Doubtful, "unknown, may have been delivered"),
    }
}
