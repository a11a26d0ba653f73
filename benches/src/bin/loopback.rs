//! End to end on the loopback interface: clients against Postfix's smtp-sink, servers under Postfix's smtp-source.
//!
//! ```text
//! loopback                 everything, as two tables
//! loopback client WHO PORT OCTETS SESSIONS MAILS
//! loopback server WHO PORT
//! ```
//! Each client and server runs in a process of its own, whose processor time the system tells when it has ended.

use std::process::{Command, ExitCode};

use embedded_smtp_benches::loopback::watch::{self, Daemon};
use embedded_smtp_benches::loopback::{Load, clients, engine, least, servers};
use embedded_smtp_benches::machine;

const CLIENTS: [&str; 6] = [
    "least code",
    "embedded-smtp, engine",
    "embedded-smtp, submission",
    "lettre",
    "mail-send",
    "smtp-source",
];
const SERVERS: [&str; 5] = ["least code", "embedded-smtp", "smtp-sink", "mailin-embedded", "aiosmtpd"];
/// Octets of a mail, and mails of a run.
const SIZES: [(usize, usize); 3] = [(1 << 10, 4000), (100 << 10, 600), (10 << 20, 40)];
const SESSIONS: [usize; 3] = [1, 10, 100];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        [] => tables(),
        ["client", who, port, octets, sessions, mails] => {
            let number = |text: &str| text.parse().expect("a number");
            let load = Load {
                port: number(port) as u16,
                octets: number(octets),
                sessions: number(sessions),
                mails: number(mails),
            };
            client(who, &load)
        }
        ["server", who, port] => server(who, port.parse().expect("a port")),
        _ => Err("loopback [client WHO PORT OCTETS SESSIONS MAILS | server WHO PORT]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn client(who: &str, load: &Load) -> Result<(), String> {
    match who {
        "least code" => least::client(load),
        "embedded-smtp, engine" => engine::engine(load),
        "embedded-smtp, submission" => engine::submission(load),
        "lettre" => clients::lettre(load),
        "mail-send" => clients::mail_send(load),
        _ => return Err(format!("no client {who}")),
    }
    Ok(())
}

fn server(who: &str, port: u16) -> Result<(), String> {
    match who {
        "least code" => least::server(port),
        "embedded-smtp" => servers::ours(port),
        "mailin-embedded" => servers::mailin(port),
        _ => return Err(format!("no server {who}")),
    }
    Ok(())
}

fn client_command(who: &str, load: &Load) -> Command {
    let Load { port, octets, sessions, mails } = load;
    if who == "smtp-source" {
        let mut command = Command::new("smtp-source");
        command.args(["-s", &sessions.to_string(), "-m", &mails.to_string(), "-l", &octets.to_string()]);
        // One session for all mails of each, as the others do.
        command.args(["-d", "-M", "client.example.org", "-f", "alice@example.org", "-t", "bob@example.com"]);
        command.arg(format!("127.0.0.1:{port}"));
        return command;
    }
    let mut command = myself();
    command
        .args(["client", who])
        .args([*port as usize, *octets, *sessions, *mails].map(|number| number.to_string()));
    command
}

fn server_command(who: &str, port: u16) -> Command {
    match who {
        "smtp-sink" => {
            let mut command = Command::new("smtp-sink");
            // It will not run as root, and everybody else may not say so.
            // SAFETY: asks for a number.
            if unsafe { libc::geteuid() } == 0 {
                command.args(["-u", "nobody"]);
            }
            command
                .args(["-c", "-h", "mx1.example.com", "-m", "200"])
                .args([&format!("127.0.0.1:{port}"), "200"]);
            command
        }
        "aiosmtpd" => {
            let python = std::env::var("AIOSMTPD_PYTHON").unwrap_or_else(|_| "python3".into());
            let mut command = Command::new(python);
            command.args(["-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-s", "20000000", "-l"]);
            command.arg(format!("127.0.0.1:{port}"));
            command
        }
        _ => {
            let mut command = myself();
            command.args(["server", who, &port.to_string()]);
            command
        }
    }
}

fn myself() -> Command {
    Command::new(std::env::current_exe().expect("this program"))
}

fn tables() -> Result<(), String> {
    let base: u16 =
        std::env::var("INTEROP_PORT_BASE").ok().and_then(|port| port.parse().ok()).unwrap_or(25_000);
    println!("{}\n", machine::line());
    println!(
        "| clients, against smtp-sink | mail | sessions | mails/s | CPU µs a mail | of the least code | system calls a mail |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|");
    let mut port = base;
    for (octets, sessions, mails) in runs() {
        let sink = Daemon::start(&mut server_command("smtp-sink", port), port)?;
        let mut least = f64::NAN;
        for who in CLIENTS {
            // One that waits 40 ms for each mail would take minutes.
            let mails = if who == "lettre" { mails.min(50 * sessions) } else { mails };
            let load = Load { port, octets, sessions, mails };
            eprintln!("client {who}: {mails} mails of {octets} octets, {sessions} sessions");
            match watch::run(&mut client_command(who, &load)) {
                Ok(cost) => {
                    let each = cost.cpu / mails as f64 * 1e6;
                    if who == CLIENTS[0] {
                        least = each;
                    }
                    let calls = calls_of(who, &load);
                    println!(
                        "| {who} | {} | {sessions} | {:.0} | {each:.1} | {:.2} | {calls} |",
                        size(octets),
                        mails as f64 / cost.seconds,
                        each / least,
                    );
                }
                Err(error) => println!("| {who} | {} | {sessions} | {error} | | | |", size(octets)),
            }
        }
        sink.end();
        port += 1;
    }
    println!(
        "\n| servers, under smtp-source | mail | sessions | mails/s | CPU µs a mail | of the least code |"
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for (octets, sessions, mails) in runs() {
        let mut least = f64::NAN;
        for who in SERVERS {
            eprintln!("server {who}: {mails} mails of {octets} octets, {sessions} sessions");
            let daemon = match Daemon::start(&mut server_command(who, port), port) {
                Ok(daemon) => daemon,
                Err(error) => {
                    println!("| {who} | {} | {sessions} | {error} | | |", size(octets));
                    continue;
                }
            };
            let cost =
                watch::run(&mut client_command("smtp-source", &Load { port, octets, sessions, mails }));
            let cpu = daemon.end();
            port += 1;
            match cost {
                Ok(cost) => {
                    let each = cpu / mails as f64 * 1e6;
                    if who == SERVERS[0] {
                        least = each;
                    }
                    println!(
                        "| {who} | {} | {sessions} | {:.0} | {each:.1} | {:.2} |",
                        size(octets),
                        mails as f64 / cost.seconds,
                        each / least
                    );
                }
                Err(error) => println!("| {who} | {} | {sessions} | {error} | | |", size(octets)),
            }
        }
    }
    Ok(())
}

/// Octets of a mail, sessions, and mails of all sessions.
fn runs() -> impl Iterator<Item = (usize, usize, usize)> {
    let all =
        SIZES.into_iter().flat_map(|(octets, mails)| SESSIONS.map(|sessions| (octets, sessions, mails)));
    // A hundred sessions of the largest mails would only fill memory.
    all.filter(|(octets, sessions, _)| *octets < 1 << 20 || *sessions <= 10)
}

/// By the difference of two runs, so that what a session costs once is not in it; of short mails on one session only.
fn calls_of(who: &str, load: &Load) -> String {
    if load.octets > 1 << 10 || load.sessions > 1 {
        return String::new();
    }
    let of = |mails| watch::calls(&client_command(who, &Load { mails, ..*load }));
    match (of(100), of(200)) {
        (Ok(some), Ok(more)) => format!("{:.2}", (more as f64 - some as f64) / 100.0),
        _ => "not known".into(),
    }
}

fn size(octets: usize) -> String {
    if octets < 1 << 20 { format!("{} KiB", octets >> 10) } else { format!("{} MiB", octets >> 20) }
}
