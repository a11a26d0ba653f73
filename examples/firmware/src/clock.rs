//! Milliseconds by the processor's own timer, and the watchdog that counts them.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use smoltcp::time::Instant;

/// The board's processor clock, in Hz.
const CLOCK: u32 = 25_000_000;

/// Milliseconds that the main loop may be away before the watchdog bites.
const PATIENCE: u32 = 500;

static MILLISECONDS: AtomicU32 = AtomicU32::new(0);
static FED: AtomicU32 = AtomicU32::new(0);
static LONGEST: AtomicU32 = AtomicU32::new(0);
static PASSES: AtomicU32 = AtomicU32::new(0);

/// Starts the clock.
pub fn start(mut timer: SYST) {
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(CLOCK / 1000 - 1);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}

/// Since the start.
pub fn now() -> Instant {
    Instant::from_millis(MILLISECONDS.load(Relaxed))
}

/// The main loop is alive.
pub fn feed() {
    FED.store(MILLISECONDS.load(Relaxed), Relaxed);
    PASSES.fetch_add(1, Relaxed);
}

/// Passes of the main loop, and milliseconds of the longest one.
pub fn passes() -> (u32, u32) {
    (PASSES.load(Relaxed), LONGEST.load(Relaxed))
}

#[exception]
fn SysTick() {
    let now = MILLISECONDS.fetch_add(1, Relaxed).wrapping_add(1);
    let away = now.wrapping_sub(FED.load(Relaxed));
    LONGEST.fetch_max(away, Relaxed);
    if away > PATIENCE {
        // A board's own watchdog would reset it here.
        semihosting::process::exit(crate::WATCHDOG);
    }
}
