//! Several mechanisms as one.

use core::fmt;

use super::{Answer, Judgement, Mechanism, Message, Refusal, Step};
use crate::wire::AuthMechanisms;

/// Answers by whichever of several mechanisms the client has chosen; only what is in the list is linked.
///
/// It lends the mechanisms, which hold what an exchange has come to; so it may be made anew for each message.
pub struct Mechanisms<'l, 'm> {
    list: &'l mut [&'m mut dyn Mechanism],
}

impl<'l, 'm> Mechanisms<'l, 'm> {
    /// These. Of two of the same name the first is taken.
    pub fn new(list: &'l mut [&'m mut dyn Mechanism]) -> Self {
        Self { list }
    }

    fn chosen(&mut self, message: Message<'_>) -> Option<&mut dyn Mechanism> {
        let found = self.list.iter_mut().find(|mechanism| mechanism.names().has(message.mechanism()))?;
        Some(&mut **found)
    }
}

impl Mechanism for Mechanisms<'_, '_> {
    /// Of all of them.
    fn names(&self) -> AuthMechanisms {
        self.list.iter().fold(AuthMechanisms::NONE, |names, mechanism| names.or(mechanism.names()))
    }

    fn step<'s, 'a>(&'s mut self, message: Message<'a>) -> Step<'s, 'a> {
        match self.chosen(message) {
            Some(mechanism) => mechanism.step(message),
            None => Step::refuse(Refusal::Mechanism),
        }
    }

    fn judged<'s>(&'s mut self, message: Message<'_>, judgement: Judgement<'_>) -> Answer<'s> {
        match self.chosen(message) {
            Some(mechanism) => mechanism.judged(message, judgement),
            None => Answer::Refuse(Refusal::Mechanism),
        }
    }
}

impl fmt::Debug for Mechanisms<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mechanisms").field("names", &self.names()).finish()
    }
}
