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
pub(crate) const fn address_literal(scan: &mut Scan<'_>) -> bool {
    let content = scan.rest;
    let matches = if scan.no_case(b"IPv6:") {
        ipv6(scan, None)
    } else if scan.run(KEYWORD) && matches!(scan.rest, [b':', ..]) {
        !matches!(before(content, scan.rest), [.., b'-']) && scan.octet(b':') && scan.run(DCONTENT)
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
pub(crate) const fn ipv4(scan: &mut Scan<'_>) -> Option<u32> {
    let mut bits = 0_u32;
    let mut place = 0_u8;
    loop {
        let front = scan.rest;
        let Some(number) = scan.number(10, 3) else { return None };
        if number > 255 {
            scan.wrong(Fault::Number, front);
            return None;
        }
        bits = bits << 8 | number as u32;
        if place == 3 {
            return Some(bits);
        }
        if !scan.octet(b'.') {
            return None;
        }
        place = place.wrapping_add(1);
    }
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
/// `::` stands for two groups at least, so six others go with it. `parts` takes the groups, for whoever wants them.
pub(crate) const fn ipv6(scan: &mut Scan<'_>, mut parts: Option<&mut Groups>) -> bool {
    let input = scan.rest;
    let (mut groups, mut most) = (0_usize, 8);
    loop {
        if let [b':', b':', behind @ ..] = scan.rest
            && most == 8
        {
            most = 6;
            if let Some(parts) = &mut parts {
                parts.gap();
            }
            scan.rest = behind;
            // It may be the address's end, which a single colon may not.
            if !matches!(behind, [digit, ..] if digit.is_ascii_hexdigit()) {
                break;
            }
        } else if groups > 0 && !scan.octet(b':') {
            break;
        }
        let front = scan.rest;
        let Some(group) = scan.number(16, 4) else { return false };
        groups = groups.wrapping_add(1);
        if matches!(scan.rest, [b'.', ..]) {
            scan.rest = front;
            let Some(bits) = ipv4(scan) else { return false };
            if let Some(parts) = &mut parts {
                parts.add((bits >> 16) as u16);
                parts.add(bits as u16);
            }
            groups = groups.wrapping_add(1);
            break;
        }
        if let Some(parts) = &mut parts {
            parts.add(group);
        }
    }
    (if most == 8 { groups == 8 } else { groups <= 6 }) || scan.wrong(Fault::Number, input)
}

/// The groups of an IPv6 address as they come.
#[derive(Default)]
pub(crate) struct Groups {
    /// Those in front of the `::`, at the address's front.
    in_front: u128,
    /// Those since then.
    behind: u128,
    count: u32,
}

impl Groups {
    const fn add(&mut self, group: u16) {
        self.behind = self.behind << 16 | group as u128;
        self.count = self.count.wrapping_add(1);
    }

    /// The `::`.
    const fn gap(&mut self) {
        // Nothing is left when it stands first.
        let by = 8_u32.wrapping_sub(self.count).saturating_mul(16);
        self.in_front = if by < u128::BITS { self.behind << by } else { 0 };
        self.behind = 0;
    }

    pub(crate) const fn bits(&self) -> u128 {
        self.in_front | self.behind
    }
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
