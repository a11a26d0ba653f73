//! What a reply can answer: the verbs of the commands, and the three moments without a verb of
//! their own that are replied to all the same.

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
}

impl Verb {
    /// The verb as it stands on the wire; empty for what is not a command.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Greeting | Self::EndOfData | Self::AuthResponse => "",
            Self::Ehlo => "EHLO",
            Self::Helo => "HELO",
            Self::Lhlo => "LHLO",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Bdat | Self::BdatLast => "BDAT",
            Self::Rset => "RSET",
            Self::Noop => "NOOP",
            Self::Quit => "QUIT",
            Self::Vrfy => "VRFY",
            Self::Expn => "EXPN",
            Self::Help => "HELP",
            Self::StartTls => "STARTTLS",
            Self::Auth => "AUTH",
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
        )
    }
}
