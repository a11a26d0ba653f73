//! Mailboxes: `local-part@domain`, RFC 5321 §4.1.2, RFC 6531 §3.3.

use core::fmt;

use super::class::{ATEXT, TEXT, behind, is};
use super::domain::domain_or_literal;
use super::limits;
use super::scan::{Scan, matched};
use super::syntax::{Fault, Parsed, Syntax, WIDE, is_ascii, proved_utf8, text};
use super::words::{HIGH, below, each};
use super::writer::{Emit, Writer};

/// A mailbox, checked: a local part of at most 64 octets, plain or quoted, `@`, and a domain or an
/// address literal; at most 254 octets in all.
///
/// Two mailboxes are equal when their octets are: only the receiving host knows whether case or
/// quoting matter in a local part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mailbox<'a>(
    /// UTF-8. As a text it would have to be proved so again wherever it is taken out of a buffer.
    &'a [u8],
);

impl<'a> Mailbox<'a> {
    /// Checks an address, given without angle brackets or display name.
    ///
    /// ```
    /// use embedded_smtp::wire::{Fault, Mailbox};
    /// let mailbox = Mailbox::new("\"a b\"@example.org").unwrap();
    /// assert_eq!((mailbox.local_part(), mailbox.domain()), ("\"a b\"", "example.org"));
    /// let error = Mailbox::new("a@b\r\nDATA").unwrap_err();
    /// assert_eq!((error.fault(), error.at()), (Fault::LineBreak, 3));
    /// ```
    ///
    /// # Errors
    /// When `address` is not a mailbox or longer than [`limits::LOCAL_PART`], [`limits::DOMAIN`] or
    /// [`limits::MAILBOX`].
    pub const fn new(address: &'a str) -> Result<Self, Syntax> {
        let mut scan = Scan::new(address.as_bytes());
        let matches = mailbox(&mut scan);
        match scan.whole(address.as_bytes(), matches) {
            Ok(()) => Ok(Self(address.as_bytes())),
            Err(syntax) => Err(syntax),
        }
    }

    /// The whole address, without angle brackets.
    pub fn as_str(&self) -> &'a str {
        text(self.0)
    }

    pub(crate) const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// What stands before the `@`, with the quotes of a quoted one.
    pub fn local_part(&self) -> &'a str {
        text(self.0.get(..self.at()).unwrap_or_default())
    }

    /// What stands behind the `@`: a domain name, or an address literal with its brackets.
    pub fn domain(&self) -> &'a str {
        text(self.0.get(self.at().saturating_add(1)..).unwrap_or_default())
    }

    /// Whether the address goes over the wire without SMTPUTF8 (RFC 6531 §3.3).
    pub fn is_ascii(&self) -> bool {
        is_ascii(self.0)
    }

    /// A mailbox that was parsed before.
    pub(crate) const fn again(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// Where the `@` stands that ends the local part: looked for again, since few ask.
    fn at(&self) -> usize {
        let mut scan = Scan::new(self.0);
        local_part(&mut scan);
        self.0.len().saturating_sub(scan.rest.len())
    }

    /// The mailbox as a peer gave it.
    pub(crate) fn parse(input: &'a [u8]) -> Parsed<'a, Self> {
        let (rest, octets) = matched(input, mailbox)?;
        proved_utf8(octets, rest).map(|(rest, octets)| (rest, Self(octets)))
    }
}

impl Emit for Mailbox<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(self.0);
    }
}

impl fmt::Debug for Mailbox<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailbox").field(&self.as_str()).finish()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Mailbox<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Mailbox({=str})", self.as_str());
    }
}

/// ```abnf
/// Mailbox    = Local-part "@" ( Domain / address-literal )
/// Local-part = Dot-string / Quoted-string
/// Dot-string = Atom *("." Atom)
/// ```
const fn mailbox(scan: &mut Scan<'_>) -> bool {
    let input = scan.rest;
    let long = behind(input, limits::LOCAL_PART);
    if !local_part(scan) {
        return false;
    }
    if scan.rest.len() < long.len() {
        return scan.wrong(Fault::TooLong, long);
    }
    if !scan.octet(b'@') || !domain_or_literal(scan) {
        return false;
    }
    let long = behind(input, limits::MAILBOX);
    scan.rest.len() >= long.len() || scan.wrong(Fault::TooLong, long)
}

const fn local_part(scan: &mut Scan<'_>) -> bool {
    if scan.octet(b'"') { quoted_string(scan) } else { scan.dotted(ATEXT, false) }
}

/// Behind the first DQUOTE.
///
/// ```abnf
/// Quoted-string   = DQUOTE *QcontentSMTP DQUOTE
/// QcontentSMTP    = qtextSMTP / quoted-pairSMTP
/// qtextSMTP       = %d32-33 / %d35-91 / %d93-126 / UTF8-non-ascii
/// quoted-pairSMTP = "\" %d32-126
/// ```
const fn quoted_string(scan: &mut Scan<'_>) -> bool {
    let mut escaped = false;
    while WIDE
        && let Some((eight, behind)) = scan.rest.split_first_chunk()
        && is_plain_text(u64::from_le_bytes(*eight))
    {
        scan.rest = behind;
    }
    while let [octet, behind @ ..] = scan.rest {
        let allowed = is(*octet, TEXT) && *octet != b'\t' && (octet.is_ascii() || !escaped);
        if !allowed {
            break;
        }
        scan.rest = behind;
        if *octet == b'"' && !escaped {
            return true;
        }
        escaped = *octet == b'\\' && !escaped;
    }
    false
}

/// Whether eight octets are all text, of ASCII without HT, and none ends a quoted string or escapes what follows.
const fn is_plain_text(word: u64) -> bool {
    let odd = below(word, b' ')
        | below(word ^ each(b'"'), 1)
        | below(word ^ each(b'\\'), 1)
        | below(word ^ each(0x7f), 1);
    (odd | word) & HIGH == 0
}
