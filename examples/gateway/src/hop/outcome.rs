//! What became of a mail, in a form that outlives the session.

use std::time::Duration;

use embedded_smtp::submission::{Answer, Cause, Recipient, Report, Status, Verdict};
use embedded_smtp::wire::{Code, Extension, Severity, Verb};

use super::record;

/// What became of a mail.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    pub(crate) fates: Vec<Fate>,
    /// Octets of the mail, as far as they are known.
    pub(crate) octets: Option<u64>,
    /// The next hop's word that decided, or what went wrong with it.
    pub(crate) words: Words,
    /// Whose fault it is, where nothing was delivered.
    pub(crate) fault: Fault,
}

/// What became of one recipient.
#[derive(Debug, Clone)]
pub(crate) struct Fate {
    pub(crate) address: String,
    pub(crate) delivered: bool,
    /// Why not.
    pub(crate) words: Words,
}

/// A reply's code and text; code 0 when no reply came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) code: u16,
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The next hop does not want this mail, these recipients, this sender.
    Mail,
    /// This property asks for what the next hop cannot do.
    Property(&'static str),
    /// The next hop, or the way to it.
    Hop,
}

/// What is to be done about an attempt that failed before anything of the mail was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    No,
    /// The kept session had died, or what it was told at its start may be so no more: a new one may do.
    InNewSession,
    /// The next hop has no DELIVERBY, which is wanted only where it is offered.
    WithoutDeadline,
}

/// In place of words, where there are none: they fill the memory for them when there are thousands of recipients.
const NO_WORDS: &str =
    "(no words came with that, or more than could be kept; send to this recipient alone to see them)";

impl Words {
    fn of(report: &Report<'_>, answer: &Answer) -> Self {
        let code = answer.code().map_or(0, Code::number);
        let mut text = report.text(answer).replace('\n', " ");
        if text.is_empty() && code >= 400 {
            NO_WORDS.clone_into(&mut text);
        }
        // A part of the server's words, which says more than the code does (RFC 3463).
        if let Some(enhanced) = answer.enhanced() {
            text = format!("{enhanced} {text}");
        }
        Self { code, text }
    }

    pub(crate) fn say(text: &str) -> Self {
        Self { code: 0, text: text.to_owned() }
    }
}

impl std::fmt::Display for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.code == 0 { f.write_str(&self.text) } else { write!(f, "{} {}", self.code, self.text) }
    }
}

impl Outcome {
    /// `trouble` is what the stream said, if it failed; `whole` whether the mail came in `mime`.
    pub(super) fn of(report: &Report<'_>, trouble: Option<&str>, whole: bool) -> Self {
        let (mut words, fault) = explain(report, whole);
        if words.code == 0
            && let Some(trouble) = trouble
        {
            words.text = format!("{} ({trouble})", words.text);
        }
        let fates = report.recipients().iter().map(|recipient| {
            let own = recipient.answer();
            let delivered = recipient.status() == Status::Delivered;
            let refused = recipient.status() == Status::Refused && is_refusal(&own);
            let words = if refused { Words::of(report, &own) } else { words.clone() };
            Fate { address: recipient.path().as_str().to_owned(), delivered, words }
        });
        Self { verdict: verdict(report), fates: fates.collect(), octets: None, words, fault }
    }

    /// Nothing of it was sent.
    pub(crate) fn unsent(recipients: &[String], verdict: Verdict, why: &str) -> Self {
        let words = Words::say(why);
        let fate =
            |address: &String| Fate { address: address.clone(), delivered: false, words: words.clone() };
        Self { verdict, fates: recipients.iter().map(fate).collect(), octets: None, words, fault: Fault::Hop }
    }

    /// Into the journal, for a mail that no session was asked for.
    pub(crate) fn enter(&self, id: &str, from: &str) {
        record::enter(id, from.to_owned(), self, Duration::ZERO);
    }

    /// It has waited too long.
    pub(crate) fn too_late(recipients: &[String]) -> Self {
        let text = "has passed while the mail waited for the next hop, so nothing was sent";
        let fault = Fault::Property("maxdelivertime");
        Self { fault, ..Self::unsent(recipients, Verdict::Rejected, &format!("maxdelivertime {text}")) }
    }
}

/// Whether and how another attempt makes sense at once. `reused` is whether the session was kept from a mail before.
pub(super) fn again(report: &Report<'_>, reused: bool) -> Again {
    // What was said about the mail stands; only a session that was gone before the mail is opened again.
    let untouched = is_untouched(report);
    match report.cause() {
        Some(Cause::NotOffered(Extension::DeliverBy)) => Again::WithoutDeadline,
        Some(Cause::ConnectionLost | Cause::TimedOut)
            if reused && untouched && report.verdict() == Verdict::RetryLater =>
        {
            Again::InNewSession
        }
        // Nothing was asked: that rests on what the next hop said of itself when the session began.
        Some(
            Cause::TooLarge
            | Cause::NeedsEightBitMime
            | Cause::NeedsBinaryMime
            | Cause::NeedsSmtpUtf8
            | Cause::NotOffered(_),
        ) if reused && untouched => Again::InNewSession,
        // 421: it has closed what we had kept (RFC 5321 §3.8).
        Some(Cause::Refused(_)) if reused && untouched && closing(&report.answer()) => Again::InNewSession,
        _ => Again::No,
    }
}

/// Whether nothing was said about any recipient.
fn is_untouched(report: &Report<'_>) -> bool {
    report.recipients().iter().all(|recipient| recipient.status() == Status::Waiting)
}

/// Whether there is somebody for whom the mail is neither taken nor refused, and nobody who has it.
pub(super) fn is_undecided(report: &Report<'_>) -> bool {
    let mut statuses = report.recipients().iter().map(Recipient::status);
    statuses.clone().all(|status| status != Status::Delivered)
        && statuses.any(|status| matches!(status, Status::Waiting | Status::Accepted))
}

fn closing(answer: &Answer) -> bool {
    answer.code().is_some_and(|code| code.number() == 421)
}

/// An answer to the whole mail that is no refusal, such as 354, tells nothing (RFC 5321 §4.3.2): it may lie there.
fn verdict(report: &Report<'_>) -> Verdict {
    match report.cause() {
        Some(Cause::Refused(Verb::EndOfData | Verb::BdatLast)) if !is_refusal(&refusal(report)) => {
            Verdict::Unknown
        }
        _ => report.verdict(),
    }
}

/// What was said to the mail, or to its recipients: where a later try makes sense, what makes it so.
fn refusal(report: &Report<'_>) -> Answer {
    let answers = || {
        let all = report.recipients().iter().map(Recipient::answer);
        std::iter::once(report.answer()).chain(all).filter(|answer| answer.code().is_some())
    };
    let later = report.verdict() == Verdict::RetryLater;
    let transient = answers().find(|answer| later && is_transient(answer));
    transient.or_else(|| answers().next()).unwrap_or_default()
}

fn is_transient(answer: &Answer) -> bool {
    answer.code().is_some_and(|code| code.severity() == Severity::Transient)
}

/// RFC 4954 §6, RFC 3207 §4: the gateway is to log in first, or to use TLS. No sender can mend that.
fn is_about_the_gateway(answer: &Answer) -> bool {
    answer.code().is_some_and(|code| code.number() == 530)
}

fn is_refusal(answer: &Answer) -> bool {
    answer.code().is_some_and(|code| (400..600).contains(&code.number()))
}

fn explain(report: &Report<'_>, whole: bool) -> (Words, Fault) {
    if verdict(report) == Verdict::Unknown {
        let text = "the next hop was given the whole mail and did not answer: it may have been delivered, and to send it again may deliver it twice";
        return (Words::say(text), Fault::Hop);
    }
    let Some(cause) = report.cause() else {
        return (Words::of(report, &report.answer()), Fault::Mail);
    };
    let operator = |text: &str| (Words::say(&format!("{text}; tell the gateway's operator")), Fault::Hop);
    match cause {
        Cause::Refused(verb) => {
            let answer = refusal(report);
            let words = if answer.code().is_some() {
                Words::of(report, &answer)
            } else {
                Words::say("the next hop's answer is none to what it was asked")
            };
            let fault = match verb {
                _ if is_about_the_gateway(&answer) => Fault::Hop,
                Verb::Mail | Verb::Rcpt | Verb::Data | Verb::Bdat | Verb::EndOfData => Fault::Mail,
                _ => Fault::Hop,
            };
            (words, fault)
        }
        Cause::TlsNotOffered => operator("the next hop offers no STARTTLS, and the gateway demands it"),
        Cause::TlsFailed => operator("TLS with the next hop failed"),
        Cause::NoMechanism => operator("the next hop offers no login that the gateway can use"),
        Cause::ClearText => operator("the login at the next hop would go in clear, which is not allowed"),
        Cause::ServerNotProven => operator("the next hop did not prove that it is the one it claims to be"),
        Cause::TooLarge => (Words::say("the mail is larger than the next hop takes; send less"), Fault::Mail),
        // What the gateway writes has octets above 127 in addresses only.
        Cause::NeedsEightBitMime | Cause::NeedsBinaryMime if whole => {
            let text = "there are octets above 127 in it, and the next hop takes only 7-bit mails; encode it as quoted-printable or base64";
            (Words::say(text), Fault::Property("mime"))
        }
        Cause::NeedsSmtpUtf8 | Cause::NeedsEightBitMime | Cause::NeedsBinaryMime => {
            let text =
                "an address or a header field is not ASCII, and the next hop does not take that (SMTPUTF8)";
            (Words::say(text), Fault::Mail)
        }
        Cause::NotOffered(Extension::Dsn) => {
            let text = "the next hop has no delivery status notifications; leave dsn out";
            (Words::say(text), Fault::Property("dsn"))
        }
        Cause::ConnectionLost => {
            (Words::say("the next hop closed the connection; try again later"), Fault::Hop)
        }
        Cause::TimedOut => (Words::say("the next hop took too long; try again later"), Fault::Hop),
        Cause::BodyFailed => (
            Words::say("the gateway could not read the mail that it had put aside; try again later"),
            Fault::Hop,
        ),
        Cause::Engine(error) => operator(&format!("the session with the next hop failed: {error}")),
        _ => operator("the next hop cannot do what was asked"),
    }
}
