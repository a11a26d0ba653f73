//! The commands in flight: sent, not answered yet (RFC 2920).

use heapless::Deque;

use super::phase::{Phase, success};
use crate::wire::Verb;

/// Commands that may be in flight at once.
pub const MAX_IN_FLIGHT: usize = 32;

/// A bounded queue of the verbs that wait for their replies.
#[derive(Debug)]
pub(crate) struct Pipeline {
    verbs: Deque<Verb, MAX_IN_FLIGHT>,
}

impl Pipeline {
    pub(crate) const fn new() -> Self {
        Self { verbs: Deque::new() }
    }

    /// The verb that the next reply answers.
    pub(crate) fn front(&self) -> Option<Verb> {
        self.verbs.front().copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.verbs.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.verbs.is_full()
    }

    pub(crate) fn len(&self) -> usize {
        self.verbs.len()
    }

    /// Adds a verb; the caller has looked for room.
    pub(crate) fn push(&mut self, verb: Verb) {
        let _ = self.verbs.push_back(verb);
    }

    pub(crate) fn pop(&mut self) {
        let _ = self.verbs.pop_front();
    }

    pub(crate) fn clear(&mut self) {
        self.verbs.clear();
    }

    /// Whether `verb` may be sent now: the phase that everything in flight leads to, if it
    /// succeeds, permits it, and nothing in flight must be awaited first (RFC 2920 §3.1).
    pub(crate) fn permits(&self, phase: Phase, verb: Verb, pipelining: bool) -> bool {
        match self.verbs.back() {
            Some(last) if !pipelining || last.ends_group() => false,
            _ => self.ahead(phase).permits(verb),
        }
    }

    /// The phase behind everything in flight, if all of it succeeds.
    fn ahead(&self, phase: Phase) -> Phase {
        self.verbs.iter().fold(phase, |phase, verb| phase.after(*verb, success(*verb)))
    }
}
