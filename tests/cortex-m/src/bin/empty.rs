//! Nothing but what all images have: its flash is subtracted from theirs.

#![no_std]
#![no_main]

use cortex_m_images::{Wire, done, entry, report, unknown};

#[entry]
fn main() -> ! {
    let mut wire = Wire::new();
    let mut octets = [0; 16];
    let count = wire.read(&mut octets);
    wire.write(&octets);
    report("octets", unknown(count) as u32);
    done()
}
