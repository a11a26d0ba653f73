//! A server that gives its replies one a read, whatever is sent, and then goes away.

use embedded_smtp::session::{Endpoint, Want};

/// Drives a submission to its end, or to its error; what it sent.
pub(crate) fn drive(engine: &mut impl Endpoint, replies: &[&str]) -> String {
    let mut sent = Vec::new();
    let mut replies = replies.iter();
    loop {
        match engine.poll() {
            Ok(Want::Write) => {
                let octets = engine.transmit().to_vec();
                engine.transmitted(octets.len());
                sent.extend(octets);
            }
            Ok(Want::Read) => match replies.next() {
                Some(reply) => {
                    engine.receive_buffer()[..reply.len()].copy_from_slice(reply.as_bytes());
                    engine.received(reply.len());
                }
                None => engine.received_eof(),
            },
            Ok(Want::Event | Want::Closed) | Err(_) => return String::from_utf8(sent).expect("UTF-8"),
        }
    }
}
