//! What stands in front of a session or beside it, PROXY headers and XCLIENT: octets to a value to octets to the same
//! value, in both versions; a header is complete at one place only, and never before the octets that it asks for are there.
#![no_main]

use embedded_smtp::wire::{ProxyHeader, ProxyParse, XClient};
use embedded_smtp_fuzz::{assert_one_line, octets, written};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Ok(command) = XClient::parse(input) {
        let written = octets(&command);
        assert_one_line(&written);
        assert_eq!(XClient::parse(&written), Ok(command));
        assert!(command.iter().count() > 0);
    }
    match ProxyHeader::parse(input) {
        ProxyParse::Complete { header, consumed } => {
            assert!(consumed <= input.len());
            for length in [0, 1, consumed / 2, consumed.saturating_sub(1)] {
                let ProxyParse::Partial { needed } = ProxyHeader::parse(&input[..length]) else {
                    panic!("complete after {length} of {consumed}");
                };
                assert!(
                    needed > length && needed <= consumed,
                    "{needed} asked for at {length} of {consumed}"
                );
            }
            assert_eq!(ProxyHeader::parse(&input[..consumed]), ProxyParse::Complete { header, consumed });
            for octets in [written(|out| header.emit_v1(out)), written(|out| header.emit_v2(out))] {
                let consumed = octets.len();
                assert_eq!(ProxyHeader::parse(&octets), ProxyParse::Complete { header, consumed });
            }
        }
        ProxyParse::Partial { needed } => assert!(needed > input.len()),
        ProxyParse::Invalid => {}
    }
});
