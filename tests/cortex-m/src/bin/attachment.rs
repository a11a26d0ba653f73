//! (f) The message writer: all of (e) with text that may need an encoding, and a file from a reader.

#![no_std]
#![no_main]

use cortex_m_images::mail::{Failure, write};
use cortex_m_images::{Wire, done, entry, report, unknown};
use embedded_smtp::message::{Attachment, FileName, MimeType, Multipart, ReadError, Reader, Text};

#[entry]
fn main() -> ! {
    report("octets", octets().unwrap_or(0));
    done()
}

fn octets() -> Result<u32, Failure> {
    let text = Text::plain(unknown("It is 42 \u{b0}C.\r\n"));
    let file = Attachment::stream(MimeType::new(unknown("text/csv"))?, Rows(0))
        .with_name(FileName::new(unknown("readings.csv"))?);
    write(&mut Wire::new(), Multipart::mixed(text, [file]))
}

/// Ten rows, and how many have been read.
struct Rows(u8);

impl Reader for Rows {
    fn restart(&mut self) -> Result<(), ReadError> {
        self.0 = 0;
        Ok(())
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        if self.0 == 10 {
            return Ok(0);
        }
        self.0 = self.0.wrapping_add(1);
        let row = unknown(b"42\r\n");
        into.iter_mut().zip(row).for_each(|(to, from)| *to = *from);
        Ok(row.len().min(into.len()))
    }
}
