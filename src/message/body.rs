//! A message as a body that an engine pulls.

use super::entity::Content;
use super::mail::Message;
use super::reader::WriteError;
use super::writer::MessageWriter;
use crate::data::{Body, Needs};

/// A [`Message`] on its way into a submission, made piece by piece in a lent buffer.
///
/// The larger the buffer, the fewer the pieces; a few hundred octets are plenty.
#[derive(Debug)]
pub struct MessageBody<'m, 'a, C> {
    size: Option<u64>,
    needs: Needs,
    writer: MessageWriter<'m, 'a, C>,
    buffer: &'m mut [u8],
    start: usize,
    end: usize,
}

impl<'m, 'a, C: Content> MessageBody<'m, 'a, C> {
    pub(crate) fn new(message: &'m mut Message<'a, C>, buffer: &'m mut [u8]) -> Self {
        let (size, needs) = (message.size(), message.needs());
        Self { size, needs, writer: message.writer(), buffer, start: 0, end: 0 }
    }
}

impl<C: Content> Body for MessageBody<'_, '_, C> {
    type Error = WriteError;

    fn fill(&mut self) -> Result<&[u8], WriteError> {
        if self.buffer.is_empty() {
            return Err(WriteError::NoBuffer);
        }
        if self.start >= self.end {
            self.start = 0;
            self.end = 0;
            self.end = self.writer.write_into(self.buffer)?;
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    fn consume(&mut self, octets: usize) {
        self.start = self.start.saturating_add(octets).min(self.end);
    }

    fn size(&self) -> Option<u64> {
        self.size
    }

    fn needs(&self) -> Needs {
        self.needs
    }
}
