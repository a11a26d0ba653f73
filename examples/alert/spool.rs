//! What comes through a pipe, put aside: in memory while it is short, then in a file without a name.

use std::fs::{File, OpenOptions, remove_file};
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use super::input::Source;

/// Octets kept in memory.
const SHORT: u64 = 256 * 1024;

/// Reads `stream` to its end.
pub(crate) fn spool(stream: &mut dyn Read) -> io::Result<Box<dyn Source>> {
    let mut front = Vec::new();
    stream.take(SHORT).read_to_end(&mut front)?;
    if (front.len() as u64) < SHORT {
        return Ok(Box::new(Cursor::new(front)));
    }
    let mut file = nameless()?;
    file.write_all(&front)?;
    drop(front);
    io::copy(stream, &mut file)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(Box::new(file))
}

/// A file that nobody else can open: its name is taken away at once.
fn nameless() -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let path = std::env::temp_dir().join(format!("alert-{}", super::unique::unique()));
    let file = options.open(&path)?;
    // Where an open file keeps its name, it stays behind: the system's own cleaning takes it.
    let _ = remove_file(&path);
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_come_back_as_they_were() {
        for length in [0, 1, SHORT - 1, SHORT, SHORT + 1, 3 * SHORT] {
            let octets: Vec<u8> = (0..length).map(|number| (number % 251) as u8).collect();
            let mut back = Vec::new();
            spool(&mut &octets[..]).unwrap().read_to_end(&mut back).unwrap();
            assert!(back == octets, "{length}");
        }
    }
}
