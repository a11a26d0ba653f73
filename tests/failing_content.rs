//! Content that cannot be read any more: the mail is given up, and never ended.

mod support;

use embedded_smtp::client::Client;
use embedded_smtp::data::Body;
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{Cause, Envelope, Event, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath, Verb};
use support::feed::{feed, sent};

/// Lends its octets until so many of them are consumed, and then has nothing or fails.
struct Failing {
    octets: Vec<u8>,
    after: usize,
    consumed: usize,
    /// Says that it has ended, where it should say that it has failed.
    silent: bool,
}

impl Body for Failing {
    type Error = &'static str;

    fn fill(&mut self) -> Result<&[u8], Self::Error> {
        match self.consumed >= self.after {
            true if self.silent => Ok(&[]),
            true => Err("flash"),
            false => Ok(&self.octets[self.consumed..]),
        }
    }

    fn consume(&mut self, octets: usize) {
        self.consumed += octets;
    }
}

#[test]
fn content_that_fails_at_any_octet_is_given_up_and_never_ended() {
    for (tx, silent) in [(32, false), (256, false), (32, true)] {
        for after in 0..150 {
            let (mut rx, mut tx) = ([0; 128], vec![0; tx]);
            let mut client = Client::new(&mut rx, &mut tx);
            let mut recipients = [Recipient::new(ForwardPath::Postmaster)];
            let envelope = Envelope::new(ReversePath::Null, &mut recipients);
            let options = Options::new(HelloName::new("c").unwrap()).tls(TlsPolicy::Never);
            let octets = [vec![b'x'; 100], b"\r\n".repeat(25)].concat();
            let body = Failing { octets, after, consumed: 0, silent };
            let mut submission = Submission::new(&mut client, options, envelope, body, &mut []);
            let mut replies = ["220 a", "250 a", "250 a", "250 a", "354 a"].into_iter();
            let mut content = String::new();
            loop {
                match submission.poll().unwrap() {
                    Want::Event => break,
                    Want::Write => {
                        assert!(!submission.transmit().is_empty(), "{after}: nothing to write");
                        if replies.len() > 0 {
                            sent(&mut submission);
                        } else {
                            content.push(char::from(submission.transmit()[0]));
                            submission.transmitted(1);
                        }
                    }
                    Want::Read => match replies.next() {
                        Some(reply) => feed(&mut submission, format!("{reply}\r\n").as_bytes()),
                        // A body that says it has ended is believed where nothing of it is lent.
                        None if silent => submission.received_eof(),
                        None => panic!("{after}: it waits"),
                    },
                    Want::Closed => panic!("closed"),
                }
            }
            assert_eq!(submission.event(), Some(Event::Done));
            let ended = format!("\r\n{content}").ends_with("\r\n.\r\n");
            assert_eq!(submission.report().verdict() == Verdict::Unknown, ended, "{after}");
            assert!(!ended || silent, "{after}: {content:?}");
            if !ended {
                assert_eq!(submission.report().cause(), Some(Cause::BodyFailed), "{after}");
                assert_eq!(submission.report().verdict(), Verdict::RetryLater);
                assert_eq!(submission.take_body_error(), (!silent).then_some("flash"));
            }
        }
    }
}

/// Content is asked for once 354 has come: that of a mail which is refused before that is left alone.
#[test]
fn content_that_would_fail_is_not_asked_for_before_its_time() {
    for (replies, verb) in [
        (&["220 a", "250 a", "250 a", "250 a", "554 a", "221 a"][..], Verb::Data),
        (&["220 a", "250 a", "250 a", "550 a", "221 a"], Verb::Rcpt),
        // Nobody was accepted, and 354 came all the same.
        (&["220 a", "250-a\r\n250 PIPELINING", "250 a", "550 a", "354 a", "554 a", "221 a"], Verb::Rcpt),
    ] {
        let (mut rx, mut tx) = ([0; 128], [0; 128]);
        let mut client = Client::new(&mut rx, &mut tx);
        let mut recipients = [Recipient::new(ForwardPath::Postmaster)];
        let envelope = Envelope::new(ReversePath::Null, &mut recipients);
        let options = Options::new(HelloName::new("c").unwrap()).tls(TlsPolicy::Never);
        let body = Failing { octets: Vec::new(), after: 0, consumed: 0, silent: false };
        let mut submission = Submission::new(&mut client, options, envelope, body, &mut []);
        let mut replies = replies.iter();
        loop {
            match submission.poll().unwrap() {
                Want::Event => break,
                Want::Write => drop(sent(&mut submission)),
                Want::Read => feed(&mut submission, format!("{}\r\n", replies.next().unwrap()).as_bytes()),
                Want::Closed => panic!("closed"),
            }
        }
        assert_eq!(replies.next(), None, "it is left by QUIT");
        assert_eq!(submission.report().cause(), Some(Cause::Refused(verb)));
        assert_eq!(submission.take_body_error(), None);
    }
}
