//! A mailbox with the name of whom it belongs to: RFC 5322 §3.4.

use super::ink::Ink;
use super::text::{HeaderText, encoded_words, is_plain, words};
use crate::wire::class::{ATEXT, is};
use crate::wire::{Mailbox, Syntax};

/// Longest word of a name that is not encoded; even with each character escaped it can be folded.
const LONGEST_WORD: usize = 36;

/// A mailbox, and the name that people see beside it.
///
/// ```abnf
/// mailbox   = name-addr / addr-spec
/// name-addr = [display-name] "<" addr-spec ">"
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Address<'a> {
    name: Option<HeaderText<'a>>,
    mailbox: Mailbox<'a>,
}

impl<'a> Address<'a> {
    /// A mailbox without a name.
    pub fn new(mailbox: Mailbox<'a>) -> Self {
        Self { name: None, mailbox }
    }

    /// The same, with a display name: any text of one line; it is quoted or encoded as needed. An
    /// empty one is none.
    ///
    /// # Errors
    /// At the first control character of `name`.
    pub fn with_name(self, name: &'a str) -> Result<Self, Syntax> {
        let name = HeaderText::new(name)?;
        Ok(Self { name: if name.as_str().is_empty() { None } else { Some(name) }, ..self })
    }

    /// The display name.
    pub fn name(&self) -> Option<&'a str> {
        self.name.map(|name| name.as_str())
    }

    /// The mailbox.
    pub fn mailbox(&self) -> Mailbox<'a> {
        self.mailbox
    }

    /// Appends the address with a space or a fold in front of it; `more` stand behind it.
    pub(crate) fn emit(&self, utf8: bool, more: bool, ink: &mut Ink<'_>) {
        let mailbox = self.mailbox.as_bytes();
        let comma = usize::from(more);
        if let Some(name) = self.name {
            phrase(name.as_str(), utf8, ink);
        }
        // Some readers understand a quoted local part in brackets only.
        let brackets = self.name.is_some() || mailbox.first() == Some(&b'"');
        ink.space(mailbox.len().saturating_add(if brackets { 2 } else { 0 }).saturating_add(comma));
        if brackets {
            ink.byte(b'<');
        }
        ink.put(mailbox);
        if brackets {
            ink.byte(b'>');
        }
        if more {
            ink.byte(b',');
        }
    }
}

impl<'a> From<Mailbox<'a>> for Address<'a> {
    fn from(mailbox: Mailbox<'a>) -> Self {
        Self::new(mailbox)
    }
}

/// Appends a display name: as words, as a quoted string, or in encoded words.
///
/// ```abnf
/// phrase        = 1*word
/// word          = atom / quoted-string
/// quoted-string = DQUOTE *([FWS] qcontent) [FWS] DQUOTE
/// ```
fn phrase(name: &str, utf8: bool, ink: &mut Ink<'_>) {
    if !is_plain(name, utf8, LONGEST_WORD) {
        encoded_words(name, true, ink);
    } else if name.bytes().all(|octet| octet == b' ' || is(octet, ATEXT)) {
        words(name.as_bytes(), ink);
    } else {
        quoted_string(name.as_bytes(), ink);
    }
}

fn quoted_string(text: &[u8], ink: &mut Ink<'_>) {
    let escaped = |octet: u8| matches!(octet, b'"' | b'\\');
    let mut words = text.split(|octet| *octet == b' ').peekable();
    let mut first = true;
    while let Some(word) = words.next() {
        let last = words.peek().is_none();
        let backslashes = word.iter().filter(|octet| escaped(**octet)).count();
        let quotes = usize::from(first).saturating_add(usize::from(last));
        ink.space(word.len().saturating_add(backslashes).saturating_add(quotes));
        if first {
            ink.byte(b'"');
        }
        for octet in word {
            if escaped(*octet) {
                ink.byte(b'\\');
            }
            ink.byte(*octet);
        }
        if last {
            ink.byte(b'"');
        }
        first = false;
    }
}
