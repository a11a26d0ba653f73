//! A simulated thermometer.

use smoltcp::time::{Duration, Instant};

/// What is read each time.
const EVERY: Duration = Duration::from_millis(50);

/// Above this the alert is due, in tenths of a degree.
const LIMIT: u32 = 700;

/// A boiler that gets hotter by 3.7 degrees a reading, up to 95.
pub struct Sensor {
    tenths: u32,
    readings: u32,
    due: Instant,
}

impl Sensor {
    /// At room temperature.
    pub fn new() -> Self {
        Self { tenths: 210, readings: 0, due: Instant::ZERO }
    }

    /// Reads the value when it is time to.
    pub fn turn(&mut self, now: Instant) {
        if now >= self.due {
            self.due = now + EVERY;
            self.readings = self.readings.wrapping_add(1);
            self.tenths = (self.tenths + 37).min(950);
        }
    }

    /// The value, in tenths of a degree, when it is above the limit.
    pub fn alarm(&self) -> Option<u32> {
        (self.tenths > LIMIT).then_some(self.tenths)
    }

    /// How often it has been read.
    pub fn readings(&self) -> u32 {
        self.readings
    }
}
