//! Drives the server's engine over a stream: the part to copy into a program of one's own.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use embedded_io_adapters::std::FromStd;
use embedded_smtp::io::ConnectionError;
use embedded_smtp::io::blocking::Connection;
use embedded_smtp::server::{Event, Server};

use super::clock::{Clock, Clocked};
use super::config::Config;
use super::sessions::Sessions;
use super::socket::Socket;
use super::visit::Visit;
use super::wire::Wire;

/// Octets that are read at once, and the longest command line.
const RX: usize = 16 * 1024;
/// Octets of replies that leave at once.
const TX: usize = 1024;
/// How long a client is given to take the 421 that ends its session.
const FAREWELL: Duration = Duration::from_secs(5);

type Stream<'e, 'b, 'p> = Connection<'e, FromStd<Wire>, Clocked<'e, Server<'b, 'p>>>;

/// Why the engine and the stream come apart.
enum Next {
    /// For the handshake.
    StartTls,
    /// For good.
    Over,
}

/// Speaks with a client until one of the two has had enough.
pub(crate) fn hold(stream: Arc<TcpStream>, under_tls: bool, config: &Config, sessions: &Arc<Sessions>) {
    let policy = config.policy();
    let (mut rx, mut tx) = ([0; RX], [0; TX]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let mut visit = Visit::new(config, &stream);
    let clock = Clock::new(config.timeout());
    let mut wire = Wire::Tcp(Socket::new(stream, clock.clone(), Arc::clone(sessions)));
    if under_tls {
        let Some(secure) = upgrade(wire, config, &clock, &mut visit) else { return };
        (wire, server) = (secure, server.over_tls());
    }
    loop {
        let mut clocked = Clocked::new(&mut server, clock.clone(), None);
        let mut connection = Connection::new(FromStd::new(wire), &mut clocked);
        let next = converse(&mut connection, &mut visit, &clock, sessions);
        wire = connection.into_inner().into_inner();
        match next {
            Next::StartTls => {
                let Some(secure) = upgrade(wire, config, &clock, &mut visit) else { return };
                wire = secure;
                if server.tls_established().is_err() {
                    break;
                }
            }
            Next::Over => break,
        }
    }
    visit.leave();
    wire.close();
}

/// Answers the events, one after the other.
fn converse(
    connection: &mut Stream<'_, '_, '_>,
    visit: &mut Visit<'_>,
    clock: &Clock,
    sessions: &Sessions,
) -> Next {
    loop {
        match connection.run() {
            Ok(true) => {
                let server = &mut *connection.engine().engine;
                if matches!(server.event(), Some(Event::StartTls)) {
                    return Next::StartTls;
                }
                if let Err(error) = visit.decide(server) {
                    visit.note(&format!("the session failed: {error}"));
                    return Next::Over;
                }
            }
            Ok(false) => return Next::Over,
            Err(ConnectionError::TimedOut) => {
                visit.note("the client took too long");
                // The engine has been told, and wants to say 421.
                clock.set(FAREWELL);
                return farewell(connection);
            }
            Err(_) if sessions.is_stopping() => {
                connection.engine().engine.shut_down();
                return farewell(connection);
            }
            Err(error) => {
                visit.note(&error.to_string());
                return Next::Over;
            }
        }
    }
}

/// Lets the last words out. If they do not get through, nothing is to be done about that.
fn farewell(connection: &mut Stream<'_, '_, '_>) -> Next {
    let _ = connection.run();
    Next::Over
}

/// Takes the stream through the handshake.
fn upgrade(wire: Wire, config: &Config, clock: &Clock, visit: &mut Visit<'_>) -> Option<Wire> {
    clock.set(config.timeout());
    match config.tls.as_ref().map(|tls| wire.secure(tls)) {
        Some(Ok(wire)) => {
            visit.under(wire.describe());
            Some(wire)
        }
        Some(Err(reason)) => {
            visit.note(&format!("TLS failed: {reason}"));
            None
        }
        None => None,
    }
}
