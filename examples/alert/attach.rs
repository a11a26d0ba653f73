//! Files that travel with the mail, read in pieces while they are sent.

use std::path::Path;

use embedded_smtp::message::{Attachment, FileName, MimeType, Stream};

use super::input;
use super::outcome::Failure;
use super::pieces::Pieces;

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
        let pieces = input::file(path).and_then(Pieces::new).map_err(|error| bad(&error))?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        FileName::new(&name).map_err(|error| bad(&error))?;
        let guess = mime_guess::from_path(path).first_raw();
        // A type that may not be encoded, such as that of a mail, is as good as unknown.
        let known = guess.filter(|guess| MimeType::new(guess).is_ok());
        let media_type = known.unwrap_or(MimeType::OCTET_STREAM.as_str()).to_owned();
        Ok(Self { name, media_type, pieces })
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
