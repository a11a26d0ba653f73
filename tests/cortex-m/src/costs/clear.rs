//! No TLS, and so no STARTTLS.

#![no_std]
#![no_main]

use cortex_m_images::entry;
use cortex_m_images::submit::{by_hand, submit};
use embedded_smtp::sasl::Anyone;
use embedded_smtp::submission::TlsPolicy;

#[entry]
fn main() -> ! {
    submit(TlsPolicy::Never, Anyone, by_hand)
}
