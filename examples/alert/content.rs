//! A mail as the engine pulls it: a header section, and a text that is read piece by piece.

use std::io::{self, Read};

use embedded_smtp::data::{Body, Needs};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::input::Source;
use super::survey::Survey;

/// Octets read at once; the mail is never in memory as a whole.
const PIECE: usize = 64 * 1024;

/// A mail on its way out.
pub(crate) struct Mail {
    header: Vec<u8>,
    /// Octets of the header section that are gone.
    gone: usize,
    text: Box<dyn Source>,
    /// Octets of the text that are still to be read: what comes into a file after the first look is not sent.
    left: u64,
    piece: Vec<u8>,
    from: usize,
    to: usize,
    size: u64,
    needs: Needs,
    progress: ProgressBar,
}

impl Mail {
    /// `survey` is what a first look through `text` has found.
    pub(crate) fn new(header: Vec<u8>, text: Box<dyn Source>, survey: &Survey) -> Self {
        let mut needs = Needs::default();
        needs.eight_bit = survey.eight_bit || !header.is_ascii();
        // A header section of its own is part of the text (`--raw`).
        needs.utf8_headers = !header.is_ascii() || (header.is_empty() && survey.eight_bit_header);
        Self {
            size: header.len() as u64 + survey.on_the_wire,
            header,
            gone: 0,
            text,
            left: survey.octets,
            piece: vec![0; PIECE],
            from: 0,
            to: 0,
            needs,
            progress: ProgressBar::hidden(),
        }
    }

    /// Shows on standard error, if that is a terminal, how far it has got.
    pub(crate) fn with_progress(mut self) -> Self {
        let bar = ProgressBar::with_draw_target(Some(self.left), ProgressDrawTarget::stderr());
        if let Ok(style) =
            ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        self.progress = bar;
        self
    }

    /// Another handle of the progress bar, to take it away.
    pub(crate) fn progress(&self) -> ProgressBar {
        self.progress.clone()
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

impl Body for Mail {
    type Error = io::Error;

    fn fill(&mut self) -> io::Result<&[u8]> {
        if self.gone < self.header.len() {
            return Ok(&self.header[self.gone..]);
        }
        if self.from == self.to && self.left > 0 {
            self.read()?;
        }
        Ok(&self.piece[self.from..self.to])
    }

    fn consume(&mut self, octets: usize) {
        if self.gone < self.header.len() {
            self.gone += octets;
        } else {
            self.from += octets;
            self.progress.inc(octets as u64);
        }
    }

    fn size(&self) -> Option<u64> {
        Some(self.size)
    }

    fn needs(&self) -> Needs {
        self.needs
    }
}
