//! Firmware for a Cortex-M4 (QEMU's mps2-an386): it reads a thermometer, and mails an alert when a boiler gets too hot.
//!
//!     cargo run --release
//!     MAIL_CA=ca.pem cargo run --release --features tls
//!
//! The mail goes to `MAIL_SERVER`, by default 10.0.2.2:2525, which is port 2525 of the machine QEMU runs on; see
//! `settings.rs` for this and all else that can be set. A refused connection, a server that closes in the middle, and a
//! reply of 4yz are tried again with growing pauses, while the main loop goes on.
//!
//! The log is defmt's; the exit status of QEMU says what became of the alert. README.md says more.

#![no_std]
#![no_main]

mod alert;
mod clock;
mod connection;
mod history;
mod lan9118;
mod network;
mod sensor;
mod settings;
mod table;
mod ticks;
#[cfg_attr(not(feature = "tls"), path = "clear.rs")]
mod tls;
mod watchdog;

use core::cell::RefCell;

use cortex_m_rt::entry;
use defmt::{error, info};
use defmt_semihosting as _;
use smoltcp::iface::{SocketSet, SocketStorage};
use smoltcp::socket::tcp;

use alert::Outcome;
use lan9118::Lan9118;
use network::Network;
use sensor::Sensor;
use settings::Settings;

/// Exit statuses: the server has the mail; it will not have it; all attempts failed; nothing could be attempted.
const DELIVERED: i32 = 0;
const REJECTED: i32 = 69;
const GIVEN_UP: i32 = 75;
const UNUSABLE: i32 = 78;
/// The main loop stood still.
const WATCHDOG: i32 = 3;
/// The program is at fault.
const PANICKED: i32 = 70;

/// All that the device does beside mailing. Its parts are borrowed for a moment each, by the main loop and by what
/// runs in between.
struct Station<'a> {
    network: RefCell<Network<'a>>,
    sensor: RefCell<Sensor>,
}

impl Station<'_> {
    /// One pass of the main loop. It never waits for anything but the next tick of the clock.
    fn turn(&self) {
        watchdog::feed();
        clock::pass();
        let now = clock::now();
        self.sensor.borrow_mut().turn(now);
        self.network.borrow_mut().turn(now);
        cortex_m::asm::wfi();
    }
}

#[entry]
fn main() -> ! {
    let line = semihosting::experimental::env::args::<512>();
    let status = match Settings::of(line.as_ref().ok()) {
        Ok(settings) => run(&settings).unwrap_or(UNUSABLE),
        Err(unreadable) => {
            error!("{}", unreadable);
            UNUSABLE
        }
    };
    info!("{} octets of stack at most", stack());
    semihosting::process::exit(status)
}

fn run(settings: &Settings<'_>) -> Option<i32> {
    clock::start(cortex_m::Peripherals::take()?.SYST, settings.time);
    let device =
        Lan9118::new(network::MAC).inspect_err(|missing| error!("no controller: {}", missing)).ok()?;
    let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
    let socket = tcp::Socket::new(tcp::SocketBuffer::new(&mut rx[..]), tcp::SocketBuffer::new(&mut tx[..]));
    let mut storage = [SocketStorage::EMPTY; 2];
    let network =
        Network::new(device, SocketSet::new(&mut storage[..]), socket, settings.address, clock::now());
    let station = Station { network: RefCell::new(network), sensor: RefCell::new(Sensor::new()) };
    watchdog::start(tls::PATIENCE);

    info!("started; mail goes to {}", settings.server);
    let (tenths, readings) = loop {
        station.turn();
        if let Some(alarm) = station.sensor.borrow().alarm() {
            break alarm;
        }
    };
    info!("{}.{} degrees", tenths / 10, tenths % 10);
    if settings.stall {
        // A fault of the worst kind: only the watchdog can find it.
        cortex_m::interrupt::disable();
        loop {
            cortex_m::asm::nop();
        }
    }
    let outcome = alert::mail(&station, settings, tenths, readings)
        .inspect_err(|unsendable| error!("cannot be sent: {}", unsendable))
        .ok()?;

    let (passes, longest) = clock::passes();
    info!("{}", outcome);
    let readings = station.sensor.borrow().readings();
    info!("{} passes of the main loop, {} readings, longest pass {} ms", passes, readings, longest);
    Some(match outcome {
        Outcome::Delivered => DELIVERED,
        Outcome::Rejected => REJECTED,
        Outcome::GivenUp => GIVEN_UP,
    })
}

/// Octets of the stack that have been used at some time: what still bears the paint of the start has not.
fn stack() -> usize {
    unsafe extern "C" {
        static _stack_start: u32;
        static _stack_end: u32;
    }
    let top = &raw const _stack_start as usize;
    let mut at = &raw const _stack_end as usize;
    // SAFETY: the addresses are those between the linker's bounds of the stack.
    while at < top && unsafe { (at as *const u32).read_volatile() } == cortex_m_rt::STACK_PAINT_VALUE {
        at += 4;
    }
    top - at
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    error!("panic");
    semihosting::process::exit(PANICKED)
}
