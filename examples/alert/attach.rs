//! Files that travel with the mail, read in pieces while they are sent.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use embedded_smtp::message::{Attachment, FileName, MimeType, ReadError, Reader, Stream};

use super::input::{self, Source};
use super::outcome::Failure;

/// A file to attach, opened.
pub(crate) struct File {
    name: String,
    media_type: String,
    pieces: Pieces,
}

impl File {
    /// Opens the file; its media type is guessed by its name.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let bad = |error: &dyn std::fmt::Display| {
            Failure::unsendable(format!("--attach {}: {error}", path.display()))
        };
        let mut source = input::file(path).map_err(|error| bad(&error))?;
        let length = source.seek(SeekFrom::End(0)).map_err(|error| bad(&error))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        FileName::new(&name).map_err(|error| bad(&error))?;
        let guess = mime_guess::from_path(path).first_raw();
        // A type that may not be encoded, such as that of a mail, is as good as unknown.
        let known = guess.filter(|guess| MimeType::new(guess).is_ok());
        let media_type = known.unwrap_or(MimeType::OCTET_STREAM.as_str()).to_owned();
        Ok(Self { name, media_type, pieces: Pieces { source: BufReader::new(source), length } })
    }

    /// The part of the mail.
    pub(crate) fn attachment(&mut self) -> Attachment<'_, Stream<&mut Pieces>> {
        let media_type = MimeType::new(&self.media_type).unwrap_or(MimeType::OCTET_STREAM);
        let attachment = Attachment::stream(media_type, &mut self.pieces);
        match FileName::new(&self.name) {
            Ok(name) => attachment.with_name(name),
            Err(_) => attachment,
        }
    }
}

/// A file's content, of which only a piece is in memory.
pub(crate) struct Pieces {
    source: BufReader<Box<dyn Source>>,
    length: u64,
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
