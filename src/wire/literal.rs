//! Address literals: an address in brackets where a domain may stand.
//!
//! RFC 5321 §4.1.3. The addresses are checked and kept as text; core's own address parsers are
//! larger, and refuse the leading zeros that this grammar allows. Whoever wants the bits is handed
//! the parts one by one.

use super::class::{DCONTENT, KEYWORD, no_case, run, run_of};
use super::syntax::{Fault, Parsed, fail, find, octet, within};

/// ```abnf
/// address-literal = "[" ( IPv4-address-literal / IPv6-address-literal /
///                   General-address-literal ) "]"
/// ```
pub(crate) fn address_literal(input: &[u8]) -> Parsed<'_, ()> {
    let (rest, ()) = octet(b'[')(input)?;
    let (rest, content) = run(rest, DCONTENT)?;
    within(content, rest, |content| match no_case(content, b"IPv6:") {
        Ok((address, ())) => ipv6(address, &mut |_| ()),
        Err(_) if find(b':', content).is_some() => general(content),
        Err(_) => ipv4(content, &mut |_| ()),
    })
    .and_then(|(rest, ())| octet(b']')(rest))
}

/// ```abnf
/// IPv4-address-literal = Snum 3("." Snum)
/// Snum                 = 1*3DIGIT ; 0 to 255
/// ```
pub(crate) fn ipv4<'a>(input: &'a [u8], part: &mut impl FnMut(u8)) -> Parsed<'a, ()> {
    let (mut rest, first) = snum(input)?;
    part(first);
    for _ in 0..3 {
        (rest, ()) = octet(b'.')(rest)?;
        let (behind, next) = snum(rest)?;
        part(next);
        rest = behind;
    }
    Ok((rest, ()))
}

fn snum(input: &[u8]) -> Parsed<'_, u8> {
    let (rest, digits) = run_of(input, |octet| octet.is_ascii_digit())?;
    let value = digits
        .iter()
        .fold(0_u16, |value, digit| value.saturating_mul(10).saturating_add(u16::from(digit & 0x0f)));
    if value <= 255 && digits.len() <= 3 { Ok((rest, value as u8)) } else { fail(Fault::Number, input) }
}

/// ```abnf
/// IPv6-addr   = IPv6-full / IPv6-comp / IPv6v4-full / IPv6v4-comp
/// IPv6-full   = IPv6-hex 7(":" IPv6-hex)
/// IPv6-comp   = [IPv6-hex *5(":" IPv6-hex)] "::" [IPv6-hex *5(":" IPv6-hex)]
/// IPv6v4-full = IPv6-hex 5(":" IPv6-hex) ":" IPv4-address-literal
/// IPv6v4-comp = [IPv6-hex *3(":" IPv6-hex)] "::" [IPv6-hex *3(":" IPv6-hex) ":"]
///               IPv4-address-literal
/// IPv6-hex    = 1*4HEXDIG
/// ```
/// `::` stands for two groups at least, so six others go with it. `part` is told each group, and
/// `None` for the `::`.
pub(crate) fn ipv6<'a>(input: &'a [u8], part: &mut impl FnMut(Option<u16>)) -> Parsed<'a, ()> {
    let mut groups = 0_u8;
    let mut compressed = false;
    let mut rest = input;
    if let [b':', b':', behind @ ..] = input {
        compressed = true;
        part(None);
        rest = behind;
    }
    // `::` may be the address's end, a single colon may not.
    let mut ended = compressed && rest.is_empty();
    while !ended {
        let (behind, hex) = run_of(rest, |octet| octet.is_ascii_hexdigit())?;
        if behind.first() == Some(&b'.') {
            let mut bits = 0_u32;
            (rest, ()) = ipv4(rest, &mut |octet| bits = bits << 8 | u32::from(octet))?;
            part(Some((bits >> 16) as u16));
            part(Some(bits as u16));
            groups = groups.saturating_add(2);
            break;
        }
        if hex.len() > 4 {
            return fail(Fault::Number, rest);
        }
        part(Some(hex.iter().fold(0, |value, digit| value << 4 | nibble(*digit))));
        groups = groups.saturating_add(1);
        rest = behind;
        if rest.is_empty() {
            break;
        }
        (rest, ()) = octet(b':')(rest)?;
        if let [b':', behind @ ..] = rest
            && !compressed
        {
            compressed = true;
            part(None);
            rest = behind;
            ended = rest.is_empty();
        }
    }
    if groups == 8 && !compressed || groups <= 6 && compressed {
        Ok((rest, ()))
    } else {
        fail(Fault::Number, input)
    }
}

/// The value of a hexadecimal digit in either case.
fn nibble(digit: u8) -> u16 {
    u16::from(digit & 0x0f).wrapping_add(if digit.is_ascii_digit() { 0 } else { 9 })
}

/// ```abnf
/// General-address-literal = Standardized-tag ":" 1*dcontent
/// Standardized-tag        = Ldh-str
/// Ldh-str                 = *( ALPHA / DIGIT / "-" ) Let-dig
/// ```
fn general(input: &[u8]) -> Parsed<'_, ()> {
    let (rest, tag) = run(input, KEYWORD)?;
    if tag.last() == Some(&b'-') {
        return fail(Fault::Unexpected, rest);
    }
    let (rest, ()) = octet(b':')(rest)?;
    let (rest, _) = run(rest, DCONTENT)?;
    Ok((rest, ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        for good in [
            "[1.2.3.4]",
            "[255.255.255.255]",
            "[127.000.000.001]",
            "[IPv6:::]",
            "[IPv6:::1]",
            "[ipv6:1::]",
            "[IPv6:2001:db8::1]",
            "[IPv6:1:2:3:4:5:6:7:8]",
            "[IPv6:1:2:3:4:5:6::]",
            "[IPv6:::1:2:3:4:5:6]",
            "[IPv6:1:2:3:4:5:6:7.8.9.10]",
            "[IPv6:::ffff:192.0.2.1]",
            "[IPv6:::192.0.2.1]",
            "[IPv6:1:2:3::4:192.0.2.1]",
            "[x-25:foo]",
            "[a:b:!~]",
        ] {
            assert_eq!(address_literal(good.as_bytes()), Ok((b"".as_slice(), ())), "{good}");
        }
        for bad in [
            "",
            "[",
            "[]",
            "[1.2.3]",
            "[1.2.3.4",
            "[1.2.3.4.5]",
            "[1.2.3.256]",
            "[1.2.3.0004]",
            "[1.2.3.99999999999999999999999]",
            "[1.2..4]",
            "[IPv6:]",
            "[IPv6::]",
            "[IPv6::1]",
            "[IPv6:1:]",
            "[IPv6:::::]",
            "[IPv6:1::2::3]",
            "[IPv6:1:::2]",
            "[IPv6:1::2:]",
            "[IPv6:::1:]",
            "[IPv6:12345::]",
            "[IPv6:g::]",
            "[IPv6:1:2:3:4:5:6:7]",
            "[IPv6:1:2:3:4:5:6:7:8:9]",
            "[IPv6:1:2:3:4:5:6:7::]",
            "[IPv6:1:2:3:4:5:6:7:1.2.3.4]",
            "[IPv6:1.2.3.4]",
            "[IPv6:::1.2.3.4:1]",
            "[:x]",
            "[x:]",
            "[x-:y]",
            "[x:\\]",
            "[x:[]",
            "[x:y z]",
            "[\u{fc}:y]",
            "[x:\u{fc}]",
            "[x:\r]",
        ] {
            assert!(!matches!(address_literal(bad.as_bytes()), Ok(([], ()))), "{bad}");
        }
    }

    #[test]
    fn what_stands_behind_is_left() {
        assert_eq!(address_literal(b"[1.2.3.4]>"), Ok((b">".as_slice(), ())));
    }
}
