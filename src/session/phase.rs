//! The one table of the protocol, for both roles: which commands are permitted in which phase,
//! and which phase a reply leads to.
//!
//! The two questions are apart on purpose. [`Phase::permits`] says what may be sent;
//! [`Phase::after`] says where the session is once a reply has come, and has an answer for every
//! verb and every severity, since a peer may reply what it likes.

use crate::wire::{Severity, Verb};

/// Where a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Phase {
    /// Connected; the greeting is due (RFC 5321 §3.1).
    Connected,
    /// The greeting was a refusal (RFC 5321 §3.1: 554), or who owes a reply has become unclear: only QUIT is left.
    Refused,
    /// Greeted, or freshly behind TLS (RFC 3207 §4.2); EHLO is due.
    Greeted,
    /// EHLO or HELO was accepted; no transaction is open.
    Ready,
    /// MAIL was accepted.
    Mail,
    /// MAIL and at least one RCPT were accepted.
    Rcpt,
    /// The content follows, up to the lone dot (354 was given).
    Data,
    /// Between the chunks of a mail (RFC 3030).
    Chunks,
    /// A chunk was refused: the mail is lost, RSET is due (RFC 3030 §2).
    Spoiled,
    /// In a SASL exchange (334 was given).
    Auth,
    /// STARTTLS was accepted: the handshake is due.
    Tls,
    /// QUIT was answered, or the server gave 421; nothing more is said.
    Closing,
}

impl Phase {
    /// Whether `verb` may be sent now.
    pub fn permits(self, verb: Verb) -> bool {
        self.permitted() & bit(verb) != 0
    }

    /// The verbs that may be sent now, a [`bit`] for each: RFC 5321 §4.1.4, RFC 2033 §4.1, RFC 3030 §2, RFC 3207 §4, RFC 4954 §4.
    #[allow(clippy::match_same_arms, reason = "a row for each phase")]
    const fn permitted(self) -> u32 {
        const ALWAYS: u32 = bit(Verb::Noop) | bit(Verb::Rset) | bit(Verb::Quit) | bit(Verb::Help);
        const HELLO: u32 = bit(Verb::Ehlo) | bit(Verb::Helo) | bit(Verb::Lhlo);
        const LOOKUP: u32 = bit(Verb::Vrfy) | bit(Verb::Expn);
        const CONTENT: u32 = bit(Verb::Bdat) | bit(Verb::BdatLast);
        match self {
            Self::Connected => bit(Verb::Greeting),
            Self::Refused => bit(Verb::Quit),
            Self::Greeted => ALWAYS | HELLO | LOOKUP | bit(Verb::XClient),
            Self::Spoiled => ALWAYS | HELLO | LOOKUP,
            Self::Ready => {
                ALWAYS
                    | HELLO
                    | LOOKUP
                    | bit(Verb::Mail)
                    | bit(Verb::Auth)
                    | bit(Verb::StartTls)
                    | bit(Verb::XClient)
            }
            Self::Mail => ALWAYS | HELLO | LOOKUP | bit(Verb::Rcpt),
            Self::Rcpt => ALWAYS | HELLO | LOOKUP | bit(Verb::Rcpt) | bit(Verb::Data) | CONTENT,
            Self::Data => bit(Verb::EndOfData),
            Self::Chunks => ALWAYS | HELLO | LOOKUP | CONTENT,
            Self::Auth => bit(Verb::AuthResponse),
            Self::Tls | Self::Closing => 0,
        }
    }

    /// The phase behind the reply to `verb`. Total: any reply to anything leads somewhere.
    pub fn after(self, verb: Verb, severity: Severity) -> Self {
        // Before EHLO there is no transaction to give up.
        if verb == Verb::Rset && self as u8 <= Self::Greeted as u8 {
            return self;
        }
        let row = LEADS.get(usize::from(verb as u8)).copied().unwrap_or(u16::MAX);
        Self::numbered(row >> (4 * severity as u8) & 0xf).unwrap_or(self)
    }

    /// By its place in the enumeration.
    const fn numbered(number: u16) -> Option<Self> {
        Some(match number {
            0 => Self::Connected,
            1 => Self::Refused,
            2 => Self::Greeted,
            3 => Self::Ready,
            4 => Self::Mail,
            5 => Self::Rcpt,
            6 => Self::Data,
            7 => Self::Chunks,
            8 => Self::Spoiled,
            9 => Self::Auth,
            10 => Self::Tls,
            11 => Self::Closing,
            _ => return None,
        })
    }

    /// `None` where a reply changes nothing.
    #[allow(clippy::match_same_arms, reason = "one row for each rule")]
    const fn led_to(verb: Verb, severity: Severity) -> Option<Self> {
        use Severity::{Intermediate, Positive};
        Some(match (verb, severity) {
            (Verb::Greeting, Positive) => Self::Greeted,
            (Verb::Greeting, _) => Self::Refused,
            (Verb::Ehlo | Verb::Helo | Verb::Lhlo, Positive) => Self::Ready,
            (Verb::Mail, Positive) => Self::Mail,
            (Verb::Rcpt, Positive) => Self::Rcpt,
            // 354 opens the content even when every RCPT was refused (RFC 2920 §3.1).
            (Verb::Data, Intermediate) => Self::Data,
            (Verb::EndOfData, _) | (Verb::BdatLast, Positive) => Self::Ready,
            (Verb::Bdat, Positive) => Self::Chunks,
            // RFC 3030 §2: after a refused chunk the state is indeterminate until RSET.
            (Verb::Bdat | Verb::BdatLast, _) => Self::Spoiled,
            (Verb::Rset, Positive) => Self::Ready,
            (Verb::Auth | Verb::AuthResponse, Intermediate) => Self::Auth,
            (Verb::Auth | Verb::AuthResponse, _) => Self::Ready,
            (Verb::StartTls, Positive) => Self::Tls,
            // The greeting comes again, for another client.
            (Verb::XClient, Positive) => Self::Greeted,
            (Verb::Quit, _) => Self::Closing,
            _ => return None,
        })
    }

    /// Whether a mail transaction is open.
    pub fn in_transaction(self) -> bool {
        matches!(self, Self::Mail | Self::Rcpt | Self::Data | Self::Chunks | Self::Spoiled)
    }
}

/// [`Phase::led_to`] of each verb and severity, in their orders, four bits each, and all of them set where it is `None`: a table
/// takes less flash than its rules, and less time.
static LEADS: [u16; Verb::ALL.len()] = leads();

const fn leads() -> [u16; Verb::ALL.len()] {
    const SEVERITIES: [Severity; 4] =
        [Severity::Positive, Severity::Intermediate, Severity::Transient, Severity::Permanent];
    let (mut leads, mut verb) = ([0; Verb::ALL.len()], 0);
    while verb < Verb::ALL.len() {
        let mut severity = 0;
        while severity < 4 {
            let led_to = match Phase::led_to(Verb::ALL[verb], SEVERITIES[severity]) {
                Some(phase) => phase as u16,
                None => 0xf,
            };
            leads[Verb::ALL[verb] as usize] |= led_to << (4 * SEVERITIES[severity] as u8);
            severity += 1;
        }
        verb += 1;
    }
    leads
}

/// A verb's bit in a set of them.
const fn bit(verb: Verb) -> u32 {
    1 << verb as u8
}

/// What it takes for `verb` to have gone well, as a client supposes of everything in flight.
pub(crate) fn success(verb: Verb) -> Severity {
    if matches!(verb, Verb::Data) { Severity::Intermediate } else { Severity::Positive }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Severity::{Intermediate, Permanent, Positive, Transient};

    #[test]
    fn a_mail_goes_through_its_phases() {
        let steps = [
            (Verb::Greeting, Positive, Phase::Greeted),
            (Verb::Ehlo, Positive, Phase::Ready),
            (Verb::Mail, Positive, Phase::Mail),
            (Verb::Rcpt, Permanent, Phase::Mail),
            (Verb::Rcpt, Positive, Phase::Rcpt),
            (Verb::Rcpt, Transient, Phase::Rcpt),
            (Verb::Data, Intermediate, Phase::Data),
            (Verb::EndOfData, Permanent, Phase::Ready),
            (Verb::Quit, Positive, Phase::Closing),
        ];
        let mut phase = Phase::Connected;
        for (verb, severity, next) in steps {
            assert!(phase.permits(verb), "{verb:?} in {phase:?}");
            phase = phase.after(verb, severity);
            assert_eq!(phase, next, "after {verb:?}");
        }
    }

    #[test]
    fn data_without_recipients_is_not_permitted_but_its_354_is_obeyed() {
        assert!(!Phase::Mail.permits(Verb::Data));
        assert_eq!(Phase::Mail.after(Verb::Data, Intermediate), Phase::Data);
    }

    #[test]
    fn tls_forgets_and_rset_keeps_the_hello() {
        assert_eq!(Phase::Ready.after(Verb::StartTls, Positive), Phase::Tls);
        assert_eq!(Phase::Greeted.after(Verb::Rset, Positive), Phase::Greeted);
        assert_eq!(Phase::Rcpt.after(Verb::Rset, Positive), Phase::Ready);
        assert_eq!(Phase::Spoiled.after(Verb::Rset, Positive), Phase::Ready);
    }

    #[test]
    fn nothing_but_its_end_may_follow_inside_the_content() {
        for verb in [Verb::Mail, Verb::Rset, Verb::Quit, Verb::Noop, Verb::Ehlo, Verb::Bdat] {
            assert!(!Phase::Data.permits(verb), "{verb:?}");
        }
    }
}
