//! Parameters with keywords that this crate does not know.

use crate::wire::class::{KEYWORD, VALUE, packed_run, run};
use crate::wire::syntax::{Fault, Parsed, Syntax, fail, utf8, whole};
use crate::wire::writer::{Emit, Writer};

use super::keyword::Keyword;

/// A keyword that this crate does not know, and its value if it has one.
///
/// Two are equal when their keywords are but for case, and their values in full.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Other<'a> {
    keyword: &'a str,
    value: Option<&'a str>,
}

impl<'a> Other<'a> {
    /// Checks a parameter of an extension that this crate does not know.
    ///
    /// # Errors
    /// When `keyword` or `value` does not follow its grammar (RFC 5321 §4.1.2), or when the keyword is
    /// one that [`Param`](super::Param) has a variant for: [`Fault::Duplicate`]. The position counts in
    /// the one that is wrong.
    pub fn new(keyword: &'a str, value: Option<&'a str>) -> Result<Self, Syntax> {
        let (word, packed) = whole(keyword.as_bytes(), self::keyword)?;
        if Keyword::find(word, packed).is_some() {
            return Err(Syntax::new(Fault::Duplicate, keyword.as_bytes(), 0));
        }
        if let Some(value) = value {
            whole(value.as_bytes(), self::value)?;
        }
        Ok(Self { keyword, value })
    }

    /// The keyword as it was written; its case has no meaning.
    pub fn keyword(&self) -> &'a str {
        self.keyword
    }

    /// The value, never empty.
    pub fn value(&self) -> Option<&'a str> {
        self.value
    }

    /// From a keyword and a value that have been scanned, and behind which stands `rest`.
    pub(crate) fn scanned(keyword: &'a [u8], value: Option<&'a [u8]>, rest: &'a [u8]) -> Parsed<'a, Self> {
        let (_, keyword) = utf8(keyword, rest)?;
        let value = match value {
            Some(value) => Some(utf8(value, rest)?.1),
            None => None,
        };
        Ok((rest, Self { keyword, value }))
    }
}

impl PartialEq for Other<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.keyword.eq_ignore_ascii_case(other.keyword) && self.value == other.value
    }
}

impl Eq for Other<'_> {}

impl Emit for Other<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        out.put(self.keyword.as_bytes());
        if let Some(value) = self.value {
            out.byte(b'=');
            out.put(value.as_bytes());
        }
    }
}

/// `esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")`, and packed.
pub(crate) fn keyword(input: &[u8]) -> Parsed<'_, (&[u8], u64)> {
    if input.first() == Some(&b'-') {
        return fail(Fault::Unexpected, input);
    }
    packed_run(input, KEYWORD)
}

/// `esmtp-value = 1*(%d33-60 / %d62-126 / UTF8-non-ascii)`
pub(crate) fn value(input: &[u8]) -> Parsed<'_, &[u8]> {
    run(input, VALUE)
}
