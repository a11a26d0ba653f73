//! Octets to a reply line to octets to a reply line; and what EHLO lines offer, in any order, never panics
//! and never takes an offer back. A stream says the same as its lines one by one, and a line the same as one that lost its last word.
#![no_main]

use embedded_smtp::wire::{Capabilities, Reply};
use embedded_smtp_fuzz::{assert_one_line, octets};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|lines: &[u8]| {
    let mut stream = lines;
    while let Ok(Some(reply)) = Reply::take(&mut stream) {
        let taken = &lines[..lines.len() - stream.len()];
        let begin = taken.iter().rev().skip(1).position(|octet| *octet == b'\n');
        let line = &taken[begin.map_or(0, |back| taken.len() - 1 - back)..];
        assert_eq!(Reply::parse(line.strip_suffix(b"\r\n").unwrap()), Ok(reply));
    }
    if let Some(lf) = stream.iter().position(|octet| *octet == b'\n') {
        assert!(stream[..lf].strip_suffix(b"\r").is_none_or(|line| Reply::parse(line).is_err()));
    }
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
