//! Names that nobody else has.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A number by chance that stands for this run of the program, and one that is never given twice within it.
pub(crate) fn pair() -> (u64, u64) {
    static RUN: LazyLock<u64> = LazyLock::new(|| {
        // The standard library's hasher is keyed by chance.
        RandomState::new().hash_one((std::process::id(), SystemTime::now()))
    });
    static COUNT: AtomicU64 = AtomicU64::new(1);
    (*RUN, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The same as a word.
pub(crate) fn word() -> String {
    let (run, count) = pair();
    format!("{run:016x}{count:06x}")
}

/// A word that nobody can guess: 128 bits from the system.
pub(crate) fn secret() -> std::io::Result<String> {
    use std::io::Read as _;
    let mut octets = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut octets)?;
    Ok(octets.iter().fold(String::new(), |word, octet| word + &format!("{octet:02x}")))
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
