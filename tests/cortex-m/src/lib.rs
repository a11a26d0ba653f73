//! What the images share: where their octets come from and go to, and how they report.
//!
//! The peer's side of a session is put into memory by QEMU's loader, so that it is in no image's flash. All of this is
//! in the empty image too.

#![no_std]

pub mod mail;
pub mod stream;
pub mod submit;
pub mod turn;

use core::cell::UnsafeCell;
use core::hint::black_box;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicU32, Ordering};

pub use cortex_m_rt::entry;

/// Where the peer's side lies: groups of octets, each behind its length (32 bits); each group is to be read once all
/// that waits has been written; a length of 0 ends them.
const SCRIPT: *const u8 = 0x2030_0000 as *const u8;

/// A stream whose other side is the script.
pub struct Wire {
    at: usize,
}

impl Wire {
    /// At the script's first group.
    #[inline(never)]
    pub fn new() -> Self {
        Self { at: 0 }
    }

    /// Reads one group, or its front if it is longer than `into`.
    #[inline(never)]
    pub fn read(&mut self, into: &mut [u8]) -> usize {
        let mut length = 0;
        for shift in [0, 8, 16, 24] {
            length |= usize::from(octet(self.at)) << shift;
            self.at = self.at.wrapping_add(1);
        }
        let mut count = 0_usize;
        for (place, _) in into.iter_mut().zip(0..length) {
            *place = octet(self.at);
            self.at = self.at.wrapping_add(1);
            count = count.wrapping_add(1);
        }
        count
    }

    /// Writes everything.
    #[inline(never)]
    pub fn write(&mut self, octets: &[u8]) -> usize {
        static SINK: AtomicU32 = AtomicU32::new(0);
        for octet in octets {
            SINK.store(u32::from(*octet), Ordering::Relaxed);
            put(*octet);
        }
        octets.len()
    }
}

impl Default for Wire {
    fn default() -> Self {
        Self::new()
    }
}

fn octet(at: usize) -> u8 {
    // SAFETY: the script lies in the board's RAM, above everything of the image's own.
    unsafe { SCRIPT.wrapping_add(at).read_volatile() }
}

/// Memory to be lent, outside of the stack, so that the stack's depth is the code's own.
pub struct Lent<T>(UnsafeCell<T>);

// SAFETY: the images have one thread and no interrupts.
unsafe impl<T> Sync for Lent<T> {}

impl<T> Lent<T> {
    /// With this in it.
    pub const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Lends it, once.
    #[allow(clippy::mut_from_ref, reason = "each is lent once")]
    pub fn lend(&'static self) -> &'static mut T {
        // SAFETY: each image lends each of its own once.
        unsafe { &mut *self.0.get() }
    }
}

/// What the optimiser shall take for unknown.
#[inline(never)]
pub fn unknown<T>(value: T) -> T {
    black_box(value)
}

/// Prints a name and a number, for the host.
#[inline(never)]
pub fn report(name: &str, mut number: u32) {
    put(b'\n');
    put(b'#');
    for octet in name.bytes() {
        put(octet);
    }
    put(b' ');
    let mut digits = [0; 10];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' | (number % 10) as u8;
        number /= 10;
    }
    for digit in digits {
        put(digit);
    }
    put(b'\n');
}

/// Reports how deep the stack has been, and leaves QEMU with success.
#[inline(never)]
pub fn done() -> ! {
    unsafe extern "C" {
        static _stack_start: u32;
        static _stack_end: u32;
    }
    let top = &raw const _stack_start as usize;
    let mut at = &raw const _stack_end as usize;
    // SAFETY: the addresses are those between the linker's bounds of the stack.
    while at < top && unsafe { (at as *const u32).read_volatile() } == cortex_m_rt::STACK_PAINT_VALUE {
        at = at.wrapping_add(4);
    }
    report("stack", top.wrapping_sub(at) as u32);
    // ADP_Stopped_ApplicationExit
    semihosting(0x18, 0x2_0026);
    loop {}
}

fn put(octet: u8) {
    semihosting(0x03, &raw const octet as usize);
}

#[inline(never)]
fn semihosting(operation: usize, parameter: usize) {
    // SAFETY: the call for the debugger, as Arm defines it; only r0 is changed.
    unsafe {
        core::arch::asm!("bkpt 0xab", inout("r0") operation => _, in("r1") parameter, options(nostack));
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    image_can_panic()
}

/// The symbol that no image may hold: it is there as soon as anything in the image can panic.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn image_can_panic() -> ! {
    report("panic", 1);
    // ADP_Stopped_RunTimeErrorUnknown
    semihosting(0x18, 0x2_0023);
    loop {}
}
