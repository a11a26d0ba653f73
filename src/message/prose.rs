//! Text that is not in memory.

use super::coding::{Breaks, Coding, Line, quoted_printable};
use super::flow::{Cursor, Pull, Stepped, in_base64, lines};
use super::reader::{Reader, WriteError};
use super::source::Supply;
use super::survey::{Look, Survey};
use super::transport::Transport;

/// So much of the text must be seen to encode a line of it: 75 octets, and the line end behind them or one octet more
/// (RFC 2045 §6.7).
const IN_SIGHT: usize = 77;

/// Octets that are asked of the reader at once, at most.
const AT_ONCE: usize = 57;

/// Text that a [`Reader`] reads, in UTF-8, which is not checked: octets that are none go out as they were read. Its line ends may be CRLF, CR
/// or LF; they become CRLF.
///
/// Where it can be read twice, [`surveyed`](Self::surveyed) finds the lightest encoding and the exact size by reading it once
/// beforehand. Otherwise nobody can know what it holds, and the caller chooses the encoding.
///
/// ```
/// use embedded_smtp::message::{ReadError, Reader, Text, TextStream};
///
/// /// The log of the last hours, say in a flash chip.
/// struct Log(usize);
///
/// impl Reader for Log {
///     fn restart(&mut self) -> Result<(), ReadError> {
///         self.0 = 0;
///         Ok(())
///     }
///     fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
///         let rest = b"21.5\n21.6\n84.0\n".get(self.0..).unwrap_or_default();
///         let length = rest.len().min(into.len());
///         into[..length].copy_from_slice(&rest[..length]);
///         self.0 += length;
///         Ok(length)
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let text = Text::plain_stream(TextStream::surveyed(Log(0))?);
/// # let _ = text;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TextStream<R> {
    reader: R,
    plan: Plan,
    look: Look,
    /// Octets of it in quoted-printable so far.
    quoted: u64,
    /// What was read and is not used, from `start` to `end`.
    window: [u8; 80],
    start: u8,
    end: u8,
    ended: bool,
    /// Octets that the reader has announced and not given.
    left: Option<u64>,
}

/// How it goes out.
#[derive(Debug, Clone, Copy)]
enum Plan {
    /// As the first look has shown.
    Surveyed(Survey),
    /// As the caller says.
    Told(Coding),
}

impl<R: Reader> TextStream<R> {
    /// Reads all of it once, to go out in the lightest encoding and with its size announced.
    ///
    /// # Errors
    /// When the reader fails. If it reads a text of another length, kind or encoded size later than now, writing fails with
    /// [`WriteError::Changed`]; other changes are not noticed, and go out.
    pub fn surveyed(reader: R) -> Result<Self, WriteError> {
        let mut stream = Self::told(Coding::QuotedPrintable, reader);
        stream.restart()?;
        while stream.encode(&mut Line::new())? {}
        stream.plan = Plan::Surveyed(stream.look.survey(Some(stream.quoted)));
        Ok(stream)
    }

    /// In quoted-printable: best for text that is mostly ASCII. Its size is not known.
    pub fn quoted_printable(reader: R) -> Self {
        Self::told(Coding::QuotedPrintable, reader)
    }

    /// In base64: best for text in other scripts. Its size is not known.
    pub fn base64(reader: R) -> Self {
        Self::told(Coding::Base64, reader)
    }

    /// The reader.
    pub fn into_inner(self) -> R {
        self.reader
    }

    fn told(coding: Coding, reader: R) -> Self {
        Self {
            reader,
            plan: Plan::Told(coding),
            look: Look::new(),
            quoted: 0,
            window: [0; 80],
            start: 0,
            end: 0,
            ended: false,
            left: None,
        }
    }

    fn restart(&mut self) -> Result<(), WriteError> {
        self.reader.restart()?;
        (self.look, self.quoted) = (Look::new(), 0);
        (self.start, self.end, self.ended) = (0, 0, false);
        self.left = self.reader.length();
        Ok(())
    }

    /// Reads until a line can be encoded, or to the end.
    fn look_ahead(&mut self) -> Result<(), WriteError> {
        let length = self.end.saturating_sub(self.start);
        if usize::from(length) < IN_SIGHT && !self.ended {
            self.fetch(length)?;
        }
        if self.start >= self.end
            && let Plan::Surveyed(survey) = self.plan
            && !self.look.is_of(&survey)
        {
            return Err(WriteError::Changed);
        }
        Ok(())
    }

    /// What is in sight of the text.
    fn sight(&self) -> &[u8] {
        self.window.get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }

    /// Moves what is left, of this length, to the front of the window, and fills that.
    fn fetch(&mut self, length: u8) -> Result<(), WriteError> {
        for to in 0..length {
            let octet = self.window.get(usize::from(to.saturating_add(self.start))).copied();
            if let (Some(octet), Some(place)) = (octet, self.window.get_mut(usize::from(to))) {
                *place = octet;
            }
        }
        (self.start, self.end) = (0, length);
        while usize::from(self.end) < IN_SIGHT && !self.ended {
            let room = self.window.get_mut(usize::from(self.end)..).unwrap_or_default();
            let left = self.left.and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX);
            let wanted = room.len().min(AT_ONCE).min(left);
            let octets = match room.get_mut(..wanted) {
                Some([]) | None => 0,
                Some(room) => self.reader.read(room)?,
            };
            // It ends before its length, or says that it read more than it was asked for.
            if octets > wanted || (octets == 0 && self.left.is_some_and(|left| left > 0)) {
                return Err(WriteError::Length);
            }
            self.ended = octets == 0;
            self.end = self.end.saturating_add(octets as u8);
            self.left = self.left.map(|left| left.saturating_sub(octets as u64));
        }
        Ok(())
    }

    /// Lets go of so many octets in sight.
    fn take(&mut self, octets: usize) {
        let from = usize::from(self.start);
        let to = from.saturating_add(octets).min(usize::from(self.end));
        self.look.at(self.window.get(from..to).unwrap_or_default());
        self.start = to as u8;
    }

    /// Puts the next line of quoted-printable into `line`, which is empty; says whether there was one.
    fn encode(&mut self, line: &mut Line) -> Result<bool, WriteError> {
        self.look_ahead()?;
        let taken = quoted_printable(self.sight(), Breaks::Text, line);
        self.take(taken);
        self.quoted = self.quoted.saturating_add(line.length() as u64);
        match self.plan {
            // As many octets as before, but others of them escaped.
            Plan::Surveyed(survey) if taken == 0 && survey.size(Coding::QuotedPrintable) != self.quoted => {
                Err(WriteError::Changed)
            }
            _ => Ok(taken > 0),
        }
    }

    fn quoted(&mut self, cursor: &mut Cursor, out: &mut [u8]) -> Result<Stepped, WriteError> {
        let mut used = 0_usize;
        while cursor.line.is_empty() {
            if !self.encode(&mut cursor.line)? {
                return Ok(Stepped { used, done: true });
            }
            used = used.saturating_add(cursor.line.drain(out.get_mut(used..).unwrap_or_default()));
        }
        Ok(Stepped { used, done: false })
    }
}

impl<R: Reader> Pull for TextStream<R> {
    fn pull(&mut self, cursor: &mut Cursor, into: &mut [u8]) -> Result<usize, WriteError> {
        let mut used = 0_usize;
        while let Some(room) = into.get_mut(used..).filter(|room| !room.is_empty()) {
            self.look_ahead()?;
            let text = match self.sight() {
                // Whether its LF follows shows later.
                [text @ .., b'\r'] if !self.ended => text,
                text => text,
            };
            let (taken, filled) = lines(text, cursor, room);
            if filled == 0 {
                break;
            }
            self.take(taken);
            used = used.saturating_add(filled);
        }
        Ok(used)
    }
}

impl<R: Reader> Supply for TextStream<R> {
    fn coding(&self, transport: Transport) -> Coding {
        match self.plan {
            Plan::Surveyed(survey) => survey.coding(transport),
            Plan::Told(coding) => coding,
        }
    }

    fn size(&self, coding: Coding) -> Option<u64> {
        match self.plan {
            Plan::Surveyed(survey) => Some(survey.size(coding)),
            Plan::Told(_) => None,
        }
    }

    /// Where it was not surveyed this is known when all of it is written, and is not asked before.
    fn ends_line(&self, coding: Coding) -> bool {
        match self.plan {
            Plan::Surveyed(survey) => survey.ends_line(coding),
            Plan::Told(_) => self.look.survey(None).ends_line(coding),
        }
    }

    fn step(&mut self, coding: Coding, cursor: &mut Cursor, out: &mut [u8]) -> Result<Stepped, WriteError> {
        if cursor.skip == 0 {
            self.restart()?;
            cursor.skip = 1;
        }
        match coding {
            Coding::QuotedPrintable => self.quoted(cursor, out),
            Coding::Base64 => in_base64(self, cursor, out),
            _ => {
                let used = self.pull(cursor, out)?;
                Ok(Stepped { used, done: used < out.len() })
            }
        }
    }
}
