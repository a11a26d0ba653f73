//! The script as a stream of embedded-io's, blocking and async.

use embedded_io::{ErrorKind, ErrorType};

use crate::Wire;

/// The script.
pub struct Stream(pub Wire);

impl ErrorType for Stream {
    type Error = ErrorKind;
}

impl embedded_io::Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        Ok(self.0.read(into))
    }
}

impl embedded_io::Write for Stream {
    fn write(&mut self, octets: &[u8]) -> Result<usize, ErrorKind> {
        Ok(self.0.write(octets))
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

#[cfg(feature = "costs")]
impl embedded_io_async::Read for Stream {
    async fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        Ok(self.0.read(into))
    }
}

#[cfg(feature = "costs")]
impl embedded_io_async::Write for Stream {
    async fn write(&mut self, octets: &[u8]) -> Result<usize, ErrorKind> {
        Ok(self.0.write(octets))
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}
