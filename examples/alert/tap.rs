//! A stream that is listened to, on the plaintext's side of TLS.

use std::io::{self, ErrorKind, Read, Write};

use super::transcript::Transcript;

/// What has passed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Traffic {
    pub(crate) sent: u64,
    pub(crate) writes: u64,
    pub(crate) received: u64,
    pub(crate) reads: u64,
}

/// A stream, and whoever listens to it.
pub(crate) struct Tap<S> {
    pub(crate) stream: S,
    pub(crate) transcript: Option<Transcript>,
    pub(crate) traffic: Traffic,
}

impl<S> Tap<S> {
    pub(crate) fn new(stream: S, transcript: Option<Transcript>) -> Self {
        Self { stream, transcript, traffic: Traffic::default() }
    }

    pub(crate) fn note(&mut self, text: &str) {
        if let Some(transcript) = &mut self.transcript {
            transcript.note(text);
        }
    }

    pub(crate) fn finish(&mut self) {
        if let Some(transcript) = &mut self.transcript {
            transcript.finish();
        }
    }
}

impl<S: Read> Read for Tap<S> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let octets = match self.stream.read(room) {
            // TLS that ends without a word of farewell; what SMTP lacks then, the engine knows.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => 0,
            result => result?,
        };
        self.traffic.received += octets as u64;
        self.traffic.reads += 1;
        if let Some(transcript) = &mut self.transcript {
            transcript.received(&room[..octets]);
        }
        Ok(octets)
    }
}

impl<S: Write> Write for Tap<S> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let written = self.stream.write(octets)?;
        self.traffic.sent += written as u64;
        self.traffic.writes += 1;
        if let Some(transcript) = &mut self.transcript {
            transcript.sent(&octets[..written]);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
