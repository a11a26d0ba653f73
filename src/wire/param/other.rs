//! Parameters with keywords that this crate does not know.

use crate::wire::class::{KEYWORD, VALUE};
use crate::wire::scan::{Scan, check, read};
use crate::wire::syntax::{Fault, Syntax, text, whole};
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
        let (word, packed) = whole(keyword.as_bytes(), |input| read(input, self::keyword))?;
        if Keyword::find(word, packed).is_some() {
            return Err(Syntax::new(Fault::Duplicate, keyword.as_bytes(), 0));
        }
        if let Some(value) = value {
            check(value.as_bytes(), self::value)?;
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

    /// From a `keyword` that is known to be one; the value, if there is one, is at the scan's place.
    pub(crate) fn read(keyword: &'a [u8], has_value: bool, scan: &mut Scan<'a>) -> Option<Self> {
        let keyword = text(keyword);
        if !has_value {
            return Some(Self { keyword, value: None });
        }
        let front = scan.rest;
        if !value(scan) {
            return None;
        }
        let value = scan.utf8(front)?;
        Some(Self { keyword, value: Some(value) })
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
pub(crate) fn keyword<'a>(scan: &mut Scan<'a>) -> Option<(&'a [u8], u64)> {
    if scan.rest.first() == Some(&b'-') { None } else { scan.packed_run(KEYWORD) }
}

/// `esmtp-value = 1*(%d33-60 / %d62-126 / UTF8-non-ascii)`
fn value(scan: &mut Scan<'_>) -> bool {
    scan.run(VALUE)
}
