//! Taking the stuffing out, the receiver's side of transparency (RFC 5321 §4.5.2), in place.
//!
//! Content is handed out where it lies, as the longest runs; the doubled dots between them are
//! skipped. Only CRLF.CRLF ends the mail, or .CRLF as its first line (RFC 5321 §4.1.1.4).

use super::scan::{Before, regular, short_line};
use crate::wire::class::behind;
use crate::wire::syntax::WIDE;

/// What becomes of a CR without LF, or an LF without CR, in content received (RFC 5321 §2.3.8
/// allows neither).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BareLineEnds {
    /// The mail is to be refused; see [`Then::Bare`].
    #[default]
    Reject,
    /// It is content as any other octet, and neither ends nor begins a line.
    Accept,
}

/// What the front of the input is: first octets to skip, then a run of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use]
pub struct Step {
    /// Octets at the front that are not content: a doubled dot, or a discarded part.
    pub skip: usize,
    /// Octets of content behind them.
    pub run: usize,
    /// What comes behind the run.
    pub then: Then,
}

impl Step {
    /// How many octets of the input are done with: skipped octets, run, and what
    /// [`then`](Self::then) tells of. 0 means that more input is needed.
    pub fn consumed(&self) -> usize {
        let behind = match self.then {
            Then::More => 0,
            Then::Bare => 1,
            Then::End => 3,
        };
        self.skip.saturating_add(self.run).saturating_add(behind)
    }
}

/// What comes behind a run of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Then {
    /// More, for the next call.
    More,
    /// The line with nothing but a dot, which is consumed: the mail is complete. The CRLF
    /// before the dot was content. A mail that follows can be read with the same [`Unstuffer`].
    End,
    /// A bare CR or LF, which is consumed, under [`BareLineEnds::Reject`]: the mail must be
    /// refused. The rest of it will be skipped up to its true end, and this is not told twice.
    Bare,
}

/// Finds the content in what a client sends behind DATA, however the input is cut.
///
/// ```
/// use embedded_smtp::data::{BareLineEnds, Then, Unstuffer};
///
/// let mut unstuffer = Unstuffer::new(BareLineEnds::Reject);
/// let mut input = &b"one\r\n..two\r\n.\r\nQUIT\r\n"[..];
/// let mut content = Vec::new();
/// loop {
///     let step = unstuffer.next(input);
///     content.extend_from_slice(&input[step.skip..][..step.run]);
///     input = &input[step.consumed()..];
///     if step.then == Then::End {
///         break;
///     }
/// }
/// assert_eq!(content, b"one\r\n.two\r\n");
/// assert_eq!(input, b"QUIT\r\n");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use]
pub struct Unstuffer {
    before: Before,
    bare: BareLineEnds,
    discard: bool,
}

impl Unstuffer {
    /// For a mail's content from its first octet, which begins a line.
    pub fn new(bare: BareLineEnds) -> Self {
        Self { before: Before::LineStart, bare, discard: false }
    }

    /// From here to the end of the mail all is skipped, as behind [`Then::Bare`].
    pub fn discard(&mut self) {
        self.discard = true;
    }

    /// What the front of `input` is, with `input` being what is not yet consumed.
    ///
    /// An end of `input` that cannot be decided on yet is left for the next call, with more
    /// behind it: a CR, or a dot at a line's start, or such a dot and a CR. So at most 2 octets
    /// are ever left without progress.
    #[inline]
    pub fn next(&mut self, input: &[u8]) -> Step {
        if WIDE && let Some(step) = self.line(input) {
            return step;
        }
        self.any(input)
    }

    /// The rest of a short line that is followed by one which begins with a dot, and does not end the mail; `None` for anything else.
    #[inline]
    fn line(&mut self, input: &[u8]) -> Option<Step> {
        let skip = match (self.before, input) {
            (Before::Middle, _) => 0,
            (Before::LineStart, [b'.', second, ..]) if *second != b'\r' => 1,
            (Before::LineStart, [first, ..]) if *first != b'.' => 0,
            _ => return None,
        };
        let line = behind(input, skip);
        let run = short_line(Before::Middle, line)?;
        if self.discard || behind(line, run).get(1) == Some(&b'\r') {
            return None;
        }
        self.before = Before::LineStart;
        Some(Step { skip, run, then: Then::More })
    }

    fn any(&mut self, input: &[u8]) -> Step {
        let mut step = self.content(input);
        if self.discard {
            step.skip = step.skip.wrapping_add(step.run);
            step.run = 0;
        }
        match step.then {
            Then::More => {}
            Then::Bare => self.discard = true,
            Then::End => *self = Self::new(self.bare),
        }
        step
    }

    fn content(&mut self, input: &[u8]) -> Step {
        let skip = match (self.before, input) {
            (Before::LineStart, [b'.'] | [b'.', b'\r'] | [b'.', b'\r', b'\n', ..]) => 0,
            (Before::LineStart, [b'.', ..]) => {
                self.before = Before::Middle;
                1
            }
            _ => 0,
        };
        let (run, then) = self.run(input.get(skip..).unwrap_or_default());
        Step { skip, run, then }
    }

    /// The longest run of content at the front of `input`.
    fn run(&mut self, input: &[u8]) -> (usize, Then) {
        let mut run = 0_usize;
        loop {
            let rest = input.get(run..).unwrap_or_default();
            let mut clean = rest.get(..regular(self.before, rest)).unwrap_or_default();
            if let [front @ .., b'\r'] = clean {
                clean = front;
            }
            self.before = self.before.after(clean);
            run = run.wrapping_add(clean.len());

            match rest.get(clean.len()..).unwrap_or_default() {
                // At a line's start, or it would not have stopped the run.
                [b'.', b'\r', b'\n', ..] => return (run, Then::End),
                [] | [b'\r'] | [b'.', ..] => return (run, Then::More),
                // Bare CR or LF.
                [..] => self.before = Before::Middle,
            }
            if self.bare == BareLineEnds::Reject && !self.discard {
                return (run, Then::Bare);
            }
            run = run.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::scan::tests::short_lines;
    use super::*;

    #[test]
    fn a_short_line_is_the_same_step_at_a_glance() {
        let mut taken = 0;
        short_lines(|before, input| {
            for bare in [BareLineEnds::Reject, BareLineEnds::Accept] {
                for discard in [false, true] {
                    let (mut glance, mut slow) =
                        (Unstuffer { before, bare, discard }, Unstuffer { before, bare, discard });
                    if let Some(step) = glance.line(input) {
                        let expected = slow.any(input);
                        assert_eq!((step, glance), (expected, slow), "{before:?} {}", input.escape_ascii());
                        taken += 1;
                    } else {
                        assert_eq!(glance, slow, "nothing has happened");
                    }
                }
            }
        });
        assert!(taken > 100, "{taken}");
    }
}
