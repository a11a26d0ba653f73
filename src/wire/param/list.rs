//! All the parameters of one command.

use core::fmt;

use crate::wire::class::before;
use crate::wire::limits;
use crate::wire::scan::{Scan, read};
use crate::wire::syntax::{Fault, Syntax, WIDE, spaces, whole};
use crate::wire::writer::{Emit, Writer};

use super::Param;
use super::glance::usual;
use super::keyword::Keyword;

/// The parameters of a command: checked octets from a peer, or a slice that the caller lends.
///
/// Two are equal when they have equal parameters in the same order.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Params<'a>(Source<'a>);

#[derive(Clone, Copy)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum Source<'a> {
    /// Parsed once, and found in order.
    Wire {
        octets: &'a [u8],
        found: Found,
    },
    List(&'a [Param<'a>]),
}

/// What was seen of parameters when they were parsed: enough for a server to judge them without parsing them again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(crate) struct Found {
    /// A bit for each keyword, and one for all that this crate does not know.
    keywords: u16,
    /// BODY is BINARYMIME.
    pub(super) binary: bool,
    /// SIZE's octets, as far as they fit.
    pub(super) size: u32,
}

impl Found {
    const OTHER: u16 = 1 << 15;

    /// Whether there are no others than `keywords`.
    pub(crate) fn are_among(self, keywords: u16) -> bool {
        self.keywords & !keywords == 0
    }

    pub(crate) fn has(self, keyword: Keyword) -> bool {
        self.keywords & keyword.bit() != 0
    }

    pub(crate) fn is_binary(self) -> bool {
        self.binary
    }
}

impl<'a> Params<'a> {
    /// No parameters.
    pub const NONE: Self = Self(Source::List(&[]));

    /// The parameters in `list`. Not to repeat one, and to give MAIL and RCPT only those that are
    /// theirs and offered, is the caller's part.
    ///
    /// ```
    /// use embedded_smtp::wire::{BodyType, Param, Params};
    /// let list = [Param::Size(1024), Param::Body(BodyType::EightBitMime)];
    /// assert_eq!(Params::of(&list), Params::parse(b"SIZE=1024 BODY=8BITMIME").unwrap());
    /// ```
    pub const fn of(list: &'a [Param<'a>]) -> Self {
        Self(Source::List(list))
    }

    /// Parses `esmtp-param *(SP esmtp-param)`, or nothing.
    ///
    /// Leniency: more than one space between two parameters.
    ///
    /// # Errors
    /// When a parameter does not follow its grammar, stands twice ([`Fault::Duplicate`]), or is one
    /// more unknown one than [`limits::UNKNOWN_PARAMETERS`] ([`Fault::TooLong`]).
    pub fn parse(wire: &'a [u8]) -> Result<Self, Syntax> {
        if wire.is_empty() { Ok(Self::NONE) } else { whole(wire, |wire| read(wire, Self::scan)) }
    }

    /// Octets that were parsed before.
    pub(crate) fn again(wire: &'a [u8]) -> Self {
        Self(Source::Wire { octets: wire, found: Found::default() })
    }

    /// What was found when they were parsed.
    pub(crate) fn found(&self) -> Found {
        match self.0 {
            Source::Wire { found, .. } => found,
            Source::List(_) => Found::default(),
        }
    }

    /// What SIZE says; 0 without it.
    pub(crate) fn size(&self) -> u64 {
        let found = self.found().size;
        if found < u32::MAX {
            return u64::from(found);
        }
        let size = |param| if let Param::Size(size) = param { Some(size) } else { None };
        self.iter().find_map(size).unwrap_or_default()
    }

    /// The octets of parameters that came from a peer.
    pub(crate) fn wire(&self) -> &'a [u8] {
        match self.0 {
            Source::Wire { octets, .. } => octets,
            Source::List(_) => &[],
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        match self.0 {
            Source::Wire { octets, .. } => octets.is_empty(),
            Source::List(list) => list.is_empty(),
        }
    }

    /// The parameters, one by one.
    pub fn iter(&self) -> ParamsIter<'a> {
        ParamsIter(self.0)
    }

    /// One parameter or more, up to the end of `input`.
    pub(crate) fn scan(scan: &mut Scan<'a>) -> Option<Self> {
        let input = scan.rest;
        let mut found = Found::default();
        let mut unknown = 0_usize;
        loop {
            let front = scan.rest;
            if WIDE && let Some((keyword, rest)) = usual(input, front, &mut found) {
                if found.has(keyword) {
                    return scan.none(Fault::Duplicate, front);
                }
                found.keywords |= keyword.bit();
                scan.rest = spaces(rest);
                if rest.is_empty() {
                    return Some(Self(Source::Wire { octets: input, found }));
                }
                continue;
            }
            let (keyword, param) = Param::read(scan, &mut found)?;
            if let Some(keyword) = keyword {
                if found.has(keyword) {
                    return scan.none(Fault::Duplicate, front);
                }
            } else {
                if unknown == limits::UNKNOWN_PARAMETERS {
                    return scan.none(Fault::TooLong, front);
                }
                unknown = unknown.saturating_add(1);
                let keyword = param.keyword();
                let mut earlier = Self::again(before(input, front)).iter();
                if earlier.any(|other| other.keyword().eq_ignore_ascii_case(keyword)) {
                    return scan.none(Fault::Duplicate, front);
                }
            }
            found.keywords |= keyword.map_or(Found::OTHER, Keyword::bit);
            if scan.rest.is_empty() {
                return Some(Self(Source::Wire { octets: input, found }));
            }
            if !scan.octet(b' ') {
                return None;
            }
            scan.rest = spaces(scan.rest);
        }
    }
}

impl<'a> From<&'a [Param<'a>]> for Params<'a> {
    fn from(list: &'a [Param<'a>]) -> Self {
        Self::of(list)
    }
}

impl<'a> IntoIterator for &Params<'a> {
    type Item = Param<'a>;
    type IntoIter = ParamsIter<'a>;

    fn into_iter(self) -> ParamsIter<'a> {
        self.iter()
    }
}

impl Default for Params<'_> {
    fn default() -> Self {
        Self::NONE
    }
}

impl PartialEq for Params<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Params<'_> {}

impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Appends the parameters with one space between two of them, and none in front.
impl Emit for Params<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        match self.0 {
            // As it came, so that a client links no parser of parameters.
            Source::Wire { octets, .. } => out.put(octets),
            Source::List(list) => {
                for (index, param) in list.iter().enumerate() {
                    if index > 0 {
                        out.byte(b' ');
                    }
                    param.emit(out);
                }
            }
        }
    }
}

/// The parameters of a [`Params`], one by one.
#[derive(Clone)]
pub struct ParamsIter<'a>(Source<'a>);

impl<'a> Iterator for ParamsIter<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        match &mut self.0 {
            Source::Wire { octets, .. } => {
                let mut scan = Scan::new(octets);
                let (_, param) = Param::read(&mut scan, &mut Found::default())?;
                *octets = spaces(scan.rest);
                Some(param)
            }
            Source::List(list) => {
                let (param, rest) = list.split_first()?;
                *list = rest;
                Some(*param)
            }
        }
    }
}

impl fmt::Debug for ParamsIter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
