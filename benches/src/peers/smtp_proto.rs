//! smtp-proto.

use std::hint::black_box;

use smtp_proto::request::receiver::{DataReceiver, RequestReceiver};
use smtp_proto::response::parser::ResponseReceiver;
use smtp_proto::{EhloResponse, Request};

use super::{difference, refused, reply_codes};
use crate::corpus;
use crate::ours::transfer::PIECE;
use crate::row::{Row, Work};
use crate::session;

const WHO: &str = "smtp-proto";

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mixed = corpus::replies();
    let mut codes = Vec::new();
    replies(&mixed, &mut |reply| codes.push(reply.code));
    assert_eq!(codes, reply_codes(), "{WHO}");
    let size = (mixed.len(), 1000);
    rows.push(Row::new(Work::Replies, WHO, size, move || {
        replies(black_box(&mixed), &mut |reply| {
            black_box(reply);
        });
    }));
    rows.push(Row::new(Work::OkReply, WHO, (corpus::OK.len(), 1), || {
        black_box(ResponseReceiver::default().parse(&mut black_box(corpus::OK).iter()).expect("a reply"));
    }));
    assert!(
        EhloResponse::parse(&mut corpus::EHLO.iter())
            .expect("EHLO")
            .has_capability(smtp_proto::EXT_SMTP_UTF8)
    );
    rows.push(Row::new(Work::Ehlo, WHO, (corpus::EHLO.len(), 1), || {
        black_box(EhloResponse::parse(&mut black_box(corpus::EHLO).iter()).expect("EHLO"));
    }));
    let mixed = corpus::commands();
    let size = (mixed.len(), 1000);
    let taken = commands(&mixed);
    rows.push(
        Row::new(Work::Commands, WHO, size, move || {
            black_box(commands(black_box(&mixed)));
        })
        .differs(refused(taken)),
    );
    for (work, content, piece) in [
        (Work::Unstuff, corpus::text(), usize::MAX),
        (Work::UnstuffPieces, corpus::text(), PIECE),
        (Work::UnstuffDots, corpus::dots(), usize::MAX),
    ] {
        let wire = corpus::stuffed(&content);
        let mut into = Vec::with_capacity(wire.len());
        unstuff(&wire, piece, &mut into);
        let differs = difference(&into, &content, "the first or last octets differ");
        rows.push(
            Row::new(work, WHO, (wire.len(), 1), move || {
                into.clear();
                unstuff(black_box(&wire), piece, &mut into);
                black_box(&mut into);
            })
            .differs(differs),
        );
    }
    let said = session::said();
    let size = said.iter().map(Vec::len).sum();
    rows.push(
        Row::new(Work::ServerSession, WHO, (size, 1), move || serve(black_box(&said)))
            .differs("no states, replies ready-made"),
    );
    rows
}

fn replies(stream: &[u8], each: &mut dyn FnMut(smtp_proto::Response<String>)) {
    let mut octets = stream.iter();
    let mut receiver = ResponseReceiver::default();
    while !octets.as_slice().is_empty() {
        each(receiver.parse(&mut octets).expect("a reply"));
        receiver.reset();
    }
}

fn commands(stream: &[u8]) -> usize {
    let mut octets = stream.iter();
    let mut taken = 0;
    let mut receiver = RequestReceiver::default();
    while !octets.as_slice().is_empty() {
        let before = octets.as_slice().len();
        let command = receiver.ingest(&mut octets);
        taken += usize::from(command.is_ok());
        black_box(&command);
        assert!(octets.as_slice().len() < before, "it goes on");
    }
    taken
}

fn unstuff(wire: &[u8], piece: usize, into: &mut Vec<u8>) {
    let mut receiver = DataReceiver::new();
    let ended = wire.chunks(piece.min(wire.len())).any(|chunk| receiver.ingest(&mut chunk.iter(), into));
    assert!(ended);
}

fn serve(said: &[Vec<u8>]) {
    let mut requests = RequestReceiver::default();
    let mut content = Vec::new();
    let mut tx = Vec::with_capacity(512);
    let mut data: Option<DataReceiver> = None;
    for read in said {
        let mut octets = read.iter();
        while !octets.as_slice().is_empty() {
            if let Some(receiver) = &mut data {
                if receiver.ingest(&mut octets, &mut content) {
                    data = None;
                    tx.extend_from_slice(b"250 2.0.0 Ok\r\n");
                }
                continue;
            }
            tx.extend_from_slice(match requests.ingest(&mut octets).expect("a command") {
                Request::Ehlo { .. } => corpus::EHLO,
                Request::Data => {
                    data = Some(DataReceiver::new());
                    b"354 End data with <CR><LF>.<CR><LF>\r\n"
                }
                _ => b"250 2.1.0 Ok\r\n",
            });
        }
        black_box(&tx);
        tx.clear();
    }
    assert!(content.len() >= 1024);
}
