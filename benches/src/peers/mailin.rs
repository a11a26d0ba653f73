//! mailin.

use std::hint::black_box;
use std::io;
use std::net::{IpAddr, Ipv4Addr};

use mailin::{Handler, SessionBuilder};

use super::difference;
use crate::corpus;
use crate::row::{Row, Work};
use crate::session;

const WHO: &str = "mailin";

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let said = without_size();
    let mut arrived = Vec::new();
    serve(&said, &mut arrived);
    assert!(arrived == corpus::mail(), "{WHO}");
    let size = said.iter().map(Vec::len).sum();
    rows.push(Row::new(Work::ServerSession, WHO, (size, 1), move || {
        arrived.clear();
        serve(black_box(&said), &mut arrived);
    }));
    for (work, content) in [(Work::Unstuff, corpus::text()), (Work::UnstuffDots, corpus::dots())] {
        let wire = corpus::stuffed(&content);
        let mut said = without_size();
        said[2] = wire.clone();
        let mut arrived = Vec::with_capacity(wire.len());
        serve(&said, &mut arrived);
        let differs = difference(&arrived, &content, "other octets");
        rows.push(
            Row::new(work, WHO, (wire.len(), 1), move || {
                arrived.clear();
                serve(black_box(&said), &mut arrived);
            })
            .differs([differs.as_str(), "in a session, line by line"].join(" ").trim()),
        );
    }
    rows
}

/// Without the parameter SIZE, which it does not take.
fn without_size() -> [Vec<u8>; 4] {
    let mut said = session::said();
    said[1] = b"MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n".to_vec();
    said
}

struct Into<'a>(&'a mut Vec<u8>);

impl Handler for Into<'_> {
    fn data(&mut self, octets: &[u8]) -> io::Result<()> {
        self.0.extend_from_slice(octets);
        Ok(())
    }
}

/// It takes one line at a time.
fn serve(said: &[Vec<u8>], arrived: &mut Vec<u8>) {
    let mut session =
        SessionBuilder::new("mx1.example.com").build(IpAddr::V4(Ipv4Addr::LOCALHOST), Into(arrived));
    let mut tx = Vec::with_capacity(512);
    session.greeting().write_to(&mut tx).expect("memory");
    for read in said {
        for line in read.split_inclusive(|octet| *octet == b'\n') {
            session.process(line).write_to(&mut tx).expect("memory");
        }
        black_box(&tx);
        tx.clear();
    }
}
