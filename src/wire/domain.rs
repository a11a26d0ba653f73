//! Domains, and the names by which hosts greet each other: RFC 5321 §4.1.2, RFC 6531 §3.3.

use core::fmt;

use super::class::{LET_DIG, behind};
use super::limits;
use super::literal::address_literal;
use super::scan::{Scan, matched};
use super::syntax::{Fault, Parsed, Syntax, is_ascii, proved_utf8, text};
use super::writer::{Emit, Writer};

/// A domain name, at most 255 octets: labels of letters, digits and inner hyphens, or of UTF-8
/// (U-labels). The labels are not looked up or normalised, and letters keep their case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Domain<'a>(&'a str);

impl<'a> Domain<'a> {
    /// Checks a domain name.
    ///
    /// ```
    /// use embedded_smtp::wire::Domain;
    /// assert!(Domain::new("mail.example.org").is_ok());
    /// assert_eq!(Domain::new("mail..example").unwrap_err().at(), 5);
    /// ```
    ///
    /// # Errors
    /// When `name` is not a domain name, or is longer than [`limits::DOMAIN`].
    pub const fn new(name: &'a str) -> Result<Self, Syntax> {
        let mut scan = Scan::new(name.as_bytes());
        let matches = domain(&mut scan);
        match scan.whole(name.as_bytes(), matches) {
            Ok(()) => Ok(Self(name)),
            Err(syntax) => Err(syntax),
        }
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &'a str {
        self.0
    }

    /// Whether the name goes over the wire without SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        is_ascii(self.0.as_bytes())
    }
}

impl Emit for Domain<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(self.0.as_bytes());
    }
}

/// The argument of EHLO, HELO and LHLO: a domain name or an address literal such as `[192.0.2.1]` or
/// `[IPv6:2001:db8::1]`, at most 255 octets.
///
/// Two such names are equal when their octets are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HelloName<'a>(
    /// UTF-8, as in [`Mailbox`](super::Mailbox).
    &'a [u8],
);

impl<'a> HelloName<'a> {
    /// Checks the name under which the caller wants to greet.
    ///
    /// ```
    /// use embedded_smtp::wire::HelloName;
    /// assert!(HelloName::new("sensor.example").is_ok());
    /// assert!(HelloName::new("[192.0.2.7]").is_ok());
    /// assert!(HelloName::new("my host").is_err());
    /// ```
    ///
    /// # Errors
    /// When `name` is neither a domain name nor an address literal, or is longer than
    /// [`limits::DOMAIN`].
    pub const fn new(name: &'a str) -> Result<Self, Syntax> {
        let mut scan = Scan::new(name.as_bytes());
        let matches = domain_or_literal(&mut scan);
        match scan.whole(name.as_bytes(), matches) {
            Ok(()) => Ok(Self(name.as_bytes())),
            Err(syntax) => Err(syntax),
        }
    }

    /// The name, with the brackets of an address literal.
    pub fn as_str(&self) -> &'a str {
        text(self.0)
    }

    pub(crate) fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Whether this is an address literal.
    pub fn is_literal(&self) -> bool {
        self.0.first() == Some(&b'[')
    }

    /// Whether the name is ASCII. No extension makes another one legal before the EHLO reply has come.
    pub fn is_ascii(&self) -> bool {
        is_ascii(self.0)
    }

    /// A name that was parsed before.
    pub(crate) fn again(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// The name as a peer gave it.
    ///
    /// Leniency: an underscore may stand wherever a letter may, since computers are named so.
    pub(crate) fn parse(input: &'a [u8]) -> Parsed<'a, Self> {
        let (rest, name) = matched(input, |scan| host(scan, true))?;
        proved_utf8(name, rest).map(|(rest, name)| (rest, Self(name)))
    }
}

impl<'a> From<Domain<'a>> for HelloName<'a> {
    fn from(domain: Domain<'a>) -> Self {
        Self(domain.0.as_bytes())
    }
}

impl Emit for HelloName<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(self.0);
    }
}

impl fmt::Debug for HelloName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HelloName").field(&self.as_str()).finish()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for HelloName<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "HelloName({=str})", self.as_str());
    }
}

/// ```abnf
/// Domain     = sub-domain *("." sub-domain)
/// sub-domain = Let-dig [Ldh-str] / U-label
/// Ldh-str    = *( ALPHA / DIGIT / "-" ) Let-dig
/// ```
pub(crate) const fn domain(scan: &mut Scan<'_>) -> bool {
    let front = scan.rest;
    scan.dotted(LET_DIG, false) && bounded(scan, front)
}

/// `Domain / address-literal`: what stands behind the `@`, and in a greeting.
pub(crate) const fn domain_or_literal(scan: &mut Scan<'_>) -> bool {
    host(scan, false)
}

const fn host(scan: &mut Scan<'_>, underscores: bool) -> bool {
    let front = scan.rest;
    let matches = if scan.octet(b'[') { address_literal(scan) } else { scan.dotted(LET_DIG, underscores) };
    matches && bounded(scan, front)
}

/// Whether what stands between `front` and the place is no more than a domain may have.
const fn bounded<'a>(scan: &mut Scan<'a>, front: &'a [u8]) -> bool {
    let excess = behind(front, limits::DOMAIN);
    scan.rest.len() >= excess.len() || scan.wrong(Fault::TooLong, excess)
}
