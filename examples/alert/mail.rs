//! A mail as the engine pulls it: written by the library, or whole as it was given.

use std::io;

use embedded_smtp::data::{Body, Needs};
use embedded_smtp::message::{Content, MessageBody, WriteError};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Octets from which on it is worth showing how far the mail has got.
const LARGE: u64 = 1024 * 1024;

/// A mail on its way out.
pub(crate) struct Mail<'a> {
    body: Box<dyn Body<Error = io::Error> + 'a>,
    progress: ProgressBar,
}

impl<'a> Mail<'a> {
    pub(crate) fn new(body: impl Body<Error = io::Error> + 'a) -> Self {
        Self { body: Box::new(body), progress: ProgressBar::hidden() }
    }

    /// A mail that the library writes.
    pub(crate) fn written<C: Content + 'a>(body: MessageBody<'a, 'a, C>) -> Self {
        Self::new(Written(body))
    }

    /// Shows on standard error, if that is a terminal and the mail is large, how far it has got.
    pub(crate) fn with_progress(mut self) -> Self {
        let Some(size) = self.body.size().filter(|size| *size >= LARGE) else { return self };
        let bar = ProgressBar::with_draw_target(Some(size), ProgressDrawTarget::stderr());
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
}

impl Body for Mail<'_> {
    type Error = io::Error;

    fn fill(&mut self) -> io::Result<&[u8]> {
        self.body.fill()
    }

    fn consume(&mut self, octets: usize) {
        self.body.consume(octets);
        self.progress.inc(octets as u64);
    }

    fn size(&self) -> Option<u64> {
        self.body.size()
    }

    fn needs(&self) -> Needs {
        self.body.needs()
    }
}

/// The library's body, with errors in the system's words.
struct Written<'m, 'a, C>(MessageBody<'m, 'a, C>);

impl<C: Content> Body for Written<'_, '_, C> {
    type Error = io::Error;

    fn fill(&mut self) -> io::Result<&[u8]> {
        self.0.fill().map_err(|error| match error {
            WriteError::Read(error) if error.code() != 0 => io::Error::from_raw_os_error(error.code()),
            WriteError::Length | WriteError::Changed => {
                io::Error::other("the text or an attached file has changed while it was being sent")
            }
            error => io::Error::other(error),
        })
    }

    fn consume(&mut self, octets: usize) {
        self.0.consume(octets);
    }

    fn size(&self) -> Option<u64> {
        self.0.size()
    }

    fn needs(&self) -> Needs {
        self.0.needs()
    }
}
