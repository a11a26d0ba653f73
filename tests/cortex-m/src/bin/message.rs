//! (e) The message writer: a text with its header fields.

#![no_std]
#![no_main]

use cortex_m_images::mail::{Failure, write};
use cortex_m_images::{Wire, done, entry, report, unknown};
use embedded_smtp::message::Text;

#[entry]
fn main() -> ! {
    report("octets", octets().unwrap_or(0));
    done()
}

fn octets() -> Result<u32, Failure> {
    write(&mut Wire::new(), Text::ascii(unknown("It is 42 degrees.\r\n"))?)
}
