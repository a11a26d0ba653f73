//! The commands in flight: sent, not answered yet (RFC 2920).

use heapless::Vec;

use super::phase::{Phase, success};
use crate::wire::Verb;

/// Commands that may be in flight at once.
pub const MAX_IN_FLIGHT: usize = 32;

/// A bounded queue of the verbs that wait for their replies.
#[derive(Debug)]
pub(crate) struct Pipeline {
    verbs: Vec<Verb, MAX_IN_FLIGHT, u8>,
    /// Verbs at the front that are answered already.
    answered: u8,
}

impl Pipeline {
    pub(crate) const fn new() -> Self {
        Self { verbs: Vec::new(), answered: 0 }
    }

    fn waiting(&self) -> &[Verb] {
        self.verbs.get(usize::from(self.answered)..).unwrap_or_default()
    }

    /// The verb that the next reply answers.
    pub(crate) fn front(&self) -> Option<Verb> {
        self.waiting().first().copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    /// Whether there is no room for one more; makes room of what is answered.
    pub(crate) fn is_full(&mut self) -> bool {
        if self.verbs.is_full() {
            let mut kept = Vec::new();
            let _ = kept.extend_from_slice(self.waiting());
            self.verbs = kept;
            self.answered = 0;
        }
        self.verbs.is_full()
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting().len()
    }

    /// Adds a verb; the caller has looked for room by [`is_full`](Self::is_full).
    pub(crate) fn push(&mut self, verb: Verb) {
        let _ = self.verbs.push(verb);
    }

    /// The verb at the front is answered.
    pub(crate) fn pop(&mut self) {
        self.answered = self.answered.saturating_add(1);
        if self.is_empty() {
            self.clear();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.verbs.clear();
        self.answered = 0;
    }

    /// Whether `verb` may be sent now: the phase that everything in flight leads to, if it
    /// succeeds, permits it, and nothing in flight must be awaited first (RFC 2920 §3.1).
    pub(crate) fn permits(&self, phase: Phase, verb: Verb, pipelining: bool) -> bool {
        match self.waiting().last() {
            Some(last) if !pipelining || last.ends_group() => false,
            _ => self.ahead(phase).permits(verb),
        }
    }

    /// The phase behind everything in flight, if all of it succeeds.
    fn ahead(&self, phase: Phase) -> Phase {
        self.waiting().iter().fold(phase, |phase, verb| phase.after(*verb, success(*verb)))
    }
}
