//! Octets to a reply line to octets to a reply line; and what EHLO lines offer, in any order, never panics
//! and never takes an offer back. A stream says the same as its lines one by one, and a line the same as one that lost its last word.
#![no_main]

use embedded_smtp::wire::{Capabilities, Reply};
use embedded_smtp_fuzz::{assert_one_line, octets};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|lines: &[u8]| {
    let (mut stream, mut from) = (lines, lines);
    while let Some(taken) = Reply::take(&mut stream).transpose() {
        let end = from.windows(2).position(|two| two == b"\r\n").expect("a line that was taken ends in CRLF");
        assert_eq!(taken, Reply::parse(&from[..end]));
        from = &from[end + 2..];
        assert_eq!(stream, from);
    }
    assert!(!from.windows(2).any(|two| two == b"\r\n"), "a line is left");
    let mut capabilities = Capabilities::NONE;
    for (index, line) in lines.split(|octet| *octet == b'\n').enumerate() {
        let Ok(reply) = Reply::parse(line) else { continue };
        let written = octets(&reply);
        assert!(!written.contains(&b'\r'));
        if !line.contains(&0) {
            assert_one_line(&written);
        }
        assert_eq!(Reply::parse(&written), Ok(reply));
        let (before, mut same) = (capabilities.mechanisms(), capabilities);
        capabilities.fold(reply.text, index == 0, false);
        same.fold(&[reply.text, b" x"].concat(), index == 0, true);
        assert_eq!(capabilities, same);
        assert_eq!(capabilities.mechanisms().both(before), before);
    }
});
