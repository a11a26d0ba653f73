//! A client's socket: it waits no longer than the clock says, and not at all once the server is stopping.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::sessions::Sessions;
use super::tcp::Tcp;

/// How long to wait for a client to hang up.
const LINGER: Duration = Duration::from_millis(500);

/// A client's socket.
#[derive(Debug)]
pub(crate) struct Socket {
    tcp: Tcp,
    stream: Arc<TcpStream>,
    sessions: Arc<Sessions>,
}

impl Socket {
    pub(crate) fn new(stream: Arc<TcpStream>, clock: Clock, sessions: Arc<Sessions>) -> Self {
        Self { tcp: Tcp::new(Arc::clone(&stream), clock), stream, sessions }
    }

    /// Hangs up when the client has, or after a moment: were octets left unread, the system would tear down the connection and take
    /// the last reply with it.
    pub(crate) fn close(mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        self.tcp.clock.set(LINGER);
        let mut unwanted = [0; 4096];
        while self.read(&mut unwanted).is_ok_and(|octets| octets > 0) {}
    }
}

impl Read for Socket {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.sessions.go_on()?;
        let octets = self.tcp.read(room)?;
        self.sessions.go_on()?;
        Ok(octets)
    }
}

impl Write for Socket {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.tcp.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
