//! Standard output by a thread of its own, so that a reader who has stopped reading, or a terminal that is held (Ctrl-S),
//! holds up no mail.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Texts that may wait; what comes then is left out, and counted.
const MOST: usize = 1000;

static QUEUE: Mutex<Queue> = Mutex::new(Queue::new());
static CHANGED: Condvar = Condvar::new();

#[derive(Debug)]
struct Queue {
    texts: VecDeque<String>,
    left_out: u64,
    started: bool,
    /// Whether a text is being written.
    busy: bool,
}

impl Queue {
    const fn new() -> Self {
        Self { texts: VecDeque::new(), left_out: 0, started: false, busy: false }
    }

    fn push(&mut self, lines: &str) {
        if self.texts.len() >= MOST {
            self.left_out += 1;
            return;
        }
        if self.left_out > 0 {
            let note =
                format!("(nobody read what was printed, and {} messages were left out)", self.left_out);
            self.texts.push_back(note);
            self.left_out = 0;
        }
        self.texts.push_back(lines.to_owned());
    }
}

/// Prints lines, all at once, behind those that wait. A reader who has gone away is no reason to stop taking mail.
pub(crate) fn print(lines: &str) {
    let mut queue = queue();
    // A test looks into the queue, which nobody empties, and finds all of it.
    if cfg!(test) {
        return queue.texts.push_back(lines.to_owned());
    }
    queue.push(lines);
    if !queue.started {
        queue.started = thread::Builder::new().name("printer".to_owned()).spawn(write).is_ok();
    }
    CHANGED.notify_all();
}

/// Waits until everything is printed, but no longer than this.
pub(crate) fn finish(patience: Duration) {
    let waiting = |queue: &mut Queue| queue.started && (queue.busy || !queue.texts.is_empty());
    drop(CHANGED.wait_timeout_while(queue(), patience, waiting));
}

fn write() {
    loop {
        let text = {
            let waiting = CHANGED.wait_while(queue(), |queue| queue.texts.is_empty());
            let mut queue = waiting.unwrap_or_else(PoisonError::into_inner);
            queue.busy = true;
            queue.texts.pop_front().unwrap_or_default()
        };
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
        queue().busy = false;
        CHANGED.notify_all();
    }
}

/// A thread that panicked leaves nothing half done in here.
fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Whether a text that holds this waits.
    pub(crate) fn waits(text: &str) -> bool {
        queue().texts.iter().any(|waiting| waiting.contains(text))
    }

    #[test]
    fn what_nobody_reads_is_left_out_and_counted_and_takes_no_more_room() {
        let mut queue = Queue::new();
        for number in 0..MOST + 10 {
            queue.push(&number.to_string());
        }
        assert_eq!((queue.texts.len(), queue.texts[MOST - 1].as_str()), (MOST, "999"));
        queue.texts.drain(..MOST / 2);
        queue.push("behind");
        let last: Vec<_> = queue.texts.drain(MOST / 2..).collect();
        assert_eq!(last, ["(nobody read what was printed, and 10 messages were left out)", "behind"]);
    }
}
