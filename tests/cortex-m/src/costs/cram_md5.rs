//! A login by CRAM-MD5.

#![no_std]
#![no_main]

use cortex_m_images::submit::submit_by;
use cortex_m_images::{entry, unknown};
use embedded_smtp::sasl::{CramMd5, Credentials};

#[entry]
fn main() -> ! {
    let Ok(credentials) = Credentials::new(unknown("device"), unknown("its password")) else { loop {} };
    submit_by(&mut CramMd5::new(credentials))
}
