//! A client's socket: it waits no longer than the clock says, and not at all once the server is stopping.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::sessions::Sessions;

/// How long to wait for a client to hang up.
const LINGER: Duration = Duration::from_millis(500);

/// A client's socket.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: Arc<TcpStream>,
    clock: Clock,
    sessions: Arc<Sessions>,
    /// The timeouts that the system was given for reads and for writes.
    set: (Duration, Duration),
}

impl Socket {
    pub(crate) fn new(stream: Arc<TcpStream>, clock: Clock, sessions: Arc<Sessions>) -> Self {
        // The engine gathers what may travel together itself; waiting for more would only delay it.
        let _ = stream.set_nodelay(true);
        Self { stream, clock, sessions, set: (Duration::MAX, Duration::MAX) }
    }

    /// Hangs up when the client has, or after a moment: were octets left unread, the system would tear down the connection and take
    /// the last reply with it.
    pub(crate) fn close(mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        self.clock.set(LINGER);
        let mut unwanted = [0; 4096];
        while self.read(&mut unwanted).is_ok_and(|octets| octets > 0) {}
    }

    /// Goes to the system only when the timeout it was given last is a second or more out of date.
    fn timeout(&self, set: Duration) -> io::Result<Option<Duration>> {
        let left = self.clock.left();
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        Ok((left.abs_diff(set) > Duration::from_secs(1)).then_some(left))
    }
}

impl Read for Socket {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.sessions.go_on()?;
        if let Some(timeout) = self.timeout(self.set.0)? {
            self.stream.set_read_timeout(Some(timeout))?;
            self.set.0 = timeout;
        }
        let octets = again(|| self.stream.as_ref().read(room))?;
        self.sessions.go_on()?;
        Ok(octets)
    }
}

impl Write for Socket {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if let Some(timeout) = self.timeout(self.set.1)? {
            self.stream.set_write_timeout(Some(timeout))?;
            self.set.1 = timeout;
        }
        again(|| self.stream.as_ref().write(octets))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Without the interruptions by signals, and with the one name for a timeout that the adapter knows: where a
/// socket's own timeout runs out, some systems say `WouldBlock`.
fn again<T>(mut action: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match action() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(ErrorKind::TimedOut.into()),
            result => return result,
        }
    }
}
