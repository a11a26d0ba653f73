//! The PROXY protocol's header, both ways.

mod random;

use std::net::IpAddr;

use embedded_smtp::wire::{ProxyHeader, ProxyParse, Writer, limits};
use random::Random;

const SIGNATURE: [u8; 12] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

fn emitted(emit: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    let mut buffer = [0; 200];
    let mut out = Writer::new(&mut buffer);
    emit(&mut out);
    let length = out.finish().unwrap();
    buffer[..length].to_vec()
}

fn tcp(source: &str, from: u16, destination: &str, to: u16) -> ProxyHeader {
    ProxyHeader::new((source.parse().unwrap(), from), (destination.parse().unwrap(), to)).unwrap()
}

/// A header of version 2.
fn binary(version: u8, kind: u8, rest: &[u8]) -> Vec<u8> {
    let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
    [&SIGNATURE[..], &[version, kind], &length, rest].concat()
}

/// Whole it is `header`; with anything behind it still is; cut short it is the front of one.
fn is(octets: &[u8], header: ProxyHeader) {
    let shown = octets.escape_ascii();
    let complete = ProxyParse::Complete { header, consumed: octets.len() };
    assert_eq!(ProxyHeader::parse(octets), complete, "{shown}");
    for behind in [&b"\r"[..], b"\n", b" ", b"EHLO x\r\n", b"PROXY UNKNOWN\r\n", &[0xff; 600]] {
        assert_eq!(ProxyHeader::parse(&[octets, behind].concat()), complete, "{shown}");
    }
    for cut in 0..octets.len() {
        match ProxyHeader::parse(&octets[..cut]) {
            ProxyParse::Partial { needed } => {
                assert!(cut < needed && needed <= octets.len(), "{shown} {cut}");
            }
            other => panic!("{other:?} {shown} {cut}"),
        }
    }
}

/// It is not a header, nor is it with anything behind it; fronts are never whole.
fn is_not(octets: &[u8]) {
    let shown = octets.escape_ascii();
    assert_eq!(ProxyHeader::parse(octets), ProxyParse::Invalid, "{shown}");
    assert_eq!(ProxyHeader::parse(&[octets, b"\r\n"].concat()), ProxyParse::Invalid, "{shown}");
    let mut refused = false;
    for cut in 0..octets.len() {
        let parsed = ProxyHeader::parse(&octets[..cut]);
        assert!(!matches!(parsed, ProxyParse::Complete { .. }), "{shown} {cut}");
        // What was refused stays refused.
        assert!(!refused || parsed == ProxyParse::Invalid, "{shown} {cut}");
        refused = parsed == ProxyParse::Invalid;
    }
}

#[test]
fn lines_are_read_at_every_split() {
    for (line, header) in [
        ("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", tcp("192.168.0.1", 56324, "192.168.0.11", 443)),
        (
            "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
            tcp("255.255.255.255", 65535, "255.255.255.255", 65535),
        ),
        ("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", tcp("0.0.0.0", 0, "0.0.0.0", 0)),
        ("PROXY TCP6 2001:db8::1 2001:DB8::2 4124 25\r\n", tcp("2001:db8::1", 4124, "2001:db8::2", 25)),
        ("PROXY TCP6 :: ::1 1 2\r\n", tcp("::", 1, "::1", 2)),
        ("PROXY TCP6 1:: 1:2:3:4:5:6:7:8 1 2\r\n", tcp("1::", 1, "1:2:3:4:5:6:7:8", 2)),
        (
            "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            tcp(
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                65535,
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                65535,
            ),
        ),
        (
            "PROXY TCP6 ::ffff:192.0.2.1 1:2::3:192.0.2.1 1 2\r\n",
            tcp("::ffff:192.0.2.1", 1, "1:2::3:192.0.2.1", 2),
        ),
        ("PROXY UNKNOWN\r\n", ProxyHeader::UNKNOWN),
        ("PROXY UNKNOWN \r\n", ProxyHeader::UNKNOWN),
        ("PROXY UNKNOWN \u{fc}\0 any thing\r\n", ProxyHeader::UNKNOWN),
        (
            "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
            ProxyHeader::UNKNOWN,
        ),
    ] {
        is(line.as_bytes(), header);
    }
}

#[test]
fn what_is_no_line_is_refused_at_every_split() {
    for line in [
        "EHLO x\r\n",
        "\n",
        "P ",
        "proxy UNKNOWN\r\n",
        "PROXY\r\n",
        "PROXY \r\n",
        "PROXY  UNKNOWN\r\n",
        "PROXY UNKNOWNS\r\n",
        "PROXY unknown\r\n",
        "PROXY UNKNOWN\n",
        "PROXY UNKNOWN\rx",
        "PROXY UNKNOWN a\rb\r\n",
        "PROXY UNKNOWN a\nb\r\n",
        "PROXY UNKNOWN\r\r\n",
        "PROXY TCP4\r\n",
        "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
        "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4\t1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4.5 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n",
        "PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.00 1.2.3.4 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 99999999999999999999\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
        "PROXY TCP4 ::1 ::1 1 2\r\n",
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
        "PROXY TCP6 ::1 1.2.3.4 1 2\r\n",
        "PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n",
        "PROXY TCP6 1:2:3:4:5:6:7 ::1 1 2\r\n",
        "PROXY TCP6 1::2::3 ::1 1 2\r\n",
        "PROXY TCP6 12345:: ::1 1 2\r\n",
        "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
        "PROXY TCP6 [::1] ::1 1 2\r\n",
    ] {
        is_not(line.as_bytes());
    }
    // One octet beyond the longest.
    let rest = limits::PROXY_V1 - "PROXY UNKNOWN \r\n".len();
    is(format!("PROXY UNKNOWN {}\r\n", "x".repeat(rest)).as_bytes(), ProxyHeader::UNKNOWN);
    is_not(format!("PROXY UNKNOWN {}\r\n", "x".repeat(rest + 1)).as_bytes());
    is_not(format!("PROXY UNKNOWN {}", "x".repeat(500)).as_bytes());
}

#[test]
fn binary_headers_are_read_at_every_split() {
    let v4 = [192, 0, 2, 1, 192, 0, 2, 7, 0xdc, 0x04, 0, 25];
    let mut v6 = [0; 36];
    v6[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
    v6[15] = 1;
    v6[31] = 2;
    v6[32..].copy_from_slice(&[0xff, 0xff, 0, 25]);
    let header4 = tcp("192.0.2.1", 56324, "192.0.2.7", 25);
    let header6 = tcp("2001:db8::1", 65535, "::2", 25);
    let vectors = [4, 0, 0, 2, 0, 3, b'a', b'.', b'b', 0xee, 0, 1, 0];
    is(&binary(0x21, 0x11, &v4), header4);
    is(&binary(0x21, 0x21, &v6), header6);
    is(&binary(0x21, 0x11, &[&v4[..], &vectors].concat()), header4);
    is(&binary(0x21, 0x21, &[&v6[..], &vectors].concat()), header6);
    // LOCAL, whatever family and length it has.
    is(&binary(0x20, 0x00, &[]), ProxyHeader::UNKNOWN);
    is(&binary(0x20, 0x11, &v4), ProxyHeader::UNKNOWN);
    is(&binary(0x20, 0xff, &[1, 2, 3]), ProxyHeader::UNKNOWN);
    // Not specified, datagrams, UNIX sockets.
    is(&binary(0x21, 0x00, &[]), ProxyHeader::UNKNOWN);
    is(&binary(0x21, 0x00, b"whatever"), ProxyHeader::UNKNOWN);
    is(&binary(0x21, 0x10, &v4), ProxyHeader::UNKNOWN);
    is(&binary(0x21, 0x12, &v4), ProxyHeader::UNKNOWN);
    is(&binary(0x21, 0x22, &v6), ProxyHeader::UNKNOWN);
    is(&binary(0x21, 0x31, &[b'/'; 216]), ProxyHeader::UNKNOWN);
    is(&binary(0x21, 0x32, &[&[b'/'; 216][..], &vectors].concat()), ProxyHeader::UNKNOWN);
    // The longest.
    let most = limits::PROXY_V2 - 16;
    is(&binary(0x20, 0x00, &vec![0; most]), ProxyHeader::UNKNOWN);
}

#[test]
fn what_is_no_binary_header_is_refused_at_every_split() {
    let v4 = [192, 0, 2, 1, 192, 0, 2, 7, 0xdc, 0x04, 0, 25];
    for (version, kind, rest) in [
        (0x11, 0x11, &v4[..]),
        (0x31, 0x11, &v4),
        (0x01, 0x11, &v4),
        (0x22, 0x11, &v4),
        (0x2f, 0x11, &v4),
        (0x21, 0x13, &v4),
        (0x21, 0x1f, &v4),
        (0x21, 0x41, &v4),
        (0x21, 0xf1, &v4),
        (0x21, 0x03, &v4),
        (0x21, 0x11, &v4[..11]),
        (0x21, 0x11, &[]),
        (0x21, 0x12, &v4[..11]),
        (0x21, 0x21, &[0; 35]),
        (0x21, 0x31, &[0; 215]),
        (0x20, 0x00, &[0; limits::PROXY_V2 - 15]),
        (0x21, 0x00, &vec![0; 60_000]),
    ] {
        is_not(&binary(version, kind, rest));
    }
    // Vectors that are cut, or say more than there is.
    for vectors in [&[4][..], &[4, 0], &[4, 0, 1], &[4, 0, 0, 4], &[4, 0xff, 0xff, 0], &[4, 0, 2, 0]] {
        is_not(&binary(0x21, 0x11, &[&v4[..], vectors].concat()));
    }
    // Any octet of the signature that is another one.
    for at in 0..SIGNATURE.len() {
        for bit in 0..8 {
            let mut header = binary(0x21, 0x11, &v4);
            header[at] ^= 1 << bit;
            is_not(&header);
        }
    }
}

#[test]
fn headers_go_both_ways() {
    let mut random = Random::new(0x9a7);
    let mut address = |v6: bool| -> (IpAddr, u16) {
        // Zeros often, for the `::` of whoever abbreviates.
        let mut octet = || if random.below(2) == 0 { 0 } else { random.below(256) as u8 };
        let ip = if v6 {
            IpAddr::from(<[u8; 16]>::try_from((0..16).map(|_| octet()).collect::<Vec<_>>()).unwrap())
        } else {
            IpAddr::from([octet(), octet(), octet(), octet()])
        };
        (ip, random.below(65536) as u16)
    };
    for round in 0..1000 {
        let v6 = round % 2 == 0;
        let (source, destination) = (address(v6), address(v6));
        let header = ProxyHeader::new(source, destination).unwrap();
        assert_eq!((header.source(), header.destination()), (Some(source), Some(destination)));
        let (text, octets) = (emitted(|out| header.emit_v1(out)), emitted(|out| header.emit_v2(out)));
        assert!(text.len() <= limits::PROXY_V1);
        assert_eq!(octets.len(), if v6 { 52 } else { 28 });
        is(&text, header);
        is(&octets, header);
        // The addresses as another implementation writes them, abbreviated.
        let family = if v6 { "TCP6" } else { "TCP4" };
        let line =
            format!("PROXY {family} {} {} {} {}\r\n", source.0, destination.0, source.1, destination.1);
        is(line.as_bytes(), header);
    }
    let unknown = ProxyHeader::UNKNOWN;
    assert_eq!((unknown.source(), unknown.destination()), (None, None));
    is(&emitted(|out| unknown.emit_v1(out)), unknown);
    is(&emitted(|out| unknown.emit_v2(out)), unknown);
}

#[test]
fn one_family_a_header() {
    let (v4, v6): (IpAddr, IpAddr) = ([1, 2, 3, 4].into(), [0; 16].into());
    assert_eq!(ProxyHeader::new((v4, 1), (v6, 1)), None);
    assert_eq!(ProxyHeader::new((v6, 1), (v4, 1)), None);
}

#[test]
fn random_octets_are_never_read_beyond() {
    let mut random = Random::new(0xcafe);
    let seeds = [
        b"PROXY TCP4 192.0.2.1 192.0.2.7 56324 25\r\n".to_vec(),
        b"PROXY TCP6 2001:db8::1 ::ffff:1.2.3.4 4124 25\r\n".to_vec(),
        binary(0x21, 0x11, &[1; 20]),
        binary(0x21, 0x21, &[0; 39]),
    ];
    let (mut complete, mut invalid) = (0, 0);
    for _ in 0..100_000 {
        let mut octets = seeds[random.below(seeds.len())].clone();
        for _ in 0..random.below(3) {
            let at = random.below(octets.len());
            octets[at] = b"\r\n :.0129af\0\x11\x21\xff"[random.below(15)];
        }
        octets.truncate(octets.len() - random.below(2) * random.below(octets.len()));
        match ProxyHeader::parse(&octets) {
            ProxyParse::Complete { consumed, header } => {
                complete += 1;
                assert!(consumed <= octets.len());
                is(&octets[..consumed], header);
            }
            ProxyParse::Partial { needed } => assert!(needed > octets.len() && needed <= limits::PROXY_V2),
            ProxyParse::Invalid => invalid += 1,
        }
    }
    assert!(complete > 10_000 && invalid > 10_000, "{complete} {invalid}");
}
