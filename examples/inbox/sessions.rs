//! The open sessions: how many there may be, and how they are ended.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The open sessions.
#[derive(Debug)]
pub(crate) struct Sessions {
    limit: usize,
    stopping: AtomicBool,
    open: Mutex<Open>,
    left: Condvar,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    sockets: HashMap<u64, Arc<TcpStream>>,
}

/// A session's place among them, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    number: u64,
    sessions: Arc<Sessions>,
}

impl Sessions {
    pub(crate) fn new(limit: u16) -> Self {
        let (open, left) = (Mutex::default(), Condvar::new());
        Self { limit: usize::from(limit), stopping: AtomicBool::new(false), open, left }
    }

    /// Waits for a place.
    pub(crate) fn enter(self: &Arc<Self>, stream: &Arc<TcpStream>) -> Place {
        let full = |open: &mut Open| open.sockets.len() >= self.limit;
        let mut open = self.left.wait_while(self.open(), full).unwrap_or_else(PoisonError::into_inner);
        let number = open.next;
        open.next += 1;
        open.sockets.insert(number, Arc::clone(stream));
        Place { number, sessions: Arc::clone(self) }
    }

    /// An error once the server is stopping.
    pub(crate) fn go_on(&self) -> io::Result<()> {
        if self.is_stopping() { Err(ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Wakes all who wait for their clients, so that they take leave, and waits until they have. Who cannot because its
    /// client takes nothing is cut off after `farewell`, and is given up `silence` later.
    pub(crate) fn stop(&self, farewell: Duration, silence: Duration) {
        self.stopping.store(true, Ordering::SeqCst);
        self.hang_up(Shutdown::Read);
        if !self.wait_until_empty(farewell) {
            self.hang_up(Shutdown::Both);
            self.wait_until_empty(silence);
        }
    }

    fn hang_up(&self, how: Shutdown) {
        for socket in self.open().sockets.values() {
            let _ = socket.shutdown(how);
        }
    }

    fn wait_until_empty(&self, time: Duration) -> bool {
        let busy = |open: &mut Open| !open.sockets.is_empty();
        let waited = self.left.wait_timeout_while(self.open(), time, busy);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// A session that panicked leaves nothing half done in here.
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.sessions.open().sockets.remove(&self.number);
        self.sessions.left.notify_all();
    }
}
