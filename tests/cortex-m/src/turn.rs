//! How an image's octets move without an adapter.

use embedded_smtp::Error;
use embedded_smtp::session::{Endpoint, Want};

use crate::Wire;

/// Polls an engine once, and moves what it wants moved; what it wanted.
///
/// # Errors
/// The engine's own.
#[inline(always)]
pub fn turn(engine: &mut impl Endpoint, wire: &mut Wire) -> Result<Want, Error> {
    let want = engine.poll()?;
    match want {
        Want::Read => {
            let octets = wire.read(engine.receive_buffer());
            if octets == 0 { engine.received_eof() } else { engine.received(octets) }
        }
        Want::Write => {
            let octets = wire.write(engine.transmit());
            engine.transmitted(octets);
        }
        Want::Event | Want::Closed => {}
    }
    Ok(want)
}
