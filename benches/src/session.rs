//! Whole sessions in memory: what the engines cost beside the system's calls.

use std::hint::black_box;

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{Envelope, Options, Recipient, Submission, Then, TlsPolicy, Verdict};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};

use crate::corpus;
use crate::ours::{LEAST, OURS};
use crate::row::{Row, Work};

/// What a server says to a client that pipelines, one read each: greeting, EHLO, envelope, end of mail, QUIT.
pub const PIPELINED: [&[u8]; 5] = [
    b"220 mx1.example.com ESMTP ready\r\n",
    corpus::EHLO,
    b"250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 End data with <CR><LF>.<CR><LF>\r\n",
    b"250 2.0.0 Ok: queued as 4FzKq81x2Yz9\r\n",
    b"221 2.0.0 Bye\r\n",
];

/// The same to one that waits for each reply.
pub const LOCK_STEP: [&[u8]; 7] = [
    PIPELINED[0],
    PIPELINED[1],
    b"250 2.1.0 Ok\r\n",
    b"250 2.1.5 Ok\r\n",
    b"354 End data with <CR><LF>.<CR><LF>\r\n",
    PIPELINED[3],
    PIPELINED[4],
];

/// Where in [`PIPELINED`] a mail begins and ends.
const MAIL: std::ops::Range<usize> = 2..4;

pub fn rows() -> Vec<Row> {
    let mut rows = client();
    rows.extend(server());
    rows
}

/// What a client says that pipelines, one write each.
pub fn said() -> [Vec<u8>; 4] {
    [
        b"EHLO client.example.org\r\n".to_vec(),
        b"MAIL FROM:<alice@example.org> SIZE=1024\r\nRCPT TO:<bob@example.com>\r\nDATA\r\n".to_vec(),
        corpus::stuffed(&corpus::mail()),
        b"QUIT\r\n".to_vec(),
    ]
}

fn client() -> Vec<Row> {
    let mail = corpus::mail();
    let said = said();
    let (session, one) = (said.concat(), said[1..3].concat());

    let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
    let mut out = Vec::new();
    submit(&mut Client::new(&mut rx, &mut tx), &mail, &PIPELINED, Then::Quit, &mut |octets| {
        out.extend_from_slice(octets)
    });
    assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&session));
    let content = mail.clone();
    let whole = Row::new(Work::ClientSession, OURS, (session.len(), 1), move || {
        let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
        let mut client = Client::new(&mut rx, &mut tx);
        submit(&mut client, black_box(&content), black_box(&PIPELINED), Then::Quit, &mut |octets| {
            black_box(octets);
        });
    });

    let buffers = Box::leak(Box::new(([0; 1024], [0; 1024])));
    let mut client = Client::new(&mut buffers.0, &mut buffers.1);
    submit(&mut client, &mail, &PIPELINED[..MAIL.end], Then::Keep, &mut |_| ());
    let mut out = Vec::new();
    submit(&mut client, &mail, &PIPELINED[MAIL], Then::Keep, &mut |octets| out.extend_from_slice(octets));
    assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&one));
    let content = mail.clone();
    let next = Row::new(Work::ClientMail, OURS, (one.len(), 1), move || {
        submit(&mut client, black_box(&content), black_box(&PIPELINED[MAIL]), Then::Keep, &mut |octets| {
            black_box(octets);
        });
    });

    let mut out = Vec::new();
    least_client(&mail, &PIPELINED, &mut |octets| out.extend_from_slice(octets));
    assert_eq!(out, session);
    let least = Row::new(Work::ClientSession, LEAST, (session.len(), 1), move || {
        least_client(black_box(&mail), black_box(&PIPELINED), &mut |octets| {
            black_box(octets);
        });
    });
    vec![whole, next, least.differs("replies are looked at by their first digit")]
}

/// One mail through a submission, whose server says `replies`, one a read.
fn submit(client: &mut Client<'_>, mail: &[u8], replies: &[&[u8]], then: Then, write: &mut dyn FnMut(&[u8])) {
    let mut recipients = [Recipient::new(ForwardPath::new("bob@example.com").expect("a path"))];
    let from = ReversePath::new("alice@example.org").expect("a path");
    let options =
        Options::new(HelloName::new("client.example.org").expect("a name")).tls(TlsPolicy::Never).then(then);
    let mut texts = [0; 256];
    let envelope = Envelope::new(from, &mut recipients);
    let mut submission = Submission::new(client, options, envelope, Slice::new(mail), &mut texts);
    let mut replies = replies.iter();
    loop {
        match submission.poll().expect("a session") {
            Want::Write => {
                let octets = submission.transmit();
                write(octets);
                let octets = octets.len();
                submission.transmitted(octets);
            }
            Want::Read => feed(&mut submission, replies.next().expect("no more than these replies")),
            Want::Event | Want::Closed => break,
        }
    }
    assert!(submission.report().verdict() == Verdict::Delivered && replies.next().is_none());
}

fn feed(engine: &mut impl Endpoint, octets: &[u8]) {
    engine.receive_buffer()[..octets.len()].copy_from_slice(octets);
    engine.received(octets.len());
}

fn least_client(mail: &[u8], replies: &[&[u8]], write: &mut dyn FnMut(&[u8])) {
    let mut tx = [0; 256];
    let expect = |reply: &[u8], digits: &[u8]| {
        let digits = digits.iter();
        assert!(
            digits.eq(reply.split_inclusive(|octet| *octet == b'\n').map(|line| &line[0])),
            "as expected"
        );
    };
    expect(replies[0], b"2");
    write(b"EHLO client.example.org\r\n");
    assert!(replies[1].starts_with(b"2"));
    let mut length = 0;
    for part in [
        &b"MAIL FROM:<"[..],
        b"alice@example.org",
        b"> SIZE=1024\r\nRCPT TO:<",
        b"bob@example.com",
        b">\r\nDATA\r\n",
    ] {
        tx[length..][..part.len()].copy_from_slice(part);
        length += part.len();
    }
    write(&tx[..length]);
    expect(replies[2], b"223");
    let mut from = 0;
    for at in memchr::memmem::find_iter(mail, b"\n.") {
        write(&mail[from..=at]);
        from = at;
    }
    write(&mail[from..]);
    write(b".\r\n");
    expect(replies[3], b"2");
    write(b"QUIT\r\n");
    expect(replies[4], b"2");
}

fn server() -> Vec<Row> {
    let policy: &Policy<'_> = Box::leak(Box::new(
        Policy::new(HelloName::new("mx1.example.com").expect("a name")).max_mails(u16::MAX),
    ));
    let said = said();
    let (mut rx, mut tx) = ([0; 2048], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, policy);
    let mut arrived = Vec::new();
    let mut replies = Vec::new();
    serve(&mut server, &said, &mut |run| arrived.extend_from_slice(run), &mut |octets| {
        replies.extend_from_slice(octets)
    });
    assert!(arrived == corpus::mail());
    assert!(
        replies.starts_with(b"220 ")
            && replies.ends_with(b"\r\n")
            && has_reply(&replies, "354 ")
            && has_reply(&replies, "221 ")
    );

    let size = said.iter().map(Vec::len).sum();
    let all = said.clone();
    let whole = Row::new(Work::ServerSession, OURS, (size, 1), move || {
        let (mut rx, mut tx) = ([0; 2048], [0; 512]);
        let mut server = Server::new(&mut rx, &mut tx, policy);
        serve(&mut server, black_box(&all), &mut sink, &mut sink);
    });

    let buffers = Box::leak(Box::new(([0; 2048], [0; 512])));
    let mut server = Server::new(&mut buffers.0, &mut buffers.1, policy);
    serve(&mut server, &said[..3], &mut sink, &mut sink);
    let one = [said[1].clone(), said[2].clone()];
    let size = one.iter().map(Vec::len).sum();
    let mut arrived = Vec::new();
    serve(&mut server, &one, &mut |run| arrived.extend_from_slice(run), &mut sink);
    assert!(arrived == corpus::mail());
    let mut mails = 1_u16;
    let next = Row::new(Work::ServerMail, OURS, (size, 1), move || {
        mails = mails.wrapping_add(1);
        if mails == 0 {
            // A session has so many mails and no more.
            server.restart(false);
            serve(&mut server, &said[..1], &mut sink, &mut sink);
        }
        serve(&mut server, black_box(&one), &mut sink, &mut sink);
    });

    let all = self::said();
    let size = all.iter().map(Vec::len).sum();
    let mut arrived = Vec::new();
    least_server(&all, &mut |run| arrived.extend_from_slice(run), &mut sink);
    assert!(arrived == corpus::mail());
    let least = Row::new(Work::ServerSession, LEAST, (size, 1), move || {
        least_server(black_box(&all), &mut sink, &mut sink);
    });
    vec![whole, next, least.differs("verbs by their first letter, nothing checked")]
}

fn has_reply(replies: &[u8], code: &str) -> bool {
    String::from_utf8_lossy(replies).lines().any(|line| line.starts_with(code))
}

fn sink(octets: &[u8]) {
    black_box(octets);
}

/// Serves a client that says `said`, one a read, until it has nothing more to say.
fn serve(
    server: &mut Server<'_, '_>,
    said: &[Vec<u8>],
    body: &mut dyn FnMut(&[u8]),
    write: &mut dyn FnMut(&[u8]),
) {
    let mut said = said.iter();
    loop {
        match server.poll().expect("a session") {
            Want::Event => {
                if let Some(Event::Body(run)) = server.event() {
                    body(run);
                }
                if server.reply_owed().is_some() {
                    server.accept().expect("room");
                }
            }
            Want::Write => {
                let octets = server.transmit();
                write(octets);
                let octets = octets.len();
                server.transmitted(octets);
            }
            Want::Read => match said.next() {
                Some(octets) => feed(server, octets),
                None => return,
            },
            Want::Closed => return,
        }
    }
}

fn least_server(said: &[Vec<u8>], body: &mut dyn FnMut(&[u8]), write: &mut dyn FnMut(&[u8])) {
    write(b"220 mx1.example.com ESMTP\r\n");
    let mut tx = Vec::with_capacity(512);
    let mut content = false;
    for read in said {
        if content {
            let mut from = usize::from(read.starts_with(b"."));
            for at in memchr::memmem::find_iter(read, b"\n.") {
                body(&read[from..=at]);
                from = at + 2;
            }
            assert!(read.ends_with(b"\r\n.\r\n"));
            content = false;
            write(b"250 2.0.0 Ok\r\n");
            continue;
        }
        tx.clear();
        for line in crate::ours::lines::lines(read) {
            content = line[0] == b'D';
            tx.extend_from_slice(match line[0] {
                b'E' => corpus::EHLO,
                b'D' => b"354 End data with <CR><LF>.<CR><LF>\r\n",
                b'Q' => b"221 2.0.0 Bye\r\n",
                _ => {
                    black_box(memchr::memchr(b'>', line));
                    b"250 2.1.0 Ok\r\n"
                }
            });
        }
        write(&tx);
    }
}
