//! IP addresses as text, both ways, for what stands in front of or beside a session. The grammar is
//! that of the address literals; core's own parsers and formatters are larger, and may panic for all
//! that the linker can tell.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::literal::{Groups, ipv4, ipv6};
use super::scan::Scan;
use super::writer::Writer;

/// Four numbers without leading zeros, which some would read as octal.
pub(crate) fn parse_v4(text: &[u8]) -> Option<Ipv4Addr> {
    if text.split(|octet| *octet == b'.').any(|number| matches!(number, [b'0', _, ..])) {
        return None;
    }
    let mut scan = Scan::new(text);
    let bits = ipv4(&mut scan)?;
    scan.rest.is_empty().then(|| Ipv4Addr::from_bits(bits))
}

/// Eight groups, or less with one `::` that stands for two or more; the last two may be an IPv4 address.
pub(crate) fn parse_v6(text: &[u8]) -> Option<Ipv6Addr> {
    let mut groups = Groups::default();
    let mut scan = Scan::new(text);
    let matches = ipv6(&mut scan, Some(&mut groups));
    (matches && scan.rest.is_empty()).then(|| Ipv6Addr::from_bits(groups.bits()))
}

/// An IPv4 address with dots, or the eight groups of an IPv6 address, none left out.
pub(crate) fn emit(address: IpAddr, out: &mut Writer<'_>) {
    match address {
        IpAddr::V4(address) => {
            for (index, octet) in address.octets().into_iter().enumerate() {
                if index > 0 {
                    out.byte(b'.');
                }
                out.number(u64::from(octet));
            }
        }
        IpAddr::V6(address) => {
            for (index, group) in address.segments().into_iter().enumerate() {
                if index > 0 {
                    out.byte(b':');
                }
                hex(group, out);
            }
        }
    }
}

/// One to four digits.
fn hex(group: u16, out: &mut Writer<'_>) {
    for shift in [12, 8, 4, 0] {
        let digit = (group >> shift & 0x0f) as u8;
        if group >> shift != 0 || shift == 0 {
            out.byte(if digit < 10 { b'0' | digit } else { digit.wrapping_add(b'a' - 10) });
        }
    }
}
