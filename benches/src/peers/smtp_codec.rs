//! smtp-codec.

use std::hint::black_box;

use smtp_codec::parse::command::command;
use smtp_codec::parse::response::{Reply_line, ehlo_ok_rsp};

use super::{refused, replies};
use crate::corpus;
use crate::row::{Row, Work};

const WHO: &str = "smtp-codec";

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mixed = corpus::replies();
    assert_eq!(all_replies(&mixed), replies().len(), "{WHO}");
    let size = (mixed.len(), 1000);
    rows.push(
        Row::new(Work::Replies, WHO, size, move || {
            black_box(all_replies(black_box(&mixed)));
        })
        .differs("recognised, not typed"),
    );
    assert!(ehlo_ok_rsp(corpus::EHLO).is_ok(), "{WHO}");
    rows.push(Row::new(Work::Ehlo, WHO, (corpus::EHLO.len(), 1), || {
        let _ = black_box(ehlo_ok_rsp(black_box(corpus::EHLO)));
    }));
    let mixed = corpus::commands();
    let taken = all_commands(&mixed);
    rows.push(
        Row::new(Work::Commands, WHO, (mixed.len(), 1000), move || {
            black_box(all_commands(black_box(&mixed)));
        })
        .differs(refused(taken)),
    );
    rows
}

fn all_replies(stream: &[u8]) -> usize {
    let mut rest = stream;
    let mut count = 0;
    while !rest.is_empty() {
        let (behind, reply) = Reply_line(rest).expect("a reply");
        black_box(reply);
        rest = behind;
        count += 1;
    }
    count
}

fn all_commands(stream: &[u8]) -> usize {
    let mut taken = 0;
    for line in stream.split_inclusive(|octet| *octet == b'\n') {
        let command = command(line);
        taken += usize::from(command.is_ok());
        let _ = black_box(command);
    }
    taken
}
