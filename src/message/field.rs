//! Header fields of the caller's own.

use super::ink::Ink;
use super::text::{HeaderText, value};
use crate::wire::{Fault, Syntax};

/// Longest word of a structured value: it cannot be folded.
const LONGEST_WORD: usize = 900;

/// Longest name of a field: an encoded word has to find room behind it.
const LONGEST_NAME: usize = 40;

/// Fields that the writer makes itself, or never lets out.
const OWN: [&str; 15] = [
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Bcc",
    "Resent-Bcc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "MIME-Version",
    "Return-Path",
];

/// A header field that the writer has no method for: `X-Device`, `List-Unsubscribe`, `DKIM-Signature`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Field<'a> {
    name: &'a str,
    value: Value<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Value<'a> {
    Text(HeaderText<'a>),
    Structured(&'a str),
}

impl<'a> Field<'a> {
    /// A field whose value is text for people (unstructured, RFC 5322 §2.2.1): it gets encoded where
    /// it must.
    ///
    /// # Errors
    /// [`Fault::Unexpected`] in the name, [`Fault::Duplicate`] if the writer makes this field itself
    /// (also `Bcc`, `Resent-Bcc` and every `Content-...`), or the value's first control character.
    pub fn text(name: &'a str, value: &'a str) -> Result<Self, Syntax> {
        check_name(name)?;
        Ok(Self { name, value: Value::Text(HeaderText::new(value)?) })
    }

    /// A field whose value is for programs: ASCII, never encoded, folded at its spaces only.
    ///
    /// # Errors
    /// As for [`text`](Field::text); any octet that is not printable ASCII; spaces in front, behind
    /// or side by side; a word of more than 900 octets.
    pub fn structured(name: &'a str, value: &'a str) -> Result<Self, Syntax> {
        check_name(name)?;
        let octets = value.as_bytes();
        let mut word = 0_usize;
        for (at, octet) in octets.iter().enumerate() {
            let fault = match octet {
                b'\r' | b'\n' | 0 => Fault::LineBreak,
                b' ' if word == 0 => Fault::Unexpected,
                b' ' => {
                    word = 0;
                    continue;
                }
                b'!'..=b'~' if word < LONGEST_WORD => {
                    word = word.saturating_add(1);
                    continue;
                }
                b'!'..=b'~' => Fault::TooLong,
                _ => Fault::Unexpected,
            };
            return Err(Syntax::new(fault, octets, at));
        }
        if word == 0 {
            return Err(Syntax::new(Fault::Incomplete, octets, octets.len()));
        }
        Ok(Self { name, value: Value::Structured(value) })
    }

    /// The field's name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The field's value.
    pub fn value(&self) -> &'a str {
        match self.value {
            Value::Text(text) => text.as_str(),
            Value::Structured(value) => value,
        }
    }

    /// Appends the field with its line end.
    pub(crate) fn emit(&self, utf8: bool, ink: &mut Ink<'_>) {
        ink.put(self.name.as_bytes());
        ink.byte(b':');
        match self.value {
            Value::Text(text) => text.emit(utf8, ink),
            Value::Structured(text) => value(text.as_bytes(), ink),
        }
        ink.line_end();
    }
}

/// ```abnf
/// field-name = 1*ftext
/// ftext      = %d33-57 / %d59-126
/// ```
fn check_name(name: &str) -> Result<(), Syntax> {
    let octets = name.as_bytes();
    let fault = |fault, at| Err(Syntax::new(fault, octets, at));
    if let Some(at) = octets.iter().position(|octet| !matches!(octet, b'!'..=b'9' | b';'..=b'~')) {
        return fault(Fault::Unexpected, at);
    }
    if octets.is_empty() {
        return fault(Fault::Incomplete, 0);
    }
    if octets.len() > LONGEST_NAME {
        return fault(Fault::TooLong, LONGEST_NAME);
    }
    let content = octets.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"Content-"));
    if content || OWN.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return fault(Fault::Duplicate, 0);
    }
    Ok(())
}
