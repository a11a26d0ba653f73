//! Lines as a client reads them: replies, and nothing else.

use core::ops::Range;

use super::{Incoming, within};
use crate::wire::syntax::find;

/// A client's: all that comes is lines, and is looked at once.
impl Incoming<'_, false> {
    /// Looks for the end of the line at the front; what is found stays until [`next_line`](Self::next_line).
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    pub(crate) fn look(&mut self) -> Looked {
        let from = usize::from(self.searched);
        let Some(found) = find(b'\n', within(self.window.storage, from, usize::from(self.window.end))) else {
            self.searched = self.window.end;
            // Of a line that begins elsewhere the front moves there first.
            if usize::from(self.window.end) == self.window.storage.len() && self.window.start == 0 {
                self.shorten();
            }
            return Looked::Partial;
        };
        let lf = from.wrapping_add(found);
        self.searched = lf.wrapping_add(1) as u16;
        let end = lf.wrapping_sub(1);
        if !self.is_cut() {
            self.cut = end as u16;
        }
        // In front of the line there is no CR but one with its LF behind it.
        if self.window.storage.get(end) == Some(&b'\r') { Looked::Line } else { Looked::BareLf }
    }

    /// The buffer is full of a line that has not ended: keeps its front and drops what came behind it.
    #[cold]
    fn shorten(&mut self) {
        let cut = self.window.storage.len().wrapping_sub(self.window.storage.len() / 4);
        self.cut = cut as u16;
        // The last octet is kept: it may be the CR of the CRLF.
        if let Some([octet, .., last]) = self.window.storage.get_mut(cut..) {
            *octet = *last;
        }
        let end = cut.wrapping_add(1) as u16;
        self.dropped = self.dropped.saturating_add(self.window.end.wrapping_sub(end));
        (self.window.end, self.searched) = (end, end);
    }

    /// Whether the line lost its tail.
    pub(crate) fn is_cut(&self) -> bool {
        self.dropped > 0
    }

    /// Octets of the line that was looked for, as far as it has come, those that were dropped among them.
    pub(crate) fn line_octets(&self) -> usize {
        usize::from(self.searched.wrapping_sub(self.window.start)).wrapping_add(usize::from(self.dropped))
    }

    /// Where the text of the line that was found lies, behind its first octets and without its CRLF.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "counted: less flash")]
    pub(crate) fn text_place(&self, behind: usize) -> Range<usize> {
        usize::from(self.window.start).wrapping_add(behind)..usize::from(self.cut)
    }

    /// The text of the line that was found.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "counted: less flash")]
    pub(crate) fn text(&self, behind: usize) -> &[u8] {
        let place = self.text_place(behind);
        within(self.window.storage, place.start, place.end)
    }

    /// Uses up the line that was found.
    pub(crate) fn next_line(&mut self) {
        (self.window.start, self.dropped) = (self.searched, 0);
    }

    /// Whether there is more than the line that was `found`, if one was; else whether there is anything.
    pub(crate) fn has_more(&self, found: bool) -> bool {
        self.window.end != if found { self.searched } else { self.window.start }
    }
}

/// What the search for a reply's line found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looked {
    /// A line.
    Line,
    /// An LF without a CR.
    BareLf,
    /// The line is not complete.
    Partial,
}
