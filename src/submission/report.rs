//! What became of a mail.

use super::recipient::{Answer, Recipient, Status};
use crate::wire::{Capabilities, Extension, SizeLimit, Verb};
use crate::{Error, Misuse};

/// What became of a mail, all in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Verdict {
    /// The server has taken the mail for every recipient.
    Delivered,
    /// The server has taken the mail for some of the recipients.
    PartlyDelivered,
    /// Nothing was delivered, and a later try may succeed.
    RetryLater,
    /// Nothing was delivered, and the same try would fail again.
    Rejected,
    /// The mail was sent to its last octet, and the session ended before the server's answer to that: it may have
    /// been delivered, and to send it again may deliver it twice.
    Unknown,
}

/// Why a mail was not delivered, when it was not.
// Those for which the same try would fail again stand together, with the two errors of the engine's that are such: one comparison finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Cause {
    /// The engine's own error: the peer's, the caller's, or a buffer's.
    Engine(Error),
    /// TLS is required, and the server does not offer STARTTLS. Nothing more was sent.
    TlsNotOffered,
    /// Login is wanted, and the server offers none of the caller's mechanisms.
    NoMechanism,
    /// Login is wanted, there is no TLS, and the caller does not allow the password in clear.
    ClearText,
    /// The server accepted the login, but did not prove that it knows the secret.
    ServerNotProven,
    /// The mail is larger than the server takes ([`Report::size_limit`]).
    TooLarge,
    /// The mail has octets above 127, and the server does not offer 8BITMIME.
    NeedsEightBitMime,
    /// The mail has parts that stand in no lines, and the server does not offer BINARYMIME and CHUNKING.
    NeedsBinaryMime,
    /// An address or a header field is in UTF-8, and the server does not offer SMTPUTF8.
    NeedsSmtpUtf8,
    /// A parameter of the caller's envelope needs this, and the server does not offer it.
    NotOffered(Extension),
    /// The server refused this, by the report's answer (or refused all the recipients, by theirs).
    Refused(Verb),
    /// The handshake failed, by the caller's word.
    TlsFailed,
    /// The server closed the connection, or the stream failed.
    ConnectionLost,
    /// A timer ran out.
    TimedOut,
    /// The mail's content could not be read.
    BodyFailed,
}

impl Cause {
    /// Whether the same try would fail again, whatever has been answered.
    fn comes_again(self) -> bool {
        // In two questions: of one the compiler makes more.
        if let Self::Refused(_) | Self::TlsFailed | Self::ConnectionLost | Self::TimedOut | Self::BodyFailed =
            self
        {
            return false;
        }
        !matches!(self, Self::Engine(Error::Protocol(_)))
    }

    /// What the envelope or the mail asks for and the server does not offer is kept as the engine's error.
    fn told(self) -> Self {
        match self {
            Self::Engine(Error::Misuse(Misuse::NotOffered(extension))) => match extension {
                Extension::EightBitMime => Self::NeedsEightBitMime,
                Extension::BinaryMime | Extension::Chunking => Self::NeedsBinaryMime,
                Extension::SmtpUtf8 => Self::NeedsSmtpUtf8,
                extension => Self::NotOffered(extension),
            },
            cause => cause,
        }
    }
}

/// What became of a mail: all in all, for each recipient, and in the server's words.
#[derive(Debug, Clone, Copy)]
pub struct Report<'r> {
    pub(super) verdict: Verdict,
    pub(super) cause: Option<Cause>,
    pub(super) answer: Answer,
    pub(super) recipients: &'r [Recipient<'r>],
    pub(super) words: &'r [u8],
    pub(super) offered: &'r Capabilities,
}

impl<'r> Report<'r> {
    /// All in all.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Why not; `None` when the mail was delivered, if only in part.
    pub fn cause(&self) -> Option<Cause> {
        self.cause.map(Cause::told)
    }

    /// The answer that decided: to the end of the mail when that was reached (with the server's
    /// name for the mail in its queue in the text), or the refusal that ended the attempt.
    pub fn answer(&self) -> Answer {
        self.answer
    }

    /// What the server takes at most, of those offers that it made last.
    pub fn size_limit(&self) -> SizeLimit {
        self.offered.size()
    }

    /// The recipients, in the order in which they were given.
    pub fn recipients(&self) -> &'r [Recipient<'r>] {
        self.recipients
    }

    /// The recipients for whom the mail may be sent again: nobody after [`Verdict::Unknown`], which would risk a second delivery,
    /// and nobody who has it or was refused for good.
    pub fn worth_retrying(&self) -> impl Iterator<Item = &'r Recipient<'r>> {
        let verdict = self.verdict;
        self.recipients.iter().filter(move |recipient| match verdict {
            Verdict::Delivered | Verdict::Rejected | Verdict::Unknown => false,
            Verdict::PartlyDelivered => recipient.is_worth_retrying(),
            // Nothing was delivered, so a RCPT that was accepted came to nothing.
            Verdict::RetryLater => recipient.is_worth_retrying() || recipient.status == Status::Accepted,
        })
    }

    /// The server's words in an answer: lines set apart by LF, safe to print, cut to the lent memory.
    pub fn text(&self, answer: &Answer) -> &'r str {
        core::str::from_utf8(self.octets(answer)).unwrap_or_default()
    }

    /// The same as octets, which a program that only passes them on takes less flash for.
    pub fn octets(&self, answer: &Answer) -> &'r [u8] {
        answer.text.of(self.words)
    }
}

/// The verdict from what is known. `in_doubt` says that all of the mail was sent and not answered.
pub(super) fn verdict(
    recipients: &[Recipient<'_>],
    cause: Option<Cause>,
    answer: &Answer,
    in_doubt: bool,
) -> Verdict {
    /// Beside the bits of all statuses: somebody has not been refused for good.
    const AGAIN: u8 = 0x10;
    let mut seen = 0_u8;
    for recipient in recipients {
        seen |= recipient.status as u8;
        // Whoever was not asked for is refused with the answer that ended the attempt.
        let refusal = if recipient.status == Status::Refused { &recipient.answer } else { answer };
        if !refusal.is_permanent() {
            seen |= AGAIN;
        }
    }
    if in_doubt && seen & Status::Accepted as u8 != 0 {
        return Verdict::Unknown;
    }
    if seen & Status::Delivered as u8 != 0 {
        let others = seen & !AGAIN & !(Status::Delivered as u8);
        return if others == 0 { Verdict::Delivered } else { Verdict::PartlyDelivered };
    }
    if seen & AGAIN != 0 && !cause.is_some_and(Cause::comes_again) {
        Verdict::RetryLater
    } else {
        Verdict::Rejected
    }
}
