//! What a figure is worth nothing without: on what machine, when, and beside what else it was taken.

use std::fs::read_to_string;
use std::process::Command;

/// One line: date, processor, cores, load, compiler.
pub fn line() -> String {
    let info = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("unknown", |(_, value)| value.trim()).to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    format!(
        "{}; {} (family {}, model {}), {cores} cores; load {load}; {}",
        said_by("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        field("model name"),
        field("cpu family"),
        field("model\t"),
        said_by("rustc", &["--version"]),
    )
}

fn said_by(program: &str, arguments: &[&str]) -> String {
    let output =
        Command::new(program).args(arguments).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).trim().to_owned()
}
