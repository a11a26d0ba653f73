//! The two streams that a session can go over: TCP, and TLS over it.

use std::io::{self, ErrorKind, Read, Write};

use rustls::{ProtocolVersion, ServerConnection, StreamOwned};

use super::socket::Socket;
use super::tls::Tls;

/// A stream of octets to the client.
pub(crate) enum Wire {
    Tcp(Socket),
    Tls(Box<StreamOwned<ServerConnection, Socket>>),
}

impl Wire {
    /// The same stream under TLS.
    pub(crate) fn secure(self, tls: &Tls) -> Result<Self, String> {
        match self {
            Self::Tcp(socket) => tls.handshake(socket).map(|stream| Self::Tls(Box::new(stream))),
            Self::Tls(_) => Err("there is TLS already".to_owned()),
        }
    }

    /// What keeps others from listening.
    pub(crate) fn describe(&self) -> &'static str {
        let Self::Tls(stream) = self else { return "in clear" };
        match stream.conn.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "over TLS 1.3",
            Some(ProtocolVersion::TLSv1_2) => "over TLS 1.2",
            _ => "over TLS",
        }
    }

    /// Takes leave; everything has been said, so nobody minds if that fails.
    pub(crate) fn close(self) {
        match self {
            Self::Tcp(socket) => socket.close(),
            Self::Tls(mut stream) => {
                stream.conn.send_close_notify();
                let _ = stream.flush();
                stream.sock.close();
            }
        }
    }
}

impl Read for Wire {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(room),
            Self::Tls(stream) => match stream.read(room) {
                // TLS that ends without a word of farewell; what SMTP lacks then, the engine knows.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(0),
                result => result,
            },
        }
    }
}

impl Write for Wire {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(octets),
            Self::Tls(stream) => stream.write(octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
