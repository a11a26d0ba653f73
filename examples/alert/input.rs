//! Where a mail's text comes from.

use std::fs::File;
use std::io::{self, Cursor, IsTerminal, Read, Seek};
use std::path::Path;

use super::args::Args;
use super::outcome::Failure;
use super::paint::complain;
use super::spool::spool;

/// A text that can be read twice.
pub(crate) trait Source: Read + Seek {}

impl<T: Read + Seek> Source for T {}

/// The text of `--text`, `--file` or standard input.
pub(crate) fn open(args: &Args) -> Result<Box<dyn Source>, Failure> {
    match (&args.text, &args.file) {
        (Some(text), _) => Ok(Box::new(Cursor::new(text.clone().into_bytes()))),
        (None, Some(path)) if path != Path::new("-") => {
            file(path).map_err(|error| Failure::unsendable(format!("--file {}: {error}", path.display())))
        }
        _ => {
            let mut stdin = io::stdin().lock();
            if stdin.is_terminal() {
                complain("type the text, and end it by the end-of-file key (Ctrl-D)");
            }
            spool(&mut stdin).map_err(|error| Failure::unsendable(format!("standard input: {error}")))
        }
    }
}

/// A file's content, or what comes through a pipe of that name.
pub(crate) fn file(path: &Path) -> io::Result<Box<dyn Source>> {
    let mut file = File::open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if kind.is_file() { Ok(Box::new(file)) } else { spool(&mut file) }
}
