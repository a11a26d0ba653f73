//! How content flows through each encoding into the writer's buffer, from any kind of source.

use super::coding::{Breaks, CODED_LINE, Line, RAW_LINE, base64, base64_length, quoted_printable};
use super::ink::copy;
use super::reader::{Reader, WriteError};

/// How far the writer is inside one step.
#[derive(Debug)]
pub struct Cursor {
    /// Octets of the content taken.
    at: u64,
    /// Octets of the step's atom that are out; anything but 0 once a reader has been restarted.
    pub(crate) skip: u32,
    /// A CR is out and its LF is not.
    line_feed_due: bool,
    /// Encoded and not yet out.
    pub(crate) line: Line,
}

impl Cursor {
    pub(crate) const fn new() -> Self {
        Self { at: 0, skip: 0, line_feed_due: false, line: Line::new() }
    }

    /// Starts the next step. The line stays: it may still be on its way out.
    pub(crate) fn next_step(&mut self) {
        self.at = 0;
        self.skip = 0;
        self.line_feed_due = false;
    }

    fn rest<'s>(&self, content: &'s [u8]) -> &'s [u8] {
        usize::try_from(self.at).ok().and_then(|at| content.get(at..)).unwrap_or_default()
    }

    fn advance(&mut self, octets: usize) {
        self.at = self.at.saturating_add(octets as u64);
    }
}

/// What a step did.
#[derive(Debug, Clone, Copy)]
pub struct Stepped {
    /// Octets put into the buffer.
    pub(crate) used: usize,
    /// Whether the step is done, but for the line in the cursor.
    pub(crate) done: bool,
}

/// Content as it is.
pub(crate) fn verbatim(content: &[u8], cursor: &mut Cursor, out: &mut [u8]) -> Stepped {
    let rest = cursor.rest(content);
    let used = copy(rest, out);
    cursor.advance(used);
    Stepped { used, done: used == rest.len() }
}

/// Text with its line ends made CRLF (RFC 5322 §2.3).
pub(crate) fn in_lines(text: &[u8], cursor: &mut Cursor, out: &mut [u8]) -> Stepped {
    let used = pull_lines(text, cursor, out);
    Stepped { used, done: cursor.rest(text).is_empty() && !cursor.line_feed_due }
}

/// Content in quoted-printable.
pub(crate) fn quoted(content: &[u8], breaks: Breaks, cursor: &mut Cursor, out: &mut [u8]) -> Stepped {
    let mut used = 0_usize;
    while cursor.line.is_empty() {
        let rest = cursor.rest(content);
        if rest.is_empty() {
            return Stepped { used, done: true };
        }
        let taken = quoted_printable(rest, breaks, &mut cursor.line);
        cursor.advance(taken);
        let room = out.get_mut(used..).unwrap_or_default();
        used = used.saturating_add(cursor.line.drain(room));
    }
    Stepped { used, done: false }
}

/// Content in base64: the CRLF stands in front of every line but the first, so that the last line
/// has none.
pub(crate) fn in_base64(
    from: &mut dyn Pull,
    cursor: &mut Cursor,
    out: &mut [u8],
) -> Result<Stepped, WriteError> {
    let mut used = 0_usize;
    loop {
        let first = cursor.at == 0;
        let mut raw = [0; RAW_LINE];
        let length = from.pull(cursor, &mut raw)?;
        let raw = raw.get(..length).unwrap_or_default();
        if raw.is_empty() {
            return Ok(Stepped { used, done: true });
        }
        // A short line is the last, whatever the reader gives behind its end: padding ends base64 (RFC 2045 §6.8).
        let done = length < RAW_LINE;
        let room = out.get_mut(used..).unwrap_or_default();
        let start = if first { 0_usize } else { 2 };
        let coded = start.saturating_add(base64_length(length));
        if let Some(line) = room.get_mut(..coded) {
            // straight into the buffer
            encode_line(raw, start, line);
            used = used.saturating_add(coded);
            if done {
                return Ok(Stepped { used, done });
            }
        } else {
            let mut line = [0; CODED_LINE];
            encode_line(raw, start, &mut line);
            cursor.line.put(line.get(..coded).unwrap_or_default());
            used = used.saturating_add(cursor.line.drain(room));
            return Ok(Stepped { used, done });
        }
    }
}

fn encode_line(raw: &[u8], start: usize, line: &mut [u8]) {
    if let Some((line_end, characters)) = line.split_at_mut_checked(start) {
        copy(b"\r\n", line_end);
        base64(raw, characters);
    }
}

/// Where base64 takes its octets from.
pub(crate) trait Pull {
    /// Fills `into`, but at the end of the content; says how far.
    fn pull(&mut self, cursor: &mut Cursor, into: &mut [u8]) -> Result<usize, WriteError>;
}

/// Octets in memory.
#[derive(Debug)]
pub(crate) struct Whole<'s>(pub(crate) &'s [u8]);

impl Pull for Whole<'_> {
    fn pull(&mut self, cursor: &mut Cursor, into: &mut [u8]) -> Result<usize, WriteError> {
        Ok(verbatim(self.0, cursor, into).used)
    }
}

/// Text in memory, with its line ends made CRLF.
#[derive(Debug)]
pub(crate) struct Lines<'s>(pub(crate) &'s [u8]);

impl Pull for Lines<'_> {
    fn pull(&mut self, cursor: &mut Cursor, into: &mut [u8]) -> Result<usize, WriteError> {
        Ok(pull_lines(self.0, cursor, into))
    }
}

/// What a reader reads.
#[derive(Debug)]
pub(crate) struct Read<'r, R>(pub(crate) &'r mut R);

impl<R: Reader> Pull for Read<'_, R> {
    fn pull(&mut self, cursor: &mut Cursor, into: &mut [u8]) -> Result<usize, WriteError> {
        let left = self.0.length().map(|length| length.saturating_sub(cursor.at));
        let wanted = left.and_then(|left| usize::try_from(left).ok()).unwrap_or(into.len()).min(into.len());
        let mut filled = 0_usize;
        while filled < wanted {
            let room = into.get_mut(filled..wanted).unwrap_or_default();
            let space = room.len();
            match self.0.read(room)? {
                0 if left.is_some() => return Err(WriteError::Length),
                0 => break,
                octets if octets > space => return Err(WriteError::Length),
                octets => filled = filled.saturating_add(octets),
            }
        }
        cursor.advance(filled);
        Ok(filled)
    }
}

/// Puts text into `into` with its line ends made CRLF, as far as it fits; says how many octets of it are taken, and how many of
/// `into` are used. The last octet may be a CR only where the text ends with it.
pub(crate) fn lines(text: &[u8], cursor: &mut Cursor, into: &mut [u8]) -> (usize, usize) {
    let (mut taken, mut used) = (0_usize, 0_usize);
    while let Some(room) = into.get_mut(used..).filter(|room| !room.is_empty()) {
        if cursor.line_feed_due {
            cursor.line_feed_due = false;
            used = used.saturating_add(copy(b"\n", room));
            continue;
        }
        let rest = text.get(taken..).unwrap_or_default();
        let window = rest.get(..room.len()).unwrap_or(rest);
        let run = window.iter().position(|octet| matches!(octet, b'\r' | b'\n'));
        let plain = window.get(..run.unwrap_or(window.len())).unwrap_or_default();
        let copied = copy(plain, room);
        used = used.saturating_add(copied);
        taken = taken.saturating_add(copied);
        if run == Some(0) {
            used = used.saturating_add(copy(b"\r", room));
            cursor.line_feed_due = true;
            let pair = matches!(rest, [b'\r', b'\n', ..]);
            taken = taken.saturating_add(if pair { 2 } else { 1 });
        } else if plain.is_empty() {
            break;
        }
    }
    cursor.advance(taken);
    (taken, used)
}

fn pull_lines(text: &[u8], cursor: &mut Cursor, into: &mut [u8]) -> usize {
    let rest = cursor.rest(text);
    lines(rest, cursor, into).1
}
