//! What a caller asks of a submission and cannot have is told as an error: nothing of it is sent, or it is never ended.

#[path = "support/turns.rs"]
mod turns;

use embedded_smtp::Misuse;
use embedded_smtp::client::Client;
use embedded_smtp::data::{LineEnds, Slice};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{
    Cause, Envelope, Event, Options, Recipient, Submission, Then, TlsPolicy, Verdict,
};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath, Verb};

const OK: &str = "250 ok\r\n";

/// What comes of a mail to a server that gives these replies, and what was sent.
fn mail(
    client: &mut Client<'_>,
    tls: TlsPolicy,
    recipients: &mut [Recipient<'static>],
    content: &[u8],
    replies: &[&str],
) -> (Verdict, Option<Cause>, String) {
    let envelope = Envelope::new(ReversePath::Null, recipients);
    let options = Options::new(HelloName::new("c").unwrap()).tls(tls).then(Then::Keep);
    let mut submission = Submission::new(client, options, envelope, Slice::new(content), &mut []);
    let mut sent = String::new();
    let told = turns::run(&mut submission, &mut replies.iter().copied(), &mut sent).err().map(Cause::Engine);
    // The caller's error is told once; behind it the submission is done.
    assert_eq!((submission.poll(), submission.event()), (Ok(Want::Event), Some(Event::Done)));
    let cause = submission.report().cause();
    assert_eq!(told, cause);
    (submission.report().verdict(), cause, sent)
}

fn refused(misuse: Misuse) -> (Verdict, Option<Cause>, String) {
    (Verdict::Rejected, Some(Cause::Engine(misuse.into())), String::new())
}

/// Who says that the stream is under TLS from its first octet has to have it so: also for a session that was begun in clear.
#[test]
fn where_tls_is_said_to_be_there_and_is_not_nothing_is_sent() {
    let mut nobody = [Recipient::new(ForwardPath::Postmaster)];
    for before in [&[][..], &["220 x\r\n", OK, OK, OK, "354 go\r\n", OK]] {
        let (mut rx, mut tx) = ([0; 128], [0; 128]);
        let mut client = Client::new(&mut rx, &mut tx);
        if !before.is_empty() {
            let (verdict, ..) = mail(&mut client, TlsPolicy::Never, &mut nobody, b"hi\r\n", before);
            assert_eq!((verdict, client.is_open()), (Verdict::Delivered, true));
        }
        let after = ["220 x\r\n", OK, OK, OK, "354 go\r\n", OK];
        let found = mail(&mut client, TlsPolicy::Implicit, &mut nobody, b"hi\r\n", &after);
        assert_eq!(found, refused(Misuse::TlsState));
        assert!(!client.is_open());
    }
}

#[test]
fn a_mail_for_nobody_is_not_begun() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx);
    let error = Misuse::OutOfOrder(Verb::Rcpt);
    assert_eq!(mail(&mut client, TlsPolicy::Never, &mut [], b"hi\r\n", &["220 x\r\n", OK]), refused(error));
}

#[test]
fn content_with_line_ends_that_may_not_be_is_never_ended() {
    let mut recipients = [Recipient::new(ForwardPath::Postmaster)];
    for content in [&b"one\r\ntwo\nthree\r\n"[..], b"one\rtwo\r\n", b"one\n", b"one\r"] {
        let (mut rx, mut tx) = ([0; 128], [0; 128]);
        let mut client = Client::new(&mut rx, &mut tx).line_ends(LineEnds::Reject);
        let replies = ["220 x\r\n", OK, OK, OK, "354 go\r\n", OK];
        let (verdict, cause, sent) = mail(&mut client, TlsPolicy::Never, &mut recipients, content, &replies);
        assert_eq!((verdict, cause, String::new()), refused(Misuse::BareLineEnd), "{sent}");
        let (_, content) = sent.split_once("DATA\r\n").unwrap();
        assert!(!format!("\r\n{content}").contains("\r\n.\r\n"), "{content:?}");
        assert!(!client.is_open());
    }
}

/// A handshake is due when the submission says so, and at no other time.
#[test]
fn tls_is_an_event_only_when_it_is_due() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut recipients = [Recipient::new(ForwardPath::Postmaster)];
    let envelope = Envelope::new(ReversePath::Null, &mut recipients);
    let options = Options::new(HelloName::new("c").unwrap());
    let mut submission = Submission::new(&mut client, options, envelope, Slice::new(b"hi\r\n"), &mut []);
    let mut replies = ["220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n", OK].into_iter();
    let mut handshakes = 0;
    loop {
        let want = submission.poll().unwrap();
        if want == Want::Event {
            if submission.event() == Some(Event::Done) {
                break;
            }
            assert_eq!(submission.event(), Some(Event::StartTls));
            handshakes += 1;
            submission.tls_established().unwrap();
        }
        assert_eq!(submission.event(), None);
        assert_eq!(submission.tls_established(), Err(Misuse::TlsState.into()));
        match want {
            Want::Write => {
                let octets = submission.transmit().len();
                submission.transmitted(octets);
            }
            Want::Read => match replies.next() {
                Some(reply) => {
                    submission.receive_buffer()[..reply.len()].copy_from_slice(reply.as_bytes());
                    submission.received(reply.len());
                }
                None => submission.received_eof(),
            },
            _ => {}
        }
    }
    assert_eq!((handshakes, replies.next()), (1, None));
}
