//! Where clients come in.

use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::config::Config;
use super::display;
use super::session;
use super::sessions::Sessions;

/// Listens at `address`, which came with the argument `option`.
pub(crate) fn bind(address: &str, option: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::AddrInUse => format!(
                "something listens there already (another inbox?): end that, or give another port by {option}"
            ),
            ErrorKind::PermissionDenied => {
                format!("a port below 1024 may need rights; give another by {option}")
            }
            ErrorKind::AddrNotAvailable => {
                format!("this machine has no such address; give one of its own by {option}")
            }
            ErrorKind::InvalidInput => {
                format!("{option} wants HOST:PORT, with an IPv6 address in brackets")
            }
            _ => format!("{error}; give another place by {option}"),
        };
        format!("{address} cannot be listened on: {advice}")
    })
}

/// Gives each client a thread of its own, while there are places.
pub(crate) fn accept(
    listener: &TcpListener,
    under_tls: bool,
    config: &Arc<Config>,
    sessions: &Arc<Sessions>,
) {
    loop {
        if let Err(error) =
            listener.accept().and_then(|(stream, _)| welcome(stream, under_tls, config, sessions))
        {
            if sessions.is_stopping() {
                return;
            }
            display::note(&format!("a client could not be welcomed: {error}"));
            // Too many open files or threads, most likely: better times are waited for, not asked for without a pause.
            thread::sleep(Duration::from_millis(100));
        }
    }
}

fn welcome(
    stream: TcpStream,
    under_tls: bool,
    config: &Arc<Config>,
    sessions: &Arc<Sessions>,
) -> io::Result<()> {
    let stream = Arc::new(stream);
    let place = sessions.enter(&stream);
    let (config, sessions) = (Arc::clone(config), Arc::clone(sessions));
    thread::Builder::new().name("session".to_owned()).spawn(move || {
        session::hold(stream, under_tls, &config, &sessions);
        drop(place);
    })?;
    Ok(())
}
