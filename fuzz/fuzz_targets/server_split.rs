//! A server tells of the same events and gives the same replies however the client's octets are cut; every
//! reply is whole lines with a code; and no content is told of twice.
#![no_main]

use embedded_smtp_fuzz::{Cuts, server_trace};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &[u8])| {
    let (sizes, octets) = input;
    let whole = server_trace(octets, &mut Cuts::new(&[]));
    let single = server_trace(octets, &mut Cuts::new(&[1]));
    let cut = server_trace(octets, &mut Cuts::new(sizes));
    let starttls = octets.windows(8).any(|word| word.eq_ignore_ascii_case(b"STARTTLS"));
    if !starttls {
        assert_eq!(whole, single);
        assert_eq!(whole, cut);
    }
    let text = String::from_utf8(whole.1).expect("replies are ASCII");
    assert!(text.is_empty() || text.ends_with("\r\n"));
    for line in text.split_terminator("\r\n") {
        let (code, rest) = line.split_at(3);
        assert!(code.parse::<u16>().is_ok_and(|code| (200..600).contains(&code)), "{line}");
        assert!(rest.starts_with([' ', '-']), "{line}");
        assert!(!line.contains(['\r', '\n']), "{line}");
    }
});
