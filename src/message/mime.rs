//! Media types and file names: RFC 2045 §5.1, RFC 2183, RFC 2231.

use super::ink::{Ink, WIDTH};
use super::text::{HeaderText, is_inner};
use crate::wire::class::run_of;
use crate::wire::syntax::{Parsed, fail, octet, whole};
use crate::wire::{Fault, Syntax};

/// Longest media type with its parameters; no part of it is then too long to fold.
const LONGEST: usize = 255;

/// A media type, perhaps with parameters: `image/png`, `text/csv; charset=utf-8`.
///
/// ```abnf
/// type "/" subtype *(";" parameter)
/// parameter = attribute "=" value
/// value     = token / quoted-string
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MimeType<'a>(&'a str);

impl MimeType<'static> {
    /// `text/plain`
    pub const PLAIN: Self = Self("text/plain");
    /// `text/html`
    pub const HTML: Self = Self("text/html");
    /// `application/octet-stream`: octets of which nothing is known.
    pub const OCTET_STREAM: Self = Self("application/octet-stream");
}

impl<'a> MimeType<'a> {
    /// Checks `text`. Outside of quotes, one space may stand behind a semicolon and nowhere else; a quoted string is not
    /// empty and has neither a backslash nor a percent sign.
    ///
    /// # Errors
    /// Where `text` does not follow the grammar; past 255 octets; and [`Fault::Value`] for
    /// `multipart/...` and `message/...`, which may not be encoded (RFC 2046 §5).
    pub fn new(text: &'a str) -> Result<Self, Syntax> {
        let octets = text.as_bytes();
        if octets.len() > LONGEST {
            return Err(Syntax::new(Fault::TooLong, octets, LONGEST));
        }
        whole(octets, media_type)?;
        Ok(Self(text))
    }

    /// The media type as it was given.
    pub fn as_str(&self) -> &'a str {
        self.0
    }

    /// Appends type and parameters, each parameter with a space or a fold in front of it.
    pub(crate) fn emit(&self, ink: &mut Ink<'_>) {
        let mut rest = self.0.as_bytes();
        while !rest.is_empty() {
            // A semicolon inside quotes is not the end of a parameter.
            let mut inside = false;
            let end = rest.iter().position(|octet| {
                inside ^= *octet == b'"';
                *octet == b';' && !inside
            });
            let (part, more) = end.and_then(|end| rest.split_at_checked(end)).unwrap_or((rest, b""));
            ink.space(part.len().saturating_add(1));
            ink.put(part);
            rest = more.strip_prefix(b";").unwrap_or(more);
            rest = rest.strip_prefix(b" ").unwrap_or(rest);
            if !more.is_empty() {
                ink.byte(b';');
            }
        }
    }
}

/// The name under which a recipient may save a part: any text of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct FileName<'a>(&'a str);

impl<'a> FileName<'a> {
    /// Checks `name`.
    ///
    /// # Errors
    /// At the first control character; [`Fault::Incomplete`] if it is empty.
    pub fn new(name: &'a str) -> Result<Self, Syntax> {
        HeaderText::new(name)?;
        if name.is_empty() { Err(Syntax::new(Fault::Incomplete, &[], 0)) } else { Ok(Self(name)) }
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &'a str {
        self.0
    }

    /// Appends the parameter `filename` with the semicolon in front of it: in quotes if it is short
    /// ASCII, else in UTF-8 and percent signs, cut into several parameters where it is long.
    ///
    /// ```abnf
    /// ext-value = charset "'" [language] "'" *( attribute-char / "%" 2HEXDIG )   ; RFC 2231 §4
    /// ```
    pub(crate) fn emit(&self, ink: &mut Ink<'_>) {
        // filename*999*=utf-8'' and a semicolon leave room for this many
        const SECTION: usize = 48;
        let octets = self.0.as_bytes();
        // Some decode encoded words in quotes, too.
        let encoded = octets.iter().zip(octets.iter().skip(1)).any(|pair| pair == (&b'=', &b'?'));
        if octets.len() <= SECTION && !encoded && octets.iter().all(|octet| is_quotable(*octet)) {
            ink.byte(b';');
            ink.space(octets.len().saturating_add(11));
            ink.put(b"filename=\"");
            ink.put(octets);
            ink.byte(b'"');
            return;
        }
        let whole =
            octets.iter().map(|octet| percent_width(*octet)).fold(0, usize::saturating_add) <= SECTION;
        let mut rest = octets;
        let mut left = SECTION;
        let mut number = 0_u16;
        ink.byte(b';');
        section(whole, number, ink);
        ink.put(b"utf-8''");
        while let Some((_, behind)) = rest.split_first() {
            // Cut between characters: some decode each section by itself.
            let inner = behind.iter().take_while(|octet| is_inner(**octet)).count();
            let (character, behind) = rest.split_at_checked(inner.saturating_add(1)).unwrap_or((rest, b""));
            rest = behind;
            let width = character.iter().map(|octet| percent_width(*octet)).fold(0, usize::saturating_add);
            left = left.checked_sub(width).unwrap_or_else(|| {
                number = number.saturating_add(1);
                ink.byte(b';');
                section(whole, number, ink);
                SECTION.saturating_sub(width)
            });
            for octet in character {
                if is_attribute(*octet) {
                    ink.byte(*octet);
                } else {
                    ink.escape(b'%', *octet);
                }
            }
        }
    }
}

/// Appends the front of a parameter, or of a section of it (RFC 2231 §4.1), on a new line.
fn section(whole: bool, number: u16, ink: &mut Ink<'_>) {
    ink.space(WIDTH);
    ink.put(b"filename*");
    if !whole {
        decimal(number, ink);
        ink.byte(b'*');
    }
    ink.byte(b'=');
}

fn media_type(input: &[u8]) -> Parsed<'_, ()> {
    let (rest, kind) = run_of(input, is_token)?;
    if kind.eq_ignore_ascii_case(b"multipart") || kind.eq_ignore_ascii_case(b"message") {
        return fail(Fault::Value, input);
    }
    let (rest, ()) = octet(b'/')(rest)?;
    let (mut rest, _) = run_of(rest, is_token)?;
    while let Ok((behind, ())) = octet(b';')(rest) {
        let behind = behind.strip_prefix(b" ").unwrap_or(behind);
        let (behind, _) = run_of(behind, is_token)?;
        let (value, ()) = octet(b'=')(behind)?;
        rest = match octet(b'"')(value) {
            Ok((quoted, ())) => run_of(quoted, is_quotable).and_then(|(rest, _)| octet(b'"')(rest))?.0,
            Err(_) => run_of(value, is_token)?.0,
        };
    }
    Ok((rest, ()))
}

/// ```abnf
/// token = 1*<any ASCII CHAR except SPACE, CTLs, or tspecials>
/// ```
fn is_token(octet: u8) -> bool {
    matches!(octet, b'!'..=b'~') && !b"()<>@,;:\\\"/[]?=".contains(&octet)
}

/// What stands in quotes as it is. A percent sign does not, because some take it for encoding.
fn is_quotable(octet: u8) -> bool {
    matches!(octet, b' '..=b'~') && !matches!(octet, b'"' | b'\\' | b'%')
}

/// `attribute-char` (RFC 2231 §7).
fn is_attribute(octet: u8) -> bool {
    is_token(octet) && !matches!(octet, b'*' | b'\'' | b'%')
}

fn percent_width(octet: u8) -> usize {
    if is_attribute(octet) { 1 } else { 3 }
}

fn decimal(number: u16, ink: &mut Ink<'_>) {
    let mut unit = 10_000;
    while unit > 0 {
        if number >= unit || unit == 1 {
            ink.byte(b'0'.wrapping_add((number / unit % 10) as u8));
        }
        unit /= 10;
    }
}
