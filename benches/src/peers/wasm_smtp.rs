//! wasm-smtp.

use std::hint::black_box;

use wasm_smtp::error::IoError;
use wasm_smtp::{SmtpClient, Transport, protocol};

use super::difference;
use super::memory::{Stream, now};
use crate::corpus;
use crate::ours::lines::{expected_codes, lines};
use crate::row::{Row, Work};

const WHO: &str = "wasm-smtp";

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mixed = corpus::replies();
    let codes = lines(&mixed).map(|line| protocol::parse_reply_line(line).expect("a reply").code);
    assert!(codes.eq(expected_codes(&mixed)), "{WHO}");
    let size = (mixed.len(), 1000);
    rows.push(
        Row::new(Work::Replies, WHO, size, move || {
            for line in lines(black_box(&mixed)) {
                let _ = black_box(protocol::parse_reply_line(line));
            }
        })
        .differs("framed by memchr, enhanced codes not parsed"),
    );
    for (work, content) in [(Work::StuffCopied, corpus::text()), (Work::StuffDots, corpus::dots())] {
        let wire = protocol::dot_stuff_and_terminate(&content);
        let differs = difference(&wire, &corpus::stuffed(&content), "other octets");
        rows.push(
            Row::new(work, WHO, (content.len(), 1), move || {
                black_box(protocol::dot_stuff_and_terminate(black_box(&content)));
            })
            .differs(differs),
        );
    }
    let mail = String::from_utf8(corpus::mail()).expect("ASCII");
    let mut out = Vec::new();
    submit(&mail, &mut |octets| out.extend_from_slice(octets));
    let content = corpus::stuffed(mail.as_bytes());
    assert!(out.windows(content.len()).any(|window| window == content), "{WHO}");
    rows.push(Row::new(Work::ClientSession, WHO, (out.len(), 1), move || {
        submit(black_box(&mail), &mut |octets| {
            black_box(octets);
        });
    }));
    rows
}

fn submit(mail: &str, write: &mut dyn FnMut(&[u8])) {
    now(async {
        let mut client =
            SmtpClient::connect(Stream::new(write), "client.example.org").await.expect("a session");
        let sent = client.send_mail("alice@example.org", &["bob@example.com"], mail).await;
        assert!(sent.is_ok());
        assert!(client.quit().await.is_ok());
    });
}

impl Transport for Stream<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, IoError> {
        Ok(Stream::read(self, buf))
    }

    async fn write_all(&mut self, buf: &[u8]) -> Result<(), IoError> {
        (self.write)(buf);
        Ok(())
    }

    async fn close(&mut self) -> Result<(), IoError> {
        Ok(())
    }
}
