//! The keywords of the parameters that this crate knows.

/// A known keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keyword {
    Size,
    Body,
    SmtpUtf8,
    Auth,
    Ret,
    Envid,
    Notify,
    Orcpt,
    RequireTls,
    By,
    HoldFor,
    HoldUntil,
    MtPriority,
}

impl Keyword {
    /// Finds a keyword, in any case of letters.
    pub(crate) fn find(keyword: &[u8]) -> Option<Self> {
        let candidates: &[Self] = match keyword.len() {
            2 => &[Self::By],
            3 => &[Self::Ret],
            4 => &[Self::Size, Self::Body, Self::Auth],
            5 => &[Self::Orcpt, Self::Envid],
            6 => &[Self::Notify],
            7 => &[Self::HoldFor],
            8 => &[Self::SmtpUtf8],
            9 => &[Self::HoldUntil],
            10 => &[Self::RequireTls],
            11 => &[Self::MtPriority],
            _ => &[],
        };
        candidates.iter().copied().find(|known| known.name().as_bytes().eq_ignore_ascii_case(keyword))
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Size => "SIZE",
            Self::Body => "BODY",
            Self::SmtpUtf8 => "SMTPUTF8",
            Self::Auth => "AUTH",
            Self::Ret => "RET",
            Self::Envid => "ENVID",
            Self::Notify => "NOTIFY",
            Self::Orcpt => "ORCPT",
            Self::RequireTls => "REQUIRETLS",
            Self::By => "BY",
            Self::HoldFor => "HOLDFOR",
            Self::HoldUntil => "HOLDUNTIL",
            Self::MtPriority => "MT-PRIORITY",
        }
    }

    /// A bit of its own in a set of keywords; HOLDFOR and HOLDUNTIL share one, since a command has
    /// only one of them (RFC 4865 §3).
    pub(crate) const fn bit(self) -> u16 {
        match self {
            Self::HoldUntil => Self::HoldFor.bit(),
            other => 1 << other as u16,
        }
    }
}
