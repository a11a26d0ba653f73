//! A submission server that keeps nothing: each mail goes on to a next hop while it is still coming in, so a session takes
//! the same memory however large the mail is. The sender is told 250 when the next hop has said 250, and
//! not before: there is no queue here in which a mail could be lost. What the next hop refuses is refused with its
//! words, for each recipient; when it is away the sender is asked to come again (451).
//!
//!     cargo run --example relay -- --listen 127.0.0.1:2525 --next-hop mail.example.com:587 \
//!         --tls server.crt server.key --user alice
//!
//! A mail with REQUIRETLS (RFC 8689), which senders may ask for under TLS, goes on only over TLS with a certificate
//! that was checked, to a next hop that offers REQUIRETLS too, with the parameter; else it is refused for good, with 550 5.7.30
//! or 5.7.10, and nothing of it is sent. The header field `TLS-Required: No` of the same RFC asks to set the recipient's side's
//! policies (MTA-STS, DANE) aside. None are looked at here: `--next-hop-tls` is the operator's own word,
//! and the field goes through as it is.
//!
//! Notifications (DSN, RFC 3461) and deadlines (DELIVERBY, RFC 2852) are offered to senders unless the next hop offered none when it was
//! last asked, and go on as they came.
//!
//! A next hop that falls silent costs a 451 after `--answer-seconds`; behind the whole mail it says that the mail may have been taken.
//!
//! Without `--user` only programs on this machine may send: an address that others can reach needs `--user` or `--anyone`.
//! Passwords come from the environment: `RELAY_PASSWORD` is what senders log in with, `NEXT_HOP_USER` and
//! `NEXT_HOP_PASSWORD` are what the relay logs in with at the next hop.

mod answer;
mod config;
mod hops;
mod journal;
#[path = "../common/legible.rs"]
mod legible;
mod next_hop;
mod offers;
mod passed;
mod patience;
#[path = "../common/printer.rs"]
mod printer;
mod serve;
mod session;
mod stream;
#[cfg(test)]
mod tests;
mod trace;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use config::{Arguments, Config};
use serve::{is_itself, serve};
use session::Stop;

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relay: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let config = Arc::new(Config::new(arguments)?);
    let listener = TcpListener::bind(&config.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    if is_itself(&listener, &config.next_hop).await {
        return Err(format!("--next-hop {}: that is this relay itself", config.next_hop).into());
    }
    printer::print(&format!("relay listens on {}, next hop {}", listener.local_addr()?, config.next_hop));
    let mut terminated = signal(SignalKind::terminate())?;
    let (stop, stopped) = watch::channel(Stop::No);
    let serving = tokio::spawn(serve(listener, config, stop.clone(), stopped));
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminated.recv() => {}
    }
    printer::print("relay ends when the mails on their way have arrived");
    stop.send_replace(Stop::BetweenMails);
    serving.await?;
    printer::finish(Duration::from_secs(1));
    Ok(())
}
