//! The async adapter where a server refuses in the middle of a mail and takes no more: its last words are read, also when the
//! future is dropped at any await; and streams that lie about what they have done.

#[path = "support/waits.rs"]
mod waits;

use core::future::pending;
use core::pin::pin;
use core::task::Poll;

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::io::ConnectionError;
use embedded_smtp::io::asynch::Connection;
use embedded_smtp::server::{Policy, Server};
use embedded_smtp::submission::{Cause, Envelope, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{Code, ForwardPath, HelloName, ReversePath};
use waits::{Hesitation, poll_once};

const MAIL: &[u8] =
    b"Subject: test\r\n\r\nline 1\r\nline 2\r\nline 3\r\nline 4\r\nline 5\r\nline 6\r\nline 7\r\nline 8\r\n";
/// What the server says once it has heard this.
const DIALOGUE: [(&str, &str); 6] = [
    ("", "220 mail.example.test\r\n"),
    ("EHLO", "250 mail.example.test\r\n"),
    ("MAIL", "250 2.1.0 ok\r\n"),
    ("RCPT", "250 2.1.5 ok\r\n"),
    ("DATA\r\n", "354 go ahead\r\n"),
    ("line 1", "552 5.3.4 too much\r\n"),
];

#[test]
fn last_words_are_read_wherever_the_future_is_dropped() {
    for (most, timed) in [(1, false), (1, true), (9, false), (9, true), (512, true)] {
        let (undisturbed, awaits) = submit(most, timed, None);
        assert_eq!(undisturbed.0, Verdict::Rejected);
        assert_eq!(undisturbed.1, Some(552));
        assert!(awaits > 8, "{awaits} awaits");
        for at in 0..awaits {
            assert_eq!(
                submit(most, timed, Some(at)).0,
                undisturbed,
                "dropped at {at}, {most} octets, {timed}"
            );
        }
    }
}

/// A stream that says more than it was given room for, or took, is at fault; the engines go on within their buffers.
#[test]
fn a_stream_that_lies_is_no_panic() {
    for extra in [1, 1000, usize::MAX / 2] {
        let policy = Policy::new(HelloName::new("mail.example.test").unwrap());
        let (mut rx, mut tx) = ([0; 128], [0; 512]);
        let mut server = Server::new(&mut rx, &mut tx, &policy);
        let mut connection = Connection::new(Liar(extra), &mut server);
        for _ in 0..1000 {
            if matches!(poll_once(pin!(connection.step())), Poll::Ready(Err(_))) {
                break;
            }
        }
        let (mut rx, mut tx) = ([0; 128], [0; 512]);
        let mut client = Client::new(&mut rx, &mut tx);
        let mut connection = Connection::new(Liar(extra), &mut client);
        for _ in 0..1000 {
            if matches!(poll_once(pin!(connection.step())), Poll::Ready(Err(_))) {
                break;
            }
        }
    }
}

type Outcome = (Verdict, Option<u16>, Option<Cause>, Option<ConnectionError<ErrorKind>>);

/// What becomes of the mail when the future is dropped at this await and begun anew; and how many awaits there were.
fn submit(most: usize, timed: bool, drop_at: Option<usize>) -> (Outcome, usize) {
    let (mut rx, mut tx, mut texts) = ([0; 128], [0; 64], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut recipients = [Recipient::new(ForwardPath::new("b@example.test").unwrap())];
    let envelope = Envelope::new(ReversePath::new("a@example.test").unwrap(), &mut recipients);
    let options = Options::new(HelloName::new("client.example.test").unwrap()).tls(TlsPolicy::Never);
    let mut submission = Submission::new(&mut client, options, envelope, Slice::new(MAIL), &mut texts);
    let mut connection = Connection::new(Refusing { most, ..Refusing::default() }, &mut submission);
    let mut alarm = pin!(None);
    let mut awaits = 0;
    let error = 'anew: loop {
        let mut run = pin!(async {
            if timed {
                connection.run_timed(alarm.as_mut(), |_| pending::<()>()).await
            } else {
                connection.run().await
            }
        });
        loop {
            if let Poll::Ready(result) = poll_once(run.as_mut()) {
                break 'anew result.err();
            }
            awaits += 1;
            assert!(awaits < 10_000, "nothing moves any more");
            if drop_at == Some(awaits - 1) {
                continue 'anew;
            }
        }
    };
    let report = submission.report();
    ((report.verdict(), report.answer().code().map(Code::number), report.cause(), error), awaits)
}

/// The server's side: it takes nothing behind the third line of the mail, has said why, and closes. Each operation waits once.
#[derive(Default)]
struct Refusing {
    most: usize,
    heard: Vec<u8>,
    said: usize,
    hesitation: Hesitation,
}

impl Refusing {
    fn has_heard(&self, what: &str) -> bool {
        what.is_empty() || self.heard.windows(what.len()).any(|piece| piece == what.as_bytes())
    }
}

impl ErrorType for Refusing {
    type Error = ErrorKind;
}

impl Read for Refusing {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        self.hesitation.pass().await;
        let due = DIALOGUE.iter().filter(|(heard, _)| self.has_heard(heard)).map(|(_, said)| *said);
        let due = due.collect::<String>();
        let rest = &due.as_bytes()[self.said..];
        let octets = rest.len().min(buffer.len()).min(self.most);
        buffer[..octets].copy_from_slice(&rest[..octets]);
        self.said += octets;
        Ok(octets)
    }
}

impl Write for Refusing {
    async fn write(&mut self, buffer: &[u8]) -> Result<usize, ErrorKind> {
        self.hesitation.pass().await;
        if self.has_heard("line 3") {
            return Err(ErrorKind::ConnectionReset);
        }
        let octets = buffer.len().min(self.most);
        self.heard.extend_from_slice(&buffer[..octets]);
        Ok(octets)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.hesitation.pass().await;
        Ok(())
    }
}

/// It has always done so many octets more than it was asked for.
struct Liar(usize);

impl ErrorType for Liar {
    type Error = ErrorKind;
}

impl Read for Liar {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        buffer.fill(b'2');
        Ok(buffer.len() + self.0)
    }
}

impl Write for Liar {
    async fn write(&mut self, buffer: &[u8]) -> Result<usize, ErrorKind> {
        Ok(buffer.len() + self.0)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}
