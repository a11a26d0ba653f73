//! The state machine that turns a message into octets.

use super::entity::Content;
use super::flow::Cursor;
use super::header::At;
use super::ink::Ink;
use super::mail::Message;
use super::reader::WriteError;

/// Writes a [`Message`] in pieces of any size. The octets are the same whatever the sizes.
#[derive(Debug)]
pub struct MessageWriter<'m, 'a, C> {
    message: &'m mut Message<'a, C>,
    phase: Phase,
    cursor: Cursor,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// An atom of the header section, which starts at a column.
    Header(At, u16),
    /// A step of the content.
    Content(u32),
    /// The line end that SMTP wants behind the last line.
    End,
    Done,
    /// Stays, so that half a mail is never taken for a whole one.
    Failed(WriteError),
}

impl<'m, 'a, C: Content> MessageWriter<'m, 'a, C> {
    pub(crate) fn new(message: &'m mut Message<'a, C>) -> Self {
        Self { message, phase: Phase::Header(At::START, 0), cursor: Cursor::new() }
    }

    /// Fills `out`, or the front of it at the mail's end, and says with how many octets. 0 is the end
    /// (or `out` was empty).
    ///
    /// # Errors
    /// When a reader fails; then at every further call, too.
    pub fn write_into(&mut self, out: &mut [u8]) -> Result<usize, WriteError> {
        self.write(out, None)
    }

    /// Whether all of the mail is out.
    pub fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done) && self.cursor.line.is_empty()
    }

    /// As [`write_into`](Self::write_into), but stops between header section and body; says whether
    /// the octets are the body's.
    pub(crate) fn write_section(&mut self, out: &mut [u8]) -> Result<(usize, bool), WriteError> {
        let header = matches!(self.phase, Phase::Header(..) | Phase::Content(0));
        let length = self.write(out, if header { Some(1) } else { None })?;
        Ok((length, !header))
    }

    fn write(&mut self, out: &mut [u8], until: Option<u32>) -> Result<usize, WriteError> {
        let mut used = 0_usize;
        loop {
            let room = out.get_mut(used..).unwrap_or_default();
            used = used.saturating_add(self.cursor.line.drain(room));
            let room = out.get_mut(used..).unwrap_or_default();
            if room.is_empty() {
                return Ok(used);
            }
            match self.advance(room, until) {
                Ok(Some(octets)) => used = used.saturating_add(octets),
                Ok(None) => return Ok(used),
                Err(error) => {
                    self.phase = Phase::Failed(error);
                    return Err(error);
                }
            }
        }
    }

    /// Writes some octets, or only moves on; `None` when there is nowhere to move on to.
    fn advance(&mut self, room: &mut [u8], until: Option<u32>) -> Result<Option<usize>, WriteError> {
        let (header, content, place, utf8) = self.message.parts();
        let cursor = &mut self.cursor;
        match self.phase {
            Phase::Header(at, column) => {
                let mut ink = Ink::new(room, cursor.skip, column);
                let next = header.emit(at, utf8, &mut ink);
                let inked = ink.finish();
                cursor.skip = cursor.skip.saturating_add(inked.used as u32);
                if cursor.skip >= inked.total {
                    cursor.next_step();
                    self.phase = next.map_or(Phase::Content(0), |at| Phase::Header(at, inked.column));
                }
                Ok(Some(inked.used))
            }
            Phase::Content(step) if Some(step) == until => Ok(None),
            Phase::Content(step) if step >= content.steps() => {
                self.phase = Phase::End;
                Ok(Some(0))
            }
            Phase::Content(step) => {
                let stepped = content.step(step, place, cursor, room)?;
                if stepped.done {
                    cursor.next_step();
                    self.phase = Phase::Content(step.saturating_add(1));
                }
                Ok(Some(stepped.used))
            }
            Phase::End => {
                if !content.ends_line(place) {
                    cursor.line.put(b"\r\n");
                }
                self.phase = Phase::Done;
                Ok(Some(0))
            }
            Phase::Done => Ok(None),
            Phase::Failed(error) => Err(error),
        }
    }
}
