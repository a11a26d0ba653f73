//! Clients and servers over TCP on the loopback interface, each in a process of its own.

pub mod clients;
pub mod engine;
pub mod growth;
pub mod least;
pub mod many;
pub mod servers;
pub mod watch;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// What one run sends.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub port: u16,
    /// Octets of a mail.
    pub octets: usize,
    pub sessions: usize,
    /// Mails of all sessions together.
    pub mails: usize,
}

impl Load {
    /// Mails of one session.
    pub fn each(&self) -> usize {
        self.mails / self.sessions
    }

    /// Runs `session` on a thread for each session.
    pub fn on_threads(&self, session: impl Fn(&Load) + Sync) {
        std::thread::scope(|scope| {
            for _ in 0..self.sessions {
                scope.spawn(|| session(self));
            }
        });
    }

    /// A mail of that size, in lines of 76 octets.
    pub fn mail(&self) -> Vec<u8> {
        let text = crate::corpus::text();
        let mut mail = crate::corpus::mail()[..200].to_vec();
        mail.truncate(mail.iter().rposition(|octet| *octet == b'\n').expect("lines") + 1);
        while mail.len() < self.octets {
            let octets = text.len().min(self.octets - mail.len());
            mail.extend_from_slice(&text[..octets]);
        }
        mail.truncate(self.octets - 2);
        if mail.ends_with(b"\r") {
            mail.pop();
            mail.push(b'x');
        }
        mail.extend_from_slice(b"\r\n");
        mail
    }
}

/// A stream that sends at once what it is given (RFC 896's algorithm would wait 40 ms for an acknowledgement).
pub fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a server");
    stream.set_nodelay(true).expect("an option of TCP");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time-out");
    stream
}

/// A stream of the standard library for the blocking adapter.
#[derive(Debug)]
pub struct Std(pub TcpStream);

impl embedded_io::ErrorType for Std {
    type Error = std::io::Error;
}

impl embedded_io::Read for Std {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(into)
    }
}

impl embedded_io::Write for Std {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.write(octets)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
