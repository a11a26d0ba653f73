//! Values of the grammars, made from anything by their constructors, as a caller makes them.

use arbitrary::Arbitrary;
use embedded_smtp::wire::{
    AuthSender, BodyType, By, ByMode, DateTime, Envid, HoldFor, Mailbox, MtPriority, Notify, Orcpt, Other,
    Param, Ret,
};

/// What a parameter may be made of.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub enum Parameter<'a> {
    Size(u64),
    Body(u8),
    SmtpUtf8,
    Sender(Option<&'a str>),
    Ret(bool),
    Envid(&'a str),
    Notify(u8),
    Orcpt(&'a str, &'a str),
    RequireTls,
    By(i32, bool, bool),
    HoldFor(u32),
    HoldUntil(&'a str),
    Time(u16, u8, u8, u8, u8, u8),
    Priority(i8),
    Other(&'a str, Option<&'a str>),
}

impl<'a> Parameter<'a> {
    /// The parameter, if its parts are such that it can be one.
    pub fn make(&self) -> Option<Param<'a>> {
        Some(match *self {
            Self::Size(octets) => Param::Size(octets),
            Self::Body(kind) => Param::Body(
                [BodyType::SevenBit, BodyType::EightBitMime, BodyType::BinaryMime][usize::from(kind % 3)],
            ),
            Self::SmtpUtf8 => Param::SmtpUtf8,
            Self::Sender(None) => Param::Auth(AuthSender::UNKNOWN),
            Self::Sender(Some(mailbox)) => Param::Auth(AuthSender::new(Mailbox::new(mailbox).ok()?)),
            Self::Ret(full) => Param::Ret(if full { Ret::Full } else { Ret::Hdrs }),
            Self::Envid(text) => Param::Envid(Envid::new(text).ok()?),
            Self::Notify(set) => {
                let kinds = [Notify::SUCCESS, Notify::FAILURE, Notify::DELAY];
                let chosen = kinds.into_iter().enumerate().filter(|(bit, _)| set & 1 << bit != 0);
                Param::Notify(chosen.fold(Notify::NEVER, |all, (_, kind)| all.and(kind)))
            }
            Self::Orcpt(kind, address) => Param::Orcpt(Orcpt::new(kind, address).ok()?),
            Self::RequireTls => Param::RequireTls,
            Self::By(seconds, back, trace) => {
                let mode = if back { ByMode::Return } else { ByMode::Notify };
                Param::By(By::new(seconds, mode, trace).ok()?)
            }
            Self::HoldFor(seconds) => Param::HoldFor(HoldFor::new(seconds).ok()?),
            Self::HoldUntil(text) => Param::HoldUntil(DateTime::new(text).ok()?),
            Self::Time(year, month, day, hour, minute, second) => {
                let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
                let fits = year < 10_000
                    && (1..=12).contains(&month)
                    && (1..=31).contains(&day)
                    && hour < 24
                    && minute < 60
                    && second <= 60;
                assert_eq!(DateTime::new(&text).is_ok(), fits, "{text}");
                return None;
            }
            Self::Priority(level) => Param::MtPriority(MtPriority::new(level).ok()?),
            Self::Other(keyword, value) => Param::Other(Other::new(keyword, value).ok()?),
        })
    }
}

/// Those of `parts` that can be parameters.
pub fn parameters<'a>(parts: &[Parameter<'a>]) -> Vec<Param<'a>> {
    parts.iter().filter_map(Parameter::make).collect()
}
