//! Bare line ends in content that is not stuffed: chunks (RFC 3030 §2), where a dot means nothing.

use super::scan::{Before, regular};

/// The first octet of `octets` that makes a line end bare: a CR in front of anything but LF, or an LF behind anything but
/// CR (RFC 5321 §2.3.8). Where the octets in front of them end in a CR, `behind_cr`, the first one may be that which should have
/// been LF. A CR at the very end may still be half of a CRLF.
pub(crate) fn first_bare(behind_cr: bool, octets: &[u8]) -> Option<usize> {
    let mut before = if behind_cr { Before::Cr } else { Before::Middle };
    let mut at = 0_usize;
    loop {
        let rest = octets.get(at..).unwrap_or_default();
        at = at.wrapping_add(regular(before, rest));
        match octets.get(at)? {
            // At a line's start: the search is stuffing's, too.
            b'.' if before == Before::Middle || at > 0 => at = at.wrapping_add(1),
            _ => return Some(at),
        }
        before = Before::Middle;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// The definition.
    fn slowly(behind_cr: bool, octets: &[u8]) -> Option<usize> {
        let all: Vec<u8> =
            [if behind_cr { b'\r' } else { b'a' }].into_iter().chain(octets.iter().copied()).collect();
        (0..octets.len()).find(|at| {
            let (before, octet, next) = (all[*at], octets[*at], octets.get(at + 1));
            (before == b'\r' && octet != b'\n' && *at == 0)
                || (octet == b'\n' && before != b'\r')
                || (octet == b'\r' && next.is_some_and(|next| *next != b'\n'))
        })
    }

    #[test]
    fn the_first_bare_line_end_is_found_whatever_dots_there_are() {
        let alphabet = b"a.\r\n";
        for length in 0..=6_u32 {
            for number in 0..alphabet.len().pow(length) {
                let octets: Vec<u8> = (0..length)
                    .map(|at| alphabet[number / alphabet.len().pow(at) % alphabet.len()])
                    .collect();
                for behind_cr in [false, true] {
                    assert_eq!(
                        first_bare(behind_cr, &octets),
                        slowly(behind_cr, &octets),
                        "{behind_cr} {octets:?}"
                    );
                }
            }
        }
    }
}
