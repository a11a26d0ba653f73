//! The readings as a CSV file (RFC 4180) that is written row by row while the mail goes out, and is nowhere as a whole.

use embedded_smtp::message::{ReadError, Reader};
use embedded_smtp::wire::Writer;

use crate::history::Kept;

/// Octets of the longest row.
const ROW: usize = 24;

/// The file, and how far it has been read.
pub struct Table {
    readings: Kept,
    /// The number of the row's reading; in front of the first one is the header.
    row: u32,
    /// Octets of the row that have been read.
    at: usize,
}

impl Table {
    /// Of these readings.
    pub fn new(readings: Kept) -> Self {
        Self { readings, row: readings.numbers().start() - 1, at: 0 }
    }

    /// Writes a row; its length, or `None` behind the last one.
    fn write(&self, row: u32, into: &mut [u8; ROW]) -> Option<usize> {
        let mut out = Writer::new(into);
        if row < *self.readings.numbers().start() {
            out.put(b"reading,degrees\r\n");
        } else if self.readings.numbers().contains(&row) {
            out.number(row.into());
            out.byte(b',');
            degrees(self.readings.reading(row), &mut out);
            out.put(b"\r\n");
        } else {
            return None;
        }
        out.finish().ok()
    }
}

impl Reader for Table {
    fn restart(&mut self) -> Result<(), ReadError> {
        *self = Self::new(self.readings);
        Ok(())
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        let mut row = [0; ROW];
        while let Some(length) = self.write(self.row, &mut row) {
            let rest = row.get(self.at..length).unwrap_or_default();
            let octets = rest.len().min(into.len());
            into.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.at += octets;
            if octets > 0 {
                return Ok(octets);
            }
            self.row += 1;
            self.at = 0;
        }
        Ok(0)
    }

    fn length(&self) -> Option<u64> {
        let rows = self.readings.numbers().start() - 1..=*self.readings.numbers().end();
        Some(rows.filter_map(|row| self.write(row, &mut [0; ROW])).map(|octets| octets as u64).sum())
    }
}

/// Appends a temperature.
pub fn degrees(tenths: u32, out: &mut Writer<'_>) {
    out.number((tenths / 10).into());
    out.byte(b'.');
    out.number((tenths % 10).into());
}
