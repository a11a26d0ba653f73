//! Mailboxes: `local-part@domain`, RFC 5321 §4.1.2, RFC 6531 §3.3.

use super::class::{ATEXT, TEXT, before, dotted, is};
use super::domain::domain_or_literal;
use super::limits;
use super::syntax::{Fault, Parsed, Syntax, fail, octet, utf8, whole};
use super::writer::{Emit, Writer};

/// A mailbox, checked: a local part of at most 64 octets, plain or quoted, `@`, and a domain or an
/// address literal; at most 254 octets in all.
///
/// Two mailboxes are equal when their octets are: only the receiving host knows whether case or
/// quoting matter in a local part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Mailbox<'a> {
    text: &'a str,
    /// Where the `@` stands that ends the local part.
    at: u8,
}

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
    pub fn new(address: &'a str) -> Result<Self, Syntax> {
        let at = whole(address.as_bytes(), mailbox)?;
        Ok(Self { text: address, at })
    }

    /// The whole address, without angle brackets.
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// What stands before the `@`, with the quotes of a quoted one.
    pub fn local_part(&self) -> &'a str {
        self.text.get(..usize::from(self.at)).unwrap_or_default()
    }

    /// What stands behind the `@`: a domain name, or an address literal with its brackets.
    pub fn domain(&self) -> &'a str {
        self.text.get(usize::from(self.at).saturating_add(1)..).unwrap_or_default()
    }

    /// Whether the address goes over the wire without SMTPUTF8 (RFC 6531 §3.3).
    pub fn is_ascii(&self) -> bool {
        self.text.is_ascii()
    }

    /// The parts of a mailbox that was parsed before.
    pub(crate) fn again(text: &'a str, at: u8) -> Self {
        Self { text, at }
    }

    /// Where the `@` stands.
    pub(crate) fn at(&self) -> u8 {
        self.at
    }

    /// The mailbox as a peer gave it.
    pub(crate) fn parse(input: &'a [u8]) -> Parsed<'a, Self> {
        let (rest, at) = mailbox(input)?;
        let (rest, text) = utf8(before(input, rest), rest)?;
        Ok((rest, Self { text, at }))
    }
}

impl Emit for Mailbox<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(self.text.as_bytes());
    }
}

/// ```abnf
/// Mailbox    = Local-part "@" ( Domain / address-literal )
/// Local-part = Dot-string / Quoted-string
/// Dot-string = Atom *("." Atom)
/// ```
/// Gives the length of the local part.
fn mailbox(input: &[u8]) -> Parsed<'_, u8> {
    let (rest, ()) = match input.first() {
        Some(b'"') => quoted_string(input)?,
        _ => dotted(input, ATEXT, false)?,
    };
    let local_part = before(input, rest).len();
    if local_part > limits::LOCAL_PART {
        return fail(Fault::TooLong, input.get(limits::LOCAL_PART..).unwrap_or_default());
    }
    let (rest, ()) = octet(b'@')(rest)?;
    let (rest, _) = domain_or_literal(rest)?;
    match input.get(limits::MAILBOX..) {
        Some(excess) if excess.len() > rest.len() => fail(Fault::TooLong, excess),
        _ => Ok((rest, local_part as u8)),
    }
}

/// ```abnf
/// Quoted-string   = DQUOTE *QcontentSMTP DQUOTE
/// QcontentSMTP    = qtextSMTP / quoted-pairSMTP
/// qtextSMTP       = %d32-33 / %d35-91 / %d93-126 / UTF8-non-ascii
/// quoted-pairSMTP = "\" %d32-126
/// ```
pub(crate) fn quoted_string(input: &[u8]) -> Parsed<'_, ()> {
    let (mut rest, ()) = octet(b'"')(input)?;
    loop {
        match rest {
            [b'"', behind @ ..] => return Ok((behind, ())),
            [b'\\', b' '..=b'~', behind @ ..] => rest = behind,
            // The octet at fault is the one behind the backslash.
            [b'\\', behind @ ..] => return fail(Fault::Unexpected, behind),
            [octet, behind @ ..] if is(*octet, TEXT) && *octet != b'\t' => rest = behind,
            _ => return fail(Fault::Unexpected, rest),
        }
    }
}
