//! Paths: mailboxes in angle brackets, as MAIL and RCPT carry them, RFC 5321 §4.1.2.

use super::class::{ATEXT, Class, LET_DIG, before, no_case, same_word, skip};
use super::domain::domain;
use super::limits;
use super::mailbox::Mailbox;
use super::scan::matched;
use super::syntax::{Parsed, Syntax, WIDE, is_ascii, octet};
use super::writer::{Emit, Writer};

/// Where notifications about a mail go: the argument of MAIL FROM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ReversePath<'a> {
    /// `<>`: nobody wants to be told (RFC 5321 §4.5.5).
    Null,
    /// A mailbox.
    Mailbox(Mailbox<'a>),
}

impl<'a> ReversePath<'a> {
    /// Checks a sender's address, without angle brackets; an empty one is [`ReversePath::Null`].
    ///
    /// # Errors
    /// As those of [`Mailbox::new`].
    pub const fn new(address: &'a str) -> Result<Self, Syntax> {
        if address.is_empty() {
            return Ok(Self::Null);
        }
        match Mailbox::new(address) {
            Ok(mailbox) => Ok(Self::Mailbox(mailbox)),
            Err(syntax) => Err(syntax),
        }
    }

    /// The mailbox, unless the path is null.
    pub fn mailbox(&self) -> Option<Mailbox<'a>> {
        match *self {
            Self::Null => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// The address without angle brackets; empty when the path is null.
    pub fn as_str(&self) -> &'a str {
        match self {
            Self::Null => "",
            Self::Mailbox(mailbox) => mailbox.as_str(),
        }
    }

    pub(crate) const fn as_bytes(&self) -> &'a [u8] {
        match self {
            Self::Null => b"",
            Self::Mailbox(mailbox) => mailbox.as_bytes(),
        }
    }

    /// The path whose [`as_bytes`](Self::as_bytes) these are.
    pub(crate) fn again(octets: &'a [u8]) -> Self {
        if octets.is_empty() { Self::Null } else { Self::Mailbox(Mailbox::again(octets)) }
    }

    /// Whether the path goes over the wire without SMTPUTF8 (RFC 6531 §3.3).
    pub fn is_ascii(&self) -> bool {
        is_ascii(self.as_bytes())
    }

    /// `Reverse-path = Path / "<>"`, as a peer gave it; a source route is dropped.
    pub(crate) fn parse(input: &'a [u8]) -> Parsed<'a, Self> {
        if let [b'<', b'>', rest @ ..] = input {
            return Ok((rest, Self::Null));
        }
        let (rest, mailbox) = path(input)?;
        Ok((rest, Self::Mailbox(mailbox)))
    }
}

impl<'a> From<Mailbox<'a>> for ReversePath<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self::Mailbox(mailbox)
    }
}

impl Emit for ReversePath<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        bracketed(self.as_bytes(), out);
    }
}

/// Whom a mail is for: the argument of RCPT TO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ForwardPath<'a> {
    /// `<Postmaster>`, in any case: the server's own postmaster, without a domain (RFC 5321 §4.5.1).
    Postmaster,
    /// A mailbox.
    Mailbox(Mailbox<'a>),
}

impl<'a> ForwardPath<'a> {
    /// Checks a recipient's address, without angle brackets; `postmaster` alone, in any case, is
    /// [`ForwardPath::Postmaster`].
    ///
    /// # Errors
    /// As those of [`Mailbox::new`].
    pub const fn new(address: &'a str) -> Result<Self, Syntax> {
        if same_word(POSTMASTER.as_bytes(), address.as_bytes()) {
            return Ok(Self::Postmaster);
        }
        match Mailbox::new(address) {
            Ok(mailbox) => Ok(Self::Mailbox(mailbox)),
            Err(syntax) => Err(syntax),
        }
    }

    /// The mailbox, unless this is the server's own postmaster.
    pub fn mailbox(&self) -> Option<Mailbox<'a>> {
        match *self {
            Self::Postmaster => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// The address without angle brackets.
    pub fn as_str(&self) -> &'a str {
        match self {
            Self::Postmaster => POSTMASTER,
            Self::Mailbox(mailbox) => mailbox.as_str(),
        }
    }

    pub(crate) const fn as_bytes(&self) -> &'a [u8] {
        match self {
            Self::Postmaster => POSTMASTER.as_bytes(),
            Self::Mailbox(mailbox) => mailbox.as_bytes(),
        }
    }

    /// The path whose [`as_bytes`](Self::as_bytes) these are.
    pub(crate) fn again(octets: &'a [u8]) -> Self {
        // No mailbox is without `@`.
        if octets == POSTMASTER.as_bytes() { Self::Postmaster } else { Self::Mailbox(Mailbox::again(octets)) }
    }

    /// Whether the path goes over the wire without SMTPUTF8 (RFC 6531 §3.3).
    pub fn is_ascii(&self) -> bool {
        is_ascii(self.as_bytes())
    }

    /// `Forward-path = Path / "<Postmaster>"`, as a peer gave it; a source route is dropped.
    pub(crate) fn parse(input: &'a [u8]) -> Parsed<'a, Self> {
        // Most paths are told apart by their second octet.
        if let [b'<', b'P' | b'p', ..] = input
            && let Ok((rest, ())) = no_case(input, b"<Postmaster>")
        {
            return Ok((rest, Self::Postmaster));
        }
        let (rest, mailbox) = path(input)?;
        Ok((rest, Self::Mailbox(mailbox)))
    }
}

impl<'a> From<Mailbox<'a>> for ForwardPath<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self::Mailbox(mailbox)
    }
}

impl Emit for ForwardPath<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        bracketed(self.as_bytes(), out);
    }
}

const POSTMASTER: &str = "Postmaster";

/// ```abnf
/// Path      = "<" [ A-d-l ":" ] Mailbox ">"
/// A-d-l     = At-domain *( "," At-domain )
/// At-domain = "@" Domain
/// ```
fn path(input: &[u8]) -> Parsed<'_, Mailbox<'_>> {
    match usual(input) {
        Some(path) if WIDE => Ok(path),
        _ => any(input),
    }
}

/// The same, without saying what is wrong.
#[inline]
pub(super) fn sound(input: &[u8]) -> Option<(&[u8], Mailbox<'_>)> {
    usual(input).or_else(|| any(input).ok())
}

/// `"<" Dot-string "@" Domain ">"` of ASCII, as nearly all paths are, at a glance: this takes half the instructions, where
/// flash does not matter.
#[inline]
pub(super) fn usual(input: &[u8]) -> Option<(&[u8], Mailbox<'_>)> {
    let [b'<', address @ ..] = input else { return None };
    let [b'@', domain @ ..] = behind_parts(address, ATEXT)? else { return None };
    let end = behind_parts(domain, LET_DIG)?;
    let [b'>', rest @ ..] = end else { return None };
    let mailbox = before(address, end);
    let fits = mailbox.len() <= limits::LOCAL_PART && is_ascii(mailbox);
    fits.then_some((rest, Mailbox::again(mailbox)))
}

/// What stands behind runs of `class` with one dot between two, or one hyphen.
#[inline]
fn behind_parts<'a>(mut input: &'a [u8], class: &Class) -> Option<&'a [u8]> {
    loop {
        let rest = skip(input, class);
        match rest {
            _ if rest.len() == input.len() => return None,
            [b'.' | b'-', next @ ..] => input = next,
            _ => return Some(rest),
        }
    }
}

/// The route is checked and dropped, as RFC 5321 §3.6.1 asks.
fn any(input: &[u8]) -> Parsed<'_, Mailbox<'_>> {
    let (mut rest, ()) = octet(b'<')(input)?;
    while let [b'@', hop @ ..] = rest {
        (rest, _) = matched(hop, domain)?;
        match rest {
            [b',', next @ ..] if next.first() == Some(&b'@') => rest = next,
            _ => {
                (rest, ()) = octet(b':')(rest)?;
                break;
            }
        }
    }
    let (rest, mailbox) = Mailbox::parse(rest)?;
    let (rest, ()) = octet(b'>')(rest)?;
    Ok((rest, mailbox))
}

pub(crate) fn bracketed(address: &[u8], out: &mut Writer<'_>) {
    out.byte(b'<');
    out.put(address);
    out.byte(b'>');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_the_same_at_a_glance_as_read_octet_by_octet() {
        let octets = *b"a.-@>\"_\xc3";
        let mut taken = 0;
        for front in ["<", "<a@", "<@b:", "<ab.c@d", "<abcdefgh@i"] {
            for number in 0..octets.len().pow(6) {
                let mut path = front.as_bytes().to_vec();
                path.extend((0..6).map(|place| octets[number / octets.len().pow(place) % octets.len()]));
                if let Some(seen) = usual(&path) {
                    assert_eq!(any(&path), Ok(seen), "{}", path.escape_ascii());
                    taken += 1;
                }
            }
        }
        assert!(taken > 10_000, "{taken}");
    }

    #[test]
    fn a_glance_takes_nothing_that_is_too_long_or_not_ascii() {
        for length in 1..300 {
            for (at, odd) in [(0, "\u{e9}"), (length / 2, "\u{e9}"), (length / 2, "x")] {
                let local = std::format!("<{}{odd}{}@b>", "a".repeat(at), "c".repeat(length - at));
                let domain = std::format!("<b@{}{odd}{}>", "a".repeat(at), "c".repeat(length - at));
                for path in [local, domain] {
                    let seen = usual(path.as_bytes());
                    assert!(seen.is_none() || odd == "x" && any(path.as_bytes()).ok() == seen, "{path}");
                    assert_eq!(seen.is_some(), odd == "x" && length + 3 <= limits::LOCAL_PART, "{path}");
                }
            }
        }
    }
}
