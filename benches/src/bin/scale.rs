//! What does not grow: memory for each idle session and time for each mail with the number of sessions; instructions for each
//! octet, recipient and octet of a slow line with their number.
//!
//! ```text
//! scale                 the tables
//! scale serve PORT      the server, in a process of its own
//! scale pipes SESSIONS  server and clients in one process, over pipes in memory
//! ```

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use embedded_smtp_benches::loopback::growth;
use embedded_smtp_benches::loopback::many::{self, RX, TX};
use embedded_smtp_benches::loopback::watch::cpu_of;
use embedded_smtp_benches::{alloc, callgrind, machine};

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const SESSIONS: [usize; 3] = [1_000, 10_000, 50_000];
/// Sockets to one address: a port each, of the 28 000 that there are.
const TO_ONE_ADDRESS: usize = 20_000;
/// Files besides the sessions'.
const SPARE: usize = 100;
/// Mails over one session while the others are idle.
const MAILS: u32 = 2_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [serve, port] = arguments.as_slice()
        && serve == "serve"
    {
        many::serve(port.parse().expect("a port"));
        return ExitCode::SUCCESS;
    }
    if let [pipes, sessions] = arguments.as_slice()
        && pipes == "pipes"
    {
        let held = many::in_memory(sessions.parse().expect("a number"), MAILS);
        let (session, pipe, mail) = (held.heap - held.pipe, held.pipe, held.mail * 1e6);
        println!("| {sessions} | {session:.0} | {} | {pipe:.0} | {mail:.1} |", RX + TX);
        return ExitCode::SUCCESS;
    }
    let (labels, mut rows): (Vec<_>, Vec<_>) = growth::rows().into_iter().unzip();
    if callgrind::is_child() {
        callgrind::run_counted(&mut rows);
        return ExitCode::SUCCESS;
    }
    println!("{}\n", machine::line());
    println!(
        "| idle sessions | heap each, octets | of it lent slices | resident each, octets | µs a mail | CPU µs a mail |"
    );
    println!("|---:|---:|---:|---:|---:|---:|");
    let base: u16 =
        std::env::var("INTEROP_PORT_BASE").ok().and_then(|port| port.parse().ok()).unwrap_or(25_000);
    for (index, sessions) in SESSIONS.into_iter().enumerate() {
        eprintln!("{sessions} sessions");
        match hold(base + 90 + index as u16, sessions) {
            Ok(line) => println!("{line}"),
            Err(error) => println!("| {sessions} | {error} | | | | |"),
        }
    }
    println!(
        "\n| idle sessions, over pipes | heap each, octets | of it lent slices | a pipe's heap | µs a mail |"
    );
    println!("|---:|---:|---:|---:|---:|");
    for sessions in SESSIONS {
        eprintln!("{sessions} sessions over pipes");
        match pipes(sessions) {
            Ok(line) => print!("{line}"),
            Err(error) => println!("| {sessions} | {error} | | | |"),
        }
    }
    eprintln!("counting instructions under callgrind ...");
    let counts = match callgrind::counts(rows.len(), &[]) {
        Ok(counts) => counts,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!(
        "\n| server engine, rx {RX} and tx {TX} | number | instructions | for each | allocations |\n|---|---:|---:|---:|---:|"
    );
    for ((label, row), count) in labels.iter().zip(&mut rows).zip(counts) {
        let each = count as f64 / label.size as f64;
        let before = alloc::asked();
        row.run();
        let allocations = alloc::asked() - before;
        println!(
            "| {} | {} | {count} | {each:.2} / {} | {allocations} |",
            label.what, label.size, label.each
        );
    }
    ExitCode::SUCCESS
}

/// In a process of its own, whose heap has held nothing before.
fn pipes(sessions: usize) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output =
        Command::new(program).args(["pipes", &sessions.to_string()]).stderr(Stdio::inherit()).output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .map_err(|error| error.to_string())
}

fn hold(port: u16, wanted: usize) -> Result<String, String> {
    let sessions = wanted.min(allowed_sockets(wanted + SPARE) - SPARE);
    if sessions < wanted {
        eprintln!("this machine allows no more than {sessions}");
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut server = Command::new(program)
        .args(["serve", &port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let result = held(port, sessions, &mut server);
    // It ends with its standard input.
    drop(server.stdin.take());
    let _ = server.wait();
    result
}

fn held(port: u16, sessions: usize, server: &mut std::process::Child) -> Result<String, String> {
    let process = server.id();
    let mut ask = server.stdin.take().ok_or("no input")?;
    let mut told = BufReader::new(server.stdout.take().ok_or("no output")?).lines();
    let mut heap = move || {
        let _ = ask.write_all(b"\n");
        told.next()
            .and_then(Result::ok)
            .and_then(|line| line.parse::<u64>().ok())
            .ok_or("the server says nothing")
    };
    let mut clients = vec![session(port, 0).map_err(|error| error.to_string())?];
    let (heap_before, resident_before) = (heap()?, resident(process));
    for index in 0..sessions {
        clients.push(session(port, index).map_err(|error| format!("at session {index}: {error}"))?);
    }
    let per_session = |now: u64, before: u64| now.saturating_sub(before) as f64 / sessions as f64;
    let (heap_each, resident_each) =
        (per_session(heap()?, heap_before), per_session(resident(process), resident_before));
    let (begun, cpu) = (Instant::now(), cpu_of(process));
    for _ in 0..MAILS {
        mail(&mut clients[0]).map_err(|error| error.to_string())?;
    }
    let micros = |seconds: f64| seconds / f64::from(MAILS) * 1e6;
    Ok(format!(
        "| {sessions} | {heap_each:.0} | {} | {resident_each:.0} | {:.1} | {:.1} |",
        RX + TX,
        micros(begun.elapsed().as_secs_f64()),
        micros(cpu_of(process) - cpu)
    ))
}

/// Up to where a client waits before its first mail.
fn session(port: u16, index: usize) -> std::io::Result<TcpStream> {
    let address = Ipv4Addr::new(127, 0, 0, 1 + (index / TO_ONE_ADDRESS) as u8);
    let mut tries = 0;
    let mut stream = loop {
        match TcpStream::connect((address, port)) {
            Err(_) if tries < 100 => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(50));
            }
            result => break result?,
        }
    };
    stream.set_nodelay(true)?;
    replies(&mut stream, 1)?;
    stream.write_all(b"EHLO client.example.org\r\n")?;
    replies(&mut stream, 1)?;
    Ok(stream)
}

fn mail(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n")?;
    replies(stream, 3)?;
    stream.write_all(b"Subject: x\r\n\r\nx\r\n.\r\n")?;
    replies(stream, 1)
}

/// Reads so many last lines of replies, which come whole.
fn replies(stream: &mut TcpStream, mut count: usize) -> std::io::Result<()> {
    let mut room = [0; 1024];
    while count > 0 {
        let octets = stream.read(&mut room)?;
        if octets == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let last =
            room[..octets].split_inclusive(|octet| *octet == b'\n').filter(|line| line.get(3) == Some(&b' '));
        count = count.saturating_sub(last.count());
    }
    Ok(())
}

fn resident(process: u32) -> u64 {
    let pages = std::fs::read_to_string(format!("/proc/{process}/statm")).unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default() * 4096
}

/// How many files may be open: `wanted`, or as many as the system allows. The server inherits that.
fn allowed_sockets(wanted: usize) -> usize {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the place is ours.
    unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    let wanted = wanted as libc::rlim_t;
    for (current, max) in [(wanted, limit.rlim_max.max(wanted)), (limit.rlim_max, limit.rlim_max)] {
        if limit.rlim_cur >= wanted {
            break;
        }
        let more = libc::rlimit { rlim_cur: current, rlim_max: max };
        // SAFETY: as above.
        if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const more) } == 0 {
            limit = more;
        }
    }
    limit.rlim_cur.min(wanted) as usize
}
