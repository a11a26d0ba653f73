//! Generated mails go through this crate's client and a real Postfix, and lie in the mailbox as they
//! were written. Run by `tests/message/postfix.sh`, which starts the server.

#[path = "message/common.rs"]
#[allow(dead_code, reason = "shared with the tests of the rules, which use all of it")]
mod common;

use common::{Mail, config, mail};
use embedded_smtp::client::Client;
use embedded_smtp::data::{Body, Needs};
use embedded_smtp::message::WriteError;
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{Envelope, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

const MAILS: usize = 200;

#[test]
#[ignore = "needs a Postfix: run tests/message/postfix.sh"]
fn mails_lie_in_the_mailbox_as_they_were_written() {
    let setting = |name| std::env::var(name).unwrap_or_else(|_| panic!("cannot run: {name} is not set"));
    let (address, maildir) = (setting("POSTFIX"), setting("MAILDIR"));
    let mut runner = TestRunner::new(config());
    let mut mails = Vec::new();
    while mails.len() < MAILS {
        let mail = mail().new_tree(&mut runner).unwrap().current();
        // Postfix does not do BINARYMIME.
        if !mail.transport.binary() {
            submit(&mail, &address, 1 + mails.len() * 7 % 300);
            mails.push(mail);
        }
    }
    let found = wait_for(MAILS, Path::new(&maildir));
    for mail in mails {
        let id = format!("{:016X}.{:016X}@device.example", mail.number, !mail.number);
        let lines = mail.write(4096).octets.split(|octet| *octet == b'\r').collect::<Vec<_>>().concat();
        let delivered = found.iter().find(|found| contains(found, id.as_bytes()));
        let delivered = delivered.unwrap_or_else(|| panic!("did not arrive: {mail:?}"));
        // In front stand the fields that the server has added.
        let start = delivered.windows(7).position(|window| window == b"\nDate: ").unwrap() + 1;
        assert_eq!(String::from_utf8_lossy(&delivered[start..]), String::from_utf8_lossy(&lines));
        assert!(delivered[start..] == lines);
    }
    println!("{MAILS} mails lie in the mailbox as they were written");
}

fn contains(octets: &[u8], what: &[u8]) -> bool {
    octets.windows(what.len()).any(|window| window == what)
}

fn submit(mail: &Mail, address: &str, size: usize) {
    mail.with(|message| message.send(size, &mut |body| send(body, address)));
}

/// A body behind a reference, so that one submission serves all types of messages.
struct Lent<'x>(&'x mut dyn Body<Error = WriteError>);

impl Body for Lent<'_> {
    type Error = WriteError;

    fn fill(&mut self) -> Result<&[u8], WriteError> {
        self.0.fill()
    }

    fn consume(&mut self, octets: usize) {
        self.0.consume(octets);
    }

    fn size(&self) -> Option<u64> {
        self.0.size()
    }

    fn needs(&self) -> Needs {
        self.0.needs()
    }
}

fn send(body: &mut dyn Body<Error = WriteError>, address: &str) {
    let mut stream =
        TcpStream::connect(address).unwrap_or_else(|error| panic!("cannot run: {address}: {error}"));
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let (mut rx, mut tx, mut texts) = ([0; 1024], [0; 1024], [0; 512]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut recipients = [Recipient::new(ForwardPath::new("ops@example.test").unwrap())];
    let envelope = Envelope::new(ReversePath::new("device@example.test").unwrap(), &mut recipients);
    let options = Options::new(HelloName::new("device.example").unwrap()).tls(TlsPolicy::Never);
    let mut submission = Submission::new(&mut client, options, envelope, Lent(body), &mut texts);
    loop {
        match submission.poll().unwrap() {
            Want::Event | Want::Closed => break,
            Want::Write => {
                let written = stream.write(submission.transmit()).unwrap();
                submission.transmitted(written);
            }
            Want::Read => match stream.read(submission.receive_buffer()).unwrap() {
                0 => submission.received_eof(),
                octets => submission.received(octets),
            },
        }
    }
    let report = submission.report();
    let text = report.text(&report.answer());
    assert_eq!(report.verdict(), Verdict::Delivered, "{text}");
}

fn wait_for(count: usize, maildir: &Path) -> Vec<Vec<u8>> {
    let start = Instant::now();
    loop {
        let files: Vec<_> =
            std::fs::read_dir(maildir.join("new")).unwrap().map(|file| file.unwrap().path()).collect();
        if files.len() >= count {
            return files.iter().map(|file| std::fs::read(file).unwrap()).collect();
        }
        assert!(start.elapsed() < Duration::from_mins(5), "only {} of {count} mails arrived", files.len());
        std::thread::sleep(Duration::from_millis(100));
    }
}
