//! The parameters of delivery status notifications, RFC 3461 §4.

use crate::wire::class::{ATEXT, KEYWORD, is, packed, same_word};
use crate::wire::limits;
use crate::wire::scan::{Scan, check};
use crate::wire::syntax::{Fault, Syntax, text};
use crate::wire::writer::{Emit, Writer};
use crate::wire::xtext::Xtext;

/// How much of the mail a failure notification returns (RFC 3461 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Ret {
    /// The whole mail.
    Full,
    /// Its header only.
    Hdrs,
}

impl Ret {
    /// `ret-value = "FULL" / "HDRS"`
    pub(crate) fn read(scan: &mut Scan<'_>) -> Option<Self> {
        const FULL: u64 = packed(b"FULL");
        const HDRS: u64 = packed(b"HDRS");
        let value = scan.rest;
        match word(scan)? {
            FULL => Some(Self::Full),
            HDRS => Some(Self::Hdrs),
            _ => scan.none(Fault::Value, value),
        }
    }
}

impl Emit for Ret {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(match self {
            Self::Full => b"FULL",
            Self::Hdrs => b"HDRS",
        });
    }
}

/// The sender's own mark for a mail, which notifications carry back: 1 to 100 octets of xtext
/// (RFC 3461 §4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Envid<'a>(Xtext<'a>);

impl<'a> Envid<'a> {
    /// Takes the mark as text; it is encoded on the wire.
    ///
    /// # Errors
    /// As those of [`Xtext::new`], and when the encoded form is longer than [`limits::ENVID`].
    pub fn new(text: &'a str) -> Result<Self, Syntax> {
        Xtext::new(text)?.at_most(limits::ENVID).map(Self)
    }

    /// The mark.
    pub fn text(&self) -> Xtext<'a> {
        self.0
    }

    pub(crate) fn read(scan: &mut Scan<'a>) -> Option<Self> {
        let value = scan.rest;
        let text = Xtext::read(scan, false)?;
        scan.at_most(limits::ENVID, value).then_some(Self(text))
    }
}

impl Emit for Envid<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        self.0.emit(out);
    }
}

/// Of what the sender wants to be notified (RFC 3461 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Notify(u8);

impl Notify {
    /// Of nothing.
    pub const NEVER: Self = Self(0);
    /// Of delivery.
    pub const SUCCESS: Self = Self(1);
    /// Of failure.
    pub const FAILURE: Self = Self(2);
    /// Of delay.
    pub const DELAY: Self = Self(4);

    const NAMES: [(Self, &'static [u8]); 3] =
        [(Self::SUCCESS, b"SUCCESS"), (Self::FAILURE, b"FAILURE"), (Self::DELAY, b"DELAY")];

    /// Of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether everything in `other` is asked for.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// ```abnf
    /// notify-list-value   = "NEVER" / notify-list-element *( "," notify-list-element )
    /// notify-list-element = "SUCCESS" / "FAILURE" / "DELAY"
    /// ```
    pub(crate) fn read(scan: &mut Scan<'_>) -> Option<Self> {
        const NEVER: u64 = packed(b"NEVER");
        const SUCCESS: u64 = packed(b"SUCCESS");
        const FAILURE: u64 = packed(b"FAILURE");
        const DELAY: u64 = packed(b"DELAY");
        let (value, mut notify) = (scan.rest, Self::NEVER);
        loop {
            let front = scan.rest;
            notify = notify.and(match word(scan)? {
                SUCCESS => Self::SUCCESS,
                FAILURE => Self::FAILURE,
                DELAY => Self::DELAY,
                // It stands alone.
                NEVER if front.len() == value.len() => return Some(Self::NEVER),
                _ => return scan.none(Fault::Value, front),
            });
            if !scan.octet(b',') {
                return Some(notify);
            }
        }
    }
}

impl Emit for Notify {
    fn emit(&self, out: &mut Writer<'_>) {
        if *self == Self::NEVER {
            out.put(b"NEVER");
        }
        let mut first = true;
        for (event, name) in Self::NAMES {
            if self.has(event) {
                if !first {
                    out.byte(b',');
                }
                first = false;
                out.put(name);
            }
        }
    }
}

/// The recipient as the sender gave it, before any forwarding: the kind of address and the address,
/// at most 500 octets on the wire (RFC 3461 §4.2).
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Orcpt<'a> {
    /// ASCII.
    kind: &'a [u8],
    address: Xtext<'a>,
}

impl<'a> Orcpt<'a> {
    /// Takes the kind of address, such as `rfc822`, and the address as text, which is encoded on the
    /// wire. With the kind `utf-8` the caller writes what is not ASCII as `\x{E9}` (RFC 6533 §3).
    ///
    /// # Errors
    /// When `kind` is not an atom of ASCII, when `address` is not what [`Xtext::new`] takes, or when both
    /// together are longer than [`limits::ORCPT`]. The position counts in the one that is wrong.
    pub fn new(kind: &'a str, address: &'a str) -> Result<Self, Syntax> {
        check(kind.as_bytes(), atom)?;
        // A semicolon stands between the two.
        let room = limits::ORCPT.saturating_sub(1).checked_sub(kind.len());
        let Some(room) = room else {
            return Err(Syntax::new(Fault::TooLong, kind.as_bytes(), limits::ORCPT));
        };
        let address = Xtext::new(address)?.at_most(room)?;
        Ok(Self { kind: kind.as_bytes(), address })
    }

    /// The kind of address: `rfc822` or, with RFC 6533, `utf-8`, in any case of letters.
    pub fn kind(&self) -> &'a str {
        text(self.kind)
    }

    /// The address.
    pub fn address(&self) -> Xtext<'a> {
        self.address
    }

    /// ```abnf
    /// original-recipient-address = addr-type ";" xtext
    /// addr-type                  = atom
    /// ```
    pub(crate) fn read(scan: &mut Scan<'a>) -> Option<Self> {
        let value = scan.rest;
        if !atom(scan) {
            return None;
        }
        let kind = scan.since(value);
        if !scan.octet(b';') {
            return None;
        }
        let (bare, front) = (same_word(b"utf-8", kind), scan.rest);
        let address = Xtext::read(scan, bare)?;
        if bare {
            scan.utf8(front)?;
        }
        scan.at_most(limits::ORCPT, value).then_some(Self { kind, address })
    }
}

impl PartialEq for Orcpt<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.kind.eq_ignore_ascii_case(other.kind) && self.address == other.address
    }
}

impl Eq for Orcpt<'_> {}

impl Emit for Orcpt<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(self.kind);
        out.byte(b';');
        self.address.emit(out);
    }
}

/// `atom` (RFC 5322 §3.2.3) without UTF-8, and without the `=` that no value may have.
fn atom(scan: &mut Scan<'_>) -> bool {
    let front = scan.rest.len();
    while let [octet, behind @ ..] = scan.rest
        && octet.is_ascii()
        && is(*octet, ATEXT)
        && *octet != b'='
    {
        scan.rest = behind;
    }
    scan.rest.len() < front
}

/// A word of one to eight letters, packed.
fn word(scan: &mut Scan<'_>) -> Option<u64> {
    let front = scan.rest;
    let (word, packed) = scan.packed_run(KEYWORD)?;
    if word.len() > 8 { scan.none(Fault::Value, front) } else { Some(packed) }
}
