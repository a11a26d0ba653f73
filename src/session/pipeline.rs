//! The commands in flight: sent, not answered yet (RFC 2920).

use core::cell::Cell;

use heapless::Vec;

use crate::wire::Verb;

/// Commands that may be in flight at once.
pub const MAX_IN_FLIGHT: usize = 32;

/// A bounded queue of the verbs that wait for their replies.
#[derive(Debug)]
pub(crate) struct Pipeline {
    verbs: Vec<Verb, MAX_IN_FLIGHT, u8>,
}

impl Pipeline {
    pub(crate) const fn new() -> Self {
        Self { verbs: Vec::new() }
    }

    /// The verb that the next reply answers.
    pub(crate) fn front(&self) -> Option<Verb> {
        self.verbs.first().copied()
    }

    /// The verb that was added last.
    pub(crate) fn last(&self) -> Option<Verb> {
        self.verbs.last().copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.verbs.is_empty()
    }

    /// Whether there is no room for one more.
    pub(crate) fn is_full(&self) -> bool {
        self.verbs.is_full()
    }

    pub(crate) fn len(&self) -> usize {
        self.verbs.len()
    }

    /// Adds a verb; the caller has looked for room by [`is_full`](Self::is_full).
    pub(crate) fn push(&mut self, verb: Verb) {
        let _ = self.verbs.push(verb);
    }

    /// The verb at the front is answered; those behind it, which are few, move up.
    pub(crate) fn pop(&mut self) {
        let verbs = Cell::from_mut(self.verbs.as_mut_slice()).as_slice_of_cells();
        for (to, from) in verbs.iter().zip(verbs.iter().skip(1)) {
            to.set(from.get());
        }
        self.verbs.pop();
    }

    pub(crate) fn clear(&mut self) {
        self.verbs.clear();
    }
}
