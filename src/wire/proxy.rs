//! The header by which a proxy in front of a server names the real client: the PROXY protocol
//! (`proxy-protocol.txt` of `HAProxy`), version 1 (a line of text) and version 2 (binary).
//!
//! A server expects it on ports where only trusted proxies connect, and never guesses whether it is
//! there. It comes before everything else, TLS included.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address;
use super::limits;
use super::writer::Writer;

/// Whose connection it is, and where it was going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ProxyHeader {
    source: Option<(IpAddr, u16)>,
    destination: Option<(IpAddr, u16)>,
}

/// What stands at the front of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(clippy::exhaustive_enums, reason = "there is nothing else")]
pub enum ProxyParse {
    /// A header; the session begins `consumed` octets from the front.
    Complete {
        /// What it says.
        header: ProxyHeader,
        /// How many octets it has.
        consumed: usize,
    },
    /// The front of a header, which will have `needed` octets at least, counted from its front.
    Partial {
        /// More than there are now.
        needed: usize,
    },
    /// No header: the connection is to be dropped.
    Invalid,
}

impl ProxyHeader {
    /// The connection speaks for itself: the addresses to go by are those of the connection.
    pub const UNKNOWN: Self = Self { source: None, destination: None };

    /// A connection over TCP; `None` when one address is IPv4 and the other IPv6.
    ///
    /// ```
    /// use embedded_smtp::wire::{ProxyHeader, ProxyParse};
    /// let header = ProxyHeader::new(([192, 0, 2, 1].into(), 56324), ([192, 0, 2, 7].into(), 25)).unwrap();
    /// let parsed = ProxyHeader::parse(b"PROXY TCP4 192.0.2.1 192.0.2.7 56324 25\r\nEHLO ");
    /// assert_eq!(parsed, ProxyParse::Complete { header, consumed: 41 });
    /// ```
    pub fn new(source: (IpAddr, u16), destination: (IpAddr, u16)) -> Option<Self> {
        (source.0.is_ipv4() == destination.0.is_ipv4())
            .then_some(Self { source: Some(source), destination: Some(destination) })
    }

    /// The real client's address and port. `None` when the proxy does not know it or connects on its
    /// own behalf: then the connection's own address holds.
    pub fn source(&self) -> Option<(IpAddr, u16)> {
        self.source
    }

    /// The address and port that the client connected to; `None` as with [`source`](Self::source).
    pub fn destination(&self) -> Option<(IpAddr, u16)> {
        self.destination
    }

    /// Looks for a header at the front of what has come in so far, which may be any part of it and
    /// more. At most [`limits::PROXY_V2`] octets are looked at.
    ///
    /// What cannot become a header is [`ProxyParse::Invalid`] as soon as that is seen. Datagrams, UNIX
    /// sockets and what the proxy does not specify are [`ProxyHeader::UNKNOWN`]. The vectors behind the
    /// addresses of version 2 are skipped, a checksum among them is not verified.
    pub fn parse(input: &[u8]) -> ProxyParse {
        match input {
            [] => ProxyParse::Partial { needed: SHORTEST },
            [b'\r', ..] => binary(input),
            _ => line(input),
        }
    }

    /// Appends the line of version 1, with its CRLF: at most [`limits::PROXY_V1`] octets.
    pub fn emit_v1(&self, out: &mut Writer<'_>) {
        out.put(WORD);
        if let (Some(source), Some(destination)) = (self.source, self.destination) {
            out.put(if source.0.is_ipv4() { TCP4 } else { TCP6 });
            for address in [source.0, destination.0] {
                out.byte(b' ');
                address::emit(address, out);
            }
            for port in [source.1, destination.1] {
                out.byte(b' ');
                out.number(u64::from(port));
            }
        } else {
            out.put(NOT_KNOWN);
        }
        out.crlf();
    }

    /// Appends the header of version 2: 28 octets for IPv4, 52 for IPv6, 16 for
    /// [`ProxyHeader::UNKNOWN`].
    pub fn emit_v2(&self, out: &mut Writer<'_>) {
        out.put(SIGNATURE);
        let (Some(source), Some(destination)) = (self.source, self.destination) else {
            return out.put(&[VERSION | LOCAL, 0, 0, 0]);
        };
        let (kind, length) = if source.0.is_ipv4() { (0x11, 12) } else { (0x21, 36) };
        out.put(&[VERSION | PROXY, kind, 0, length]);
        for address in [source.0, destination.0] {
            match address {
                IpAddr::V4(address) => out.put(&address.octets()),
                IpAddr::V6(address) => out.put(&address.octets()),
            }
        }
        for port in [source.1, destination.1] {
            out.put(&port.to_be_bytes());
        }
    }
}

const WORD: &[u8] = b"PROXY ";
const TCP4: &[u8] = b"TCP4";
const TCP6: &[u8] = b"TCP6";
const NOT_KNOWN: &[u8] = b"UNKNOWN";
/// `PROXY UNKNOWN` with its CRLF.
const SHORTEST: usize = 15;

const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const VERSION: u8 = 0x20;
const LOCAL: u8 = 0;
const PROXY: u8 = 1;
/// Signature, version and command, family and protocol, length of what follows.
const FIXED: usize = 16;

/// ```abnf
/// header = %s"PROXY" SP ( tcp4 / tcp6 / %s"UNKNOWN" [SP *anything] ) CRLF
/// tcp4   = %s"TCP4" SP IPv4 SP IPv4 SP port SP port
/// tcp6   = %s"TCP6" SP IPv6 SP IPv6 SP port SP port
/// port   = 1*5DIGIT ; 0 to 65535, no leading zeros
/// ```
/// Source first, then destination. CR and LF nowhere but at the end.
fn line(input: &[u8]) -> ProxyParse {
    let input = input.get(..limits::PROXY_V1).unwrap_or(input);
    if input.iter().zip(WORD).any(|(octet, wanted)| octet != wanted) {
        return ProxyParse::Invalid;
    }
    let text = match memchr::memchr2(b'\r', b'\n', input) {
        None => return partial(input.len().saturating_add(2), limits::PROXY_V1),
        Some(end) => match input.split_at_checked(end) {
            Some((_, [b'\r'])) => return partial(input.len().saturating_add(1), limits::PROXY_V1),
            Some((text, [b'\r', b'\n', ..])) => text,
            _ => return ProxyParse::Invalid,
        },
    };
    match text.get(WORD.len()..).and_then(fields) {
        Some(header) => ProxyParse::Complete { header, consumed: text.len().saturating_add(2) },
        None => ProxyParse::Invalid,
    }
}

fn partial(needed: usize, most: usize) -> ProxyParse {
    if needed > most {
        return ProxyParse::Invalid;
    }
    ProxyParse::Partial { needed: needed.max(SHORTEST) }
}

fn fields(text: &[u8]) -> Option<ProxyHeader> {
    let mut fields = text.split(|octet| *octet == b' ');
    let family = fields.next()?;
    if family == NOT_KNOWN {
        return Some(ProxyHeader::UNKNOWN);
    }
    let address = |text| match family {
        TCP4 => address::parse_v4(text).map(IpAddr::V4),
        TCP6 => address::parse_v6(text).map(IpAddr::V6),
        _ => None,
    };
    let addresses = (address(fields.next()?)?, address(fields.next()?)?);
    let ports = (port(fields.next()?)?, port(fields.next()?)?);
    if fields.next().is_some() {
        return None;
    }
    ProxyHeader::new((addresses.0, ports.0), (addresses.1, ports.1))
}

/// A port in decimal digits, without leading zeros.
pub(crate) fn port(digits: &[u8]) -> Option<u16> {
    match digits {
        [] | [b'0', _, ..] => None,
        _ => digits.iter().try_fold(0_u16, |port, digit| {
            digit.is_ascii_digit().then_some(())?;
            port.checked_mul(10)?.checked_add(u16::from(digit & 0x0f))
        }),
    }
}

/// Signature; version (2) and command (LOCAL, PROXY) in one octet; address family (unspecified, IPv4,
/// IPv6, UNIX) and protocol (unspecified, stream, datagram) in one octet; the length of the rest in
/// two. The rest is the addresses (source, destination), the ports, and vectors of type, length, value.
fn binary(input: &[u8]) -> ProxyParse {
    let known = input.iter().zip(SIGNATURE).all(|(octet, wanted)| octet == wanted);
    let command = input.get(SIGNATURE.len()).map_or(LOCAL, |octet| octet ^ VERSION);
    if !known || !matches!(command, LOCAL | PROXY) {
        return ProxyParse::Invalid;
    }
    let Some(([.., kind, high, low], rest)) = input.split_first_chunk::<FIXED>() else {
        return ProxyParse::Partial { needed: FIXED };
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let consumed = FIXED.saturating_add(length);
    let addresses = match (command, kind >> 4, kind & 0x0f) {
        (LOCAL, ..) | (_, 0, 0..=2) | (_, 1..=3, 0) => None,
        (_, 1, 1 | 2) => Some(12),
        (_, 2, 1 | 2) => Some(36),
        (_, 3, 1 | 2) => Some(216),
        _ => return ProxyParse::Invalid,
    };
    if consumed > limits::PROXY_V2 || addresses.is_some_and(|least| length < least) {
        return ProxyParse::Invalid;
    }
    let Some(rest) = rest.get(..length) else {
        return ProxyParse::Partial { needed: consumed };
    };
    let Some((block, vectors)) = rest.split_at_checked(addresses.unwrap_or(length)) else {
        return ProxyParse::Invalid;
    };
    if !are_vectors(vectors) {
        return ProxyParse::Invalid;
    }
    let header = match kind {
        _ if command == LOCAL => None,
        0x11 => tcp4(block),
        0x21 => tcp6(block),
        _ => None,
    };
    ProxyParse::Complete { header: header.unwrap_or(ProxyHeader::UNKNOWN), consumed }
}

fn tcp4(block: &[u8]) -> Option<ProxyHeader> {
    let (source, rest) = block.split_first_chunk::<4>()?;
    let (destination, rest) = rest.split_first_chunk::<4>()?;
    endpoints(Ipv4Addr::from_octets(*source).into(), Ipv4Addr::from_octets(*destination).into(), rest)
}

fn tcp6(block: &[u8]) -> Option<ProxyHeader> {
    let (source, rest) = block.split_first_chunk::<16>()?;
    let (destination, rest) = rest.split_first_chunk::<16>()?;
    endpoints(Ipv6Addr::from_octets(*source).into(), Ipv6Addr::from_octets(*destination).into(), rest)
}

fn endpoints(source: IpAddr, destination: IpAddr, ports: &[u8]) -> Option<ProxyHeader> {
    let (from, rest) = ports.split_first_chunk()?;
    let (to, _) = rest.split_first_chunk()?;
    ProxyHeader::new((source, u16::from_be_bytes(*from)), (destination, u16::from_be_bytes(*to)))
}

/// Whether the octets are vectors, each whole: a type, a length in two octets, a value.
fn are_vectors(mut octets: &[u8]) -> bool {
    while let [_, high, low, rest @ ..] = octets {
        match rest.get(usize::from(u16::from_be_bytes([*high, *low]))..) {
            Some(behind) => octets = behind,
            None => return false,
        }
    }
    octets.is_empty()
}
