//! The board's own watchdog (CMSDK APB watchdog), which bites when the main loop stands still.
//!
//! It counts down by its own clock and raises the one interrupt that cannot be masked: a loop that hangs with all
//! interrupts off is found too. A second timeout, should not even that interrupt be served, resets the board.

use cortex_m_rt::exception;

const BASE: usize = 0x4000_8000;
const LOAD: usize = 0x00;
const CONTROL: usize = 0x08;
const INTERRUPT_CLEAR: usize = 0x0c;
const LOCK: usize = 0xc00;

/// Starts it: the main loop may be away for so many milliseconds.
pub fn start(patience: u32) {
    write(LOCK, 0x1acc_e551);
    write(LOAD, patience * (crate::clock::HERTZ / 1000));
    // RESEN, INTEN
    write(CONTROL, 1 << 1 | 1);
    write(LOCK, 0);
}

/// The main loop is alive: counts from the top again.
pub fn feed() {
    write(LOCK, 0x1acc_e551);
    write(INTERRUPT_CLEAR, 1);
    write(LOCK, 0);
}

#[exception]
unsafe fn NonMaskableInt() {
    // A device in the field would note down where it hung, and let the reset come.
    semihosting::process::exit(crate::WATCHDOG);
}

fn write(register: usize, value: u32) {
    // SAFETY: a register of the board's watchdog, which this file alone touches.
    unsafe { ((BASE + register) as *mut u32).write_volatile(value) }
}
