//! A small SMTP server for development: it takes mail, shows each as it comes, and stores it as an .eml file.
//!
//! ```text
//! cargo run --example inbox
//! swaks --server 127.0.0.1:2525 --to ops@example.test
//! ```
//!
//! `reject@` at any domain is refused with 550 5.1.1 and `defer@` with 450 4.2.0, to see what a client makes of it.
//! TLS, a login, LMTP and limits: `cargo run --example inbox -- --help`. Ctrl-C stops it.
//!
//! Each module is one idea; `session.rs` is where the library is driven, and the first to read.

mod args;
mod calendar;
#[path = "../common/clock.rs"]
mod clock;
mod config;
mod display;
mod encoded_word;
#[path = "../common/legible.rs"]
mod legible;
mod listen;
#[path = "../common/printer.rs"]
mod printer;
mod session;
mod sessions;
mod socket;
mod store;
mod subject;
#[path = "../common/tcp.rs"]
mod tcp;
mod tls;
mod visit;
mod wire;
mod words;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use args::Args;
use config::Config;
use sessions::Sessions;

/// How long sessions are given to take leave, and then to notice that nobody listens to them any more.
const FAREWELL: Duration = Duration::from_secs(3);
const SILENCE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    match run(<Args as clap::Parser>::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("inbox: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), String> {
    let sessions = Arc::new(Sessions::new(args.max_connections));
    let mut places = vec![(listen::bind(&args.listen, "--listen")?, false)];
    if let Some(address) = &args.implicit_tls_listen {
        places.push((listen::bind(address, "--implicit-tls-listen")?, true));
    }
    let config = Arc::new(Config::new(args)?);
    let stop = wait_for_stop()?;
    for (listener, under_tls) in places {
        display::listening(&listener, under_tls, config.tls.is_some());
        let (config, sessions) = (Arc::clone(&config), Arc::clone(&sessions));
        std::thread::spawn(move || listen::accept(&listener, under_tls, &config, &sessions));
    }
    display::ready(if config.is_lmtp() { "LMTP" } else { "SMTP" }, config.store.dir());
    // It ends when Ctrl-C says so; an error would mean that it can no longer be said.
    let _ = stop.recv();
    sessions.stop(FAREWELL, SILENCE);
    config.display.stopped();
    printer::finish(SILENCE);
    Ok(())
}

/// Something comes out of the channel at Ctrl-C, or when the system asks the program to end; the second time it ends at once.
fn wait_for_stop() -> Result<mpsc::Receiver<()>, String> {
    let (asked, (say, stop)) = (AtomicBool::new(false), mpsc::channel());
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        let _ = say.send(());
    })
    .map_err(|error| format!("Ctrl-C cannot be listened to: {error}"))?;
    Ok(stop)
}
