//! Names that nobody else has.

use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

use embedded_smtp::wire::Mailbox;

/// A word that nobody else has: time, process and chance.
pub(crate) fn unique() -> String {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    // The standard library's hasher is keyed by chance.
    let chance = RandomState::new().hash_one(time);
    format!("{time:x}.{:x}.{chance:x}", std::process::id())
}

/// A Message-ID (RFC 5322 §3.6.4) under the sender's domain, without its angle brackets.
pub(crate) fn message_id(from: Mailbox<'_>) -> String {
    format!("{}@{}", unique(), from.domain())
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
