//! Drives a submission over a stream: the part to copy into a program of one's own.

use std::time::Duration;

use embedded_io_adapters::std::FromStd;
use embedded_smtp::data::Body;
use embedded_smtp::io::ConnectionError;
use embedded_smtp::io::blocking::Connection;
use embedded_smtp::sasl::Authenticator;
use embedded_smtp::submission::{Event, Submission};

use super::clock::Clocked;
use super::tap::{Tap, Traffic};
use super::tls::{self, Tls};
use super::transcript::Transcript;
use super::wire::Wire;

/// What the session leaves behind besides the submission's report.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    pub(crate) traffic: Traffic,
    /// Why the stream or TLS failed, if one did.
    pub(crate) detail: Option<String>,
    /// Whether another try would fail in the same way.
    pub(crate) hopeless: bool,
}

/// Speaks until the submission's report is final, or the stream fails; the report is right in either case.
pub(crate) fn run<B: Body, A: Authenticator>(
    submission: &mut Submission<'_, '_, '_, B, A>,
    wire: Wire,
    transcript: Option<Transcript>,
    tls: Option<&Tls>,
    timeout: Option<Duration>,
) -> Ended {
    let mut tap = Tap::new(wire, transcript);
    let mut ended = Ended::default();
    if let Some(text) = tap.stream.describe() {
        tap.note(&text);
    }
    loop {
        let mut engine = Clocked::new(submission, tap.stream.clock(), timeout);
        let mut connection = Connection::new(FromStd::new(tap), &mut engine);
        let result = connection.run();
        tap = connection.into_inner().into_inner();
        match result {
            Ok(true) if submission.event() == Some(Event::StartTls) => {
                match upgrade(tap, tls, timeout) {
                    Ok(upgraded) => tap = upgraded,
                    Err(failure) => {
                        submission.tls_failed();
                        return Ended { detail: Some(failure.text), hopeless: failure.hopeless, ..ended };
                    }
                }
                if submission.tls_established().is_err() {
                    break;
                }
            }
            Err(ConnectionError::Transport(error)) => {
                ended.detail = Some(error.to_string());
                break;
            }
            // The report tells of these.
            Ok(_) | Err(_) => break,
        }
    }
    tap.finish();
    ended.traffic = tap.traffic;
    tap.stream.close();
    ended
}

/// Takes the stream out, does the handshake, and goes on listening to what is inside.
fn upgrade(tap: Tap<Wire>, tls: Option<&Tls>, timeout: Option<Duration>) -> Result<Tap<Wire>, tls::Failure> {
    let Tap { stream, transcript, traffic } = tap;
    let stream = stream.secure(tls, timeout)?;
    let mut tap = Tap { stream, transcript, traffic };
    if let Some(text) = tap.stream.describe() {
        tap.note(&text);
    }
    Ok(tap)
}
