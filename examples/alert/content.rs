//! A mail that is whole already, with a header section of its own, read piece by piece.

use std::io::{self, Read};

use embedded_smtp::data::{Body, Needs};

use super::input::Source;
use super::survey::Survey;

/// Octets read at once; the mail is never in memory as a whole.
const PIECE: usize = 64 * 1024;

/// Such a mail on its way out.
pub(crate) struct Whole {
    text: Box<dyn Source>,
    /// Octets of the text that are still to be read: what comes into a file after the first look is not sent.
    left: u64,
    piece: Vec<u8>,
    from: usize,
    to: usize,
    size: u64,
    needs: Needs,
}

impl Whole {
    /// `survey` is what a first look through `text` has found.
    pub(crate) fn new(text: Box<dyn Source>, survey: &Survey) -> Self {
        let mut needs = Needs::default();
        needs.eight_bit = survey.eight_bit;
        needs.utf8_headers = survey.eight_bit_header;
        Self {
            size: survey.on_the_wire,
            text,
            left: survey.octets,
            piece: vec![0; PIECE],
            from: 0,
            to: 0,
            needs,
        }
    }

    fn read(&mut self) -> io::Result<()> {
        let wanted = self.piece.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let octets = loop {
            match self.text.read(&mut self.piece[..wanted]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        let fresh = &self.piece[..octets];
        // The server was told a size and an encoding.
        if octets == 0 || (!self.needs.eight_bit && !fresh.is_ascii()) {
            return Err(io::Error::other("the file has changed while it was being sent"));
        }
        self.left -= octets as u64;
        (self.from, self.to) = (0, octets);
        Ok(())
    }
}

impl Body for Whole {
    type Error = io::Error;

    fn fill(&mut self) -> io::Result<&[u8]> {
        if self.from == self.to && self.left > 0 {
            self.read()?;
        }
        Ok(&self.piece[self.from..self.to])
    }

    fn consume(&mut self, octets: usize) {
        self.from += octets;
    }

    fn size(&self) -> Option<u64> {
        Some(self.size)
    }

    fn needs(&self) -> Needs {
        self.needs
    }
}
