//! The rows of other crates. Each is checked before it is timed; where what it makes differs from what this crate makes, the
//! row says how. Names and versions are those of `Cargo.toml`.

mod io_smtp;
mod mailin;
mod mailrs;
mod memory;
mod smtp_codec;
mod smtp_proto;
mod streams;
mod wasm_smtp;

use crate::corpus;
use crate::row::Row;

pub fn rows() -> Vec<Row> {
    let mut rows = smtp_proto::rows();
    rows.extend(io_smtp::rows());
    rows.extend(wasm_smtp::rows());
    rows.extend(smtp_codec::rows());
    rows.extend(mailrs::rows());
    rows.extend(mailin::rows());
    rows.extend(streams::rows());
    rows
}

/// The codes of the replies, one for each reply of however many lines.
fn reply_codes() -> Vec<u16> {
    replies().iter().map(|reply| crate::ours::lines::expected_codes(reply)[0]).collect()
}

/// The stream of replies, cut behind each.
fn replies() -> Vec<Vec<u8>> {
    let mut replies = vec![Vec::new()];
    for line in corpus::replies().split_inclusive(|octet| *octet == b'\n') {
        replies.last_mut().expect("one").extend_from_slice(line);
        if line[3] == b' ' {
            replies.push(Vec::new());
        }
    }
    replies.retain(|reply| !reply.is_empty());
    replies
}

/// How many commands of the stream somebody does not take.
fn refused(taken: usize) -> String {
    if taken == 1000 { String::new() } else { format!("does not know {} of them", 1000 - taken) }
}

/// How what somebody makes differs from what was to be made.
fn difference(made: &[u8], expected: &[u8], how: &str) -> String {
    if made == expected { String::new() } else { how.to_owned() }
}
