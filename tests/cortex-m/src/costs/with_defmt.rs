//! Log lines by defmt, with a logger that drops them.

#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cortex_m_images::entry;
use cortex_m_images::submit::{by_hand, submit_as_anyone};

/// It counts the octets, so that the compiler keeps them.
#[defmt::global_logger]
struct Counter;

static OCTETS: AtomicU32 = AtomicU32::new(0);

// SAFETY: there is one thread and no interrupt.
unsafe impl defmt::Logger for Counter {
    fn acquire() {}

    unsafe fn flush() {}

    unsafe fn release() {}

    unsafe fn write(octets: &[u8]) {
        OCTETS.fetch_add(octets.len() as u32, Relaxed);
    }
}

#[entry]
fn main() -> ! {
    submit_as_anyone(by_hand)
}
