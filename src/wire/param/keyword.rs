//! The keywords of the parameters that this crate knows.

use crate::wire::class;

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
    /// Finds a keyword, in any case of letters; `packed` is the same word (see [`packed_run`]).
    ///
    /// [`packed_run`]: crate::wire::class::packed_run
    pub(crate) fn find(keyword: &[u8], packed: u64) -> Option<Self> {
        const fn of(keyword: Keyword) -> u64 {
            class::packed(keyword.name().as_bytes())
        }
        const SIZE: u64 = of(Keyword::Size);
        const BODY: u64 = of(Keyword::Body);
        const SMTPUTF8: u64 = of(Keyword::SmtpUtf8);
        const AUTH: u64 = of(Keyword::Auth);
        const RET: u64 = of(Keyword::Ret);
        const ENVID: u64 = of(Keyword::Envid);
        const NOTIFY: u64 = of(Keyword::Notify);
        const ORCPT: u64 = of(Keyword::Orcpt);
        const BY: u64 = of(Keyword::By);
        const HOLDFOR: u64 = of(Keyword::HoldFor);
        if keyword.len() > 8 {
            return [Self::RequireTls, Self::HoldUntil, Self::MtPriority]
                .into_iter()
                .find(|known| known.name().as_bytes().eq_ignore_ascii_case(keyword));
        }
        Some(match packed {
            SIZE => Self::Size,
            BODY => Self::Body,
            SMTPUTF8 => Self::SmtpUtf8,
            AUTH => Self::Auth,
            RET => Self::Ret,
            ENVID => Self::Envid,
            NOTIFY => Self::Notify,
            ORCPT => Self::Orcpt,
            BY => Self::By,
            HOLDFOR => Self::HoldFor,
            _ => return None,
        })
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
