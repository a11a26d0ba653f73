//! Log lines by log, with a logger that drops them.

#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cortex_m_images::entry;
use cortex_m_images::submit::{by_hand, submit_as_anyone};

/// It writes no text, which would link core's formatting on top.
struct Counter;

static LINES: AtomicU32 = AtomicU32::new(0);

impl log::Log for Counter {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, _: &log::Record<'_>) {
        LINES.fetch_add(1, Relaxed);
    }

    fn flush(&self) {}
}

#[entry]
fn main() -> ! {
    let _ = log::set_logger(&Counter);
    log::set_max_level(log::LevelFilter::Debug);
    submit_as_anyone(by_hand)
}
