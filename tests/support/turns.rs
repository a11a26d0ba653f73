//! A server that gives its replies one a read, whatever is sent, and then goes away.

use embedded_smtp::session::{Endpoint, Want};

/// Drives a submission to its end, or to its error.
pub(crate) fn drive(engine: &mut impl Endpoint, replies: &[&str]) {
    let mut replies = replies.iter();
    loop {
        match engine.poll() {
            Ok(Want::Write) => {
                let octets = engine.transmit().len();
                engine.transmitted(octets);
            }
            Ok(Want::Read) => match replies.next() {
                Some(reply) => {
                    engine.receive_buffer()[..reply.len()].copy_from_slice(reply.as_bytes());
                    engine.received(reply.len());
                }
                None => engine.received_eof(),
            },
            Ok(Want::Event | Want::Closed) | Err(_) => return,
        }
    }
}
