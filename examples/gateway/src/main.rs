//! A mail gateway: applications hand in mails by REST or by SMTP, and it passes them on to a real mail server. It has no queue: whoever
//! hands a mail in is told that it was taken when the next hop has said so, and not before. See README.md beside it.
//!
//!     cargo run --manifest-path examples/gateway/Cargo.toml

mod args;
#[path = "../../inbox/calendar.rs"]
#[allow(dead_code, reason = "the inbox example shows the time, too")]
mod calendar;
mod config;
#[path = "../../alert/content.rs"]
mod content;
mod hop;
mod inbox;
mod input;
mod intake;
mod journal;
#[path = "../../common/legible.rs"]
mod legible;
mod limits;
#[path = "../../common/printer.rs"]
#[allow(dead_code, reason = "other examples' tests look into it")]
mod printer;
mod problem;
mod request;
mod rest;
mod settings;
mod smtp;
#[path = "../../alert/survey.rs"]
mod survey;
mod unique;

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use args::Args;
use config::Config;
use hop::Hop;
use printer::print;
use smtp::session::Stop;

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(args: Args) -> Result<(), Box<dyn Error + Send + Sync>> {
    let config = Arc::new(Config::new(args).await?);
    let (rest, smtp) = (listen(&config.rest).await?, listen(&config.smtp).await?);
    if smtp::serve::is_itself(&smtp, &config.mail.next_hop).await {
        return Err(format!("next hop {}: that is this gateway itself", config.mail.next_hop).into());
    }
    tell(&config, rest.local_addr()?, smtp.local_addr()?);
    let mut terminated = signal(SignalKind::terminate())?;
    let (stop, stopped) = watch::channel(Stop::No);
    let mut sessions = JoinSet::new();
    let hop = Hop::start(&config.mail, config.hop_sessions, stopped.clone(), &mut sessions);
    let mut doors = JoinSet::new();
    doors.spawn(smtp::serve::serve(smtp, Arc::clone(&config.mail), stop.clone(), stopped.clone()));
    doors.spawn(rest::serve(rest, Arc::clone(&config), hop, stopped));
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminated.recv() => {}
    }
    print("gateway ends when the mails on their way have arrived");
    stop.send_replace(Stop::BetweenMails);
    while doors.join_next().await.is_some() {}
    // Nobody gives them mails any more; they take their leave of the next hop.
    let _ = timeout(Duration::from_secs(5), async { while sessions.join_next().await.is_some() {} }).await;
    printer::finish(Duration::from_secs(1));
    Ok(())
}

async fn listen(address: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| format!("cannot listen on {address}: {error}"))
}

fn tell(config: &Config, rest: SocketAddr, smtp: SocketAddr) {
    let tls = config.mail.acceptor.is_some();
    let scheme = if tls { "https" } else { "http" };
    print(&format!("REST  {scheme}://{rest}/v1/send"));
    print(&format!("SMTP  {smtp}{}", if tls { ", STARTTLS" } else { ", in clear" }));
    if let Some(inbox) = &config.inbox {
        print(&format!("mails become files in {}; --relay HOST:PORT passes them on", inbox.display()));
    } else {
        print(&format!("mails go to {}", config.mail.next_hop));
    }
    let demonstration = &config.demonstration;
    if let (Some(token), Some((user, password))) = (&demonstration.token, &demonstration.login) {
        print(&format!("for this run, the token {token} and the login {user} with the password {password}"));
        print(&format!("page  {scheme}://{rest}/#token={token}"));
        print("");
        print("try:");
        print(&format!(
            "  curl '{scheme}://{rest}/v1/send?access_token={token}' -d recipient=john@example.com \\"
        ));
        print("      -d from=info@example.com -d to=john@example.com -d subject=Hello -d 'text=It works.'");
        print("");
    }
}
