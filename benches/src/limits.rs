//! What no code on this machine is faster than: moving octets, and looking for one.

use std::hint::black_box;

use crate::corpus;
use crate::row::{Row, Work};

pub fn rows() -> Vec<Row> {
    let mut rows: Vec<Row> = [
        (Work::Replies, corpus::replies(), 1000),
        (Work::Commands, corpus::commands(), 1000),
        (Work::Ehlo, corpus::EHLO.to_vec(), 1),
        (Work::StuffSlices, corpus::text(), 1),
        (Work::StuffCopied, corpus::text(), 1),
        (Work::StuffDots, corpus::dots(), 1),
        (Work::Unstuff, corpus::text(), 1),
        (Work::UnstuffDots, corpus::dots(), 1),
    ]
    .into_iter()
    .map(|(work, from, items)| {
        let mut to = vec![0; from.len()];
        Row::new(work, "memcpy", (from.len(), items), move || {
            to.copy_from_slice(black_box(&from));
            black_box(&mut to);
        })
    })
    .collect();
    let text = corpus::text();
    rows.push(Row::new(Work::StuffSlices, "memchr for LF", (text.len(), 1), move || {
        black_box(memchr::memchr_iter(b'\n', black_box(&text)).count());
    }));
    rows
}
