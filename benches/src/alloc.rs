//! An allocator that counts what it is asked for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

/// To be the `#[global_allocator]` of a program that wants to know.
#[derive(Debug)]
pub struct Counting;

static ASKED: AtomicU64 = AtomicU64::new(0);

// SAFETY: the system's allocator does all the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// Without a locked instruction, which would take longer than many an allocation: what is counted runs in one thread.
fn count() {
    ASKED.store(ASKED.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Allocations, and growths of what is allocated, so far.
pub fn asked() -> u64 {
    ASKED.load(Ordering::Relaxed)
}
