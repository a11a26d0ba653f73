//! Counts the instructions of this crate's rows and holds them against `budget.toml`. No clock is looked at.
//!
//! `instructions --profile KEY` shows where those of one row go; build with `CARGO_PROFILE_RELEASE_DEBUG=1` for its lines.

use std::process::ExitCode;

use embedded_smtp_benches::callgrind;
use embedded_smtp_benches::ours::{self, OURS};
use embedded_smtp_benches::row::Row;

/// What each may take: instructions for an octet or for an item, whichever the file says.
const BUDGET: &str = include_str!("../../budget.toml");

fn main() -> ExitCode {
    let mut rows: Vec<Row> = ours::rows();
    if callgrind::is_child() {
        callgrind::run_counted(&mut rows);
        return ExitCode::SUCCESS;
    }
    if let (Some("--profile"), Some(key)) = (std::env::args().nth(1).as_deref(), std::env::args().nth(2)) {
        return callgrind::profile(&key).map_or_else(
            |error| {
                eprintln!("{error}");
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        );
    }
    let counts = match callgrind::counts(rows.len(), &[]) {
        Ok(counts) => counts,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut failed = 0;
    println!("| work | who | instructions | an octet | budget |\n|---|---|---:|---:|---:|");
    for (row, count) in rows.iter().zip(counts) {
        let each = count as f64 / row.items as f64;
        let octet = count as f64 / row.octets as f64;
        let budget = if row.who == OURS { budget(row.work.key()) } else { None };
        let (said, over) = match budget {
            None => (String::new(), row.who == OURS),
            Some(Budget::Octet(most)) => (format!("{most} an octet"), octet > most),
            Some(Budget::Item(most)) => (format!("{most} each"), each > most),
        };
        failed += usize::from(over);
        let verdict = if !over {
            ""
        } else if said.is_empty() {
            "no budget"
        } else {
            " EXCEEDED"
        };
        println!("| {} | {} | {each:.0} | {octet:.3} | {said}{verdict} |", row.work.title(), row.who);
    }
    if failed == 0 {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "{failed} over budget: mend what got slower, or change benches/budget.toml and say why in the commit"
    );
    ExitCode::FAILURE
}

enum Budget {
    Octet(f64),
    Item(f64),
}

/// `name = number` in the section `[octet]` or `[item]`.
fn budget(key: &str) -> Option<Budget> {
    let mut section = "";
    for line in BUDGET.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        }
        if let Some((name, number)) = line.split_once('=')
            && name.trim() == key
        {
            let number = number.trim().parse().ok()?;
            return Some(if section == "octet" { Budget::Octet(number) } else { Budget::Item(number) });
        }
    }
    None
}
