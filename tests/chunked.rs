//! A mail in chunks (RFC 3030): a chunk that was opened is given wholly, behind a refused one comes no other, and content that is taken back is
//! never ended.

#[path = "support/turns.rs"]
mod turns;

use embedded_smtp::client::Client;
use embedded_smtp::data::{Body, Needs};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{Cause, Envelope, Event, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath, Verb};

/// Lends so many pieces of so many octets, and then has nothing, or fails; or takes back what is left once `kept` of the first are consumed.
struct Pieces {
    left: usize,
    piece: Vec<u8>,
    at: usize,
    kept: usize,
    fails: bool,
}

impl Pieces {
    fn new(pieces: usize, octets: usize) -> Self {
        Self { left: pieces, piece: vec![b'x'; octets], at: 0, kept: usize::MAX, fails: false }
    }
}

impl Body for Pieces {
    type Error = &'static str;

    fn fill(&mut self) -> Result<&[u8], Self::Error> {
        match self.left {
            0 if self.fails => Err("flash"),
            0 => Ok(&[]),
            _ if self.at >= self.kept => Ok(&[]),
            _ => Ok(&self.piece[self.at..]),
        }
    }

    fn consume(&mut self, octets: usize) {
        self.at += octets;
        if self.at == self.piece.len() {
            (self.left, self.at) = (self.left - 1, 0);
        }
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.binary = true;
        needs
    }
}

fn options() -> Options<'static> {
    Options::new(HelloName::new("c").unwrap()).tls(TlsPolicy::Never)
}

/// The verdict, the cause and what was sent, octet by octet, to a server that says each of `replies` at once when what was sent
/// ends in what stands beside it, and goes away when the client waits for more.
fn mail(
    body: Pieces,
    tx: usize,
    offered: &str,
    replies: &[(&str, &str)],
) -> (Verdict, Option<Cause>, String) {
    let (mut rx, mut tx) = ([0; 256], vec![0; tx]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut recipients = [Recipient::new(ForwardPath::Postmaster)];
    let envelope = Envelope::new(ReversePath::Null, &mut recipients);
    let mut submission = Submission::new(&mut client, options(), envelope, body, &mut []);
    let hello = format!("250-x\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250 {offered}\r\n");
    let before =
        [("EHLO c\r\n", hello.as_str()), (" BODY=BINARYMIME\r\n", "250 ok\r\n"), ("er>\r\n", "250 ok\r\n")];
    let mut replies = before.iter().chain(replies).peekable();
    let (mut sent, mut next) = (String::new(), "220 x\r\n");
    loop {
        if !next.is_empty() {
            submission.receive_buffer()[..next.len()].copy_from_slice(next.as_bytes());
            submission.received(next.len());
            next = "";
        }
        match submission.poll().unwrap() {
            Want::Write => {
                let octet = submission.transmit().first().expect("something to write");
                sent.push(char::from(*octet));
                submission.transmitted(1);
                if let Some((_, reply)) = replies.next_if(|(behind, _)| sent.ends_with(behind)) {
                    next = reply;
                }
            }
            Want::Read => submission.received_eof(),
            Want::Event => break,
            Want::Closed => panic!("closed"),
        }
    }
    assert_eq!(submission.event(), Some(Event::Done));
    let (_, content) = sent.split_once("er>\r\n").unwrap_or_default();
    (submission.report().verdict(), submission.report().cause(), content.to_owned())
}

const REFUSED: (Verdict, Option<Cause>) = (Verdict::Rejected, Some(Cause::Refused(Verb::Bdat)));
const BYE: (&str, &str) = ("QUIT\r\n", "221 bye\r\n");

#[test]
fn a_chunk_that_is_refused_before_it_has_come_is_given_wholly_and_the_session_left_in_order() {
    let chunk = "x".repeat(200);
    for tx in [64, 128, 512] {
        for early in ["BDAT 200\r\n", "BDAT 200\r\nx", &format!("BDAT 200\r\n{}", &chunk[1..])] {
            let replies = [(early, "552 no\r\n"), BYE];
            let (verdict, cause, sent) = mail(Pieces::new(3, 200), tx, "HELP", &replies);
            assert_eq!((verdict, cause), REFUSED, "{tx} {early}");
            assert_eq!(sent, format!("BDAT 200\r\n{chunk}QUIT\r\n"), "{tx} {early}");
        }
    }
}

#[test]
fn behind_a_refused_chunk_comes_no_other_though_some_are_in_flight() {
    let chunk = format!("BDAT 20\r\n{}", "x".repeat(20));
    // The first is refused as soon as it has come, and when the second is begun.
    for early in [chunk.clone(), format!("{chunk}BDAT 20\r\nx")] {
        for pieces in [2, 3, 9] {
            let replies = [(early.as_str(), "552 no\r\n"), (&chunk, "503 no\r\n"), BYE];
            let (verdict, cause, sent) = mail(Pieces::new(pieces, 20), 40, "PIPELINING", &replies);
            assert_eq!((verdict, cause), REFUSED, "{early} {sent}");
            assert_eq!(sent, format!("{chunk}{chunk}QUIT\r\n"), "{early}");
        }
    }
}

#[test]
fn while_a_chunk_is_not_answered_and_behind_its_refusal_no_more_content_is_asked_for() {
    let chunk = format!("BDAT 20\r\n{}", "x".repeat(20));
    let mut body = Pieces::new(1, 20);
    body.fails = true;
    let (verdict, cause, sent) = mail(body, 40, "HELP", &[(&chunk, "552 no\r\n"), BYE]);
    assert_eq!((verdict, cause), REFUSED);
    assert_eq!(sent, format!("{chunk}QUIT\r\n"));
}

#[test]
fn content_that_fails_or_is_taken_back_between_chunks_or_in_one_is_never_ended() {
    let whole = usize::MAX;
    for (octets, kept) in [(200, 1), (200, 50), (200, 180), (119, 118), (56, 55), (200, whole)] {
        for offered in ["HELP", "PIPELINING"] {
            let body = Pieces { kept, fails: kept == whole, ..Pieces::new(1, octets) };
            // What failed between chunks is told of once the one before has been answered, or before.
            let replies = [("xx", ""), ("x", "250 ok\r\n")];
            let replies = if kept == whole { &replies[..] } else { &[] };
            let (verdict, cause, sent) = mail(body, 64, offered, replies);
            let expected = (Verdict::RetryLater, Some(Cause::BodyFailed));
            assert_eq!((verdict, cause), expected, "{octets} {kept} {sent}");
            assert!(!sent.contains("LAST") && !sent.contains("QUIT"), "{kept} {sent}");
        }
    }
}

/// Lends more than it did when the chunk was opened, as a file does that is still being read.
struct Growing {
    octets: Vec<u8>,
    lent: usize,
    at: usize,
}

impl Body for Growing {
    type Error = &'static str;

    fn fill(&mut self) -> Result<&[u8], Self::Error> {
        self.lent = (self.lent + 30).min(self.octets.len());
        Ok(&self.octets[self.at..self.lent])
    }

    fn consume(&mut self, octets: usize) {
        self.at += octets;
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.binary = true;
        needs
    }
}

#[test]
fn what_is_lent_beyond_an_open_chunk_waits_for_the_next_one() {
    for tx in [64, 80, 512] {
        let octets: Vec<u8> = (0..200_u8).map(|number| b'a' + number % 26).collect();
        let body = Growing { octets: octets.clone(), lent: 0, at: 0 };
        let (mut rx, mut tx) = ([0; 256], vec![0; tx]);
        let mut client = Client::new(&mut rx, &mut tx);
        let mut recipients = [Recipient::new(ForwardPath::Postmaster)];
        let envelope = Envelope::new(ReversePath::Null, &mut recipients);
        let mut submission = Submission::new(&mut client, options(), envelope, body, &mut []);
        let hello = ["220 x\r\n", "250-x\r\n250-CHUNKING\r\n250 BINARYMIME\r\n"];
        let sent = turns::drive(&mut submission, &[&hello[..], &["250 ok\r\n"; 40]].concat());
        assert_eq!(
            (submission.report().verdict(), submission.report().cause()),
            (Verdict::Delivered, None),
            "{sent}"
        );
        let mut content = Vec::new();
        let (_, mut rest) = sent.split_once("er>\r\n").unwrap();
        let mut last = false;
        while !last {
            let (line, behind) = rest.split_once("\r\n").unwrap();
            let size = line.strip_prefix("BDAT ").unwrap();
            last = size.ends_with(" LAST");
            let (chunk, next) = behind.split_at(size.trim_end_matches(" LAST").parse().unwrap());
            content.extend_from_slice(chunk.as_bytes());
            rest = next;
        }
        assert_eq!(content, octets, "{sent}");
        assert_eq!(rest, "QUIT\r\n");
    }
}
