//! Dot-stuffing, the sender's side of transparency (RFC 5321 §4.5.2), without copying.
//!
//! The content goes out as the longest pieces of the caller's own memory, with single octets
//! inserted between them. An inserted octet always comes behind the octets that it belongs to,
//! so that what was sent is well-formed wherever the content breaks off:
//!
//! | content | sent |
//! |---|---|
//! | a dot at a line's start | the dot, then one more |
//! | LF without CR | CR, then the LF ([`LineEnds::Normalize`]) |
//! | CR without LF | the CR, then LF ([`LineEnds::Normalize`]) |

use super::scan::{Before, regular, short_line};
use crate::wire::class::behind;
use crate::wire::syntax::WIDE;
use crate::wire::writer::copy;

/// What becomes of a CR without LF, or an LF without CR, in content to be sent: RFC 5321 §2.3.8
/// allows neither on the wire, and receivers that disagree on them can be made to see two mails
/// in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum LineEnds {
    /// Each counts as a line end and is sent as CRLF.
    #[default]
    Normalize,
    /// Each is an error, [`BareLineEnd`].
    Reject,
}

/// Content to be sent holds a CR without LF, or an LF without CR, and [`LineEnds::Reject`] is
/// set. What has been sent of the mail must not be ended: the connection has to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct BareLineEnd {
    /// Where it stands in the input of the call that failed, in octets from its front; 0 also
    /// for a CR that was the last octet of the input before.
    pub at: usize,
    /// CR or LF.
    pub octet: u8,
}

impl core::fmt::Display for BareLineEnd {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (bare, other) = if self.octet == b'\r' { ("CR", "LF") } else { ("LF", "CR") };
        write!(f, "the content holds {bare} without {other} at octet {}: end lines with CRLF", self.at)
    }
}

impl core::error::Error for BareLineEnd {}

/// Octets for the wire, and how much of the content they stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Piece<'a> {
    /// How many octets at the front of the input are done with; 0 for an inserted octet.
    pub taken: usize,
    /// What to send: the front of the input as it stands, or one inserted octet. Empty only for
    /// empty input.
    pub octets: &'a [u8],
}

/// Stuffs one mail's content, in whatever chunks it comes.
///
/// ```
/// use embedded_smtp::data::{LineEnds, Stuffer};
///
/// let mut stuffer = Stuffer::new(LineEnds::Normalize);
/// let mut wire = Vec::new();
/// let mut content = &b"one\r\n.two\nthree"[..];
/// while !content.is_empty() {
///     let piece = stuffer.next(content)?;
///     wire.extend_from_slice(piece.octets);
///     content = &content[piece.taken..];
/// }
/// wire.extend_from_slice(stuffer.finish()?);
/// assert_eq!(wire, b"one\r\n..two\r\nthree\r\n.\r\n");
/// # Ok::<(), embedded_smtp::data::BareLineEnd>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use]
pub struct Stuffer {
    pub(super) before: Before,
    pub(super) line_ends: LineEnds,
}

impl Stuffer {
    /// For a mail's content from its first octet, which begins a line.
    pub fn new(line_ends: LineEnds) -> Self {
        Self { before: Before::LineStart, line_ends }
    }

    /// Begins another mail.
    pub(crate) fn restart(&mut self) {
        self.before = Before::LineStart;
    }

    /// What to send next, with `input` being the content that is not yet taken, or its front.
    /// The octets count as sent.
    ///
    /// # Errors
    /// A bare CR or LF is next, under [`LineEnds::Reject`].
    #[inline]
    pub fn next<'a>(&mut self, input: &'a [u8]) -> Result<Piece<'a>, BareLineEnd> {
        if self.before == Before::Dot {
            self.before = Before::Middle;
            return Ok(Piece { taken: 0, octets: b"." });
        }
        if WIDE
            && let Some(run) = short_line(self.before, input)
            && let Some(octets) = input.get(..=run)
        {
            self.before = Before::Dot;
            return Ok(Piece { taken: octets.len(), octets });
        }
        self.any(input)
    }

    /// The same of anything but the second dot of a line's first.
    fn any<'a>(&mut self, input: &'a [u8]) -> Result<Piece<'a>, BareLineEnd> {
        if let octets @ [_, ..] = self.take_plain(input) {
            return Ok(Piece { taken: octets.len(), octets });
        }
        let (bare, octets, taken, before): (_, &[u8], _, _) = match (self.before, input) {
            (_, []) => return Ok(Piece { taken: 0, octets: input }),
            (Before::Cr, _) => (b'\r', b"\n", 0, Before::LineStart),
            // Behind its CR the LF is regular, and goes out with what follows it.
            (_, [b'\n', ..]) => (b'\n', b"\r", 0, Before::Cr),
            // Nothing else stops `plain`.
            (_, [..]) => (b'\r', b"\r", 1, Before::Cr),
        };
        if self.line_ends == LineEnds::Reject {
            return Err(BareLineEnd { at: 0, octet: bare });
        }
        self.before = before;
        Ok(Piece { taken, octets })
    }

    /// What [`plain`](Self::plain) counts, taken as sent.
    fn take_plain<'a>(&mut self, input: &'a [u8]) -> &'a [u8] {
        if !WIDE {
            let octets = input.get(..self.plain(input)).unwrap_or_default();
            self.advance(octets);
            return octets;
        }
        let (octets, dot) = self.run(input);
        self.before = if dot { Before::Dot } else { self.before.after(octets) };
        octets
    }

    /// The octets at the front that go to the wire as they are, and whether the last of them is a line's first dot: nothing is
    /// irregular about that but what has to follow it. Not to be asked for behind one.
    fn run(self, input: &[u8]) -> (&[u8], bool) {
        let run = regular(self.before, input);
        // No other dot ends a run, unless it stands behind a bare CR, where it begins none.
        let dot = input.get(run) == Some(&b'.') && (run > 0 || self.before == Before::LineStart);
        (input.get(..run.wrapping_add(usize::from(dot))).unwrap_or_default(), dot)
    }

    /// How many octets at the front of `input` go to the wire as they are: 0 when
    /// [`next`](Self::next) has to insert an octet first, or to refuse one.
    ///
    /// Whoever sends them from where they lie tells how far it got by
    /// [`advance`](Self::advance). All of `input` is looked through, each time: give no more of
    /// it than can be sent at once.
    pub fn plain(&self, input: &[u8]) -> usize {
        if !WIDE {
            return self.plain_steps(input);
        }
        if self.before == Before::Dot { 0 } else { self.run(input).0.len() }
    }

    /// Takes `run` as sent: the octets that [`plain`](Self::plain) counted, or the front of them.
    pub fn advance(&mut self, run: &[u8]) {
        self.before = self.before.after(run);
    }

    /// Stuffs `input` into `out` as far as it goes; returns how many octets of `input` are done
    /// with, and how many of `out` are filled. Any size of `out` will do, one octet too.
    ///
    /// An octet to be inserted that found no room comes with the next call, or with
    /// [`finish`](Self::finish).
    ///
    /// # Errors
    /// A bare CR or LF, under [`LineEnds::Reject`].
    pub fn stuff_into(&mut self, input: &[u8], out: &mut [u8]) -> Result<(usize, usize), BareLineEnd> {
        if !WIDE {
            let (taken, mut written) = self.stuff_steps(input, out)?;
            if self.before == Before::Dot
                && let Some(place) = out.get_mut(written)
            {
                self.before = Before::Middle;
                *place = b'.';
                written = written.wrapping_add(1);
            }
            return Ok((taken, written));
        }
        let (mut taken, mut written) = (0_usize, 0_usize);
        loop {
            let rest = input.get(taken..).unwrap_or_default();
            let room = out.get_mut(written..).unwrap_or_default();
            if room.is_empty() {
                break;
            }
            // No more than there is room for, and no more than stays in the cache for the copy.
            let rest = rest.get(..room.len().min(PASS)).unwrap_or(rest);
            let piece = match self.next(rest) {
                Ok(piece) => piece,
                Err(bare) => {
                    let held = usize::from(self.before == Before::Cr);
                    return Err(BareLineEnd { at: taken.saturating_sub(held), ..bare });
                }
            };
            let octets = piece.octets;
            if octets.is_empty() {
                break;
            }
            copy(octets, room);
            taken = taken.wrapping_add(piece.taken);
            written = written.wrapping_add(octets.len());
        }
        Ok((taken, written))
    }

    /// The same for who ends the mail by [`finish`](Self::finish), or breaks it off: the second dot of a line's first comes with more input, or with
    /// the end, where that takes less flash.
    pub(crate) fn stuff_on(&mut self, input: &[u8], out: &mut [u8]) -> Result<(usize, usize), BareLineEnd> {
        if WIDE { self.stuff_into(input, out) } else { self.stuff_steps(input, out) }
    }

    /// The end of the mail, for the wire: CRLF if the content did not end with one, then a line
    /// with nothing but a dot (RFC 5321 §4.1.1.4). At most 6 octets.
    ///
    /// # Errors
    /// The content ended with a CR, under [`LineEnds::Reject`].
    pub fn finish(&self) -> Result<&'static [u8], BareLineEnd> {
        if self.before == Before::Cr && self.line_ends == LineEnds::Reject {
            return Err(BareLineEnd { at: 0, octet: b'\r' });
        }
        // The second dot of a line's first, a CRLF as far as it is missing, and the lone dot.
        Ok(behind(b".\r\n.\r\n", self.before as usize))
    }
}

/// Octets that [`Stuffer::stuff_into`] looks through before it copies them.
const PASS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::super::scan::tests::short_lines;
    use super::*;

    #[test]
    fn a_short_line_is_the_same_piece_at_a_glance() {
        short_lines(|before, input| {
            for line_ends in [LineEnds::Normalize, LineEnds::Reject] {
                let (mut glance, mut slow) = (Stuffer { before, line_ends }, Stuffer { before, line_ends });
                if before != Before::Dot {
                    assert_eq!(glance.next(input), slow.any(input), "{before:?} {}", input.escape_ascii());
                    assert_eq!(glance, slow);
                }
            }
        });
    }
}
