//! Where mails meet the sessions that take them: whoever became idle last is next. So a few sessions do what there is to do and stay open,
//! and the others are let go, where each in its turn would find that the next hop has not heard from it for too long.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot::{self, Receiver, Sender};

#[derive(Debug)]
pub(super) struct Desk<J>(Mutex<State<J>>);

#[derive(Debug)]
struct State<J> {
    /// Numbers of sessions, and where they wait; the next one stands last, and all that are not open stand before those that are.
    idle: Vec<(usize, Sender<J>)>,
    /// Jobs for which no session was idle.
    jobs: VecDeque<J>,
    closed: bool,
}

/// What there is for a session.
#[derive(Debug)]
pub(super) enum Turn<J> {
    Job(J),
    Wait(Receiver<J>),
    End,
}

impl<J> Desk<J> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State { idle: Vec::new(), jobs: VecDeque::new(), closed: false }))
    }

    /// Gives a job to a session, or has it wait for one.
    pub(super) fn give(&self, mut job: J) {
        let mut state = self.state();
        while let Some((_, session)) = state.idle.pop() {
            match session.send(job) {
                Ok(()) => return,
                Err(back) => job = back,
            }
        }
        state.jobs.push_back(job);
    }

    /// The session is idle.
    pub(super) fn take(&self, number: usize, open: bool) -> Turn<J> {
        let mut state = self.state();
        if let Some(job) = state.jobs.pop_front() {
            return Turn::Job(job);
        }
        if state.closed {
            return Turn::End;
        }
        let (give, wait) = oneshot::channel();
        let place = if open { state.idle.len() } else { 0 };
        state.idle.insert(place, (number, give));
        Turn::Wait(wait)
    }

    /// It does not wait any more. False when a job has been given to it meanwhile.
    pub(super) fn withdraw(&self, number: usize) -> bool {
        let mut state = self.state();
        let place = state.idle.iter().position(|(waiting, _)| *waiting == number);
        place.map(|place| state.idle.remove(place)).is_some()
    }

    /// There will be no more jobs.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.idle.clear();
    }

    /// Nothing in here is ever left half done.
    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(desk: &Desk<&'static str>, number: usize, open: bool) -> Receiver<&'static str> {
        match desk.take(number, open) {
            Turn::Wait(wait) => wait,
            turn => panic!("{number}: {turn:?}"),
        }
    }

    #[test]
    fn whoever_is_open_and_became_idle_last_is_next() {
        let desk = Desk::new();
        let mut closed = [wait(&desk, 0, false), wait(&desk, 1, false)];
        let (mut first, mut last) = (wait(&desk, 2, true), wait(&desk, 3, true));
        let mut never = wait(&desk, 4, false);
        for job in ["a", "b", "c"] {
            desk.give(job);
        }
        assert_eq!((last.try_recv(), first.try_recv()), (Ok("a"), Ok("b")));
        assert_eq!(closed.each_mut().map(|one| one.try_recv().ok()), [Some("c"), None]);
        assert!(never.try_recv().is_err());
    }

    #[test]
    fn a_job_waits_for_a_session_and_is_given_once() {
        let desk = Desk::new();
        drop(wait(&desk, 0, true));
        desk.give("a");
        desk.give("b");
        assert!(matches!(desk.take(1, false), Turn::Job("a")));
        assert!(matches!(desk.take(1, true), Turn::Job("b")));
        let mut given = wait(&desk, 1, true);
        assert!(desk.withdraw(1) && !desk.withdraw(1));
        assert!(given.try_recv().is_err());
        let mut given = wait(&desk, 1, true);
        desk.give("c");
        assert!(!desk.withdraw(1));
        assert_eq!(given.try_recv(), Ok("c"));
    }

    #[test]
    fn when_it_is_closed_what_waits_is_done_and_then_all_end() {
        let desk = Desk::new();
        let mut idle = wait(&desk, 0, true);
        desk.close();
        assert!(idle.try_recv().is_err());
        desk.give("a");
        assert!(matches!(desk.take(0, true), Turn::Job("a")));
        assert!(matches!(desk.take(0, true), Turn::End));
    }
}
