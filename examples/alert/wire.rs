//! The streams that a mail can go over: TCP, TLS over it, and a pipe inside the process.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};

use super::clock::Clock;
use super::outcome::{Failure, Status};
use super::pipe::Pipe;
use super::tcp::Tcp;
use super::tls::{self, Tls};

/// How long one address is given to accept the connection, unless `--timeout` says otherwise.
const CONNECT: Duration = Duration::from_secs(30);

/// A stream of octets to the server.
pub(crate) enum Wire {
    Pipe(Pipe),
    Tcp(Tcp),
    Tls(Box<StreamOwned<ClientConnection, Tcp>>),
}

/// Connects to `host`, trying its addresses in turn.
pub(crate) fn connect(host: &str, port: u16, timeout: Option<Duration>) -> Result<TcpStream, Failure> {
    let unreachable = |reason: String| {
        let text =
            format!("{host}:{port} cannot be reached: {reason}; check host and port, or try again later");
        Failure::new(Status::RetryLater, text)
    };
    let addresses = (host, port).to_socket_addrs().map_err(|error| unreachable(error.to_string()))?;
    let mut reasons = Vec::new();
    for address in addresses {
        match TcpStream::connect_timeout(&address, timeout.unwrap_or(CONNECT)) {
            Ok(socket) => return Ok(socket),
            Err(error) => reasons.push(format!("{}: {error}", address.ip())),
        }
    }
    Err(unreachable(if reasons.is_empty() { "it has no address".to_owned() } else { reasons.join("; ") }))
}

impl From<TcpStream> for Wire {
    fn from(socket: TcpStream) -> Self {
        Self::Tcp(Tcp::new(Arc::new(socket), Clock::new(CONNECT)))
    }
}

impl Wire {
    /// The same stream under TLS.
    pub(crate) fn secure(self, tls: Option<&Tls>, timeout: Option<Duration>) -> Result<Self, tls::Failure> {
        match (self, tls) {
            (Self::Tcp(socket), Some(tls)) => {
                tls.handshake(socket, timeout).map(|stream| Self::Tls(Box::new(stream)))
            }
            _ => Err(tls::Failure::new("TLS is not set up for this stream; nothing was sent")),
        }
    }

    /// What its socket looks at before each wait; a pipe looks at none.
    pub(crate) fn clock(&self) -> Clock {
        match self {
            Self::Pipe(_) => Clock::new(CONNECT),
            Self::Tcp(socket) => socket.clock.clone(),
            Self::Tls(stream) => stream.sock.clock.clone(),
        }
    }

    /// What TLS has agreed on.
    pub(crate) fn describe(&self) -> Option<String> {
        match self {
            Self::Tls(stream) => Some(tls::describe(&stream.conn)),
            Self::Pipe(_) | Self::Tcp(_) => None,
        }
    }

    /// Takes leave; the outcome is settled, so nobody minds if that fails.
    pub(crate) fn close(mut self) {
        if let Self::Tls(stream) = &mut self {
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    }
}

impl Read for Wire {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Pipe(stream) => stream.read(room),
            Self::Tcp(stream) => stream.read(room),
            Self::Tls(stream) => stream.read(room),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::Pipe(stream) => stream.write(octets),
            Self::Tcp(stream) => stream.write(octets),
            Self::Tls(stream) => stream.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Pipe(stream) => stream.flush(),
            Self::Tcp(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
