//! A counter of 64 bits on a processor that loads 32 at a time: an interrupt counts, everybody reads. Milliseconds would
//! begin anew after 49.7 days in 32 bits, and every timer that runs at that moment would stand still for as long.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How often it has been counted.
pub struct Ticks {
    high: AtomicU32,
    low: AtomicU32,
}

impl Ticks {
    /// Counts on from here.
    pub const fn from(count: u64) -> Self {
        Self { high: AtomicU32::new((count >> 32) as u32), low: AtomicU32::new(count as u32) }
    }

    /// One more, and how many there are, in their last 32 bits. For the one interrupt that counts.
    pub fn count(&self) -> u32 {
        let low = self.low.load(Relaxed).wrapping_add(1);
        self.low.store(low, Relaxed);
        if low == 0 {
            self.high.store(self.high.load(Relaxed).wrapping_add(1), Relaxed);
        }
        low
    }

    /// How many there are.
    pub fn read(&self) -> u64 {
        self.read_disturbed(|| {})
    }

    /// The last 32 bits of it, which do for a difference.
    pub fn low(&self) -> u32 {
        self.low.load(Relaxed)
    }

    /// The interrupt may come between any two of these loads; `disturb` plays it in the tests.
    fn read_disturbed(&self, mut disturb: impl FnMut()) -> u64 {
        loop {
            let high = self.high.load(Relaxed);
            disturb();
            let low = self.low.load(Relaxed);
            disturb();
            if high == self.high.load(Relaxed) {
                return u64::from(high) << 32 | u64::from(low);
            }
        }
    }
}

/// On the host: `rustc --test --edition 2024 src/ticks.rs`, which `ci.sh` does.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_on_beyond_32_bits() {
        for start in [0, 5, u64::from(u32::MAX) - 2, 1 << 32, (7 << 32) - 2] {
            let ticks = Ticks::from(start);
            for more in 1..6 {
                assert_eq!(u64::from(ticks.count()), (start + more) & 0xffff_ffff);
                assert_eq!(ticks.read(), start + more);
            }
        }
    }

    #[test]
    fn a_reader_that_is_interrupted_reads_no_other_time_than_one_that_was() {
        let start = (3_u64 << 32) - 4;
        // The interrupt comes at one of the places, or at several of them.
        for places in 0..16_u32 {
            let ticks = Ticks::from(start);
            for _ in 0..8 {
                let before = ticks.read();
                let mut place = 0;
                let read = ticks.read_disturbed(|| {
                    if places >> place & 1 == 1 {
                        ticks.count();
                    }
                    place += 1;
                });
                assert!((before..=ticks.read()).contains(&read), "{before:x}, {read:x}, {:x}", ticks.read());
                ticks.count();
            }
        }
    }
}
