//! All the parameters of one command.

use core::fmt;

use crate::wire::class::before;
use crate::wire::limits;
use crate::wire::scan::{Scan, read};
use crate::wire::syntax::{Fault, Syntax, spaces, whole};
use crate::wire::writer::{Emit, Writer};

use super::Param;

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
    Wire(&'a [u8]),
    List(&'a [Param<'a>]),
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
        Self(Source::Wire(wire))
    }

    /// The octets of parameters that came from a peer.
    pub(crate) fn wire(&self) -> &'a [u8] {
        match self.0 {
            Source::Wire(wire) => wire,
            Source::List(_) => &[],
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        match self.0 {
            Source::Wire(wire) => wire.is_empty(),
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
        let mut known = 0_u16;
        let mut unknown = 0_usize;
        loop {
            let front = scan.rest;
            let (keyword, param) = Param::read(scan)?;
            if let Some(keyword) = keyword {
                if known & keyword.bit() != 0 {
                    return scan.none(Fault::Duplicate, front);
                }
                known |= keyword.bit();
            } else {
                if unknown == limits::UNKNOWN_PARAMETERS {
                    return scan.none(Fault::TooLong, front);
                }
                unknown = unknown.saturating_add(1);
                let keyword = param.keyword();
                let mut earlier = ParamsIter(Source::Wire(before(input, front)));
                if earlier.any(|other| other.keyword().eq_ignore_ascii_case(keyword)) {
                    return scan.none(Fault::Duplicate, front);
                }
            }
            if scan.rest.is_empty() {
                return Some(Self(Source::Wire(input)));
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
            Source::Wire(wire) => out.put(wire),
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
            Source::Wire(wire) => {
                let mut scan = Scan::new(wire);
                let (_, param) = Param::read(&mut scan)?;
                *wire = spaces(scan.rest);
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
