//! The parameters of MAIL and RCPT: `keyword` or `keyword=value`, RFC 5321 §4.1.2.

mod deliver_by;
mod dsn;
mod hold;
mod keyword;
mod list;
mod other;
mod value;

pub use deliver_by::{By, ByMode};
pub use dsn::{Envid, Notify, Orcpt, Ret};
pub use hold::{DateTime, HoldFor};
pub use list::{Params, ParamsIter};
pub use other::Other;
pub(crate) use other::keyword;
pub use value::{AuthSender, BodyType, MtPriority};

use self::keyword::Keyword;
use super::class::before;
use super::limits;
use super::syntax::{Fault, Parsed, fail, number};
use super::writer::{Emit, Writer};

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Param<'a> {
    /// `SIZE`: octets of the mail as it goes over the wire, or nearly so (RFC 1870 §5).
    Size(u64),
    /// `BODY`: what octets the body has (RFC 6152 §2, RFC 3030 §3).
    Body(BodyType),
    /// `SMTPUTF8`: addresses or header are not all ASCII (RFC 6531 §3.4).
    SmtpUtf8,
    /// `AUTH`: who handed the mail in (RFC 4954 §5).
    Auth(AuthSender<'a>),
    /// `RET`: how much a failure notification returns (RFC 3461 §4.3).
    Ret(Ret),
    /// `ENVID`: the sender's mark (RFC 3461 §4.4).
    Envid(Envid<'a>),
    /// `NOTIFY`: of what the sender wants to be notified (RFC 3461 §4.1).
    Notify(Notify),
    /// `ORCPT`: the original recipient (RFC 3461 §4.2).
    Orcpt(Orcpt<'a>),
    /// `REQUIRETLS`: refuse rather than send on without TLS (RFC 8689 §2).
    RequireTls,
    /// `BY`: how soon the mail must be delivered (RFC 2852 §4).
    By(By),
    /// `HOLDFOR`: how long the mail is held (RFC 4865 §3).
    HoldFor(HoldFor),
    /// `HOLDUNTIL`: until when the mail is held (RFC 4865 §3).
    HoldUntil(DateTime<'a>),
    /// `MT-PRIORITY`: the mail's priority (RFC 6710 §3).
    MtPriority(MtPriority),
    /// One that this crate does not know.
    Other(Other<'a>),
}

impl<'a> Param<'a> {
    /// The keyword: in capitals, or, when unknown, as it was written.
    pub fn keyword(&self) -> &'a str {
        match self {
            Self::Other(other) => other.keyword(),
            known => known.known().map_or("", Keyword::name),
        }
    }

    /// Whether a standard gives MAIL this parameter. Of an unknown one nobody can tell: `true`.
    pub fn for_mail(&self) -> bool {
        !matches!(self, Self::Notify(_) | Self::Orcpt(_))
    }

    /// Whether a standard gives RCPT this parameter. Of an unknown one nobody can tell: `true`.
    pub fn for_rcpt(&self) -> bool {
        matches!(self, Self::Notify(_) | Self::Orcpt(_) | Self::Other(_))
    }

    fn known(&self) -> Option<Keyword> {
        Some(match self {
            Self::Size(_) => Keyword::Size,
            Self::Body(_) => Keyword::Body,
            Self::SmtpUtf8 => Keyword::SmtpUtf8,
            Self::Auth(_) => Keyword::Auth,
            Self::Ret(_) => Keyword::Ret,
            Self::Envid(_) => Keyword::Envid,
            Self::Notify(_) => Keyword::Notify,
            Self::Orcpt(_) => Keyword::Orcpt,
            Self::RequireTls => Keyword::RequireTls,
            Self::By(_) => Keyword::By,
            Self::HoldFor(_) => Keyword::HoldFor,
            Self::HoldUntil(_) => Keyword::HoldUntil,
            Self::MtPriority(_) => Keyword::MtPriority,
            Self::Other(_) => return None,
        })
    }

    /// `esmtp-param = esmtp-keyword ["=" esmtp-value]`, with the value typed; and the keyword when it is
    /// known.
    fn parse(input: &'a [u8]) -> Parsed<'a, (Option<Keyword>, Self)> {
        let (rest, (keyword, packed)) = keyword(input)?;
        let known = Keyword::find(keyword, packed);
        let [b'=', value @ ..] = rest else {
            return match known {
                Some(Keyword::SmtpUtf8) => Ok((rest, (known, Self::SmtpUtf8))),
                Some(Keyword::RequireTls) => Ok((rest, (known, Self::RequireTls))),
                Some(_) => fail(Fault::Value, rest),
                None => Other::scanned(keyword, None, rest)
                    .map(|(rest, other)| (rest, (None, Self::Other(other)))),
            };
        };
        if matches!(value, [] | [b' ', ..]) {
            return fail(Fault::Value, value);
        }
        let (rest, param) = if let Some(known) = known {
            Self::typed(known, value)?
        } else {
            let (rest, value) = other::value(value)?;
            map(Other::scanned(keyword, Some(value), rest), Self::Other)?
        };
        Ok((rest, (known, param)))
    }

    /// Each value's parser stops where its grammar ends, so that no octet is looked at twice; that a
    /// space or the line's end follows is [`Params`]' business.
    fn typed(keyword: Keyword, value: &'a [u8]) -> Parsed<'a, Self> {
        match keyword {
            Keyword::Size => map(size(value), Self::Size),
            Keyword::Body => map(BodyType::parse(value), Self::Body),
            Keyword::Auth => map(AuthSender::parse(value), Self::Auth),
            Keyword::Ret => map(Ret::parse(value), Self::Ret),
            Keyword::Envid => map(Envid::parse(value), Self::Envid),
            Keyword::Notify => map(Notify::parse(value), Self::Notify),
            Keyword::Orcpt => map(Orcpt::parse(value), Self::Orcpt),
            Keyword::By => map(By::parse(value), Self::By),
            Keyword::HoldFor => map(HoldFor::parse(value), Self::HoldFor),
            Keyword::HoldUntil => map(DateTime::parse(value), Self::HoldUntil),
            Keyword::MtPriority => map(MtPriority::parse(value), Self::MtPriority),
            Keyword::SmtpUtf8 | Keyword::RequireTls => fail(Fault::Value, value),
        }
    }
}

fn map<'a, T>(parsed: Parsed<'a, T>, variant: fn(T) -> Param<'a>) -> Parsed<'a, Param<'a>> {
    parsed.map(|(rest, value)| (rest, variant(value)))
}

/// `size-value = 1*20DIGIT`
fn size(value: &[u8]) -> Parsed<'_, u64> {
    let (rest, size) = number(value)?;
    if before(value, rest).len() > limits::SIZE_DIGITS {
        fail(Fault::Number, value)
    } else {
        Ok((rest, size))
    }
}

impl Emit for Param<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        if let Self::Other(other) = self {
            return other.emit(out);
        }
        out.put(self.keyword().as_bytes());
        if !matches!(self, Self::SmtpUtf8 | Self::RequireTls) {
            out.byte(b'=');
        }
        match self {
            Self::Size(octets) => out.number(*octets),
            Self::Body(body) => body.emit(out),
            Self::Auth(sender) => sender.emit(out),
            Self::Ret(ret) => ret.emit(out),
            Self::Envid(envid) => envid.emit(out),
            Self::Notify(notify) => notify.emit(out),
            Self::Orcpt(orcpt) => orcpt.emit(out),
            Self::By(by) => by.emit(out),
            Self::HoldFor(hold) => hold.emit(out),
            Self::HoldUntil(until) => until.emit(out),
            Self::MtPriority(priority) => priority.emit(out),
            Self::SmtpUtf8 | Self::RequireTls | Self::Other(_) => {}
        }
    }
}
