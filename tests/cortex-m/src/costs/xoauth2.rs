//! A login by XOAUTH2.

#![no_std]
#![no_main]

use cortex_m_images::submit::submit_by;
use cortex_m_images::{entry, unknown};
use embedded_smtp::sasl::{BearerToken, XOAuth2};

#[entry]
fn main() -> ! {
    let Ok(token) = BearerToken::new(unknown("device"), unknown("vF9dft4qmTc2")) else { loop {} };
    submit_by(&mut XOAuth2::new(token))
}
