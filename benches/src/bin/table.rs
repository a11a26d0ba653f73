//! The table: time, instructions and allocations of each row, as markdown on standard output; progress on standard error.
//!
//! Times are criterion's, of each row the best sample, in processor time: so other work on the machine counts for little. They
//! are taken in a process of their own, and the instructions in another, under callgrind.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use criterion::Criterion;
use embedded_smtp_benches::ours::OURS;
use embedded_smtp_benches::row::{Row, Work};
use embedded_smtp_benches::{alloc, callgrind, limits, machine, ours, peers};

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

/// Set in the process that takes the times, to the folder where criterion keeps them.
const TIMED: &str = "EMBEDDED_SMTP_TIMED";

fn main() -> ExitCode {
    let mut rows = rows();
    if callgrind::is_child() {
        callgrind::run_counted(&mut rows);
        return ExitCode::SUCCESS;
    }
    if let Some(folder) = std::env::var_os(TIMED) {
        take_times(&mut rows, Path::new(&folder));
        return ExitCode::SUCCESS;
    }
    eprintln!("{} rows, each of which made what it should", rows.len());
    match measure(&mut rows) {
        Ok(figures) => {
            println!("{}\n", machine::line());
            print(&rows, &figures);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn rows() -> Vec<Row> {
    let mut all = limits::rows();
    all.extend(ours::rows());
    all.extend(peers::rows());
    let mut rows = Vec::with_capacity(all.len());
    for work in Work::ALL {
        rows.extend(all.extract_if(.., |row| row.work == work));
    }
    rows
}

#[derive(Debug, Clone, Copy)]
struct Figures {
    /// Of one run.
    nanoseconds: f64,
    instructions: u64,
    allocations: u64,
}

fn measure(rows: &mut [Row]) -> Result<Vec<Figures>, String> {
    let mut allocations = Vec::new();
    for row in rows.iter_mut() {
        row.run();
        let before = alloc::asked();
        row.run();
        allocations.push(alloc::asked() - before);
    }
    eprintln!("counting instructions under callgrind ...");
    let counts = callgrind::counts(rows.len(), &[])?;
    let folder = std::env::temp_dir().join(format!("embedded-smtp-times-{}", std::process::id()));
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let times = Command::new(program).env(TIMED, &folder).stdout(Stdio::null()).status();
    if !times.is_ok_and(|status| status.success()) {
        return Err("the times could not be taken".into());
    }
    let figures = (0..rows.len())
        .map(|index| {
            let nanoseconds = best_sample(&folder, index)?;
            Ok(Figures { nanoseconds, instructions: counts[index], allocations: allocations[index] })
        })
        .collect();
    let _ = std::fs::remove_dir_all(&folder);
    figures
}

/// What this thread has taken of the processor.
fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the place is ours.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn take_times(rows: &mut [Row], folder: &Path) {
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .output_directory(folder);
    let all = rows.len();
    for (index, row) in rows.iter_mut().enumerate() {
        eprintln!("[{:2}/{all}] {}: {}", index + 1, row.work.title(), row.who);
        criterion.bench_function(&name(index), |bencher| {
            bencher.iter_custom(|times| {
                let begun = processor_time();
                for _ in 0..times {
                    row.run();
                }
                processor_time() - begun
            })
        });
    }
}

fn name(index: usize) -> String {
    format!("row-{index}")
}

/// Of criterion's file `sample.json`: the least of `times` by `iters`, in nanoseconds.
fn best_sample(folder: &Path, index: usize) -> Result<f64, String> {
    let file = folder.join(name(index)).join("new/sample.json");
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let numbers = |key: &str| -> Option<Vec<f64>> {
        let (_, list) = text.split_once(&format!("\"{key}\":["))?;
        list.split_once(']')?.0.split(',').map(|number| number.parse().ok()).collect()
    };
    let (Some(iterations), Some(times)) = (numbers("iters"), numbers("times")) else {
        return Err(format!("{} is not as expected", file.display()));
    };
    let best = times
        .iter()
        .zip(iterations)
        .map(|(time, iterations)| time / iterations)
        .fold(f64::INFINITY, f64::min);
    Ok(best)
}

fn print(rows: &[Row], figures: &[Figures]) {
    println!("| work | who | time each | of ours | instructions each | an octet | allocations | remark |");
    println!("|---|---|---:|---:|---:|---:|---:|---|");
    let mut work = None;
    for (row, measured) in rows.iter().zip(figures) {
        let is_ours = |other: &&(&Row, &Figures)| other.0.work == row.work && other.0.who == OURS;
        let all: Vec<_> = rows.iter().zip(figures).collect();
        let ours = all.iter().find(is_ours).map_or(f64::NAN, |ours| ours.1.nanoseconds);
        let items = row.items as f64;
        let title = if work == Some(row.work) { "" } else { row.work.title() };
        work = Some(row.work);
        let time = if row.work.is_bulk() {
            format!("{:.2} GB/s", row.octets as f64 / measured.nanoseconds)
        } else {
            format!("{:.1} ns", measured.nanoseconds / items)
        };
        println!(
            "| {title} | {} | {time} | {:.2} | {:.0} | {:.2} | {} | {} |",
            row.who,
            measured.nanoseconds / ours,
            measured.instructions as f64 / items,
            measured.instructions as f64 / row.octets as f64,
            measured.allocations as f64 / items,
            row.differs,
        );
    }
}
