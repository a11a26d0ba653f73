//! Milliseconds by the processor's own timer, and how long the main loop has been away.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use smoltcp::time::Instant;

use crate::ticks::Ticks;

/// The board's clock, in Hz.
pub const HERTZ: u32 = 25_000_000;

static MILLISECONDS: Ticks = Ticks::from(0);
static START: AtomicU32 = AtomicU32::new(0);
static ALIVE: AtomicU32 = AtomicU32::new(0);
static LONGEST: AtomicU32 = AtomicU32::new(0);
static PASSES: AtomicU32 = AtomicU32::new(0);

/// Starts the clock, at `time` seconds since 1 January 1970.
pub fn start(mut timer: SYST, time: u32) {
    START.store(time, Relaxed);
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(HERTZ / 1000 - 1);
    timer.clear_current();
    timer.enable_interrupt();
    timer.enable_counter();
}

/// Since the start.
pub fn now() -> Instant {
    // A time that needs the 64th bit does not come.
    Instant::from_millis(MILLISECONDS.read().cast_signed())
}

/// Seconds since 1 January 1970.
#[cfg(feature = "tls")]
pub fn unix() -> u64 {
    u64::from(START.load(Relaxed)) + MILLISECONDS.read() / 1000
}

/// Ready when that much time has gone by.
#[cfg(feature = "tls")]
pub fn sleep(time: core::time::Duration) -> impl Future<Output = ()> {
    use core::task::Poll;
    let until = now() + time.into();
    core::future::poll_fn(move |_| if now() < until { Poll::Pending } else { Poll::Ready(()) })
}

/// The main loop begins a pass.
pub fn pass() {
    ALIVE.store(MILLISECONDS.low(), Relaxed);
    PASSES.fetch_add(1, Relaxed);
}

/// Passes of the main loop, and milliseconds of the longest one.
pub fn passes() -> (u32, u32) {
    (PASSES.load(Relaxed), LONGEST.load(Relaxed))
}

#[exception]
fn SysTick() {
    let now = MILLISECONDS.count();
    LONGEST.fetch_max(now.wrapping_sub(ALIVE.load(Relaxed)), Relaxed);
}
