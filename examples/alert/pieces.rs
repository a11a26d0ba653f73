//! What is sent while it is read.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use embedded_smtp::message::{ReadError, Reader};

use super::input::Source;

/// A file's content, of which only a piece is in memory.
pub(crate) struct Pieces {
    source: BufReader<Box<dyn Source>>,
    length: u64,
}

impl Pieces {
    pub(crate) fn new(mut source: Box<dyn Source>) -> io::Result<Self> {
        let length = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        Ok(Self { source: BufReader::new(source), length })
    }

    /// For a first look.
    pub(crate) fn source(&mut self) -> &mut dyn Read {
        &mut self.source
    }
}

impl Reader for Pieces {
    fn restart(&mut self) -> Result<(), ReadError> {
        self.source.seek(SeekFrom::Start(0)).map(|_| ()).map_err(|error| code(&error))
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        loop {
            match self.source.read(into) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result.map_err(|error| code(&error)),
            }
        }
    }

    fn length(&self) -> Option<u64> {
        Some(self.length)
    }
}

/// The system's number for an error, 0 if it has none.
fn code(error: &io::Error) -> ReadError {
    ReadError::new(error.raw_os_error().unwrap_or(0))
}
