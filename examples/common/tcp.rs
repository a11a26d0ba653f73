//! A TCP socket that waits no longer than its clock says, however many reads and writes that takes.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;

/// The socket; TLS, if any, is above it.
#[derive(Debug)]
pub(crate) struct Tcp {
    stream: Arc<TcpStream>,
    pub(crate) clock: Clock,
    /// The timeouts that the system was given for reads and for writes.
    set: (Duration, Duration),
}

impl Tcp {
    pub(crate) fn new(stream: Arc<TcpStream>, clock: Clock) -> Self {
        // The engine gathers what may travel together itself; waiting for more would only delay it.
        let _ = stream.set_nodelay(true);
        Self { stream, clock, set: (Duration::MAX, Duration::MAX) }
    }

    /// Goes to the system only when the timeout it was given last is a tenth of what is left, or a second, out of date.
    fn timeout(&self, set: Duration) -> io::Result<Option<Duration>> {
        let left = self.clock.left();
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        let tolerance = (left / 10).min(Duration::from_secs(1));
        Ok((left.abs_diff(set) > tolerance).then_some(left))
    }
}

impl Read for Tcp {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if let Some(timeout) = self.timeout(self.set.0)? {
            self.stream.set_read_timeout(Some(timeout))?;
            self.set.0 = timeout;
        }
        again(|| self.stream.as_ref().read(room))
    }
}

impl Write for Tcp {
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
