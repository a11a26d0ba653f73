//! The two lent slices: what has come in, framed into lines, and what is to go out.
//!
//! Nothing here can be driven past the end of a slice, no octet is looked at twice in the search
//! for a line's end, and a line longer than its buffer costs no more memory than the buffer.
//!
//! Places are kept in 16 bits: of a longer slice the first 65 535 octets are used.

mod lines;

use core::fmt;
use core::ops::Range;

pub(crate) use lines::Looked;

use crate::wire::Writer;
use crate::wire::syntax::{WIDE, find};
use crate::wire::writer::copy;

/// A lent slice, and the octets of it that are in use.
#[repr(C)]
struct Window<'b> {
    /// The first octet in use.
    start: u16,
    /// Behind the last octet in use.
    end: u16,
    /// What its owner takes note of, here, where it takes no room. Of what comes: whether the line being looked for has an LF without a CR in it.
    /// Of what goes: whether there is a secret in it, to be wiped when it has gone out.
    mark: bool,
    storage: &'b mut [u8],
}

impl<'b> Window<'b> {
    fn new(storage: &'b mut [u8]) -> Self {
        let length = storage.len().min(usize::from(u16::MAX));
        Self { start: 0, end: 0, mark: false, storage: storage.get_mut(..length).unwrap_or_default() }
    }

    /// The octets in use.
    fn used(&self) -> &[u8] {
        within(self.storage, usize::from(self.start), usize::from(self.end))
    }

    /// The room behind what is in use, which moves down to this place.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn settle(&mut self, to: u16) -> &mut [u8] {
        move_down(self.storage, self.start, self.end, to);
        self.end = self.end.wrapping_sub(self.start.wrapping_sub(to));
        self.start = to;
        behind(self.storage, self.end)
    }
}

/// The octets that came in and have not been used up. Only who `SERVES` puts octets aside, and reads on behind a line
/// that has an LF without a CR.
#[repr(C)]
pub(crate) struct Incoming<'b, const SERVES: bool = true> {
    window: Window<'b>,
    /// The search for LF goes on here.
    searched: u16,
    /// Where the kept front of an overlong line ends; 0 when the line is not overlong. Of a client: where the text of the line ends.
    cut: u16,
    /// Octets of the overlong line that were dropped.
    dropped: u16,
    /// Octets at the front of the slice that are put aside, to outlive the line they came in.
    aside: u16,
}

/// What the search for a line found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framed {
    /// A line, without its CRLF, relative to [`Incoming::filled`].
    Line(Line),
    /// An LF without a CR, told once for a line; the line goes on to its CRLF.
    BareLf,
    /// The line is not complete.
    Partial,
}

/// A complete line at the front of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    /// Octets of the line that are kept, without CRLF.
    pub(crate) length: usize,
    /// Octets to use up, CRLF included.
    pub(crate) consumed: usize,
    /// Octets that were dropped before.
    pub(crate) dropped: u16,
    /// Whether the line was longer than the buffer and lost its tail.
    pub(crate) truncated: bool,
    /// Whether it holds an LF without a CR.
    pub(crate) bare: bool,
}

impl<'b, const SERVES: bool> Incoming<'b, SERVES> {
    pub(crate) fn new(storage: &'b mut [u8]) -> Self {
        Self { window: Window::new(storage), searched: 0, cut: 0, dropped: 0, aside: 0 }
    }

    /// The octets in use.
    pub(crate) fn filled(&self) -> &[u8] {
        self.window.used()
    }

    pub(crate) fn filled_mut(&mut self) -> &mut [u8] {
        self.window
            .storage
            .get_mut(usize::from(self.window.start)..usize::from(self.window.end))
            .unwrap_or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.window.start == self.window.end
    }

    pub(crate) fn capacity(&self) -> usize {
        self.window.storage.len()
    }

    pub(crate) fn clear(&mut self) {
        wipe(self.window.storage);
        (self.window.start, self.window.end, self.searched, self.cut, self.dropped, self.aside) =
            (0, 0, 0, 0, 0, 0);
        self.window.mark = false;
    }

    /// A part of the octets in use: from here to there, as far as there are so many.
    pub(crate) fn part(&self, from: usize, to: usize) -> &[u8] {
        let start = usize::from(self.window.start);
        within(self.window.storage, start.wrapping_add(from), start.wrapping_add(to))
    }

    /// A part of the octets in use.
    pub(crate) fn slice(&self, range: Range<usize>) -> &[u8] {
        self.filled().get(range).unwrap_or_default()
    }

    /// The whole slice.
    pub(crate) fn storage(&mut self) -> &mut [u8] {
        self.window.storage
    }

    /// Room for more octets, behind what is in use, which moves to the front.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        let front = self.front();
        if WIDE && self.is_empty() {
            // Nothing to move.
            (self.window.start, self.window.end, self.searched, self.cut) = (front, front, front, 0);
            return behind(self.window.storage, self.window.end);
        }
        // What is left is the front of a line, or nothing.
        let by = self.window.start.wrapping_sub(front);
        if !WIDE || by > 0 {
            self.searched = self.searched.wrapping_sub(by);
            self.cut = if SERVES { self.cut.saturating_sub(by) } else { self.cut.wrapping_sub(by) };
            return self.window.settle(front);
        }
        behind(self.window.storage, self.window.end)
    }

    /// Where what is in use may begin.
    fn front(&self) -> u16 {
        if SERVES { self.aside } else { 0 }
    }

    /// What is put aside.
    pub(crate) fn aside(&self) -> &[u8] {
        self.window.storage.get(..usize::from(self.aside)).unwrap_or_default()
    }

    /// Puts a part of what is in use aside, at the front of the slice, and uses up what lay before its end;
    /// nothing is put aside by an empty part, and what was is wiped. Returns how many octets are used up.
    pub(crate) fn put_aside(&mut self, part: Range<usize>) -> usize {
        let kept = usize::from(self.aside);
        if let Some(kept) = self.window.storage.get_mut(..kept) {
            wipe(kept);
        }
        self.aside = 0;
        let from = usize::from(self.window.start).saturating_add(part.start);
        let to = usize::from(self.window.start).saturating_add(part.end);
        if part.is_empty() || from > to || to > usize::from(self.window.end).min(self.window.storage.len()) {
            return 0;
        }
        move_down(self.window.storage, from as u16, to as u16, 0);
        self.aside = (to.saturating_sub(from)) as u16;
        // What was put aside is a name of somebody's, and stands there once.
        if let Some(used) = self.window.storage.get_mut(usize::from(self.aside)..to) {
            wipe(used);
        }
        self.consume(part.end);
        part.end
    }

    /// Overwrites the first `octets` of what is in use, and what lies behind all that is: copies of what was moved to the front, or
    /// cut off.
    #[inline(never)]
    pub(crate) fn wipe(&mut self, octets: usize) {
        wipe(self.window.storage.get_mut(usize::from(self.window.end)..).unwrap_or_default());
        if let Some(front) = self.filled_mut().get_mut(..octets) {
            wipe(front);
        }
    }

    /// Takes note of `octets` that were put into [`room`](Self::room).
    pub(crate) fn received(&mut self, octets: usize) {
        let free = self.window.storage.len().wrapping_sub(usize::from(self.window.end));
        self.window.end = self.window.end.wrapping_add(octets.min(free) as u16);
    }

    /// Uses up octets at the front.
    pub(crate) fn consume(&mut self, octets: usize) {
        let start =
            usize::from(self.window.start).saturating_add(octets).min(usize::from(self.window.end)) as u16;
        self.window.start = start;
        self.searched = self.searched.max(start);
    }

    /// What is in use, if nothing of its first line has been looked at.
    pub(crate) fn unread(&self) -> Option<&[u8]> {
        (self.searched == self.window.start && self.cut == 0 && !self.window.mark).then(|| self.filled())
    }

    /// The line that was found last, and was not used up, will be found again.
    pub(crate) fn look_again(&mut self) {
        self.searched = self.window.start;
    }

    /// Looks for the CRLF that ends the line at the front (RFC 5321 §2.3.8: CRLF and nothing else).
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    pub(crate) fn line(&mut self) -> Framed {
        loop {
            let from = usize::from(self.searched);
            let Some(found) = find(b'\n', within(self.window.storage, from, usize::from(self.window.end)))
            else {
                break;
            };
            let lf = from.wrapping_add(found);
            self.searched = lf.wrapping_add(1) as u16;
            if let [kept @ .., b'\r'] = within(self.window.storage, usize::from(self.window.start), lf) {
                return Framed::Line(self.framed(kept.len()));
            }
            if !self.window.mark {
                self.window.mark = true;
                return Framed::BareLf;
            }
        }
        self.searched = self.window.end;
        if usize::from(self.window.end) == self.window.storage.len()
            && (self.window.start == self.front() || self.cut != 0)
        {
            self.overflow();
        }
        Framed::Partial
    }

    /// The line at the front, of which so many octets are left before its CRLF.
    fn framed(&mut self, left: usize) -> Line {
        let truncated = self.cut != 0;
        let length = if truncated { usize::from(self.cut.wrapping_sub(self.window.start)) } else { left };
        let consumed = left.wrapping_add(2);
        let line = Line { length, consumed, dropped: self.dropped, truncated, bare: self.window.mark };
        (self.cut, self.dropped, self.window.mark) = (0, 0, false);
        line
    }

    /// The buffer is full of a line that has not ended: keeps its front and drops what came behind it.
    #[cfg_attr(target_pointer_width = "64", inline(never))]
    fn overflow(&mut self) {
        if self.cut == 0 {
            let tail = (self.window.storage.len().saturating_sub(usize::from(self.front())) / 4).max(2);
            self.cut = (self.window.storage.len().saturating_sub(tail) as u16)
                .max(self.window.start.saturating_add(1));
        }
        // The last octet is kept: it may be the CR of the CRLF.
        if let Some([octet, .., last]) = self.window.storage.get_mut(usize::from(self.cut)..) {
            *octet = *last;
        }
        let end = self.cut.saturating_add(1).min(self.window.end);
        self.dropped = self.dropped.saturating_add(self.window.end.saturating_sub(end));
        self.window.end = end;
        self.searched = self.window.end;
    }
}

/// Whether what is written goes beyond a piece, from `before` to `after`: a peer that takes as much is not idle.
pub(crate) fn is_piece(before: usize, after: usize) -> bool {
    const PIECE: usize = 1024;
    (before ^ after) >= PIECE
}

/// The octets that are to go out.
#[repr(C)]
pub(crate) struct Outgoing<'b> {
    window: Window<'b>,
}

impl<'b> Outgoing<'b> {
    pub(crate) fn new(storage: &'b mut [u8]) -> Self {
        Self { window: Window::new(storage) }
    }

    /// What is to be written next.
    pub(crate) fn waiting(&self) -> &[u8] {
        self.window.used()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.window.start == self.window.end
    }

    pub(crate) fn capacity(&self) -> usize {
        self.window.storage.len()
    }

    /// Octets that wait.
    pub(crate) fn len(&self) -> usize {
        usize::from(self.window.end).wrapping_sub(usize::from(self.window.start))
    }

    pub(crate) fn free(&self) -> usize {
        self.window.storage.len().wrapping_sub(self.len())
    }

    /// Takes note of `octets` that have been written; whether they end a piece.
    pub(crate) fn transmitted(&mut self, octets: usize) -> bool {
        let before = usize::from(self.window.start);
        let after = before.wrapping_add(octets);
        if octets < self.len() {
            self.window.start = after as u16;
            return is_piece(before, after);
        }
        (self.window.start, self.window.end) = (0, 0);
        if self.window.mark {
            self.window.mark = false;
            wipe(self.window.storage);
        }
        true
    }

    /// The whole room behind what waits, as one piece.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.window.settle(0)
    }

    /// The room behind what waits as it lies, which is not moved for it: so a peer that takes an octet at a time does not have all of it
    /// moved each time. Once all is written, this is the whole buffer.
    pub(crate) fn spare(&mut self) -> &mut [u8] {
        behind(self.window.storage, self.window.end)
    }

    /// Appends the first `length` of these octets, of which there are so many; they are copied whole and without a call, and not where
    /// there is no room for that.
    pub(crate) fn front<const N: usize>(&mut self, octets: &[u8; N], length: usize) -> bool {
        let Some(room) = self.spare().first_chunk_mut() else { return false };
        *room = *octets;
        self.window.end = self.window.end.wrapping_add(length as u16);
        true
    }

    /// Writes into the room; what it has written counts when [`written`](Self::written) is told so.
    pub(crate) fn writer(&mut self) -> Writer<'_> {
        Writer::new(self.room())
    }

    /// Takes `octets` of the room into what is to go out, if it has so many; if not, nothing has happened.
    #[must_use]
    pub(crate) fn written(&mut self, octets: usize) -> bool {
        let fits = octets <= self.window.storage.len().wrapping_sub(usize::from(self.window.end));
        if fits {
            self.window.end = self.window.end.wrapping_add(octets as u16);
        }
        fits
    }

    /// Takes note of octets that were put into [`spare`](Self::spare), which has so many.
    pub(crate) fn appended(&mut self, octets: usize) {
        self.window.end = self.window.end.wrapping_add(octets as u16);
    }

    /// Appends what `emit` writes, all of it or nothing.
    ///
    /// # Errors
    /// The octets it would have taken.
    pub(crate) fn append(&mut self, emit: impl FnOnce(&mut Writer<'_>)) -> Result<(), usize> {
        let mut out = self.writer();
        emit(&mut out);
        let octets = out.wanted();
        if self.written(octets) { Ok(()) } else { Err(octets) }
    }

    /// From here on there is a secret in the buffer: it is wiped once it has been written.
    pub(crate) fn mark_secret(&mut self) {
        self.window.mark = true;
    }

    /// Drops what waits (and wipes it when it is secret).
    pub(crate) fn clear(&mut self) {
        let _ = self.transmitted(usize::MAX);
    }
}

// What lies in the buffers is nobody's business: there are passwords in it.

impl<const SERVES: bool> fmt::Debug for Incoming<'_, SERVES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming {{ waiting: {} of {} }}", self.filled().len(), self.capacity())
    }
}

impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outgoing {{ waiting: {} of {} }}", self.waiting().len(), self.capacity())
    }
}

/// What lies from here to there, as far as there is so much: cut to the bounds instead of judged by them, which takes less
/// flash.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
fn within(octets: &[u8], from: usize, to: usize) -> &[u8] {
    let to = to.min(octets.len());
    octets.get(from.min(to)..to).unwrap_or_default()
}

/// The same of what lies behind a place.
fn behind(octets: &mut [u8], from: u16) -> &mut [u8] {
    let from = usize::from(from).min(octets.len());
    octets.get_mut(from..).unwrap_or_default()
}

/// Moves what lies from `start` to `end` down to `to`.
fn move_down(storage: &mut [u8], start: u16, end: u16, to: u16) {
    let by = usize::from(start.saturating_sub(to));
    let moved = storage.get_mut(usize::from(to)..usize::from(end)).unwrap_or_default();
    if by == 0 {
        return;
    }
    if WIDE {
        // By pieces that do not overlap: `copy_within` can panic, as far as the optimiser sees.
        let mut rest = moved;
        while let Some((front, behind)) = rest.split_at_mut_checked(by)
            && !behind.is_empty()
        {
            copy(behind, front);
            rest = behind;
        }
        return;
    }
    for at in by..moved.len() {
        if let Some(octet) = moved.get(at).copied()
            && let Some(place) = moved.get_mut(at.wrapping_sub(by))
        {
            *place = octet;
        }
    }
}

/// Overwrites what may be secret. On small machines by a loop of its own, in which the compiler sees no `memset`, for that is
/// larger.
#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
pub(crate) fn wipe(octets: &mut [u8]) {
    if WIDE {
        octets.fill(0);
        return;
    }
    for octet in octets {
        *octet = 0;
        core::hint::black_box(());
    }
}
