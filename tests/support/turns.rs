//! A server that gives its replies one a read, whatever is sent, and then goes away.

use embedded_smtp::Error;
use embedded_smtp::session::{Endpoint, Want};

/// Drives a submission to its end, or to its error; what it sent.
#[allow(dead_code, reason = "each test binary uses its share")]
pub(crate) fn drive(engine: &mut impl Endpoint, replies: &[&str]) -> String {
    let mut sent = String::new();
    let _ = run(engine, &mut replies.iter().copied(), &mut sent);
    sent
}

/// The same to its next event; what is said then.
pub(crate) fn run<'r>(
    engine: &mut impl Endpoint,
    replies: &mut impl Iterator<Item = &'r str>,
    sent: &mut String,
) -> Result<Want, Error> {
    loop {
        match engine.poll()? {
            Want::Write => {
                let octets = engine.transmit().len();
                sent.push_str(core::str::from_utf8(engine.transmit()).expect("UTF-8"));
                engine.transmitted(octets);
            }
            Want::Read => match replies.next() {
                Some(reply) => {
                    engine.receive_buffer()[..reply.len()].copy_from_slice(reply.as_bytes());
                    engine.received(reply.len());
                }
                None => engine.received_eof(),
            },
            want => return Ok(want),
        }
    }
}
