//! Octets to a reply line to octets to a reply line; and what EHLO lines offer, in any order, never panics
//! and never takes an offer back.
#![no_main]

use embedded_smtp::wire::{Capabilities, Reply};
use embedded_smtp_fuzz::{assert_one_line, octets};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|lines: &[u8]| {
    let mut capabilities = Capabilities::NONE;
    for (index, line) in lines.split(|octet| *octet == b'\n').enumerate() {
        let Ok(reply) = Reply::parse(line) else { continue };
        let written = octets(&reply);
        assert!(!written.contains(&b'\r'));
        if !line.contains(&0) {
            assert_one_line(&written);
        }
        assert_eq!(Reply::parse(&written), Ok(reply));
        let before = capabilities.mechanisms();
        capabilities.fold(reply.text, index == 0, false);
        assert_eq!(capabilities.mechanisms().both(before), before);
    }
});
