//! A stream between two threads, through memory.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::mpsc::{Receiver, Sender, channel};

/// One end; what is written here is read at the other.
#[derive(Debug)]
pub(crate) struct Pipe {
    out: Sender<Vec<u8>>,
    into: Receiver<Vec<u8>>,
    rest: Vec<u8>,
}

/// Both ends.
pub(crate) fn pipe() -> (Pipe, Pipe) {
    let ((to_left, from_right), (to_right, from_left)) = (channel(), channel());
    let end = |out, into| Pipe { out, into, rest: Vec::new() };
    (end(to_right, from_right), end(to_left, from_left))
}

impl Read for Pipe {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            // An end that is gone has sent all it had.
            self.rest = self.into.recv().unwrap_or_default();
        }
        let octets = self.rest.len().min(room.len());
        room[..octets].copy_from_slice(&self.rest[..octets]);
        self.rest.drain(..octets);
        Ok(octets)
    }
}

impl Write for Pipe {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.out.send(octets.to_vec()).map_err(|_| ErrorKind::BrokenPipe)?;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
