//! The last readings, in the board's code memory behind the image: it plays the flash here. A device in the field would
//! write them by its flash controller, or into a chip of their own.

/// Where they lie; see `memory.x`.
const BASE: usize = 0x003f_0000;

/// How many there are.
const LAST: u32 = 10;

/// The ring of the last readings, of which each takes one word, and behind it those that are kept.
pub struct History {
    count: u32,
}

/// Readings that stay as they are while others come.
#[derive(Clone, Copy)]
pub struct Kept {
    count: u32,
}

impl History {
    /// Empty.
    pub fn new() -> Self {
        Self { count: 0 }
    }

    /// Adds one; the oldest makes room.
    pub fn add(&mut self, tenths: u32) {
        write(self.count % LAST, tenths);
        self.count = self.count.wrapping_add(1);
    }

    /// How many there have been.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Copies the last ones to where the mail's attachment is read from.
    pub fn keep(&self) -> Kept {
        for number in self.count.saturating_sub(LAST)..self.count {
            write(LAST + number % LAST, read(number % LAST));
        }
        Kept { count: self.count }
    }
}

impl Kept {
    /// The numbers of the readings that are there, beginning with 1.
    pub fn numbers(self) -> core::ops::RangeInclusive<u32> {
        self.count.saturating_sub(LAST) + 1..=self.count
    }

    /// One of them, in tenths of a degree.
    pub fn reading(self, number: u32) -> u32 {
        read(LAST + (number - 1) % LAST)
    }
}

fn read(place: u32) -> u32 {
    // SAFETY: within the memory that the linker has left to this file.
    unsafe { (BASE as *const u32).add(place as usize).read_volatile() }
}

fn write(place: u32, value: u32) {
    // SAFETY: as above.
    unsafe { (BASE as *mut u32).add(place as usize).write_volatile(value) }
}
