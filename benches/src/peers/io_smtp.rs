//! io-smtp.

use std::borrow::Cow;
use std::hint::black_box;

use io_smtp::coroutine::{SmtpCoroutine, SmtpCoroutineState, SmtpYield};
use io_smtp::message::{SmtpMessageSend, SmtpMessageSendOptions};
use io_smtp::rfc5321::data::SmtpData;
use io_smtp::rfc5321::ehlo::SmtpEhlo;
use io_smtp::rfc5321::greeting::SmtpGreetingGet;
use io_smtp::rfc5321::quit::SmtpQuit;
use io_smtp::rfc5321::{
    SmtpDomain, SmtpEhloDomain, SmtpEhloResponse, SmtpForwardPath, SmtpLocalPart, SmtpMailbox, SmtpResponse,
    SmtpReversePath,
};

use super::{difference, replies, reply_codes};
use crate::corpus;
use crate::row::{Row, Work};
use crate::session::LOCK_STEP;

const WHO: &str = "io-smtp";

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mixed = replies();
    let codes = mixed.iter().map(|reply| SmtpResponse::parse(reply).expect("a reply").code.code());
    assert!(codes.eq(reply_codes()), "{WHO}");
    let size = (mixed.iter().map(Vec::len).sum(), 1000);
    rows.push(
        Row::new(Work::Replies, WHO, size, move || {
            for reply in black_box(&mixed) {
                assert!(SmtpResponse::is_complete(reply));
                let _ = black_box(SmtpResponse::parse(reply));
            }
        })
        .differs("cut into replies beforehand, enhanced codes not parsed"),
    );
    rows.push(
        Row::new(Work::Ehlo, WHO, (corpus::EHLO.len(), 1), || {
            let _ = black_box(SmtpEhloResponse::parse(black_box(corpus::EHLO)));
        })
        .differs("as text, not typed"),
    );
    for (work, content) in [(Work::StuffCopied, corpus::text()), (Work::StuffDots, corpus::dots())] {
        let differs = difference(&stuff(&content), &corpus::stuffed(&content), "other octets");
        rows.push(
            Row::new(work, WHO, (content.len(), 1), move || {
                black_box(stuff(black_box(&content)));
            })
            .differs(differs),
        );
    }
    let mail = corpus::mail();
    let mut out = Vec::new();
    submit(&mail, &mut |octets| out.extend_from_slice(octets));
    let content = corpus::stuffed(&mail);
    assert!(out.windows(content.len()).any(|window| window == content), "{WHO}");
    rows.push(
        Row::new(Work::ClientSession, WHO, (out.len(), 1), move || {
            submit(black_box(&mail), &mut |octets| {
                black_box(octets);
            });
        })
        .differs("one command at a time"),
    );
    rows
}

/// What it would write behind 354.
fn stuff(content: &[u8]) -> Vec<u8> {
    let mut data = SmtpData::new(content.to_vec());
    let mut reply = None;
    let mut wire = Vec::new();
    loop {
        match data.resume(reply.take()) {
            SmtpCoroutineState::Yielded(SmtpYield::WantsWrite(octets)) => wire = octets,
            SmtpCoroutineState::Yielded(SmtpYield::WantsRead) if wire.len() > 6 => return wire,
            SmtpCoroutineState::Yielded(SmtpYield::WantsRead) => reply = Some(&b"354 go\r\n"[..]),
            SmtpCoroutineState::Complete(_) => unreachable!("354 was said"),
        }
    }
}

fn submit(mail: &[u8], write: &mut dyn FnMut(&[u8])) {
    let mut replies = LOCK_STEP.into_iter();
    let hello = SmtpEhloDomain::SmtpDomain(SmtpDomain(Cow::Borrowed("client.example.org")));
    assert!(drive(SmtpGreetingGet::new(), &mut replies, write).is_ok());
    assert!(drive(SmtpEhlo::new(hello), &mut replies, write).is_ok());
    let from = SmtpReversePath::SmtpMailbox(mailbox("alice", "example.org"));
    let to = [SmtpForwardPath(mailbox("bob", "example.com"))];
    let options = SmtpMessageSendOptions { keep_bcc: true, ..SmtpMessageSendOptions::default() };
    assert!(drive(SmtpMessageSend::new(from, to, mail.to_vec(), options), &mut replies, write).is_ok());
    assert!(drive(SmtpQuit::new(), &mut replies, write).is_ok());
}

fn mailbox<'a>(local_part: &'a str, domain: &'a str) -> SmtpMailbox<'a> {
    SmtpMailbox {
        local_part: SmtpLocalPart(Cow::Borrowed(local_part)),
        domain: SmtpEhloDomain::SmtpDomain(SmtpDomain(Cow::Borrowed(domain))),
    }
}

fn drive<C: SmtpCoroutine<Yield = SmtpYield>>(
    mut coroutine: C,
    replies: &mut impl Iterator<Item = &'static [u8]>,
    write: &mut dyn FnMut(&[u8]),
) -> C::Return {
    let mut reply = None;
    loop {
        match coroutine.resume(reply.take()) {
            SmtpCoroutineState::Yielded(SmtpYield::WantsWrite(octets)) => write(&octets),
            SmtpCoroutineState::Yielded(SmtpYield::WantsRead) => reply = replies.next(),
            SmtpCoroutineState::Complete(result) => return result,
        }
    }
}
