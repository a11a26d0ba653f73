//! What addresses, hosts' names and parameters are read by: a place in the text that moves on.
//!
//! Their rules say whether they matched, or give the value that they read, and leave the place where they stopped. On a small
//! machine that is a third of what nom's results take, which travel through memory. Those of addresses can be asked when compiling
//! too, so that what a program knows then is checked then, and no grammar is linked for it.

use super::class::{Class, before, is, packed_front, same_word, skip};
use super::syntax::{Fault, Left, Parsed, Syntax, syntax_at};

/// A place in a text. Each rule returns whether it matched; when it did not, the place is the octet at fault.
pub(crate) struct Scan<'a> {
    pub(crate) rest: &'a [u8],
    fault: Fault,
}

/// Checks that `rule` matches the whole of `value`.
pub(crate) fn check(value: &[u8], rule: fn(&mut Scan<'_>) -> bool) -> Result<(), Syntax> {
    let mut scan = Scan::new(value);
    let matches = rule(&mut scan);
    scan.whole(value, matches)
}

/// The front of `input` that `rule` matches.
pub(crate) fn matched<'a>(input: &'a [u8], rule: impl FnOnce(&mut Scan<'a>) -> bool) -> Parsed<'a, &'a [u8]> {
    let mut scan = Scan::new(input);
    if rule(&mut scan) {
        Ok((scan.rest, before(input, scan.rest)))
    } else {
        Err(nom::Err::Error(Left::new(scan.rest, scan.fault)))
    }
}

/// What `rule` reads at the front of `input`.
pub(crate) fn read<'a, T>(input: &'a [u8], rule: impl FnOnce(&mut Scan<'a>) -> Option<T>) -> Parsed<'a, T> {
    let mut scan = Scan::new(input);
    match rule(&mut scan) {
        Some(value) => Ok((scan.rest, value)),
        None => Err(nom::Err::Error(Left::new(scan.rest, scan.fault))),
    }
}

impl<'a> Scan<'a> {
    pub(crate) const fn new(rest: &'a [u8]) -> Self {
        Self { rest, fault: Fault::Unexpected }
    }

    /// What a constructor says of `value`, when a rule `matches` its front and the place is behind that.
    pub(crate) const fn whole(&self, value: &[u8], matches: bool) -> Result<(), Syntax> {
        if matches && self.rest.is_empty() {
            return Ok(());
        }
        Err(syntax_at(value, self.rest.len(), self.fault))
    }

    /// It does not match, for another reason than an octet that is not allowed.
    pub(crate) const fn wrong(&mut self, fault: Fault, at: &'a [u8]) -> bool {
        (self.rest, self.fault) = (at, fault);
        false
    }

    /// The same for rules that give a value.
    pub(crate) fn none<T>(&mut self, fault: Fault, at: &'a [u8]) -> Option<T> {
        (self.rest, self.fault) = (at, fault);
        None
    }

    /// Up to here; the octets passed since `front` was the rest.
    pub(crate) fn since(&self, front: &'a [u8]) -> &'a [u8] {
        before(front, self.rest)
    }

    /// The octets passed since `front` was the rest, which must be UTF-8 (RFC 6531 §3.3).
    pub(crate) fn utf8(&mut self, front: &'a [u8]) -> Option<&'a str> {
        match core::str::from_utf8(self.since(front)) {
            Ok(text) => Some(text),
            Err(error) => self.none(Fault::Unexpected, front.get(error.valid_up_to()..).unwrap_or_default()),
        }
    }

    /// Whether what was passed since `front` was the rest is no more than `most` octets.
    pub(crate) fn at_most(&mut self, most: usize, front: &'a [u8]) -> bool {
        let excess = front.get(most..).unwrap_or_default();
        self.rest.len() >= excess.len() || self.wrong(Fault::TooLong, excess)
    }

    /// Exactly this octet.
    pub(crate) const fn octet(&mut self, wanted: u8) -> bool {
        match self.rest {
            [octet, behind @ ..] if *octet == wanted => {
                self.rest = behind;
                true
            }
            _ => false,
        }
    }

    /// `word`, in any case of letters; nothing is passed when it is not there.
    pub(crate) const fn no_case(&mut self, word: &[u8]) -> bool {
        match self.rest.split_at_checked(word.len()) {
            Some((found, behind)) if same_word(word, found) => {
                self.rest = behind;
                true
            }
            _ => false,
        }
    }

    /// One octet or more of `class`.
    pub(crate) const fn run(&mut self, class: &Class) -> bool {
        let behind = skip(self.rest, class);
        let any = behind.len() < self.rest.len();
        self.rest = behind;
        any
    }

    /// One octet or more of `class`, and the first eight of them [`packed`](super::class::packed).
    pub(crate) fn packed_run(&mut self, class: &Class) -> Option<(&'a [u8], u64)> {
        let front = self.rest;
        if !self.run(class) {
            return None;
        }
        let run = self.since(front);
        Some((run, packed_front(front, run)))
    }

    /// `1*DIGIT`, checked: what does not fit an `u64` is [`Fault::Number`], however long it is.
    pub(crate) fn decimal(&mut self) -> Option<u64> {
        let (front, mut value) = (self.rest, 0_u64);
        while let [digit @ b'0'..=b'9', behind @ ..] = self.rest {
            let appended = value.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit & 0x0f)));
            let Some(appended) = appended else {
                return self.none(Fault::Number, front);
            };
            (value, self.rest) = (appended, behind);
        }
        (self.rest.len() < front.len()).then_some(value)
    }

    /// `1*most` digits of this base, at most 16, as a number.
    pub(crate) const fn number(&mut self, base: u8, most: usize) -> Option<u16> {
        let (front, mut value) = (self.rest, 0_u16);
        while let [octet, behind @ ..] = self.rest
            && let digit = digit(*octet)
            && digit < base
        {
            value = value.wrapping_mul(base as u16).wrapping_add(digit as u16);
            self.rest = behind;
        }
        let digits = front.len().wrapping_sub(self.rest.len());
        if digits > most {
            self.wrong(Fault::Number, front);
        }
        if digits == 0 || digits > most { None } else { Some(value) }
    }

    /// `part *("." part)`, where a part has one octet or more of `class`, which does not hold the dot.
    /// This is the shape of both a Dot-string and a Domain; the parts of a Domain have hyphens inside, and
    /// those of a host's name `underscores` wherever a letter may be.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    pub(crate) const fn dotted(&mut self, class: &Class, underscores: bool) -> bool {
        const PART: u8 = 0;
        let mut in_front = b'.';
        loop {
            if self.run(class) {
                in_front = PART;
            }
            let [next, behind @ ..] = self.rest else { break };
            in_front = match next {
                b'.' if in_front == PART => b'.',
                b'-' if in_front != b'.' && !is(b'-', class) => b'-',
                b'_' if underscores => PART,
                _ => break,
            };
            self.rest = behind;
        }
        in_front == PART
    }
}

/// The value of a digit, of base 16 at most; 255 for what is none.
const fn digit(octet: u8) -> u8 {
    match octet {
        b'0'..=b'9' => octet & 0x0f,
        b'a'..=b'f' | b'A'..=b'F' => (octet & 0x0f).wrapping_add(9),
        _ => u8::MAX,
    }
}
