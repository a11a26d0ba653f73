//! A login by PLAIN, or by LOGIN where that is all there is.

#![no_std]
#![no_main]

use cortex_m_images::submit::{by_hand, submit};
use cortex_m_images::{entry, unknown};
use embedded_smtp::sasl::{Credentials, Password};
use embedded_smtp::submission::TlsPolicy;

#[entry]
fn main() -> ! {
    let Ok(credentials) = Credentials::new(unknown("device"), unknown("its password")) else { loop {} };
    submit(TlsPolicy::Required, Password::new(credentials), by_hand)
}
