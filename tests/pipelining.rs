//! Pipelining by RFC 2920: what may travel together, how much of it, and that every reply is taken.

mod support;

use embedded_smtp::client::Client;
use embedded_smtp::data::{LineEnds, Slice};
use embedded_smtp::sasl::{Credentials, Plain};
use embedded_smtp::session::{Endpoint, MAX_IN_FLIGHT, Want};
use embedded_smtp::submission::{
    Envelope, Event, Options, Recipient, Status, Submission, TlsPolicy, Verdict,
};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath, Text, Verb};
use embedded_smtp::{Buffer, Capacity, Error, Misuse};
use support::feed::{events, feed, ready, sent};
use support::verbs::VERBS;

fn permitted(client: &Client<'_>) -> Vec<Verb> {
    VERBS.into_iter().filter(|verb| *verb != Verb::XClient && client.permits(*verb)).collect()
}

#[test]
fn nothing_follows_what_must_end_a_group() {
    type Command = fn(&mut Client<'_>) -> Result<(), Error>;
    let table: [(&str, Command); 9] = [
        ("EHLO", |client| client.ehlo(HelloName::new("c").unwrap())),
        ("HELO", |client| client.helo(HelloName::new("c").unwrap())),
        ("LHLO", |client| client.lhlo(HelloName::new("c").unwrap())),
        ("NOOP", |client| client.noop()),
        ("VRFY", |client| client.vrfy(Text::new("x").unwrap())),
        ("EXPN", |client| client.expn(Text::new("x").unwrap())),
        ("QUIT", |client| client.quit()),
        ("STARTTLS", |client| client.starttls()),
        ("AUTH", |client| client.auth(&mut Plain::new(Credentials::new("u", "p").unwrap()))),
    ];
    for (name, command) in table {
        let (mut rx, mut tx) = ([0; 256], [0; 256]);
        let client = Client::new(&mut rx, &mut tx).allow_clear_text_auth();
        let mut client = client;
        support::feed::hello(
            &mut client,
            b"220 hi\r\n",
            &["PIPELINING", "STARTTLS", "AUTH PLAIN", "CHUNKING"],
        );
        client.rset().unwrap();
        command(&mut client).expect(name);
        assert_eq!(permitted(&client), [], "{name}");
        let waiting = client.transmit().to_vec();
        assert_eq!(client.rset(), Err(Misuse::OutOfOrder(Verb::Rset).into()), "{name}");
        assert_eq!(client.transmit(), waiting, "{name}");
        assert!(waiting.starts_with(format!("RSET\r\n{name}").as_bytes()));
    }
}

#[test]
fn without_the_extension_each_reply_is_awaited() {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut client = ready(&mut rx, &mut tx, &["CHUNKING"]);
    client.mail(&ReversePath::Null, &()).unwrap();
    assert_eq!(permitted(&client), []);
    feed(&mut client, b"250 ok\r\n");
    sent(&mut client);
    events(&mut client);
    client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
    assert_eq!(permitted(&client), []);
}

#[test]
fn what_is_in_flight_is_taken_to_succeed_until_it_does_not() {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut client = ready(&mut rx, &mut tx, &["PIPELINING"]);
    assert!(!client.permits(Verb::Rcpt) && !client.permits(Verb::Data));
    client.mail(&ReversePath::Null, &()).unwrap();
    assert!(client.permits(Verb::Rcpt) && !client.permits(Verb::Data) && !client.permits(Verb::Mail));
    client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
    assert!(client.permits(Verb::Rcpt) && client.permits(Verb::Data));
    sent(&mut client);
    feed(&mut client, b"250 ok\r\n550 no\r\n");
    events(&mut client);
    assert!(client.permits(Verb::Rcpt) && !client.permits(Verb::Data), "nobody was accepted");
    // RSET in flight ends the transaction for what follows it
    client.rset().unwrap();
    assert!(client.permits(Verb::Mail) && !client.permits(Verb::Rcpt));
    // What was refused does not lead on from there: HELP changes nothing.
    client.mail(&ReversePath::Null, &()).unwrap();
    client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
    sent(&mut client);
    feed(&mut client, b"250 ok\r\n550 no\r\n550 no\r\n");
    assert_eq!(events(&mut client).len(), 3);
    client.help(None).unwrap();
    assert!(client.permits(Verb::Mail) && !client.permits(Verb::Rcpt) && !client.permits(Verb::Data));
}

#[test]
fn the_queue_takes_thirty_two_and_says_when_it_is_full() {
    let (mut rx, mut tx) = ([0; 64], [0; 4096]);
    let mut client = ready(&mut rx, &mut tx, &["PIPELINING"]);
    client.mail(&ReversePath::Null, &()).unwrap();
    for _ in 1..MAX_IN_FLIGHT {
        client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
    }
    assert_eq!(client.in_flight(), 32);
    let full = Capacity::new(Buffer::Queue, 33);
    let waiting = client.transmit().len();
    assert_eq!(client.rcpt(&ForwardPath::Postmaster, &()), Err(full.into()));
    assert_eq!(client.data(), Err(full.into()));
    assert_eq!((client.transmit().len(), client.in_flight()), (waiting, 32));
    sent(&mut client);
    // A place becomes free with each reply, for ever.
    for _ in 0..500 {
        feed(&mut client, b"250 ok\r\n");
        assert_eq!(events(&mut client).len(), 1);
        assert_eq!(client.in_flight(), 31);
        client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
        sent(&mut client);
    }
}

/// A server that takes every command, in whatever pieces, and counts.
#[derive(Default)]
struct Server {
    line: Vec<u8>,
    replies: Vec<u8>,
    content: Option<Vec<u8>>,
    mails: Vec<Vec<u8>>,
    recipients: usize,
    /// DATA has come and its reply has not gone.
    data: bool,
}

impl Server {
    fn hear(&mut self, octets: &[u8], refuse: impl Fn(usize) -> bool) {
        for octet in octets {
            if let Some(content) = &mut self.content {
                content.push(*octet);
                if content.ends_with(b"\r\n.\r\n") {
                    self.mails.push(self.content.take().unwrap());
                    self.reply("250 queued");
                }
                continue;
            }
            assert!(!self.data, "something follows DATA");
            self.line.push(*octet);
            if self.line.ends_with(b"\r\n") {
                let line = String::from_utf8(std::mem::take(&mut self.line)).unwrap();
                self.command(&line, &refuse);
            }
        }
    }

    fn command(&mut self, line: &str, refuse: &impl Fn(usize) -> bool) {
        match &line[..4] {
            "EHLO" => self.reply("250-server\r\n250 PIPELINING"),
            "RCPT" => {
                self.recipients += 1;
                assert!(line.contains(&format!("<r{}@", self.recipients)), "{line}");
                self.reply(if refuse(self.recipients) { "550 5.1.1 no" } else { "250 2.1.5 ok" });
            }
            "DATA" => {
                self.data = true;
                self.reply("354 go on");
            }
            "QUIT" => self.reply("221 bye"),
            _ => self.reply("250 ok"),
        }
    }

    fn reply(&mut self, text: &str) {
        self.replies.extend_from_slice(text.as_bytes());
        self.replies.extend_from_slice(b"\r\n");
    }

    /// Some of what it has said.
    fn say(&mut self, most: usize) -> Vec<u8> {
        if self.data && most >= self.replies.len() {
            self.data = false;
            self.content = Some(b"\r\n".to_vec());
        }
        self.replies.drain(..most.min(self.replies.len())).collect()
    }
}

#[test]
fn a_hundred_recipients_go_out_in_groups_and_every_reply_is_taken() {
    let addresses: Vec<String> = (1..=100).map(|number| format!("r{number}@server.example.test")).collect();
    for (tx, rx, write, read) in [
        (4096, 1024, 9999, 9999),
        (48, 64, 9999, 9999),
        (48, 64, 1, 1),
        (512, 64, 100, 7),
        (64, 512, 3, 9999),
    ] {
        let (mut rx, mut tx) = (vec![0; rx], vec![0; tx]);
        let mut client = Client::new(&mut rx, &mut tx).line_ends(LineEnds::Normalize);
        let mut recipients: Vec<_> =
            addresses.iter().map(|address| Recipient::new(ForwardPath::new(address).unwrap())).collect();
        let envelope = Envelope::new(ReversePath::Null, &mut recipients);
        let options = Options::new(HelloName::new("c").unwrap()).tls(TlsPolicy::Never);
        let mut texts = [0; 64];
        let content = b"Subject: x\r\n\r\n.dot\r\n".repeat(20);
        let mut submission =
            Submission::new(&mut client, options, envelope, Slice::new(&content), &mut texts);
        let mut server = Server::default();
        server.reply("220 hi");
        let mut most = 0;
        loop {
            match submission.poll().unwrap() {
                Want::Event => break,
                Want::Write => {
                    let octets = submission.transmit();
                    let written = octets.len().min(write);
                    server.hear(&octets[..written], |number| number % 3 == 0);
                    submission.transmitted(written);
                }
                Want::Read => {
                    let room = submission.receive_buffer().len();
                    let said = server.say(room.min(read));
                    assert!(!said.is_empty(), "both wait");
                    feed(&mut submission, &said);
                }
                Want::Closed => panic!("closed"),
            }
            most = most.max(submission.client().in_flight());
        }
        assert_eq!(submission.event(), Some(Event::Done));
        let report = submission.report();
        assert_eq!(report.verdict(), Verdict::PartlyDelivered);
        for (number, recipient) in (1..).zip(report.recipients()) {
            let expected = if number % 3 == 0 { Status::Refused } else { Status::Delivered };
            assert_eq!(recipient.status(), expected, "{number}");
            assert_eq!(recipient.answer().code().unwrap().number(), if number % 3 == 0 { 550 } else { 250 });
        }
        assert_eq!((server.recipients, server.mails.len()), (100, 1));
        assert_eq!(most, MAX_IN_FLIGHT, "they travel together, and no more than that");
        let sent = String::from_utf8(server.mails.remove(0)).unwrap();
        let expected = String::from_utf8(content).unwrap().replace("\r\n.dot", "\r\n..dot");
        assert_eq!(sent, format!("\r\n{expected}.\r\n"));
    }
}

#[test]
fn an_envelope_that_can_never_fit_is_told_with_what_is_missing() {
    let address = format!("{}@server.example.test", "r".repeat(60));
    let line = format!("RCPT TO:<{address}>\r\n").len();
    for (tx, verdict) in [(line - 1, Verdict::Rejected), (line, Verdict::Delivered)] {
        let (mut rx, mut tx) = ([0; 128], vec![0; tx]);
        let mut client = Client::new(&mut rx, &mut tx);
        let mut recipients = [Recipient::new(ForwardPath::new(&address).unwrap())];
        let envelope = Envelope::new(ReversePath::Null, &mut recipients);
        let options = Options::new(HelloName::new("c").unwrap()).tls(TlsPolicy::Never);
        let mut submission = Submission::new(&mut client, options, envelope, Slice::new(b"x"), &mut []);
        let mut replies =
            ["220 a", "250-a\r\n250 PIPELINING", "250 a", "250 a", "354 a", "250 a", "221 a"].into_iter();
        let error = loop {
            match submission.poll() {
                Ok(Want::Event) => break None,
                Ok(Want::Write) => drop(sent(&mut submission)),
                Ok(Want::Read) => {
                    feed(&mut submission, format!("{}\r\n", replies.next().unwrap()).as_bytes());
                }
                Ok(Want::Closed) => panic!("closed"),
                Err(error) => break Some(error),
            }
        };
        assert_eq!(submission.report().verdict(), verdict);
        let short = Capacity::new(Buffer::Tx, line);
        assert_eq!(error, (verdict == Verdict::Rejected).then_some(short.into()));
    }
}

/// A server that takes an octet at a time does not have the client move all that waits for it each time.
#[test]
fn content_is_not_moved_about_for_a_server_that_takes_little_at_once() {
    for (write, chunk) in [(1, false), (7, false), (100, false), (1, true), (7, true), (100, true)] {
        let (mut rx, mut tx) = ([0; 128], [0; 1000]);
        let mut client = ready(&mut rx, &mut tx, &["CHUNKING"]);
        client.mail(&ReversePath::Null, &()).unwrap();
        feed(&mut client, b"250 ok\r\n");
        events(&mut client);
        client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
        feed(&mut client, b"250 ok\r\n");
        events(&mut client);
        let content = "x".repeat(9998) + "\r\n";
        if chunk {
            client.bdat(10_000, true).unwrap();
        } else {
            client.data().unwrap();
            feed(&mut client, b"354 go\r\n");
            events(&mut client);
        }
        sent(&mut client);
        let (mut rest, mut out, mut moved) = (content.as_bytes(), Vec::new(), 0);
        while !rest.is_empty() || !client.transmit().is_empty() {
            let (place, waiting) = (client.transmit().as_ptr(), client.transmit().len());
            if !rest.is_empty() {
                rest = &rest[client.body(rest).unwrap()..];
            }
            if client.transmit().as_ptr() != place {
                moved += waiting;
            }
            let octets = client.transmit().len().min(write);
            out.extend_from_slice(&client.transmit()[..octets]);
            client.transmitted(octets);
        }
        assert_eq!(out, content.as_bytes());
        assert!(moved <= content.len(), "{moved} octets, written by {write}");
    }
}
