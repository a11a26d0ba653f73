//! The streams that a mail can go over: TCP, TLS over it, and a pipe inside the process.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};

use super::outcome::{Failure, Status};
use super::pipe::Pipe;
use super::tls::{self, Tls};

/// How long one address is given to accept the connection, unless `--timeout` says otherwise.
const CONNECT: Duration = Duration::from_secs(30);

/// A stream of octets to the server.
pub(crate) enum Wire {
    Pipe(Pipe),
    Tcp(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
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
            Ok(socket) => {
                // The engine gathers what may travel together itself; waiting for more would only delay it.
                let _ = socket.set_nodelay(true);
                return Ok(socket);
            }
            Err(error) => reasons.push(format!("{}: {error}", address.ip())),
        }
    }
    Err(unreachable(if reasons.is_empty() { "it has no address".to_owned() } else { reasons.join("; ") }))
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

    /// A second handle of the socket, to set its timeouts.
    pub(crate) fn socket(&self) -> Option<TcpStream> {
        match self {
            Self::Pipe(_) => None,
            Self::Tcp(socket) => socket.try_clone().ok(),
            Self::Tls(stream) => stream.sock.try_clone().ok(),
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
