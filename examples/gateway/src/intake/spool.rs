//! A mail put aside: in memory while it is short, then in a file without a name.

use std::fs::{File, OpenOptions, remove_file};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::Arc;

use crate::unique;

/// Octets kept in memory.
const SHORT: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Spool {
    front: Vec<u8>,
    file: Option<File>,
    len: u64,
}

impl Spool {
    pub(crate) fn new() -> Self {
        Self { front: Vec::new(), file: None, len: 0 }
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.len += octets.len() as u64;
        if self.file.is_none() && self.front.len() + octets.len() > SHORT {
            self.file = Some(nameless()?);
        }
        self.front.extend_from_slice(octets);
        if let Some(file) = &mut self.file
            && self.front.len() >= SHORT
        {
            file.write_all(&self.front)?;
            self.front.clear();
        }
        Ok(())
    }

    /// Everything is there.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.write_all(&self.front)?;
            self.front = Vec::new();
        }
        Ok(())
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        if let Some(file) = &self.file {
            return file.read_at(into, at);
        }
        let from = usize::try_from(at).unwrap_or(usize::MAX);
        self.front.get(from..).unwrap_or_default().read(into)
    }
}

/// Reads a spool from its front; several may read the same.
#[derive(Debug)]
pub(crate) struct Reader {
    spool: Arc<Spool>,
    at: u64,
}

impl Reader {
    pub(crate) fn new(spool: Arc<Spool>) -> Self {
        Self { spool, at: 0 }
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let octets = self.spool.read_at(self.at, into)?;
        self.at += octets as u64;
        Ok(octets)
    }
}

/// A file that nobody else can open, and that is gone when the program is: its name is taken away at once.
fn nameless() -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("gateway-{}", unique::word()));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_come_back_as_they_were() {
        for length in [0, 1, SHORT - 1, SHORT, SHORT + 1, 5 * SHORT + 7] {
            let octets: Vec<u8> = (0..length).map(|number| (number % 251) as u8).collect();
            let mut spool = Spool::new();
            for piece in octets.chunks(1000) {
                spool.write(piece).unwrap();
            }
            spool.close().unwrap();
            assert_eq!(spool.len(), length as u64);
            let mut back = Vec::new();
            Reader::new(Arc::new(spool)).read_to_end(&mut back).unwrap();
            assert!(back == octets, "{length}");
        }
    }
}
