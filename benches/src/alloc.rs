//! An allocator that counts what it is asked for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

/// To be the `#[global_allocator]` of a program that wants to know.
#[derive(Debug)]
pub struct Counting;

static ASKED: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicU64 = AtomicU64::new(0);

// SAFETY: the system's allocator does all the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(&LIVE, (layout.size() as u64).wrapping_neg());
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size());
        unsafe { System.realloc(pointer, layout, size) }
    }
}

fn count(more: usize, less: usize) {
    add(&ASKED, 1);
    add(&LIVE, (more as u64).wrapping_sub(less as u64));
}

/// Without a locked instruction, which would take longer than many an allocation: what is counted runs in one thread.
fn add(to: &AtomicU64, number: u64) {
    to.store(to.load(Ordering::Relaxed).wrapping_add(number), Ordering::Relaxed);
}

/// Allocations, and growths of what is allocated, so far.
pub fn asked() -> u64 {
    ASKED.load(Ordering::Relaxed)
}

/// Octets that are allocated now.
pub fn live() -> u64 {
    LIVE.load(Ordering::Relaxed)
}
