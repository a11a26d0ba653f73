//! The async adapter, over a stream of embedded-io-async's.

#![no_std]
#![no_main]

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Waker};

use cortex_m_images::stream::Stream;
use cortex_m_images::submit::submit_as_anyone;
use cortex_m_images::{Wire, entry};
use embedded_smtp::io::asynch::Connection;
use embedded_smtp::submission::Event;

#[entry]
fn main() -> ! {
    submit_as_anyone(|mail| {
        let mut connection = Connection::new(Stream(Wire::new()), mail);
        let run = pin!(async {
            while let Ok(true) = connection.run().await {
                let mail = connection.engine();
                // Here a TLS stack would take the stream.
                if mail.event() != Some(Event::StartTls) || mail.tls_established().is_err() {
                    break;
                }
            }
        });
        // The script never keeps anybody waiting.
        let _ = run.poll(&mut Context::from_waker(Waker::noop()));
    })
}
