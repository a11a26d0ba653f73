//! The blocking adapter, over a stream of embedded-io's.

#![no_std]
#![no_main]

use cortex_m_images::stream::Stream;
use cortex_m_images::submit::submit_as_anyone;
use cortex_m_images::{Wire, entry};
use embedded_smtp::io::blocking::Connection;
use embedded_smtp::submission::Event;

#[entry]
fn main() -> ! {
    submit_as_anyone(|mail| {
        let mut connection = Connection::new(Stream(Wire::new()), mail);
        while let Ok(true) = connection.run() {
            let mail = connection.engine();
            // Here a TLS stack would take the stream.
            if mail.event() != Some(Event::StartTls) || mail.tls_established().is_err() {
                break;
            }
        }
    })
}
