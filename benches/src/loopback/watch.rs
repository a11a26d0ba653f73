//! What a process costs, as the system counts it: processor time, and calls to the system.

use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What a process took.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub seconds: f64,
    /// Of the processor, in user code and in the system's.
    pub cpu: f64,
}

/// Runs `command` to its end.
///
/// # Errors
/// When it cannot be run or fails.
pub fn run(command: &mut Command) -> Result<Cost, String> {
    let begun = Instant::now();
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{command:?}: {error}"))?;
    let (status, cpu) = reap(child);
    if status != 0 {
        return Err(format!("{command:?} ended with {status}"));
    }
    Ok(Cost { seconds: begun.elapsed().as_secs_f64(), cpu })
}

/// A server of ours to start, and to end by its number.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    /// Processor time that it took to start.
    before: f64,
}

impl Daemon {
    /// Starts `command` and waits until it listens.
    ///
    /// # Errors
    /// When it cannot be started, or does not listen within ten seconds.
    pub fn start(command: &mut Command, port: u16) -> Result<Self, String> {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if begun.elapsed() > Duration::from_secs(10) {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{command:?} does not listen on {port}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let before = cpu_of(child.id());
        Ok(Self { child, before })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it; the processor time it took since it was started.
    pub fn end(mut self) -> f64 {
        let _ = self.child.kill();
        let (_, cpu) = reap(self.child);
        (cpu - self.before).max(0.0)
    }
}

/// By `/proc/PID/stat`: user and system time of the process, in hundredths of a second.
pub fn cpu_of(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        behind_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}

/// Waits for the child's end: its status, and its processor time in seconds.
fn reap(child: Child) -> (i32, f64) {
    let mut status = 0;
    // SAFETY: both places are ours, and a zeroed rusage is one.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::wait4(child.id() as libc::pid_t, &raw mut status, 0, &raw mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    (status, seconds(usage.ru_utime) + seconds(usage.ru_stime))
}

/// All calls to the system that `command` makes, by strace.
///
/// # Errors
/// When strace is not there or the command fails.
pub fn calls(command: &Command) -> Result<u64, String> {
    let out = std::env::temp_dir().join(format!("embedded-smtp-calls-{}", std::process::id()));
    let mut traced = Command::new("strace");
    traced.args(["-f", "-c", "-o"]).arg(&out).arg(command.get_program()).args(command.get_args());
    let result = run(&mut traced).map(|_| {
        let text = std::fs::read_to_string(&out).unwrap_or_default();
        let total = text.lines().rfind(|line| line.ends_with("total")).unwrap_or_default();
        // Percent, seconds, microseconds a call, calls, errors: the calls come behind three, when there is a third.
        let fields: Vec<&str> = total.split_whitespace().collect();
        fields.iter().skip(2).filter_map(|field| field.parse::<u64>().ok()).max().unwrap_or_default()
    });
    let _ = std::fs::remove_file(&out);
    result
}
