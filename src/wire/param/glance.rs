//! The usual parameters at a glance, where flash does not matter: checked by words, and no values made of them.

use crate::wire::class::{XCHAR, skip};
use crate::wire::limits;
use crate::wire::words::{Word, front};

use super::Found;
use super::keyword::Keyword;

/// The keyword of the parameter that `rest`, the end of `whole`, begins with, and what stands behind it: a space, or nothing. What
/// `found` has of its value is noted. `None` of whatever is not as nearly all are, wrong ones among them, of which
/// [`Param`](super::Param) knows more.
#[inline]
pub(super) fn usual<'a>(whole: &[u8], rest: &'a [u8], found: &mut Found) -> Option<(Keyword, &'a [u8])> {
    let eight = front(whole, rest)?;
    // Its first four octets, in small letters.
    let (keyword, behind) = match &((eight >> 32) as u32 | 0x2020_2020).to_be_bytes() {
        b"size" => {
            let (size, behind) = size(SIZE.behind(eight, rest)?)?;
            found.size = u32::try_from(size).unwrap_or(u32::MAX);
            (Keyword::Size, behind)
        }
        b"body" => (Keyword::Body, body(whole, BODY.behind(eight, rest)?)?),
        b"noti" => (Keyword::Notify, notify(whole, NOTIFY.behind(eight, rest)?)?),
        b"orcp" => (Keyword::Orcpt, orcpt(whole, ORCPT.behind(eight, rest)?)?),
        b"envi" => (Keyword::Envid, xtext(ENVID.behind(eight, rest)?, limits::ENVID)?),
        b"ret=" => (Keyword::Ret, RET_HDRS.behind(eight, rest).or_else(|| RET_FULL.behind(eight, rest))?),
        b"auth" => (Keyword::Auth, AUTH_UNKNOWN.behind(eight, rest)?),
        b"smtp" => (Keyword::SmtpUtf8, SMTPUTF8.behind(eight, rest)?),
        _ => return None,
    };
    matches!(behind, [] | [b' ', ..]).then_some((keyword, behind))
}

const SIZE: Word = Word::of(b"SIZE=");
const BODY: Word = Word::of(b"BODY=");
const NOTIFY: Word = Word::of(b"NOTIFY=");
const ORCPT: Word = Word::of(b"ORCPT=");
const ENVID: Word = Word::of(b"ENVID=");
const RET_HDRS: Word = Word::of(b"RET=HDRS");
const RET_FULL: Word = Word::of(b"RET=FULL");
const AUTH_UNKNOWN: Word = Word::of(b"AUTH=<>");
const SMTPUTF8: Word = Word::of(b"SMTPUTF8");

/// `size-value = 1*20DIGIT` (RFC 1870 §4), of at most 19, which 64 bits always hold.
fn size(mut rest: &[u8]) -> Option<(u64, &[u8])> {
    let (mut size, mut digits) = (0_u64, 0);
    while let [octet, behind @ ..] = rest
        && let digit @ 0..=9 = octet.wrapping_sub(b'0')
    {
        size = size.wrapping_mul(10).wrapping_add(u64::from(digit));
        (digits, rest) = (digits + 1, behind);
    }
    matches!(digits, 1..=19).then_some((size, rest))
}

/// `body-value = "7BIT" / "8BITMIME"` (RFC 6152 §2).
fn body<'a>(whole: &[u8], rest: &'a [u8]) -> Option<&'a [u8]> {
    const SEVEN_BIT: Word = Word::of(b"7BIT");
    const EIGHT_BIT_MIME: Word = Word::of(b"8BITMIME");
    let eight = front(whole, rest)?;
    EIGHT_BIT_MIME.behind(eight, rest).or_else(|| SEVEN_BIT.behind(eight, rest))
}

/// `notify-list-value` (RFC 3461 §4.1).
fn notify<'a>(whole: &[u8], value: &'a [u8]) -> Option<&'a [u8]> {
    const NEVER: Word = Word::of(b"NEVER");
    const SUCCESS: Word = Word::of(b"SUCCESS");
    const FAILURE: Word = Word::of(b"FAILURE");
    const DELAY: Word = Word::of(b"DELAY");
    let mut rest = value;
    loop {
        let eight = front(whole, rest)?;
        let behind = [FAILURE, SUCCESS, DELAY].into_iter().find_map(|word| word.behind(eight, rest));
        let Some(behind) = behind else {
            // It stands alone.
            return if rest.len() == value.len() { NEVER.behind(eight, rest) } else { None };
        };
        let [b',', next @ ..] = behind else { return Some(behind) };
        rest = next;
    }
}

/// `original-recipient-address` of the type `rfc822` (RFC 3461 §4.2).
fn orcpt<'a>(whole: &[u8], value: &'a [u8]) -> Option<&'a [u8]> {
    const RFC822: Word = Word::of(b"rfc822;");
    let address = RFC822.behind(front(whole, value)?, value)?;
    xtext(address, limits::ORCPT.saturating_sub(value.len().wrapping_sub(address.len())))
}

/// `xtext` (RFC 3461 §4) of at most so many octets, none of them encoded.
fn xtext(value: &[u8], most: usize) -> Option<&[u8]> {
    let rest = skip(value, XCHAR);
    matches!(value.len().wrapping_sub(rest.len()), length if length > 0 && length <= most).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::super::Param;
    use super::*;
    use crate::wire::scan::Scan;

    #[test]
    fn a_parameter_is_the_same_at_a_glance() {
        let keywords = [
            "SIZE=",
            "size=",
            "SIZE",
            "SIZ=",
            "BODY=",
            "Body=",
            "NOTIFY=",
            "notify=",
            "NOTIFI=",
            "ORCPT=",
            "ENVID=",
            "RET=",
            "ret=",
            "AUTH=",
            "SMTPUTF8",
            "smtputf8",
            "SMTPUTF8=",
            "SMTPUTF9",
            "REQUIRETLS",
            "BY=",
            "X-OTHER=",
        ];
        let values = [
            "",
            "0",
            "48213",
            "4294967295",
            "4294967296",
            "9999999999999999999",
            "18446744073709551615",
            "99999999999999999999",
            "000000000000000000000",
            "12x",
            "7BIT",
            "8BITMIME",
            "8bitmime",
            "BINARYMIME",
            "7BIT8",
            "8BITMIMEX",
            "NEVER",
            "never",
            "SUCCESS",
            "FAILURE,SUCCESS",
            "DELAY,failure",
            "SUCCESS,",
            ",SUCCESS",
            "SUCCESS,NEVER",
            "NEVER,DELAY",
            "SUCCESSX",
            "SUCCESS,,DELAY",
            "rfc822;bob@example.com",
            "RFC822;a+2Bb",
            "rfc822;a",
            "rfc822;",
            "rfc822;a+",
            "rfc822;a=b",
            "utf-8;a",
            "rfc822",
            "QQ314159",
            "a+20b",
            "<>",
            "<a>",
            "FULL",
            "HDRS",
            "HDR",
            "FULLS",
            "hdrs",
            "\u{e9}",
            "rfc822;\u{e9}",
            "a\r",
            "\0",
        ];
        let long = "a".repeat(600);
        let mut taken = 0;
        for keyword in keywords {
            for value in values.into_iter().chain([99, 100, 101, 493, 494].map(|length| &long[..length])) {
                for (kind, behind) in [("", ""), ("", " "), ("", " RET=HDRS"), ("rfc822;", ""), ("", "\t")] {
                    let whole = std::format!("SIZE=1 {keyword}{kind}{value}{behind}");
                    let rest = &whole.as_bytes()[7..];
                    for whole in [whole.as_bytes(), rest] {
                        let mut found = Found::default();
                        if let Some((keyword, behind)) = usual(whole, rest, &mut found) {
                            let (mut scan, mut expected) = (Scan::new(rest), Found::default());
                            let (known, _) = Param::read(&mut scan, &mut expected).expect("a parameter");
                            assert_eq!(
                                (known, scan.rest),
                                (Some(keyword), behind),
                                "{}",
                                rest.escape_ascii()
                            );
                            assert_eq!(found, expected, "{}", rest.escape_ascii());
                            taken += 1;
                        }
                    }
                }
            }
        }
        assert!(taken > 100, "{taken}");
    }
}
