//! XCLIENT: how a trusted client, a filter or a proxy, names the client it speaks for. Not a standard
//! of the IETF; Postfix documents it (`XCLIENT_README`).
//!
//! [`Command`](super::Command) does not know it. A server that offers it to those it trusts gives the
//! line of a [`Command::Unknown`](super::Command::Unknown) to [`XClient::parse`].

use core::fmt;
use core::net::IpAddr;

use super::address;
use super::class::{before, no_case};
use super::limits;
use super::param::keyword;
use super::proxy::port;
use super::scan::read;
use super::syntax::{Fault, Parsed, Syntax, fail, octet, spaces, trimmed, whole};
use super::writer::{Emit, Writer};
use super::xtext::Xtext;

/// An XCLIENT command: one attribute or more, none of them twice; checked octets from a peer, or a
/// slice that the caller lends.
///
/// Two are equal when they have equal attributes in the same order.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct XClient<'a>(Source<'a>);

#[derive(Clone, Copy)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Source<'a> {
    /// Parsed once, and found in order: what stands behind the verb.
    Wire(&'a [u8]),
    List(&'a [XClientAttribute<'a>]),
}

/// What is said about the client. `None` stands for `[UNAVAILABLE]`: not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum XClientAttribute<'a> {
    /// `NAME`: the client's host name.
    Name(XClientName<'a>),
    /// `ADDR`: the client's address.
    Addr(Option<IpAddr>),
    /// `PORT`: the client's port.
    Port(Option<u16>),
    /// `PROTO`: how the client greeted.
    Proto(XClientProto),
    /// `HELO`: the name by which the client greeted, at most 255 octets.
    Helo(Option<Xtext<'a>>),
    /// `LOGIN`: the user as whom the client authenticated.
    Login(Option<Xtext<'a>>),
    /// `DESTADDR`: the address that the client connected to.
    DestAddr(Option<IpAddr>),
    /// `DESTPORT`: the port that the client connected to.
    DestPort(Option<u16>),
}

/// The client's host name, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(clippy::exhaustive_enums, reason = "each has its own consequence for the server")]
pub enum XClientName<'a> {
    /// The name, at most 255 octets. It is xtext only: that it is a host name nobody has checked.
    Known(Xtext<'a>),
    /// `[UNAVAILABLE]`: the address has no name.
    Unavailable,
    /// `[TEMPUNAVAIL]`: it could not be looked up for now.
    TempUnavailable,
}

/// How the client greeted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(clippy::exhaustive_enums, reason = "the two are all that Postfix defines")]
pub enum XClientProto {
    /// By HELO.
    Smtp,
    /// By EHLO.
    Esmtp,
}

impl<'a> XClient<'a> {
    /// The attributes in `list`. That there is one at least, that none stands twice and that the line
    /// stays within [`limits::COMMAND_LINE`] is the caller's part; more go into a further command.
    pub const fn of(list: &'a [XClientAttribute<'a>]) -> Self {
        Self(Source::List(list))
    }

    /// Parses a whole command line, given without its CRLF.
    ///
    /// ```abnf
    /// xclient         = "XCLIENT" 1*( SP attribute-name "=" attribute-value )
    /// attribute-name  = "NAME" / "ADDR" / "PORT" / "PROTO" / "HELO" / "LOGIN" / "DESTADDR" / "DESTPORT"
    /// attribute-value = xtext
    /// ```
    /// Leniencies: more than one space; spaces at the line's end.
    ///
    /// ```
    /// use embedded_smtp::wire::{XClient, XClientAttribute};
    /// let command = XClient::parse(b"XCLIENT ADDR=192.0.2.7 LOGIN=[UNAVAILABLE]").unwrap();
    /// let list = [XClientAttribute::Addr(Some([192, 0, 2, 7].into())), XClientAttribute::Login(None)];
    /// assert_eq!(command, XClient::of(&list));
    /// ```
    ///
    /// # Errors
    /// When the verb is another one, an attribute is not known ([`Fault::Unexpected`]), stands twice
    /// ([`Fault::Duplicate`]), or its value does not follow its grammar ([`Fault::Value`],
    /// [`Fault::TooLong`]). The reply is 501.
    pub fn parse(line: &'a [u8]) -> Result<Self, Syntax> {
        whole(trimmed(line), |line| {
            let (rest, ()) = no_case(line, b"XCLIENT")?;
            let (rest, ()) = octet(b' ')(rest)?;
            scan(spaces(rest))
        })
    }

    /// The attributes, one by one.
    pub fn iter(&self) -> XClientIter<'a> {
        XClientIter(self.0)
    }
}

/// One attribute or more, up to the end of `input`.
fn scan(input: &[u8]) -> Parsed<'_, XClient<'_>> {
    let mut seen = 0_u8;
    let mut rest = input;
    loop {
        let (behind, attribute) = XClientAttribute::parse(rest)?;
        let bit = 1 << attribute.index();
        if seen & bit != 0 {
            return fail(Fault::Duplicate, rest);
        }
        seen |= bit;
        if behind.is_empty() {
            return Ok((behind, XClient(Source::Wire(input))));
        }
        (rest, ()) = octet(b' ')(behind)?;
        rest = spaces(rest);
    }
}

impl<'a> IntoIterator for &XClient<'a> {
    type Item = XClientAttribute<'a>;
    type IntoIter = XClientIter<'a>;

    fn into_iter(self) -> XClientIter<'a> {
        self.iter()
    }
}

impl PartialEq for XClient<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for XClient<'_> {}

impl fmt::Debug for XClient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Emit for XClient<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(b"XCLIENT");
        for attribute in self {
            out.byte(b' ');
            attribute.emit(out);
        }
    }
}

/// The attributes of an [`XClient`], one by one.
#[derive(Clone)]
pub struct XClientIter<'a>(Source<'a>);

impl<'a> Iterator for XClientIter<'a> {
    type Item = XClientAttribute<'a>;

    fn next(&mut self) -> Option<XClientAttribute<'a>> {
        match &mut self.0 {
            Source::Wire(wire) => {
                let (rest, attribute) = XClientAttribute::parse(wire).ok()?;
                *wire = spaces(rest);
                Some(attribute)
            }
            Source::List(list) => {
                let (attribute, rest) = list.split_first()?;
                *list = rest;
                Some(*attribute)
            }
        }
    }
}

impl fmt::Debug for XClientIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// The names, in the order of [`XClientAttribute::index`].
const NAMES: [&[u8]; 8] = [b"NAME", b"ADDR", b"PORT", b"PROTO", b"HELO", b"LOGIN", b"DESTADDR", b"DESTPORT"];

impl<'a> XClientAttribute<'a> {
    fn index(&self) -> usize {
        match self {
            Self::Name(_) => 0,
            Self::Addr(_) => 1,
            Self::Port(_) => 2,
            Self::Proto(_) => 3,
            Self::Helo(_) => 4,
            Self::Login(_) => 5,
            Self::DestAddr(_) => 6,
            Self::DestPort(_) => 7,
        }
    }

    fn parse(input: &'a [u8]) -> Parsed<'a, Self> {
        let (rest, (name, _)) = read(input, keyword)?;
        let Some(index) = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name)) else {
            return fail(Fault::Unexpected, input);
        };
        let (value, ()) = octet(b'=')(rest)?;
        let (rest, text) = match value {
            [] | [b' ', ..] => return fail(Fault::Value, value),
            _ => read(value, |scan| Xtext::read(scan, false))?,
        };
        let raw = before(value, rest);
        let known = if says(text, b"[UNAVAILABLE]") { None } else { Some(text) };
        if matches!(index, 0 | 4) && text.decode().count() > limits::DOMAIN {
            return fail(Fault::TooLong, value.get(limits::DOMAIN..).unwrap_or_default());
        }
        let attribute = match index {
            0 => Ok(Self::Name(match known {
                None => XClientName::Unavailable,
                Some(text) if says(text, b"[TEMPUNAVAIL]") => XClientName::TempUnavailable,
                Some(text) => XClientName::Known(text),
            })),
            1 => typed(known, raw, ip).map(Self::Addr),
            2 => typed(known, raw, port).map(Self::Port),
            3 if raw.eq_ignore_ascii_case(b"SMTP") => Ok(Self::Proto(XClientProto::Smtp)),
            3 if raw.eq_ignore_ascii_case(b"ESMTP") => Ok(Self::Proto(XClientProto::Esmtp)),
            4 => Ok(Self::Helo(known)),
            5 => Ok(Self::Login(known)),
            6 => typed(known, raw, ip).map(Self::DestAddr),
            7 => typed(known, raw, port).map(Self::DestPort),
            _ => Err(Fault::Value),
        };
        match attribute {
            Ok(attribute) => Ok((rest, attribute)),
            Err(fault) => fail(fault, value),
        }
    }
}

/// A value that is not text, unless it is not available.
fn typed<T>(known: Option<Xtext<'_>>, raw: &[u8], parse: fn(&[u8]) -> Option<T>) -> Result<Option<T>, Fault> {
    match known {
        None => Ok(None),
        Some(_) => parse(raw).ok_or(Fault::Value).map(Some),
    }
}

/// Whether the text is `word`, in any case of letters.
fn says(text: Xtext<'_>, word: &[u8]) -> bool {
    text.decode().map(|octet| octet.to_ascii_uppercase()).eq(word.iter().copied())
}

/// An IPv4 address, or an IPv6 address behind `IPV6:`.
fn ip(text: &[u8]) -> Option<IpAddr> {
    match no_case(text, b"IPV6:") {
        Ok((address, ())) => address::parse_v6(address).map(IpAddr::V6),
        Err(_) => address::parse_v4(text).map(IpAddr::V4),
    }
}

impl Emit for XClientAttribute<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(NAMES.get(self.index()).copied().unwrap_or_default());
        out.byte(b'=');
        match *self {
            Self::Name(XClientName::Known(text)) | Self::Helo(Some(text)) | Self::Login(Some(text)) => {
                text.emit(out);
            }
            Self::Name(XClientName::TempUnavailable) => out.put(b"[TEMPUNAVAIL]"),
            Self::Proto(XClientProto::Smtp) => out.put(b"SMTP"),
            Self::Proto(XClientProto::Esmtp) => out.put(b"ESMTP"),
            Self::Addr(Some(ip)) | Self::DestAddr(Some(ip)) => {
                if ip.is_ipv6() {
                    out.put(b"IPV6:");
                }
                address::emit(ip, out);
            }
            Self::Port(Some(port)) | Self::DestPort(Some(port)) => out.number(u64::from(port)),
            Self::Name(XClientName::Unavailable)
            | Self::Addr(None)
            | Self::Port(None)
            | Self::Helo(None)
            | Self::Login(None)
            | Self::DestAddr(None)
            | Self::DestPort(None) => out.put(b"[UNAVAILABLE]"),
        }
    }
}
