//! The keywords of the reply to EHLO, and how one is found.

use super::capability::Extension;
use super::class::{KEYWORD, behind, is, place_bit, same_word};
use super::stated::{behind_blanks, word_until};
use super::syntax::WIDE;
use super::words::Word;

/// Keyword, extension, and whether parameters may follow the keyword; in the extensions' order.
pub(super) const KEYWORDS: [(&str, Extension, bool); 19] = [
    ("PIPELINING", Extension::Pipelining, false),
    ("8BITMIME", Extension::EightBitMime, false),
    ("SMTPUTF8", Extension::SmtpUtf8, true), // RFC 6531 §3.1: parameters are ignored
    ("CHUNKING", Extension::Chunking, false),
    ("BINARYMIME", Extension::BinaryMime, false),
    ("ENHANCEDSTATUSCODES", Extension::EnhancedStatusCodes, false),
    ("DSN", Extension::Dsn, false),
    ("STARTTLS", Extension::StartTls, false),
    ("REQUIRETLS", Extension::RequireTls, false),
    ("SIZE", Extension::Size, true),
    ("AUTH", Extension::Auth, true),
    ("LIMITS", Extension::Limits, true),
    ("DELIVERBY", Extension::DeliverBy, true),
    ("FUTURERELEASE", Extension::FutureRelease, true),
    ("MT-PRIORITY", Extension::MtPriority, true),
    ("HELP", Extension::Help, false),
    ("VRFY", Extension::Vrfy, false),
    ("EXPN", Extension::Expn, false),
    ("XCLIENT", Extension::XClient, true),
];

/// The keywords, each with a space behind it: for small machines, where a table of texts takes more than the texts do.
const TEXT: [u8; text_length()] = text();

/// A bit for each extension whose keyword parameters may follow.
pub(super) const WITH_PARAMETERS: u32 = with_parameters();

/// The bit of the extension with this keyword of letters, digits and hyphens, in any case, behind any blanks; 0 when it is none. `line`
/// is then what stands behind it.
pub(super) fn find_keyword(line: &mut &[u8]) -> u32 {
    if !WIDE {
        // No keyword has a space, a control character or `=` in it.
        return place_bit(word_until(line, b'='), &TEXT);
    }
    match at_front(behind_blanks(line)) {
        Some((found, rest)) if rest.first().is_none_or(|next| !is(*next, KEYWORD)) => {
            *line = rest;
            1 << found
        }
        _ => 0,
    }
}

/// The number of the extension whose keyword is the front of `line`, in any case of letters, and what stands behind it: that may be
/// more letters. By words, where flash does not matter.
#[inline]
pub(super) fn at_front(line: &[u8]) -> Option<(u8, &[u8])> {
    // No two keywords begin with the same two octets.
    let found = *PLACES.get(slot(*line.first_chunk()?))?;
    let (name, front, last) = SHAPES.get(usize::from(found))?;
    let (keyword, rest) = line.split_at_checked(name.len())?;
    let same = match line.first_chunk() {
        Some(first) => {
            front.is(u64::from_be_bytes(*first)) && (name.len() <= 8 || ends_in(keyword, name, *last))
        }
        None => same_word(name, keyword),
    };
    same.then_some((found, rest))
}

/// Whether `keyword`, which has the first eight octets of `name` and more, has the others too. The last eight may overlap the first;
/// where they do not reach them, those between are judged one by one.
#[inline]
fn ends_in(keyword: &[u8], name: &[u8], last: Word) -> bool {
    keyword.last_chunk().is_some_and(|octets| last.is(u64::from_be_bytes(*octets)))
        && (name.len() <= 16 || same_word(behind(name, 8), behind(keyword, 8)))
}

/// Where the keyword that begins with these octets has its place in [`PLACES`].
const fn slot(front: [u8; 2]) -> usize {
    let front = u16::from_be_bytes(front) | 0x2020;
    (front.wrapping_mul(MULTIPLIER) >> (16 - 6)) as usize
}

/// One by which no two keywords have the same place ([`places`] does not compile else).
const MULTIPLIER: u16 = multiplier();

/// The number of the keyword that has this place, if there is one.
const PLACES: [u8; 64] = places();

/// Each keyword, and how its first eight octets look and its last.
const SHAPES: [(&[u8], Word, Word); KEYWORDS.len()] = shapes();

const fn text_length() -> usize {
    let (mut length, mut row) = (KEYWORDS.len(), 0);
    while row < KEYWORDS.len() {
        length += KEYWORDS[row].0.len();
        row += 1;
    }
    length
}

const fn text() -> [u8; text_length()] {
    let (mut text, mut at, mut row) = ([b' '; text_length()], 0, 0);
    while row < KEYWORDS.len() {
        let mut octet = 0;
        while octet < KEYWORDS[row].0.len() {
            text[at] = KEYWORDS[row].0.as_bytes()[octet];
            (at, octet) = (at + 1, octet + 1);
        }
        (at, row) = (at + 1, row + 1);
    }
    text
}

const fn with_parameters() -> u32 {
    let (mut bits, mut row) = (0, 0);
    while row < KEYWORDS.len() {
        if KEYWORDS[row].2 {
            bits |= KEYWORDS[row].1.bit();
        }
        row += 1;
    }
    bits
}

const fn multiplier() -> u16 {
    let mut multiplier = 1_u16;
    while multiplier < u16::MAX {
        let (mut taken, mut row, mut apart) = (0_u64, 0, true);
        while row < KEYWORDS.len() {
            let [a, b, ..] = KEYWORDS[row].0.as_bytes() else { return 0 };
            let front = u16::from_be_bytes([*a, *b]) | 0x2020;
            let place = 1 << (front.wrapping_mul(multiplier) >> (16 - 6));
            apart = apart && taken & place == 0;
            taken |= place;
            row += 1;
        }
        if apart {
            return multiplier;
        }
        multiplier += 2;
    }
    0
}

const fn places() -> [u8; 64] {
    let (mut places, mut row) = ([u8::MAX; 64], 0);
    while row < KEYWORDS.len() {
        let [a, b, ..] = KEYWORDS[row].0.as_bytes() else { panic!("a keyword has two octets") };
        let place = slot([*a, *b]);
        assert!(places[place] == u8::MAX, "two keywords have the same place");
        places[place] = row as u8;
        row += 1;
    }
    places
}

const fn shapes() -> [(&'static [u8], Word, Word); KEYWORDS.len()] {
    let mut shapes: [(&[u8], _, _); KEYWORDS.len()] = [(&[], Word::of(&[]), Word::of(&[])); KEYWORDS.len()];
    let mut row = 0;
    while row < shapes.len() {
        let keyword = KEYWORDS[row].0.as_bytes();
        let last = behind(keyword, keyword.len().saturating_sub(8));
        shapes[row] = (keyword, Word::of(keyword), Word::of(last));
        row += 1;
    }
    shapes
}
