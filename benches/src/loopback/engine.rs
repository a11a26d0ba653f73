//! This crate's client, two ways: the engine, given the next envelope behind the end of each mail; and a submission for each mail.

use std::io::{Read, Write};
use std::net::TcpStream;

use embedded_smtp::client::{Client, Event};
use embedded_smtp::data::Slice;
use embedded_smtp::io::blocking::Connection;
use embedded_smtp::session::Want;
use embedded_smtp::submission::{Envelope, Options, Recipient, Submission, Then, TlsPolicy, Verdict};
use embedded_smtp::wire::{BodyType, ForwardPath, HelloName, Param, ReversePath, Severity, Verb};

use super::{Load, Std, connect};

/// A mail and the next envelope in one write each time, when `tx` holds both.
pub fn engine(load: &Load) {
    let mail = load.mail();
    load.on_threads(|load| {
        let mut stream = connect(load.port);
        let (mut rx, mut tx) = (vec![0; 2048], vec![0; 4096]);
        let mut client = Client::new(&mut rx, &mut tx);
        let mut session = Session { mail: &mail, left: load.each(), done: 0 };
        loop {
            match client.poll().expect("a session") {
                Want::Event => session.told(&mut client, &mut stream),
                Want::Write => {
                    let octets = stream.write(client.transmit()).expect("a server");
                    client.transmitted(octets);
                }
                Want::Read => {
                    let octets = stream.read(client.receive_buffer()).expect("a server");
                    if octets == 0 { client.received_eof() } else { client.received(octets) }
                }
                Want::Closed => break,
            }
        }
        assert_eq!(session.done, load.each(), "mails accepted");
    });
}

struct Session<'m> {
    mail: &'m [u8],
    /// Mails whose envelope is to be sent.
    left: usize,
    done: usize,
}

impl Session<'_> {
    fn told(&mut self, client: &mut Client<'_>, stream: &mut TcpStream) {
        let Some(Event::Reply { to, reply }) = client.event() else { return };
        assert!(matches!(reply.severity(), Severity::Positive | Severity::Intermediate), "a refusal");
        match to {
            Verb::Greeting => {
                client.ehlo(HelloName::new("client.example.org").expect("a name")).expect("room")
            }
            Verb::Ehlo => self.next(client),
            Verb::Data => {
                self.content(client, stream);
                client.end_of_body().expect("room");
                self.next(client);
            }
            Verb::EndOfData => self.done += 1,
            _ => {}
        }
    }

    fn next(&mut self, client: &mut Client<'_>) {
        if self.left == 0 {
            return client.quit().expect("room");
        }
        self.left -= 1;
        let parameters = [Param::Size(self.mail.len() as u64), Param::Body(BodyType::EightBitMime)];
        let offers_size = client.capabilities().has(embedded_smtp::wire::Extension::Size);
        let parameters = if offers_size { &parameters[..1] } else { &[] };
        let from = ReversePath::new("alice@example.org").expect("a path");
        client.mail(&from, &parameters).expect("room");
        client.rcpt(&ForwardPath::new("bob@example.com").expect("a path"), &()).expect("room");
        client.data().expect("room");
    }

    /// A short mail goes into `tx`, a long one out from where it lies, but for its end, which travels with what follows.
    fn content(&self, client: &mut Client<'_>, stream: &mut TcpStream) {
        let mut rest = self.mail;
        while !rest.is_empty() {
            let in_place = client.body_in_place(rest).expect("CRLF");
            if in_place > 0 {
                stream.write_all(&rest[..in_place]).expect("a server");
                client.transmitted(in_place);
                rest = &rest[in_place..];
                continue;
            }
            rest = &rest[client.body(rest).expect("CRLF")..];
            if !rest.is_empty() {
                flush(client, stream);
            }
        }
        if client.transmit().len() > 3500 {
            flush(client, stream);
        }
    }
}

fn flush(client: &mut Client<'_>, stream: &mut TcpStream) {
    while !client.transmit().is_empty() {
        let octets = stream.write(client.transmit()).expect("a server");
        client.transmitted(octets);
    }
}

/// The convenient way, which waits for each mail's end.
pub fn submission(load: &Load) {
    let mail = load.mail();
    load.on_threads(|load| {
        let (mut rx, mut tx, mut texts) = (vec![0; 2048], vec![0; 2048], [0; 256]);
        let mut client = Client::new(&mut rx, &mut tx);
        let mut stream = Std(connect(load.port));
        for mails_left in (0..load.each()).rev() {
            let then = if mails_left == 0 { Then::Quit } else { Then::Keep };
            let mut recipients = [Recipient::new(ForwardPath::new("bob@example.com").expect("a path"))];
            let envelope =
                Envelope::new(ReversePath::new("alice@example.org").expect("a path"), &mut recipients);
            let name = HelloName::new("client.example.org").expect("a name");
            let options = Options::new(name).tls(TlsPolicy::Never).then(then);
            let mut submission =
                Submission::new(&mut client, options, envelope, Slice::new(&mail), &mut texts);
            let mut connection = Connection::new(stream, &mut submission);
            connection.run().expect("a session");
            stream = connection.into_inner();
            assert!(submission.report().verdict() == Verdict::Delivered, "mails accepted");
        }
    });
}
