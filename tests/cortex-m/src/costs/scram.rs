//! A login by SCRAM-SHA-256.

#![no_std]
#![no_main]

use cortex_m_images::submit::submit_by;
use cortex_m_images::{entry, unknown};
use embedded_smtp::sasl::{Credentials, Nonce, ScramSha256};

#[entry]
fn main() -> ! {
    let Ok(credentials) = Credentials::new(unknown("device"), unknown("its password")) else { loop {} };
    let Ok(nonce) = Nonce::from_text(unknown("fyko+d2lbbFgONRv9qkxdawL")) else { loop {} };
    submit_by(&mut ScramSha256::new(credentials, nonce))
}
