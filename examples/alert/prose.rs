//! The mail's text, plain and in HTML: looked through beforehand, read again while it is sent, never in memory as a whole.

use std::io::{self, Read};
use std::path::Path;

use embedded_smtp::message::{Attachment, Content, MimeType, TextStream, WriteError};

use super::args::Args;
use super::input;
use super::outcome::Failure;
use super::pieces::Pieces;

/// What a look through a text has found.
#[derive(Debug, PartialEq, Eq)]
enum Look {
    Utf8,
    /// In another character set, which nobody has told.
    Unknown,
    /// A NUL in this line: it is no text.
    Nul(u64),
}

/// The plain text, and whether it is in UTF-8.
pub(crate) fn plain(args: &Args) -> Result<(Pieces, bool), Failure> {
    let mut text = Pieces::new(input::open(args)?).map_err(|error| unreadable(&error))?;
    match look(text.source()).map_err(|error| unreadable(&error))? {
        Look::Utf8 => Ok((text, true)),
        Look::Unknown => Ok((text, false)),
        Look::Nul(line) => Err(Failure::unsendable(format!(
            "line {line} of the text has a NUL in it: this is no text; send it as a file by --attach"
        ))),
    }
}

/// The text once more, in HTML.
pub(crate) fn html(path: &Path) -> Result<Pieces, Failure> {
    let bad = |error: io::Error| Failure::unsendable(format!("--html {}: {error}", path.display()));
    let mut html = input::file(path).and_then(Pieces::new).map_err(bad)?;
    match look(html.source()).map_err(bad)? {
        Look::Utf8 => Ok(html),
        Look::Unknown | Look::Nul(_) => Err(bad(io::Error::other("it is not in UTF-8"))),
    }
}

/// Text in UTF-8, in the lightest encoding that the way lets through.
pub(crate) fn surveyed(text: &mut Pieces) -> Result<TextStream<&mut Pieces>, Failure> {
    TextStream::surveyed(text).map_err(|error| match error {
        WriteError::Read(error) => unreadable(&io::Error::from_raw_os_error(error.code())),
        error => unreadable(&io::Error::other(error)),
    })
}

/// Text in a character set that nobody has told, of which nothing shall be lost (RFC 1428).
pub(crate) fn unknown(text: &mut Pieces) -> Result<impl Content, Failure> {
    let media_type = MimeType::new("text/plain; charset=unknown-8bit");
    let media_type = media_type.map_err(|error| unreadable(&io::Error::other(error.to_string())))?;
    Ok(Attachment::stream(media_type, text))
}

/// Looks through all of `text`, once, in constant memory.
fn look(text: &mut dyn Read) -> io::Result<Look> {
    let mut buffer = vec![0; 64 * 1024];
    // Octets of a character that is not whole yet, in front of the buffer.
    let (mut held, mut line, mut utf8) = (0, 1, true);
    loop {
        let octets = match text.read(&mut buffer[held..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result?,
        };
        if octets == 0 {
            return Ok(if utf8 && held == 0 { Look::Utf8 } else { Look::Unknown });
        }
        let fresh = &buffer[held..held + octets];
        let nul = fresh.iter().position(|octet| *octet == 0);
        let before = &fresh[..nul.unwrap_or(fresh.len())];
        line += before.split(|octet| *octet == b'\n').count() as u64 - 1;
        if nul.is_some() {
            return Ok(Look::Nul(line));
        }
        let end = held + octets;
        held = 0;
        if utf8 && let Err(error) = str::from_utf8(&buffer[..end]) {
            utf8 = error.error_len().is_none();
            if utf8 {
                buffer.copy_within(error.valid_up_to()..end, 0);
                held = end - error.valid_up_to();
            }
        }
    }
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::unsendable(format!("the text cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives so many octets at once.
    struct Trickle<'t>(&'t [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let octets = self.0.len().min(self.1).min(room.len());
            room[..octets].copy_from_slice(&self.0[..octets]);
            self.0 = &self.0[octets..];
            Ok(octets)
        }
    }

    #[test]
    fn what_a_text_is_shows_in_whatever_pieces_it_comes() {
        for (text, expected) in [
            (&b""[..], Look::Utf8),
            (b"plain\n", Look::Utf8),
            ("caf\u{e9} \u{4e00}\u{1f600}\n".as_bytes(), Look::Utf8),
            (b"caf\xe9\n", Look::Unknown),
            (b"caf\xc3", Look::Unknown),
            (b"\xf0\x9f\x98", Look::Unknown),
            (b"one\ntwo\nthr\0e\n", Look::Nul(3)),
            (b"\xff\n\0", Look::Nul(2)),
        ] {
            for piece in [1, 2, 3, 4, 100] {
                assert_eq!(look(&mut Trickle(text, piece)).unwrap(), expected, "{text:?} by {piece}");
            }
        }
    }
}
