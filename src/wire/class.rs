//! Classes of octets, in one table of 256 octets that all grammars share: a look-up for each octet
//! costs less time than comparisons, and one table costs less flash than many of them.
//!
//! What UTF-8 adds to a class (RFC 6531 §3.3) is any octet above 127; whether the octets are UTF-8 is
//! found out once for a whole value.

use super::syntax::{Fault, Parsed, fail};

/// `atext` (RFC 5322 §3.2.3), UTF-8.
pub(crate) const ATEXT: u8 = 1;
/// What a label has: letters, digits, hyphens (RFC 5321 §4.1.2), UTF-8.
pub(crate) const LDH: u8 = 2;
/// What the labels of hosts' names have in the field: underscores too.
pub(crate) const HOST: u8 = 4;
/// What an `esmtp-keyword` has: letters, digits, hyphens (RFC 5321 §4.1.2).
pub(crate) const KEYWORD: u8 = 8;
/// `esmtp-value` (RFC 5321 §4.1.2), UTF-8.
pub(crate) const VALUE: u8 = 16;
/// `xchar` (RFC 3461 §4).
pub(crate) const XCHAR: u8 = 32;
/// `dcontent` (RFC 5321 §4.1.3).
pub(crate) const DCONTENT: u8 = 64;
/// Text: HT, space to tilde (RFC 5321 §4.2), and any octet above 127.
pub(crate) const TEXT: u8 = 128;

static TABLE: [u8; 256] = table();

fn classes_of(octet: u8) -> u8 {
    TABLE.get(usize::from(octet)).copied().unwrap_or_default()
}

/// Whether `octet` is in `class`.
pub(crate) fn is(octet: u8, class: u8) -> bool {
    classes_of(octet) & class != 0
}

/// One octet or more of `class`.
pub(crate) fn run(input: &[u8], class: u8) -> Parsed<'_, &[u8]> {
    run_of(input, |octet| is(octet, class))
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

/// `word`, in any case of letters; for the same reason not nom's `tag_no_case`.
pub(crate) fn no_case<'a>(input: &'a [u8], word: &[u8]) -> Parsed<'a, ()> {
    match input.split_at_checked(word.len()) {
        Some((found, rest)) if found.eq_ignore_ascii_case(word) => Ok((rest, ())),
        _ => fail(Fault::Unexpected, input),
    }
}

/// `part *("." part)`, where a part has one octet or more of `class`, which does not hold the dot.
/// This is the shape of both a Dot-string and a Domain.
pub(crate) fn dotted(input: &[u8], class: u8) -> Parsed<'_, ()> {
    let mut rest = input;
    loop {
        let (behind, part) = run(rest, class)?;
        // Labels have hyphens inside only.
        if class != ATEXT && part.first() == Some(&b'-') {
            return fail(Fault::Unexpected, rest);
        }
        if class != ATEXT && part.last() == Some(&b'-') {
            return fail(Fault::Unexpected, behind);
        }
        match behind {
            [b'.', next @ ..] => rest = next,
            _ => return Ok((behind, ())),
        }
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

/// The octets of `input` in front of `rest`, which is its end.
pub(crate) fn before<'a>(input: &'a [u8], rest: &[u8]) -> &'a [u8] {
    input.get(..input.len().saturating_sub(rest.len())).unwrap_or_default()
}

const fn table() -> [u8; 256] {
    let mut table = [ATEXT | LDH | HOST | VALUE | TEXT; 256];
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
        classes |= LDH | HOST | KEYWORD | ATEXT;
    }
    if octet == b'-' {
        classes |= LDH | HOST | KEYWORD;
    }
    if octet == b'_' {
        classes |= HOST;
    }
    if matches!(octet, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'/' | b'=' | b'?' | b'^'..=b'`' | b'{'..=b'~')
    {
        classes |= ATEXT;
    }
    if matches!(octet, b'!'..=b'<' | b'>'..=b'~') {
        classes |= VALUE;
    }
    if matches!(octet, b'!'..=b'*' | b','..=b'<' | b'>'..=b'~') {
        classes |= XCHAR;
    }
    if matches!(octet, b'!'..=b'Z' | b'^'..=b'~') {
        classes |= DCONTENT;
    }
    if matches!(octet, b'\t' | b' '..=b'~') {
        classes |= TEXT;
    }
    classes
}
