//! The verbs, as the first word of a command line.

/// A verb that the grammar knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) enum Name {
    Ehlo,
    Helo,
    Lhlo,
    Mail,
    Rcpt,
    Data,
    Bdat,
    Rset,
    Noop,
    Quit,
    Vrfy,
    Expn,
    Help,
    StartTls,
    Auth,
}

impl Name {
    /// Finds a verb, in any case of letters: its first four octets as one number.
    pub(crate) fn find(word: &[u8]) -> Option<Self> {
        let (head, tail) = word.split_first_chunk::<4>()?;
        // Setting this bit makes letters small, and no other octet a letter.
        let small = u32::from_be_bytes(*head) | 0x2020_2020;
        let name = match &small.to_be_bytes() {
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
        let rest: &[u8] = if name == Self::StartTls { b"TTLS" } else { b"" };
        tail.eq_ignore_ascii_case(rest).then_some(name)
    }

    /// The verb in capitals.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ehlo => "EHLO",
            Self::Helo => "HELO",
            Self::Lhlo => "LHLO",
            Self::Mail => "MAIL",
            Self::Rcpt => "RCPT",
            Self::Data => "DATA",
            Self::Bdat => "BDAT",
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
}
