//! The parameters of MAIL and RCPT: `keyword` or `keyword=value`, RFC 5321 §4.1.2.

mod deliver_by;
mod dsn;
mod glance;
mod hold;
mod keyword;
mod list;
mod other;
mod value;

pub use deliver_by::{By, ByMode};
pub use dsn::{Envid, Notify, Orcpt, Ret};
pub use hold::{DateTime, HoldFor};
pub(crate) use list::Found;
pub use list::{Params, ParamsIter};
pub use other::Other;
pub(crate) use other::keyword;
pub use value::{AuthSender, BodyType, MtPriority};

pub(crate) use self::keyword::Keyword;
use super::limits;
use super::scan::Scan;
use super::syntax::Fault;
use super::writer::{Emit, Writer};

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Param<'a> {
    /// `SIZE`: octets of the mail as it goes over the wire, or nearly so (RFC 1870 §5). What 64 bits do not hold is [`u64::MAX`].
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
    /// known. What `found` has beside keywords is noted in it.
    ///
    /// Each value's rule stops where its grammar ends, so that no octet is looked at twice; that a
    /// space or the line's end follows is [`Params`]' business.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: whoever only checks makes no values then")]
    fn read(scan: &mut Scan<'a>, found: &mut Found) -> Option<(Option<Keyword>, Self)> {
        let (keyword, packed) = keyword(scan)?;
        let known = Keyword::find(keyword, packed);
        let has_value = scan.octet(b'=');
        if has_value && matches!(scan.rest, [] | [b' ', ..]) {
            return scan.none(Fault::Value, scan.rest);
        }
        let param = match (known, has_value) {
            (None, _) => Self::Other(Other::read(keyword, has_value, scan)?),
            (Some(Keyword::SmtpUtf8), false) => Self::SmtpUtf8,
            (Some(Keyword::RequireTls), false) => Self::RequireTls,
            (Some(Keyword::Size), true) => {
                let size = size(scan)?;
                found.size = u32::try_from(size).unwrap_or(u32::MAX);
                Self::Size(size)
            }
            (Some(Keyword::Body), true) => {
                let body = BodyType::read(scan)?;
                found.binary = body == BodyType::BinaryMime;
                Self::Body(body)
            }
            (Some(Keyword::Auth), true) => Self::Auth(AuthSender::read(scan)?),
            (Some(Keyword::Ret), true) => Self::Ret(Ret::read(scan)?),
            (Some(Keyword::Envid), true) => Self::Envid(Envid::read(scan)?),
            (Some(Keyword::Notify), true) => Self::Notify(Notify::read(scan)?),
            (Some(Keyword::Orcpt), true) => Self::Orcpt(Orcpt::read(scan)?),
            (Some(Keyword::By), true) => Self::By(By::read(scan)?),
            (Some(Keyword::HoldFor), true) => Self::HoldFor(HoldFor::read(scan)?),
            (Some(Keyword::HoldUntil), true) => Self::HoldUntil(DateTime::read(scan)?),
            (Some(Keyword::MtPriority), true) => Self::MtPriority(MtPriority::read(scan)?),
            (Some(_), _) => return scan.none(Fault::Value, scan.rest),
        };
        Some((known, param))
    }
}

/// `size-value = 1*20DIGIT`. What 64 bits do not hold is too large, and no error of syntax.
fn size(scan: &mut Scan<'_>) -> Option<u64> {
    let front = scan.rest;
    let mut size = 0_u64;
    while let [digit @ b'0'..=b'9', behind @ ..] = scan.rest {
        size = size.saturating_mul(10).saturating_add(u64::from(digit & 0x0f));
        scan.rest = behind;
    }
    match scan.since(front).len() {
        0 => None,
        1..=limits::SIZE_DIGITS => Some(size),
        _ => scan.none(Fault::Number, front),
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
