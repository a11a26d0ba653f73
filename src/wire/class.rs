//! Classes of octets, in one table of 256 octets that all grammars share: a look-up for each octet
//! costs less time than comparisons, and one table costs less flash than many of them.

use super::syntax::{Fault, Parsed, fail};

/// `atext` (RFC 5322 §3.2.3; RFC 6531 §3.3 adds UTF-8).
pub(crate) const ATEXT: u8 = 1;
/// `Let-dig` (RFC 5321 §4.1.2), or an octet of a U-label (RFC 6531 §3.3).
pub(crate) const LET_DIG: u8 = 2;
/// The hyphen, which may stand inside a label only.
pub(crate) const HYPHEN: u8 = 4;
/// The underscore, which host names must not have, but do.
pub(crate) const UNDERSCORE: u8 = 8;
/// `qtextSMTP` (RFC 5321 §4.1.2; RFC 6531 §3.3 adds UTF-8).
pub(crate) const QTEXT: u8 = 16;
/// `dcontent` (RFC 5321 §4.1.3).
pub(crate) const DCONTENT: u8 = 32;
/// `esmtp-value` (RFC 5321 §4.1.2; RFC 6531 §3.3 adds UTF-8).
pub(crate) const VALUE: u8 = 64;
/// Text: HT, space to tilde (RFC 5321 §4.2), and any octet above 127.
pub(crate) const TEXT: u8 = 128;

/// What UTF-8 adds to the classes. Whether the octets are UTF-8 is found out once for a whole value.
const NON_ASCII: u8 = ATEXT | LET_DIG | QTEXT | VALUE | TEXT;

static TABLE: [u8; 256] = table();

/// Whether `octet` is in one of `classes`.
pub(crate) fn is(octet: u8, classes: u8) -> bool {
    TABLE.get(usize::from(octet)).copied().unwrap_or_default() & classes != 0
}

/// `part *("." part)`, where a part begins and ends with an octet of `edge` and has octets of
/// `edge` or `inner` between; gives what stands behind. The shape of both a Dot-string and a Domain.
pub(crate) fn dotted(input: &[u8], edge: u8, inner: u8) -> Parsed<'_, ()> {
    let mut rest = input;
    loop {
        let at = rest.iter().position(|octet| !is(*octet, edge | inner)).unwrap_or(rest.len());
        let (part, behind) = rest.split_at_checked(at).unwrap_or_default();
        match part {
            [first, .., last] if is(*first, edge) && is(*last, edge) => {}
            [only] if is(*only, edge) => {}
            [first, ..] if is(*first, edge) => return fail(Fault::Unexpected, behind),
            _ => return fail(Fault::Unexpected, rest),
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
    let mut table = [NON_ASCII; 256];
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
        classes |= LET_DIG | ATEXT;
    }
    if matches!(octet, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'/' | b'=' | b'?' | b'^'..=b'`' | b'{'..=b'~')
    {
        classes |= ATEXT;
    }
    if octet == b'-' {
        classes |= HYPHEN;
    }
    if octet == b'_' {
        classes |= UNDERSCORE;
    }
    if matches!(octet, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~') {
        classes |= QTEXT;
    }
    if matches!(octet, b'!'..=b'Z' | b'^'..=b'~') {
        classes |= DCONTENT;
    }
    if matches!(octet, b'!'..=b'<' | b'>'..=b'~') {
        classes |= VALUE;
    }
    if matches!(octet, b'\t' | b' '..=b'~') {
        classes |= TEXT;
    }
    classes
}
