//! What the grammar's parsers share: nom's error type cut down to a position, the classes of
//! octets, and [`Syntax`], the error that says which octet and where.
//!
//! Every parser here works on a whole line or value (nom's `complete` parsers); framing comes first.

use super::class::behind;
use nom::IResult;
use nom::error::{ErrorKind, ParseError};

/// A value does not follow its grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Syntax {
    fault: Fault,
    /// Meaningless at the value's end.
    octet: u8,
    /// Twice the place, and 1 at the value's end: so that the whole fits a register.
    place: u16,
}

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Fault {
    /// CR, LF or NUL, which would break out of the line (RFC 5321 §2.3.8, §4.1.2).
    LineBreak,
    /// An octet that the grammar does not allow here.
    Unexpected,
    /// The value ends too early, or is empty.
    Incomplete,
    /// Longer than RFC 5321 §4.5.3.1 allows.
    TooLong,
    /// A number that does not fit its type or its bounds.
    Number,
    /// A keyword or parameter that stands twice.
    Duplicate,
    /// A parameter without the value it must have, or with one that it must not have.
    Value,
}

impl Syntax {
    /// A fault at octet `at` (counted from 0) of `value`.
    pub(crate) const fn new(fault: Fault, value: &[u8], at: usize) -> Self {
        let (octet, end) = if let [octet, ..] = behind(value, at) { (*octet, 0) } else { (0, 1) };
        let place = if at > MOST { MOST } else { at };
        Self { fault, octet, place: (place as u16) << 1 | end }
    }

    /// What is wrong.
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// Where, in octets from the front of the value; 32 767 stands for anything beyond.
    pub fn at(&self) -> usize {
        usize::from(self.place >> 1)
    }

    /// The octet found there; `None` at the value's end.
    pub fn octet(&self) -> Option<u8> {
        (self.place & 1 == 0).then_some(self.octet)
    }
}

/// The greatest place that is told.
const MOST: usize = (u16::MAX >> 1) as usize;

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::LineBreak => "CR, LF or NUL is not allowed",
            Self::Unexpected => "unexpected octet",
            Self::Incomplete => "ends too early",
            Self::TooLong => "longer than RFC 5321 allows",
            Self::Number => "number out of range",
            Self::Duplicate => "stands twice",
            Self::Value => "value missing or not allowed",
        })
    }
}

impl core::fmt::Display for Syntax {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (what, at) = (self.fault, self.at());
        match self.octet() {
            Some(octet) => write!(f, "{what}: 0x{octet:02x} at octet {at}"),
            None => write!(f, "{what}: at octet {at}"),
        }
    }
}

impl core::error::Error for Syntax {}

/// nom's error, cut down to how many octets were left where the parser gave up, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    octets: usize,
    fault: Fault,
}

impl Left {
    pub(crate) fn new(rest: &[u8], fault: Fault) -> Self {
        Self { octets: rest.len(), fault }
    }
}

impl ParseError<&[u8]> for Left {
    fn from_error_kind(input: &[u8], _: ErrorKind) -> Self {
        Self { octets: input.len(), fault: Fault::Unexpected }
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }

    /// Of two alternatives, the one that got further tells more.
    fn or(self, other: Self) -> Self {
        if other.octets < self.octets { other } else { self }
    }
}

/// A nom parser of this crate.
pub(crate) type Parsed<'a, T> = IResult<&'a [u8], T, Left>;

/// Runs `parser` over the whole of `value`; what it leaves over is the fault.
pub(crate) fn whole<'a, T>(
    value: &'a [u8],
    parser: impl FnOnce(&'a [u8]) -> Parsed<'a, T>,
) -> Result<T, Syntax> {
    let left = match complete(parser(value)) {
        Ok(parsed) => return Ok(parsed),
        Err(left) => left,
    };
    Err(syntax_at(value, left.octets, left.fault))
}

/// What is wrong with `value`, of which so many octets were `left` where it was given up.
#[cold]
#[inline(never)]
pub(crate) const fn syntax_at(value: &[u8], left: usize, fault: Fault) -> Syntax {
    let at = value.len().saturating_sub(left);
    let fault = match (behind(value, at), fault) {
        ([b'\r' | b'\n' | 0, ..], _) => Fault::LineBreak,
        ([], Fault::Unexpected) => Fault::Incomplete,
        (_, fault) => fault,
    };
    Syntax::new(fault, value, at)
}

fn complete<T>(parsed: Parsed<'_, T>) -> Result<T, Left> {
    match parsed {
        Ok(([], parsed)) => Ok(parsed),
        Ok((rest, _)) => Err(Left { octets: rest.len(), fault: Fault::Unexpected }),
        Err(nom::Err::Error(left) | nom::Err::Failure(left)) => Err(left),
        Err(nom::Err::Incomplete(_)) => Err(Left { octets: 0, fault: Fault::Unexpected }),
    }
}

/// A parser's end in failure: `rest` begins with the octet at fault.
pub(crate) fn fail<T>(fault: Fault, rest: &[u8]) -> Parsed<'_, T> {
    Err(nom::Err::Error(Left::new(rest, fault)))
}

/// Exactly this octet.
pub(crate) fn octet(wanted: u8) -> impl Fn(&[u8]) -> Parsed<'_, ()> {
    move |input| match input.split_first() {
        Some((&first, rest)) if first == wanted => Ok((rest, ())),
        _ => fail(Fault::Unexpected, input),
    }
}

/// Where `octet` first stands. memchr is faster where there is a vector unit, and larger everywhere.
pub(crate) fn find(octet: u8, octets: &[u8]) -> Option<usize> {
    if WIDE { memchr::memchr(octet, octets) } else { octets.iter().position(|other| *other == octet) }
}

/// Whether blocks pay: without a vector unit they are slower than single octets, and take flash. `tests/narrow.sh` has
/// a host do without.
pub(crate) const WIDE: bool = cfg!(all(
    not(embedded_smtp_narrow),
    any(target_feature = "sse2", target_feature = "neon", target_feature = "simd128")
));

/// Whether there is no octet above 127. In words, without a call, since most texts are short.
pub(crate) fn is_ascii(octets: &[u8]) -> bool {
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    if !WIDE {
        return octets.iter().all(u8::is_ascii);
    }
    // The last word overlaps those before it.
    let Some(last) = octets.last_chunk() else {
        return octets.iter().fold(0, |all, octet| all | octet).is_ascii();
    };
    let words = octets.as_chunks::<8>().0.iter();
    words.fold(u64::from_ne_bytes(*last), |all, word| all | u64::from_ne_bytes(*word)) & HIGH == 0
}

/// Whether UTF-8 holds U+0080 to U+009F: control characters which the grammar does not know of, and which terminals and
/// logs obey (RFC 5198 §2 keeps them out of text).
pub(crate) fn has_c1(text: &[u8]) -> bool {
    text.windows(2).any(|two| matches!(two, [0xc2, 0x80..=0x9f]))
}

/// What stands behind the spaces.
pub(crate) fn spaces(mut input: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = input {
        input = rest;
    }
    input
}

/// `line` without the spaces at its end, which have no meaning there.
pub(crate) fn trimmed(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b' '] = line {
        line = rest;
    }
    line
}

/// `value` itself when it is UTF-8, as nearly all is by being ASCII; `rest` stands behind it in the line.
pub(crate) fn proved_utf8<'a>(value: &'a [u8], rest: &'a [u8]) -> Parsed<'a, &'a [u8]> {
    if is_ascii(value) {
        return Ok((rest, value));
    }
    utf8(value, rest).map(|(rest, text)| (rest, text.as_bytes()))
}

/// What was proved to be UTF-8, as a text.
pub(crate) fn text(octets: &[u8]) -> &str {
    core::str::from_utf8(octets).unwrap_or_default()
}

/// The text of `value` when it is UTF-8 (RFC 6531 §3.3); `rest` stands behind it in the line.
pub(crate) fn utf8<'a>(value: &'a [u8], rest: &'a [u8]) -> Parsed<'a, &'a str> {
    match core::str::from_utf8(value) {
        Ok(text) => Ok((rest, text)),
        Err(error) => {
            let octets = value.len().saturating_sub(error.valid_up_to()).saturating_add(rest.len());
            Err(nom::Err::Error(Left { octets, fault: Fault::Unexpected }))
        }
    }
}
