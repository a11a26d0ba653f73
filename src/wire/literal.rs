//! Address literals: an address in brackets where a domain may stand.
//!
//! RFC 5321 §4.1.3. The addresses are checked and kept as text; core's own address parsers are
//! larger, and refuse the leading zeros that this grammar allows. Whoever wants the bits is handed
//! the parts one by one.

use super::class::{DCONTENT, KEYWORD, before};
use super::scan::Scan;
use super::syntax::Fault;

/// Behind the first bracket.
///
/// ```abnf
/// address-literal         = "[" ( IPv4-address-literal / IPv6-address-literal /
///                           General-address-literal ) "]"
/// General-address-literal = Standardized-tag ":" 1*dcontent
/// Standardized-tag        = Ldh-str
/// Ldh-str                 = *( ALPHA / DIGIT / "-" ) Let-dig
/// ```
pub(crate) fn address_literal(scan: &mut Scan<'_>) -> bool {
    let content = scan.rest;
    let matches = if scan.no_case(b"IPv6:") {
        ipv6(scan, &mut |_| ())
    } else if scan.run(KEYWORD) && scan.rest.first() == Some(&b':') {
        before(content, scan.rest).last() != Some(&b'-') && scan.octet(b':') && scan.run(DCONTENT)
    } else {
        scan.rest = content;
        ipv4(scan).is_some()
    };
    matches && scan.octet(b']')
}

/// ```abnf
/// IPv4-address-literal = Snum 3("." Snum)
/// Snum                 = 1*3DIGIT ; 0 to 255
/// ```
pub(crate) fn ipv4(scan: &mut Scan<'_>) -> Option<u32> {
    let mut bits = 0_u32;
    for place in 0..4 {
        if place > 0 && !scan.octet(b'.') {
            return None;
        }
        let front = scan.rest;
        let number = scan.number(10, 3)?;
        if number > 255 {
            scan.wrong(Fault::Number, front);
            return None;
        }
        bits = bits << 8 | u32::from(number);
    }
    Some(bits)
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
pub(crate) fn ipv6(scan: &mut Scan<'_>, part: &mut impl FnMut(Option<u16>)) -> bool {
    let input = scan.rest;
    let (mut groups, mut most) = (0_usize, 8);
    loop {
        if let [b':', b':', behind @ ..] = scan.rest
            && most == 8
        {
            most = 6;
            part(None);
            scan.rest = behind;
            // It may be the address's end, which a single colon may not.
            if !behind.first().is_some_and(u8::is_ascii_hexdigit) {
                break;
            }
        } else if groups > 0 && !scan.octet(b':') {
            break;
        }
        let front = scan.rest;
        let Some(group) = scan.number(16, 4) else { return false };
        groups = groups.wrapping_add(1);
        if scan.rest.first() == Some(&b'.') {
            scan.rest = front;
            let Some(bits) = ipv4(scan) else { return false };
            part(Some((bits >> 16) as u16));
            part(Some(bits as u16));
            groups = groups.wrapping_add(1);
            break;
        }
        part(Some(group));
    }
    (if most == 8 { groups == 8 } else { groups <= 6 }) || scan.wrong(Fault::Number, input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::scan::matched;
    use crate::wire::syntax::Parsed;

    fn literal(input: &[u8]) -> Parsed<'_, &[u8]> {
        matched(input, |scan| scan.octet(b'[') && address_literal(scan))
    }

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
            assert_eq!(literal(good.as_bytes()), Ok((b"".as_slice(), good.as_bytes())), "{good}");
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
            assert!(!matches!(literal(bad.as_bytes()), Ok(([], _))), "{bad}");
        }
    }

    #[test]
    fn what_stands_behind_is_left() {
        assert_eq!(literal(b"[1.2.3.4]>"), Ok((b">".as_slice(), b"[1.2.3.4]".as_slice())));
    }
}
