//! Octets to a command to octets to a command: what was read is what is written, and stays within its line.
#![no_main]

use embedded_smtp::wire::Command;
use embedded_smtp_fuzz::{assert_one_line, octets};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    // A space at the end has no meaning; but no line with one is read at a glance.
    assert_eq!(Command::parse(line), Command::parse(&[line, b" "].concat()));
    let Ok(command) = Command::parse(line) else { return };
    let written = octets(&command);
    assert_one_line(&written);
    assert_eq!(Command::parse(&written), Ok(command));
});
