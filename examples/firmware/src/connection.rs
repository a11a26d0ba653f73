//! One connection, from its opening to its end.

use defmt::warn;
use embedded_smtp::data::Body;
use embedded_smtp::io::smoltcp::{Driver, Progress};
use embedded_smtp::sasl::Authenticator;
use embedded_smtp::submission::{Event, Submission};
use smoltcp::time::Duration;

use crate::settings::{Security, Settings};
use crate::{Station, clock, tls};

/// How long to wait for an address.
const ADDRESS: Duration = Duration::from_secs(20);

/// Lets the submission take its course; what came of it is in its report. The main loop goes on meanwhile.
pub fn run<B: Body, A: Authenticator>(
    station: &Station<'_>,
    settings: &Settings<'_>,
    submission: &mut Submission<'_, '_, '_, B, A>,
) {
    let patience = clock::now() + ADDRESS;
    while !station.network.borrow().is_up() && clock::now() < patience {
        station.turn();
    }
    if !station.network.borrow().is_up() {
        warn!("nobody has given an address by DHCP; DEVICE_ADDRESS sets one");
    }
    station.network.borrow_mut().connect(settings.server);
    let orderly = match settings.security {
        Security::Implicit => tls::session(station, settings, submission),
        Security::Clear | Security::StartTls => in_clear(station, settings, submission),
    };
    if !orderly {
        station.network.borrow_mut().socket().abort();
        return;
    }
    station.network.borrow_mut().socket().close();
    // QUIT has been answered; what is left are the last frames.
    let until = clock::now() + Duration::from_millis(100);
    while clock::now() < until && station.network.borrow_mut().socket().is_open() {
        station.turn();
    }
}

/// Over the bare socket, to the end or to STARTTLS; whether the session ended in good order.
fn in_clear<B: Body, A: Authenticator>(
    station: &Station<'_>,
    settings: &Settings<'_>,
    submission: &mut Submission<'_, '_, '_, B, A>,
) -> bool {
    let mut driver = Driver::new();
    loop {
        station.turn();
        let progress = driver.drive(station.network.borrow_mut().socket(), submission, clock::now());
        match progress {
            Ok(Progress::Waiting) => {}
            // The stream changes, the submission stays.
            Ok(Progress::Event) if submission.event() == Some(Event::StartTls) => {
                return tls::session(station, settings, submission);
            }
            Ok(Progress::Event | Progress::Closed) => return true,
            Err(error) => {
                warn!("connection: {}", error);
                return false;
            }
        }
    }
}
