//! The blocking adapter: pieces of any size, errors of any kind, and when it flushes.

mod support;

use std::collections::VecDeque;

use embedded_io::{ErrorKind, ErrorType, Read, Write};
use embedded_smtp::client::Client;
use embedded_smtp::io::ConnectionError;
use embedded_smtp::io::blocking::Connection;
use embedded_smtp::session::Want;
use embedded_smtp::submission::{Event, Verdict};
use support::client::{Mail, mail, with_settings};
use support::feed::hello;
use support::transcript::{Part, Step};

/// What the stream does next.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Act {
    /// Takes so many octets.
    Take(usize),
    /// Gives these.
    Give(Vec<u8>),
    End,
    Fail(ErrorKind),
}

/// A stream that does what it is told, and tells what was done with it.
#[derive(Debug, Default)]
struct Stream {
    writes: VecDeque<Act>,
    reads: VecDeque<Act>,
    flushes: VecDeque<Act>,
    /// `w` for a write, `f` for a flush, `r` for a read.
    calls: String,
    written: Vec<u8>,
    unflushed: bool,
}

impl ErrorType for Stream {
    type Error = ErrorKind;
}

impl Read for Stream {
    fn read(&mut self, room: &mut [u8]) -> Result<usize, ErrorKind> {
        self.calls.push('r');
        assert!(!room.is_empty(), "no room to read");
        assert!(!self.unflushed, "read before flush");
        match self.reads.pop_front().unwrap_or(Act::End) {
            Act::Give(mut octets) => {
                let given = octets.len().min(room.len());
                room[..given].copy_from_slice(&octets[..given]);
                octets.drain(..given);
                if !octets.is_empty() {
                    self.reads.push_front(Act::Give(octets));
                }
                Ok(given)
            }
            Act::Fail(kind) => Err(kind),
            _ => Ok(0),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, octets: &[u8]) -> Result<usize, ErrorKind> {
        self.calls.push('w');
        assert!(!octets.is_empty(), "nothing to write");
        match self.writes.pop_front() {
            None => {
                self.written.extend_from_slice(octets);
                self.unflushed = true;
                Ok(octets.len())
            }
            Some(Act::Take(most)) => {
                let taken = most.min(octets.len());
                self.written.extend_from_slice(&octets[..taken]);
                self.unflushed |= taken > 0;
                Ok(taken)
            }
            Some(Act::Fail(kind)) => Err(kind),
            Some(act) => panic!("{act:?}"),
        }
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        self.calls.push('f');
        if let Some(Act::Fail(kind)) = self.flushes.pop_front() {
            return Err(kind);
        }
        self.unflushed = false;
        Ok(())
    }
}

fn give(text: &str) -> Act {
    Act::Give(text.as_bytes().to_vec())
}

/// The server's lines of a transcript, as reads of whole turns.
fn reads(part: &Part) -> VecDeque<Act> {
    let server = |step| if let Step::Server(octets) = step { Some(Act::Give(octets)) } else { None };
    part.turns().into_iter().filter_map(server).collect()
}

fn said(part: &Part) -> Vec<u8> {
    let client = |step: &Step| if let Step::Client(octets) = step { octets.clone() } else { vec![] };
    part.steps.iter().flat_map(client).collect()
}

/// Runs the second transcript over `stream`.
fn run(
    stream: Stream,
    check: impl FnOnce(Result<bool, ConnectionError<ErrorKind>>, Stream, &mut Mail<'_, '_, '_>),
) {
    let transcript = support::transcript("02");
    let part = &transcript.parts[0];
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut client = with_settings(part, &mut rx, &mut tx);
    mail(part, &mut client, 1000, |submission| {
        let mut connection = Connection::new(stream, submission);
        let result = connection.run();
        let stream = connection.into_inner();
        check(result, stream, submission);
    });
}

#[test]
fn a_mail_goes_over_any_stream_in_any_pieces() {
    let transcript = support::transcript("02");
    let part = &transcript.parts[0];
    for size in [1, 2, 3, 10, 1000] {
        let pieces = |act: Act| match act {
            Act::Give(octets) => octets.chunks(size).map(|piece| Act::Give(piece.to_vec())).collect(),
            act => vec![act],
        };
        let reads = reads(part).into_iter().flat_map(pieces).collect();
        let writes = (0..2000).map(|_| Act::Take(size)).collect();
        run(Stream { writes, reads, ..Stream::default() }, |result, stream, submission| {
            assert_eq!(result, Ok(true));
            assert_eq!(submission.event(), Some(Event::Done));
            assert_eq!(submission.report().verdict(), Verdict::Delivered);
            assert_eq!(stream.written, said(part), "{size}");
        });
    }
}

#[test]
fn it_flushes_once_before_it_reads_and_never_between_writes() {
    let transcript = support::transcript("02");
    let part = &transcript.parts[0];
    run(Stream { reads: reads(part), ..Stream::default() }, |result, stream, _| {
        assert_eq!(result, Ok(true));
        assert_eq!(stream.calls, format!("r{}", "wfr".repeat(6)), "the greeting, and six turns");
    });
    let writes = VecDeque::from(vec![Act::Take(7); 4]);
    run(Stream { writes, reads: reads(part), ..Stream::default() }, |result, stream, _| {
        assert_eq!(result, Ok(true));
        assert!(stream.calls.starts_with("rwwwwfrwfr"), "{}", stream.calls);
    });
}

#[test]
fn a_stream_that_takes_nothing_is_told_apart_from_one_that_fails() {
    let greeted = || VecDeque::from(vec![give("220 hi\r\n")]);
    let writes = VecDeque::from(vec![Act::Take(3), Act::Take(0)]);
    run(Stream { writes, reads: greeted(), ..Stream::default() }, |result, _, submission| {
        assert_eq!(result, Err(ConnectionError::WriteZero));
        assert_eq!(submission.report().verdict(), Verdict::RetryLater);
    });
    let writes = VecDeque::from(vec![Act::Fail(ErrorKind::BrokenPipe)]);
    run(Stream { writes, reads: greeted(), ..Stream::default() }, |result, _, submission| {
        assert_eq!(result, Err(ConnectionError::Transport(ErrorKind::BrokenPipe)));
        assert_eq!(submission.report().verdict(), Verdict::RetryLater);
    });
    let reads = VecDeque::from(vec![Act::Fail(ErrorKind::ConnectionReset)]);
    run(Stream { reads, ..Stream::default() }, |result, _, submission| {
        assert_eq!(result, Err(ConnectionError::Transport(ErrorKind::ConnectionReset)));
        assert_eq!(submission.report().verdict(), Verdict::RetryLater);
    });
}

#[test]
fn the_end_of_the_stream_is_an_outcome_for_a_submission_and_the_end_for_a_client() {
    for turns in 0..7 {
        let transcript = support::transcript("02");
        let mut reads = reads(&transcript.parts[0]);
        reads.truncate(turns);
        run(Stream { reads, ..Stream::default() }, |result, _, submission| {
            assert_eq!((result, submission.event()), (Ok(true), Some(Event::Done)));
            let expected = match turns {
                ..5 => Verdict::RetryLater,
                5 => Verdict::Unknown,
                _ => Verdict::Delivered,
            };
            assert_eq!(submission.report().verdict(), expected, "{turns}");
        });
    }
    let (mut rx, mut tx) = ([0; 64], [0; 64]);
    let mut client = Client::new(&mut rx, &mut tx);
    let reads = VecDeque::from(vec![give("220 hi\r\n250"), Act::End]);
    let mut connection = Connection::new(Stream { reads, ..Stream::default() }, &mut client);
    assert_eq!(connection.run(), Ok(true));
    assert_eq!(connection.run(), Ok(false));
    assert_eq!(connection.run(), Ok(false));
    assert_eq!(connection.stream().calls, "rr");
}

#[test]
fn a_timeout_of_the_stream_is_the_engines() {
    type Where = fn(&mut Stream);
    let places: [(Where, Verdict); 4] = [
        (|stream| stream.reads[3] = Act::Fail(ErrorKind::TimedOut), Verdict::RetryLater),
        (|stream| stream.reads[5] = Act::Fail(ErrorKind::TimedOut), Verdict::Unknown),
        (|stream| stream.writes = [Act::Take(4), Act::Fail(ErrorKind::TimedOut)].into(), Verdict::RetryLater),
        (
            |stream| stream.flushes = [Act::Take(0), Act::Fail(ErrorKind::TimedOut)].into(),
            Verdict::RetryLater,
        ),
    ];
    for (index, (place, verdict)) in places.into_iter().enumerate() {
        let transcript = support::transcript("02");
        let mut stream = Stream { reads: reads(&transcript.parts[0]), ..Stream::default() };
        place(&mut stream);
        run(stream, |result, _, submission| {
            assert_eq!(result, Err(ConnectionError::TimedOut), "{index}");
            assert_eq!(submission.event(), Some(Event::Done));
            assert_eq!(submission.report().verdict(), verdict, "{index}");
        });
    }
}

#[test]
fn an_interruption_is_no_failure() {
    let interrupted = || Act::Fail(ErrorKind::Interrupted);
    let transcript = support::transcript("02");
    let reads = reads(&transcript.parts[0]).into_iter().flat_map(|read| [interrupted(), read]).collect();
    let writes = [interrupted(), Act::Take(5), interrupted(), interrupted(), Act::Take(9999)].into();
    let flushes = [interrupted(), interrupted()].into();
    run(Stream { writes, reads, flushes, ..Stream::default() }, |result, stream, submission| {
        assert_eq!(result, Ok(true));
        assert_eq!(submission.report().verdict(), Verdict::Delivered);
        assert_eq!(stream.written, said(&transcript.parts[0]));
        assert!(stream.calls.starts_with("rrwwwwwfffr"), "{}", stream.calls);
    });
}

#[test]
fn the_stream_is_given_back_at_starttls_with_nothing_of_tls_read() {
    let transcript = support::transcript("06");
    let part = &transcript.parts[0];
    let mut turns = part.turns().split(|step| *step == Step::Tls).map(<[_]>::to_vec).collect::<Vec<_>>();
    let server = |steps: Vec<Step>| -> VecDeque<Act> {
        let octets = |step| if let Step::Server(octets) = step { Some(Act::Give(octets)) } else { None };
        steps.into_iter().filter_map(octets).collect()
    };
    let secure = Stream { reads: server(turns.pop().unwrap()), ..Stream::default() };
    let clear = Stream { reads: server(turns.pop().unwrap()), ..Stream::default() };
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut client = with_settings(part, &mut rx, &mut tx);
    mail(part, &mut client, 1000, |submission| {
        let mut connection = Connection::new(clear, submission);
        assert_eq!(connection.run(), Ok(true));
        assert_eq!(connection.engine().event(), Some(Event::StartTls));
        // however often it is asked
        assert_eq!(connection.run(), Ok(true));
        let clear = connection.into_inner();
        assert!(clear.written.ends_with(b"STARTTLS\r\n") && clear.reads.is_empty() && !clear.unflushed);
        submission.tls_established().unwrap();
        let mut connection = Connection::new(secure, submission);
        assert_eq!(connection.run(), Ok(true));
        let secure = connection.into_inner();
        assert!(secure.written.starts_with(b"EHLO ") && secure.written.ends_with(b"QUIT\r\n"));
        assert_eq!([clear.written, secure.written].concat(), said(part));
        assert_eq!(submission.report().verdict(), Verdict::Delivered);
    });
}

#[test]
fn an_error_of_the_engine_is_told_as_that() {
    let reads = VecDeque::from(vec![give("220 hi\n")]);
    run(Stream { reads, ..Stream::default() }, |result, stream, submission| {
        let bare = embedded_smtp::Protocol::BareLf.into();
        assert_eq!(result, Err(ConnectionError::Engine(bare)));
        assert_eq!((stream.calls.as_str(), submission.report().verdict()), ("r", Verdict::RetryLater));
    });
    let (mut rx, mut tx) = ([0; 128], [0; 64]);
    let mut client = Client::new(&mut rx, &mut tx);
    hello(&mut client, b"220 hi\r\n", &[]);
    client.noop().unwrap();
    assert_eq!(client.poll(), Ok(Want::Write));
    let mut connection =
        Connection::new(Stream { reads: [give("220\n")].into(), ..Stream::default() }, &mut client);
    assert!(matches!(connection.run(), Err(ConnectionError::Engine(_))));
    assert!(connection.engine().transmit().is_empty());
}

/// A stream that takes so many octets, then fails, with the last words still to be read.
struct Refusing {
    says: VecDeque<&'static [u8]>,
    takes: usize,
    /// Takes them all, and fails when they are flushed.
    gathers: bool,
}

impl ErrorType for Refusing {
    type Error = ErrorKind;
}

impl Read for Refusing {
    fn read(&mut self, room: &mut [u8]) -> Result<usize, Self::Error> {
        let said = self.says.pop_front().unwrap_or_default();
        room[..said.len()].copy_from_slice(said);
        Ok(said.len())
    }
}

impl Write for Refusing {
    fn write(&mut self, octets: &[u8]) -> Result<usize, Self::Error> {
        let taken = octets.len().min(self.takes);
        self.takes -= taken;
        match taken {
            0 if self.gathers => Ok(octets.len()),
            0 => Err(ErrorKind::ConnectionReset),
            _ => Ok(taken),
        }
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        if self.takes == 0 { Err(ErrorKind::ConnectionReset) } else { Ok(()) }
    }
}

#[test]
fn what_the_server_said_before_it_closed_is_read_when_a_write_or_a_flush_fails() {
    use embedded_smtp::submission::{Cause, Envelope, Options, Recipient, Submission, TlsPolicy, Verdict};
    use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath, Verb};
    let last_words: [&[&[u8]]; 3] = [
        &[b"552 5.3.4 too much\r\n"],
        &[b"552 5.3.4 to", b"o m", b"uch\r", b"\n"],
        &[b"552-5.3.4 too much\r\n552 5.3.4 ", b"by far\r\n"],
    ];
    for (gathers, words) in
        [false, true].into_iter().flat_map(|gathers| last_words.map(|words| (gathers, words)))
    {
        let (mut rx, mut tx, mut texts) = ([0; 128], [0; 128], [0; 64]);
        let mut client = Client::new(&mut rx, &mut tx);
        let mut recipients = [Recipient::new(ForwardPath::Postmaster)];
        let envelope = Envelope::new(ReversePath::Null, &mut recipients);
        let options = Options::new(HelloName::new("client.example.test").unwrap()).tls(TlsPolicy::Never);
        let content = vec![b'x'; 5000];
        let body = embedded_smtp::data::Slice::new(&content);
        let mut submission = Submission::new(&mut client, options, envelope, body, &mut texts);
        let says: [&[u8]; 5] = [b"220 x\r\n", b"250 x\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"];
        let stream = Refusing { says: [&says, words].concat().into(), takes: 1000, gathers };
        let result = Connection::new(stream, &mut submission).run();
        assert_eq!(result, Err(ConnectionError::Transport(ErrorKind::ConnectionReset)), "{words:?}");
        let report = submission.report();
        assert_eq!(
            (report.verdict(), report.cause()),
            (Verdict::Rejected, Some(Cause::Refused(Verb::EndOfData))),
            "{words:?}, {gathers}"
        );
        assert!(report.text(&report.answer()).starts_with("too much"), "{words:?}");
    }
}

#[test]
fn a_read_that_fails_is_the_last_one() {
    let reads = [Act::Fail(ErrorKind::ConnectionReset), give("421 not heard any more\r\n")].into();
    run(Stream { reads, ..Stream::default() }, |result, stream, submission| {
        assert_eq!(result, Err(ConnectionError::Transport(ErrorKind::ConnectionReset)));
        assert_eq!(stream.calls, "r");
        assert_eq!(submission.report().answer().code(), None);
    });
}
