//! A submission without a login: what all images of this folder have.

#![no_std]
#![no_main]

use cortex_m_images::entry;
use cortex_m_images::submit::{by_hand, submit_as_anyone};

#[entry]
fn main() -> ! {
    submit_as_anyone(by_hand)
}
