//! The counter-proof of tests/no-panic.sh: an image that can panic, in as many ways as there are names for.

#![no_std]
#![no_main]

use cortex_m_images::{Wire, done, entry, report, unknown};

#[entry]
fn main() -> ! {
    let mut octets = [0; 16];
    let count = Wire::new().read(&mut octets);
    report("octet", u32::from(octets[unknown(count)]));
    done()
}
