//! Classes of octets, one definition for all grammars. Where there is memory for it, one table of 256 octets holds
//! them all, for a look-up costs less time than comparisons; on small machines each class is a set of bits of its own, and those
//! that nobody asks for take no flash.
//!
//! What UTF-8 adds to a class (RFC 6531 §3.3) is any octet above 127; whether the octets are UTF-8 is
//! found out once for a whole value.

use super::syntax::{Fault, Parsed, WIDE, fail};

/// A class of octets.
pub(crate) struct Class {
    /// The class's bit in the table.
    bit: u8,
    /// A bit for each octet up to 127, and whether those above are in the class.
    ascii: [u32; 4],
    beyond: bool,
}

/// `atext` (RFC 5322 §3.2.3), UTF-8.
pub(crate) const ATEXT: &Class = &Class::of(bit::ATEXT);
/// `Let-dig` (RFC 5321 §4.1.2), UTF-8: what a label has beside inner hyphens.
pub(crate) const LET_DIG: &Class = &Class::of(bit::LET_DIG);
/// The digits of base64 (RFC 4648 §4).
pub(crate) const BASE64: &Class = &Class::of(bit::BASE64);
/// What an `esmtp-keyword` has: letters, digits, hyphens (RFC 5321 §4.1.2).
pub(crate) const KEYWORD: &Class = &Class::of(bit::KEYWORD);
/// `esmtp-value` (RFC 5321 §4.1.2), UTF-8.
pub(crate) const VALUE: &Class = &Class::of(bit::VALUE);
/// `xchar` (RFC 3461 §4).
pub(crate) const XCHAR: &Class = &Class::of(bit::XCHAR);
/// `dcontent` (RFC 5321 §4.1.3).
pub(crate) const DCONTENT: &Class = &Class::of(bit::DCONTENT);
/// Text: HT, space to tilde (RFC 5321 §4.2), and any octet above 127.
pub(crate) const TEXT: &Class = &Class::of(bit::TEXT);

static TABLE: [u8; 256] = table();

impl Class {
    const fn of(bit: u8) -> Self {
        let (mut ascii, mut octet) = ([0; 4], 0);
        while octet < 128 {
            if classes(octet) & bit != 0 {
                ascii[octet as usize / 32] |= 1 << (octet % 32);
            }
            octet += 1;
        }
        Self { bit, ascii, beyond: BEYOND_ASCII & bit != 0 }
    }
}

/// Whether `octet` is in `class`.
pub(crate) const fn is(octet: u8, class: &Class) -> bool {
    // Every octet has its place in each of the two.
    if WIDE {
        return TABLE[octet as usize] & class.bit != 0;
    }
    if octet > 127 { class.beyond } else { class.ascii[(octet >> 5) as usize] >> (octet & 31) & 1 != 0 }
}

/// What stands behind the octets of `class` at the front. Eight octets a turn, which saves a third of
/// the instructions.
pub(crate) const fn skip<'a>(input: &'a [u8], class: &Class) -> &'a [u8] {
    let mut rest = input;
    while WIDE && let Some((eight, next)) = rest.split_first_chunk::<8>() {
        let (mut octets, mut at) = (eight.as_slice(), 0);
        while let [octet, others @ ..] = octets {
            if !is(*octet, class) {
                return behind(rest, at);
            }
            octets = others;
            at = at.wrapping_add(1);
        }
        rest = next;
    }
    while let [octet, behind @ ..] = rest
        && is(*octet, class)
    {
        rest = behind;
    }
    rest
}

/// One octet or more of `class`.
pub(crate) fn run<'a>(input: &'a [u8], class: &Class) -> Parsed<'a, &'a [u8]> {
    let rest = skip(input, class);
    match before(input, rest) {
        [] => fail(Fault::Unexpected, input),
        run => Ok((rest, run)),
    }
}

/// One octet or more that `allowed` allows. nom's own `take_while1` splits in a way that the
/// optimiser does not always prove free of panics.
pub(crate) fn run_of(input: &[u8], allowed: impl Fn(u8) -> bool) -> Parsed<'_, &[u8]> {
    let end = input.iter().position(|octet| !allowed(*octet)).unwrap_or(input.len());
    match input.split_at_checked(end) {
        Some((run @ [_, ..], rest)) => Ok((rest, run)),
        _ => fail(Fault::Unexpected, input),
    }
}

/// The first eight octets of `run`, the front of `input`, [`packed`].
pub(crate) fn packed_front(input: &[u8], run: &[u8]) -> u64 {
    match input.first_chunk::<8>() {
        // All eight at once, and those behind the run out again.
        Some(eight) if !run.is_empty() => packed_eight(*eight) >> (64 - 8 * run.len().min(8)),
        _ => packed(run),
    }
}

/// `word`, in any case of letters; for the same reason not nom's `tag_no_case`.
pub(crate) fn no_case<'a>(input: &'a [u8], word: &[u8]) -> Parsed<'a, ()> {
    match input.split_at_checked(word.len()) {
        Some((found, rest)) if same_word(word, found) => Ok((rest, ())),
        _ => fail(Fault::Unexpected, input),
    }
}

/// Up to eight octets as one number, letters made small; comparing two such numbers costs one
/// instruction. Among the octets of keywords and values no two others look the same.
pub(crate) const fn packed(word: &[u8]) -> u64 {
    let mut packed = 0;
    let mut rest = word;
    while let [octet, behind @ ..] = rest {
        packed = packed << 8 | (*octet | 0x20) as u64;
        rest = behind;
    }
    packed
}

/// The number of `word`, in any case of letters, in a list of words that each end in a space. It has no control characters.
pub(crate) fn place(word: &[u8], list: &[u8]) -> Option<u8> {
    let bit = place_bit(word, list);
    (bit != 0).then(|| bit.trailing_zeros() as u8)
}

/// The same as a bit, of 32 words at most: 0 when it is none of them.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(crate) fn place_bit(word: &[u8], list: &[u8]) -> u32 {
    // How much of the word is the same; behind its end as soon as it differs.
    let (mut bit, mut same) = (1, 0_usize);
    for octet in list {
        if *octet == b' ' {
            if same == word.len() {
                return bit;
            }
            (bit, same) = (bit << 1, 0);
        } else {
            // The case is one bit. Without it no two octets above the space are the same but letters.
            if word.get(same).is_none_or(|next| (next ^ octet) & !0x20 != 0) {
                same = usize::MAX / 2;
            }
            same = same.wrapping_add(1);
        }
    }
    0
}

/// Whether `word` is the word `known` in any case of letters. Most are written as they are known.
pub(crate) const fn same_word(known: &[u8], word: &[u8]) -> bool {
    let (mut known, mut word) = (known, word);
    while let ([first, known_behind @ ..], [octet, word_behind @ ..]) = (known, word) {
        if *first != *octet && !first.eq_ignore_ascii_case(octet) {
            return false;
        }
        (known, word) = (known_behind, word_behind);
    }
    known.is_empty() && word.is_empty()
}

/// As [`packed`], of eight octets at once.
pub(crate) const fn packed_eight(octets: [u8; 8]) -> u64 {
    u64::from_be_bytes(octets) | 0x2020_2020_2020_2020
}

/// The octets of `input` in front of `rest`, which is its end.
pub(crate) const fn before<'a>(input: &'a [u8], rest: &[u8]) -> &'a [u8] {
    match input.split_at_checked(input.len().wrapping_sub(rest.len())) {
        Some((front, _)) => front,
        None => &[],
    }
}

/// `input` without its first `octets`; nothing when it has fewer.
pub(crate) const fn behind(input: &[u8], octets: usize) -> &[u8] {
    match input.split_at_checked(octets) {
        Some((_, behind)) => behind,
        None => &[],
    }
}

/// What an octet above 127 is.
const BEYOND_ASCII: u8 = bit::ATEXT | bit::LET_DIG | bit::VALUE | bit::TEXT;

/// The classes' bits in the table.
mod bit {
    pub(super) const ATEXT: u8 = 1;
    pub(super) const LET_DIG: u8 = 2;
    pub(super) const BASE64: u8 = 4;
    pub(super) const KEYWORD: u8 = 8;
    pub(super) const VALUE: u8 = 16;
    pub(super) const XCHAR: u8 = 32;
    pub(super) const DCONTENT: u8 = 64;
    pub(super) const TEXT: u8 = 128;
}

const fn table() -> [u8; 256] {
    let mut table = [BEYOND_ASCII; 256];
    let mut octet = 0;
    while octet < 128 {
        table[octet as usize] = classes(octet);
        octet += 1;
    }
    table
}

const fn classes(octet: u8) -> u8 {
    let mut classes = 0;
    if matches!(octet, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9') {
        classes |= bit::LET_DIG | bit::BASE64 | bit::KEYWORD | bit::ATEXT;
    }
    if octet == b'-' {
        classes |= bit::KEYWORD;
    }
    if matches!(octet, b'+' | b'/') {
        classes |= bit::BASE64;
    }
    if matches!(octet, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'/' | b'=' | b'?' | b'^'..=b'`' | b'{'..=b'~')
    {
        classes |= bit::ATEXT;
    }
    if matches!(octet, b'!'..=b'<' | b'>'..=b'~') {
        classes |= bit::VALUE;
    }
    if matches!(octet, b'!'..=b'*' | b','..=b'<' | b'>'..=b'~') {
        classes |= bit::XCHAR;
    }
    if matches!(octet, b'!'..=b'Z' | b'^'..=b'~') {
        classes |= bit::DCONTENT;
    }
    if matches!(octet, b'\t' | b' '..=b'~') {
        classes |= bit::TEXT;
    }
    classes
}
