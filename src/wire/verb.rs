//! The verbs of the commands, and what else is answered by a reply: the three moments without a
//! verb of their own.

/// A command's verb, or another thing that is answered by a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
pub enum Verb {
    /// Not a command: the connection itself, answered by the greeting (RFC 5321 §3.1).
    Greeting,
    /// RFC 5321 §4.1.1.1.
    Ehlo,
    /// RFC 5321 §4.1.1.1.
    Helo,
    /// LMTP's EHLO (RFC 2033 §4.1).
    Lhlo,
    /// RFC 5321 §4.1.1.2.
    Mail,
    /// RFC 5321 §4.1.1.3.
    Rcpt,
    /// RFC 5321 §4.1.1.4.
    Data,
    /// Not a command: the lone dot that ends the content after DATA (RFC 5321 §4.1.1.4).
    EndOfData,
    /// A chunk with more to follow (RFC 3030 §2).
    Bdat,
    /// The chunk that ends the content (RFC 3030 §2).
    BdatLast,
    /// RFC 5321 §4.1.1.5.
    Rset,
    /// RFC 5321 §4.1.1.9.
    Noop,
    /// RFC 5321 §4.1.1.10.
    Quit,
    /// RFC 5321 §4.1.1.6.
    Vrfy,
    /// RFC 5321 §4.1.1.7.
    Expn,
    /// RFC 5321 §4.1.1.8.
    Help,
    /// RFC 3207.
    StartTls,
    /// RFC 4954 §4.
    Auth,
    /// Not a command: the client's line after a 334 (RFC 4954 §4).
    AuthResponse,
    /// Of trusted clients that speak for others ([`XClient`](super::XClient)).
    XClient,
}

impl Verb {
    /// All there are, in their order.
    pub(crate) const ALL: [Self; 20] = [
        Self::Greeting,
        Self::Ehlo,
        Self::Helo,
        Self::Lhlo,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::EndOfData,
        Self::Bdat,
        Self::BdatLast,
        Self::Rset,
        Self::Noop,
        Self::Quit,
        Self::Vrfy,
        Self::Expn,
        Self::Help,
        Self::StartTls,
        Self::Auth,
        Self::AuthResponse,
        Self::XClient,
    ];

    /// Finds a command's verb, in any case of letters: its first four octets as one number. BDAT is
    /// [`Verb::Bdat`], whatever stands behind it.
    pub(crate) fn find(word: &[u8]) -> Option<Self> {
        let (head, tail) = word.split_first_chunk::<4>()?;
        // Setting this bit makes letters small, and no other octet a letter.
        let small = u32::from_be_bytes(*head) | 0x2020_2020;
        let verb = match &small.to_be_bytes() {
            b"ehlo" => Self::Ehlo,
            b"helo" => Self::Helo,
            b"lhlo" => Self::Lhlo,
            b"mail" => Self::Mail,
            b"rcpt" => Self::Rcpt,
            b"data" => Self::Data,
            b"bdat" => Self::Bdat,
            b"rset" => Self::Rset,
            b"noop" => Self::Noop,
            b"quit" => Self::Quit,
            b"vrfy" => Self::Vrfy,
            b"expn" => Self::Expn,
            b"help" => Self::Help,
            b"star" => Self::StartTls,
            b"auth" => Self::Auth,
            _ => return None,
        };
        let rest: &[u8] = if verb == Self::StartTls { b"TTLS" } else { b"" };
        tail.eq_ignore_ascii_case(rest).then_some(verb)
    }

    /// The verb as it stands on the wire; empty for what is not a command.
    pub fn as_str(self) -> &'static str {
        /// In the order of the enumeration, four octets each.
        const VERBS: &str = "----EHLOHELOLHLOMAILRCPTDATA----BDATBDATRSETNOOPQUITVRFYEXPNHELP----AUTH----";
        match self {
            Self::Greeting | Self::EndOfData | Self::AuthResponse => "",
            Self::StartTls => "STARTTLS",
            Self::XClient => "XCLIENT",
            _ => {
                let from = usize::from(self as u8) << 2;
                VERBS.get(from..from.wrapping_add(4)).unwrap_or_default()
            }
        }
    }

    /// Whether the command must be the last of a pipelined group, because what follows depends on
    /// its reply (RFC 2920 §3.1; RFC 3207 §4 for STARTTLS, RFC 4954 §4 for AUTH).
    pub fn ends_group(self) -> bool {
        matches!(
            self,
            Self::Greeting
                | Self::Ehlo
                | Self::Helo
                | Self::Lhlo
                | Self::Data
                | Self::Vrfy
                | Self::Expn
                | Self::Noop
                | Self::Quit
                | Self::StartTls
                | Self::Auth
                | Self::AuthResponse
                | Self::XClient
        )
    }
}
