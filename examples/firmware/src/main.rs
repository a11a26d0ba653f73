//! Firmware for a Cortex-M4 (QEMU's mps2-an386): it reads a thermometer, and mails an alert when a boiler gets too hot.
//!
//!     cargo run --release
//!
//! The mail goes to `MAIL_SERVER`, by default 10.0.2.2:2525, which is port 2525 of the machine QEMU runs on; see
//! `settings.rs` for this and all else that is settled when the image is built. A refused connection, a server that
//! closes in the middle, and a reply of 4yz are tried again with growing pauses, while the main loop goes on.
//!
//! The log is defmt's; the exit status of QEMU says what became of the alert.

#![no_std]
#![no_main]

mod alert;
mod clock;
mod lan9118;
mod network;
mod sensor;
mod settings;

use cortex_m_rt::entry;
use defmt::{error, info};
use defmt_semihosting as _;
use smoltcp::iface::{SocketSet, SocketStorage};
use smoltcp::socket::tcp;

use alert::Outcome;
use lan9118::Lan9118;
use network::Network;
use sensor::Sensor;

/// Exit statuses: the server has the mail; it will not have it; all attempts failed; nothing could be attempted.
const DELIVERED: i32 = 0;
const REJECTED: i32 = 69;
const GIVEN_UP: i32 = 75;
const UNUSABLE: i32 = 78;
/// The main loop stood still.
const WATCHDOG: i32 = 3;
/// The program is at fault.
const PANICKED: i32 = 70;

/// All that the device does beside mailing.
struct Station<'a> {
    network: Network<'a>,
    sensor: Sensor,
}

impl Station<'_> {
    /// One pass of the main loop. It never waits for anything but the next tick of the clock.
    fn turn(&mut self) {
        clock::feed();
        let now = clock::now();
        self.sensor.turn(now);
        self.network.turn(now);
        cortex_m::asm::wfi();
    }
}

#[entry]
fn main() -> ! {
    let status = run().unwrap_or(UNUSABLE);
    semihosting::process::exit(status)
}

fn run() -> Option<i32> {
    clock::start(cortex_m::Peripherals::take()?.SYST);
    let device = Lan9118::new(network::MAC).inspect_err(|missing| error!("no controller: {}", missing)).ok()?;
    let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
    let socket = tcp::Socket::new(tcp::SocketBuffer::new(&mut rx[..]), tcp::SocketBuffer::new(&mut tx[..]));
    let mut storage = [SocketStorage::EMPTY; 2];
    let network = Network::new(device, SocketSet::new(&mut storage[..]), socket, clock::now())
        .inspect_err(|setting| error!("cannot be read: {}", setting))
        .ok()?;
    let mut station = Station { network, sensor: Sensor::new() };

    info!("started; mail goes to {=str}", settings::SERVER);
    let tenths = loop {
        station.turn();
        if let Some(tenths) = station.sensor.alarm() {
            break tenths;
        }
    };
    info!("{}.{} degrees", tenths / 10, tenths % 10);
    let outcome = alert::mail(&mut station, tenths)
        .inspect_err(|unsendable| error!("cannot be sent: {}", unsendable))
        .ok()?;

    let (passes, longest) = clock::passes();
    info!("{}", outcome);
    info!("{} passes of the main loop, {} readings, longest pass {} ms", passes, station.sensor.readings(), longest);
    Some(match outcome {
        Outcome::Delivered => DELIVERED,
        Outcome::Rejected => REJECTED,
        Outcome::GivenUp => GIVEN_UP,
    })
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    error!("panic");
    semihosting::process::exit(PANICKED)
}
