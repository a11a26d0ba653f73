//! Exact instruction counts: the program runs itself under valgrind's callgrind, which collects only inside
//! [`Row::run_measured`] and writes down one figure for each call.
//!
//! Nothing of the machine shall be in the figures: the programs are built for the baseline of x86-64, valgrind shows every
//! program the same processor, and the C library is told not to choose its routines by vector units that not every host has.

use std::path::Path;
use std::process::Command;

use crate::ours::OURS;
use crate::row::Row;

/// Set in the process that callgrind watches.
const CHILD: &str = "EMBEDDED_SMTP_COUNTED";
/// Its value for all rows; else it is the key of one.
const ALL: &str = "all";

/// Whether this process is the one that is to run the rows under callgrind.
pub fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Runs each row once to warm up, and once to be counted; or only the one that is to be profiled.
pub fn run_counted(rows: &mut [Row]) {
    let wanted = std::env::var(CHILD).unwrap_or_default();
    for row in rows.iter_mut().filter(|row| wanted == ALL || (row.who == OURS && row.work.key() == wanted)) {
        row.run();
        row.run_measured();
    }
}

/// Shows where the instructions of this crate's row `key` go, line by line if there are debug symbols.
///
/// # Errors
/// When valgrind is not there.
pub fn profile(key: &str) -> Result<(), String> {
    let out = std::env::temp_dir().join(format!("embedded-smtp-profile-{}", std::process::id()));
    let result = callgrind(&out, &["--dump-instr=no"], &[], key).and_then(|()| {
        let annotate = Command::new("callgrind_annotate").arg("--inclusive=no").arg(&out).status();
        annotate.map(|_| ()).map_err(|error| error.to_string())
    });
    let _ = std::fs::remove_file(&out);
    result
}

/// The instructions of each of `rows`, in their order, by this program with `arguments`.
///
/// # Errors
/// When valgrind is not there, or did not write as many figures as there are rows.
pub fn counts(rows: usize, arguments: &[String]) -> Result<Vec<u64>, String> {
    let folder = std::env::temp_dir().join(format!("embedded-smtp-counts-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let result = counts_in(&folder, rows, arguments);
    let _ = std::fs::remove_dir_all(&folder);
    result
}

fn counts_in(folder: &Path, rows: usize, arguments: &[String]) -> Result<Vec<u64>, String> {
    callgrind(&folder.join("out"), &["--dump-after=embedded_smtp_measured"], arguments, ALL)?;
    (1..=rows)
        .map(|part| {
            let file = folder.join(format!("out.{part}"));
            let text =
                std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let line =
                text.lines().find_map(|line| line.strip_prefix("summary:").or(line.strip_prefix("totals:")));
            line.and_then(|count| count.trim().parse().ok())
                .ok_or_else(|| format!("{} has no count", file.display()))
        })
        .collect()
}

fn callgrind(out: &Path, options: &[&str], arguments: &[String], rows: &str) -> Result<(), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=embedded_smtp_measured"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .args(options)
        .arg(program)
        .args(arguments)
        .env(CHILD, rows)
        .env(
            "GLIBC_TUNABLES",
            "glibc.cpu.hwcaps=-AVX2,-AVX2_Usable,-AVX512F,-ERMS,-FSRM,-AVX_Fast_Unaligned_Load",
        )
        .output()
        .map_err(|error| format!("valgrind cannot be run ({error}); install it"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("valgrind failed: {}", String::from_utf8_lossy(&output.stderr)))
}
