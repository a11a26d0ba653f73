//! Exit statuses, and what each outcome means in one line: what went wrong, and what to do.

use embedded_smtp::Error;
use embedded_smtp::submission::{Answer, Cause, Recipient, Report, Status as Fate, Verdict};
use embedded_smtp::wire::{Extension, SizeLimit, Verb};

use super::legible::legible;

/// The exit status; the numbers are those of BSD's sysexits where it has one for the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// The server has taken the mail for every recipient.
    Delivered = 0,
    /// The command line is wrong.
    Usage = 64,
    /// This mail cannot be sent as it is, to this server or to any.
    Unsendable = 65,
    /// The server does not take it, or cannot be trusted with it.
    Refused = 69,
    /// Delivered to some of the recipients.
    Partly = 70,
    /// Nothing was delivered, and a later try may succeed.
    RetryLater = 75,
    /// It may have been delivered, or not.
    Unknown = 76,
}

/// Why there is nothing more to do, in one line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: Status,
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn new(status: Status, text: impl Into<String>) -> Self {
        Self { status, text: legible(&text.into()) }
    }

    pub(crate) fn unsendable(text: impl Into<String>) -> Self {
        Self::new(Status::Unsendable, text)
    }
}

/// What only the program knows of an outcome, not the engine.
#[derive(Debug, Default)]
pub(crate) struct Circumstances {
    /// Whom it talked to.
    pub(crate) server: String,
    /// The stream's own error, the reason of TLS, or the file's.
    pub(crate) detail: Option<String>,
    /// Another try will not help: the certificate is not to be trusted, say.
    pub(crate) hopeless: bool,
    /// The mail's Message-ID, where it is known.
    pub(crate) id: Option<String>,
}

/// The failure that a report tells of; `None` when everybody has the mail.
pub(crate) fn failure(report: &Report<'_>, circumstances: &Circumstances) -> Option<Failure> {
    let status = status(report.verdict(), report.cause(), circumstances.hopeless);
    let server = &circumstances.server;
    let text = match report.verdict() {
        Verdict::Delivered => return None,
        Verdict::PartlyDelivered => {
            let all = report.recipients();
            let delivered = all.iter().filter(|recipient| recipient.status() == Fate::Delivered).count();
            let refusals = refusals(report);
            format!(
                "delivered to {delivered} of {} recipients, but {refusals}; write to these once more at most",
                all.len()
            )
        }
        Verdict::Unknown => format!(
            "{server} was sent the whole mail and {}: it may have been delivered; look for {} there before sending it again",
            with_detail("did not answer", circumstances.detail.as_deref()),
            circumstances.id.as_deref().unwrap_or("it"),
        ),
        Verdict::RetryLater | Verdict::Rejected => match report.cause() {
            Some(Cause::Refused(verb)) => refused(verb, report, server),
            Some(cause) => other(cause, report, circumstances),
            None => format!("{server} has not taken the mail; try again later"),
        },
    };
    Some(Failure::new(status, text))
}

/// The exit status for a verdict.
pub(crate) fn status(verdict: Verdict, cause: Option<Cause>, hopeless: bool) -> Status {
    match (verdict, cause) {
        (Verdict::Delivered, _) => Status::Delivered,
        (Verdict::PartlyDelivered, _) => Status::Partly,
        (Verdict::Unknown, _) => Status::Unknown,
        (
            Verdict::Rejected,
            Some(
                Cause::TooLarge
                | Cause::NeedsEightBitMime
                | Cause::NeedsBinaryMime
                | Cause::NeedsSmtpUtf8
                | Cause::Engine(Error::Misuse(_) | Error::Capacity(_)),
            ),
        ) => Status::Unsendable,
        (Verdict::Rejected, _) => Status::Refused,
        (Verdict::RetryLater, Some(Cause::TlsFailed)) if hopeless => Status::Refused,
        (Verdict::RetryLater, _) => Status::RetryLater,
    }
}

fn refused(verb: Verb, report: &Report<'_>, server: &str) -> String {
    if verb == Verb::Rcpt {
        return format!("{}; check the recipients' addresses", refusals(report));
    }
    let words = words(&report.answer(), report);
    let code = report.answer().code().map_or(0, embedded_smtp::wire::Code::number);
    let what = match verb {
        Verb::Greeting => "the connection",
        Verb::Ehlo | Verb::Helo | Verb::Lhlo => "the greeting",
        Verb::StartTls => "STARTTLS",
        Verb::Auth | Verb::AuthResponse => "the login",
        Verb::Mail => "the sender",
        _ => "the mail",
    };
    let advice = match (verb, code) {
        (_, 400..500) => "try again later",
        (_, 530) => "it wants TLS (--tls required) or a login (--user) first",
        (Verb::Greeting, _) => "ask its operator, or try another server",
        (Verb::Ehlo | Verb::Helo | Verb::Lhlo, _) => "give this machine's name by --hello",
        (Verb::StartTls, _) => "ask its operator, or try --tls implicit on its port for that",
        (Verb::Auth | Verb::AuthResponse, _) => "check --user and the password",
        (Verb::Mail, _) => "check the address given by --from, and whether this user may use it",
        _ => "what it says tells what to change",
    };
    format!("{server} refused {what}: {words}; {advice}")
}

fn other(cause: Cause, report: &Report<'_>, circumstances: &Circumstances) -> String {
    let Circumstances { server, detail, .. } = circumstances;
    let detail = detail.as_deref();
    // A server that closes on its own account may have said why (421).
    let last = Some(words(&report.answer(), report)).filter(|words| !words.is_empty());
    match cause {
        Cause::TlsNotOffered => format!(
            "{server} does not offer STARTTLS; nothing was sent; try --tls implicit on its port for that (465), or --tls never where the network can be trusted"
        ),
        Cause::TlsFailed => detail.unwrap_or("TLS failed").to_owned(),
        Cause::NoMechanism => format!(
            "{server} offers no login that fits; nothing was sent; drop --user or --auth, or insist by --auth-unoffered over TLS"
        ),
        Cause::ClearText => format!(
            "{server} would get the password in clear; nothing was sent; use --tls required, or allow it by --allow-cleartext-auth"
        ),
        Cause::TooLarge => {
            let limit = if let SizeLimit::Octets(limit) = report.size_limit() {
                format!("the {limit} octets that {server} takes")
            } else {
                format!("{server} takes")
            };
            format!("the mail is larger than {limit}; nothing was sent; shorten it")
        }
        Cause::NeedsEightBitMime => format!(
            "the mail is not all ASCII, and {server} does not offer 8BITMIME; nothing was sent; encode it, or use another server"
        ),
        Cause::NeedsSmtpUtf8 => format!(
            "an address or header field is not ASCII, and {server} does not offer SMTPUTF8; nothing was sent; use an ASCII address"
        ),
        Cause::NotOffered(Extension::RequireTls) => format!(
            "{server} does not offer REQUIRETLS over TLS; nothing was sent; use another server, or drop --requiretls if the mail may travel in clear behind it"
        ),
        Cause::TimedOut => format!(
            "{server} took too long to answer; the mail was not delivered; try again later, or with a longer --timeout"
        ),
        Cause::ConnectionLost => format!(
            "{}; the mail was not delivered; try again later",
            with_detail(&format!("{server} closed the connection"), last.as_deref().or(detail))
        ),
        Cause::BodyFailed => {
            format!(
                "{}; the mail was not delivered; try again",
                with_detail("the mail cannot be read", detail)
            )
        }
        Cause::Engine(error @ Error::Protocol(_)) => {
            format!(
                "{server} does not speak SMTP as it should ({error}); the mail was not delivered; check host and port"
            )
        }
        cause => format!("the mail was not delivered: {cause:?}"),
    }
}

fn with_detail(text: &str, detail: Option<&str>) -> String {
    detail.map_or_else(|| text.to_owned(), |detail| format!("{text} ({detail})"))
}

fn refusals(report: &Report<'_>) -> String {
    let refused = |recipient: &&Recipient<'_>| recipient.status() == Fate::Refused;
    let each = report.recipients().iter().filter(refused).map(|recipient| {
        format!("{} was refused: {}", recipient.path().as_str(), words(&recipient.answer(), report))
    });
    each.collect::<Vec<_>>().join("; ")
}

/// An answer as the server gave it, in one line: code, enhanced code, text.
pub(crate) fn words(answer: &Answer, report: &Report<'_>) -> String {
    let code = answer.code().map(|code| code.number().to_string());
    let enhanced = answer.enhanced().map(|enhanced| enhanced.to_string());
    let text = Some(legible(&report.text(answer).replace('\n', " / "))).filter(|text| !text.is_empty());
    [code, enhanced, text].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_smtp::Misuse;

    #[test]
    fn each_verdict_has_its_exit_status() {
        let refused = Some(Cause::Refused(Verb::Mail));
        let misuse = Some(Cause::Engine(Error::Misuse(Misuse::ClearText)));
        for (verdict, cause, hopeless, expected) in [
            (Verdict::Delivered, None, false, 0),
            (Verdict::PartlyDelivered, None, false, 70),
            (Verdict::Unknown, Some(Cause::ConnectionLost), false, 76),
            (Verdict::Unknown, Some(Cause::TimedOut), true, 76),
            (Verdict::RetryLater, Some(Cause::ConnectionLost), false, 75),
            (Verdict::RetryLater, refused, false, 75),
            (Verdict::RetryLater, Some(Cause::TlsFailed), false, 75),
            (Verdict::RetryLater, Some(Cause::TlsFailed), true, 69),
            (Verdict::Rejected, refused, false, 69),
            (Verdict::Rejected, Some(Cause::TlsNotOffered), false, 69),
            (Verdict::Rejected, Some(Cause::TooLarge), false, 65),
            (Verdict::Rejected, Some(Cause::NeedsEightBitMime), false, 65),
            (Verdict::Rejected, Some(Cause::NeedsSmtpUtf8), false, 65),
            (Verdict::Rejected, misuse, false, 65),
        ] {
            assert_eq!(status(verdict, cause, hopeless) as u8, expected, "{verdict:?} {cause:?}");
        }
    }
}
