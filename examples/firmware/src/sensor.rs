//! A simulated thermometer.

use smoltcp::time::{Duration, Instant};

use crate::history::{History, Kept};

/// What is read each time.
const EVERY: Duration = Duration::from_millis(50);

/// Above this the alert is due, in tenths of a degree.
const LIMIT: u32 = 700;

/// A boiler that gets hotter by 3.7 degrees a reading, up to 95.
pub struct Sensor {
    tenths: u32,
    due: Instant,
    history: History,
}

impl Sensor {
    /// At room temperature.
    pub fn new() -> Self {
        Self { tenths: 210, due: Instant::ZERO, history: History::new() }
    }

    /// Reads the value when it is time to.
    pub fn turn(&mut self, now: Instant) {
        if now >= self.due {
            self.due = now + EVERY;
            self.tenths = (self.tenths + 37).min(950);
            self.history.add(self.tenths);
        }
    }

    /// The value, in tenths of a degree, when it is above the limit, and the readings up to it.
    pub fn alarm(&self) -> Option<(u32, Kept)> {
        (self.tenths > LIMIT).then(|| (self.tenths, self.history.keep()))
    }

    /// How often it has been read.
    pub fn readings(&self) -> u32 {
        self.history.count()
    }
}
