//! A client that was kept for the next mail, when its session has not been kept by the server.

#[path = "support/turns.rs"]
mod turns;

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::session::Phase;
use embedded_smtp::submission::{Cause, Envelope, Options, Recipient, Submission, Then, TlsPolicy, Verdict};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};

/// One mail through `client`, with a server that gives these replies, one a read, and then goes away.
fn mail(client: &mut Client<'_>, replies: &[&str]) -> (Verdict, Option<Cause>) {
    let mut recipients = [Recipient::new(ForwardPath::Postmaster)];
    let envelope = Envelope::new(ReversePath::Null, &mut recipients);
    let name = HelloName::new("client.example.test").unwrap();
    let options = Options::new(name).tls(TlsPolicy::Never).then(Then::Keep);
    let mut submission = Submission::new(client, options, envelope, Slice::new(b"hi\r\n"), &mut []);
    turns::drive(&mut submission, replies);
    (submission.report().verdict(), submission.report().cause())
}

#[test]
fn a_mail_on_a_session_that_is_gone_is_to_be_tried_again_and_not_refused() {
    let ok = "250 ok\r\n";
    let endings: [&[&str]; 9] = [
        &["220 x\r\n", ok, "421 bye\r\n"],
        &["220 x\r\n", "421 bye\r\n"],
        &["454 no\r\n"],
        // A session that cannot be kept is quit (RFC 5321 §3.1).
        &["554 no\r\n", "221 bye\r\n"],
        &["220 x\r\n", "451 no\r\n", "221 bye\r\n"],
        &["220 x\r\n"],
        &["220 x\r\n", ok, ok],
        &["220 x\r\n", ok, ok, ok, "354 go\r\n"],
        &["220 x\r\n", ok, ok, "550 no\r\n", "500 what is RSET\r\n"],
    ];
    for ending in endings {
        let (mut rx, mut tx) = ([0; 128], [0; 128]);
        let mut client = Client::new(&mut rx, &mut tx);
        mail(&mut client, ending);
        assert!(!client.is_open(), "{ending:?}");
        assert_eq!(mail(&mut client, &[]), (Verdict::RetryLater, Some(Cause::ConnectionLost)), "{ending:?}");
        // On another connection the same client is as good as new.
        client.restart(false);
        assert!(client.is_open());
        let all = ["220 x\r\n", ok, ok, ok, "354 go\r\n", ok];
        assert_eq!(mail(&mut client, &all), (Verdict::Delivered, None), "{ending:?}");
        assert!(client.is_open());
        assert_eq!(mail(&mut client, &[ok, ok, "354 go\r\n", ok]), (Verdict::Delivered, None), "{ending:?}");
    }
}

/// What a session is in the middle of, only whoever drove it there knows; the mail is not to blame.
#[test]
fn a_session_that_is_in_the_middle_of_something_takes_no_mail_which_is_to_be_tried_on_another() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx);
    let ok = "250 ok\r\n";
    let all = ["220 x\r\n", ok, ok, ok, "354 go\r\n", ok];
    assert_eq!(mail(&mut client, &all), (Verdict::Delivered, None));
    client.mail(&ReversePath::Null, &[]).unwrap();
    assert_eq!(turns::drive(&mut client, &[ok]), "MAIL FROM:<>\r\n");
    assert!(client.is_open() && client.phase() == Phase::Mail);
    assert_eq!(mail(&mut client, &all[2..]), (Verdict::RetryLater, Some(Cause::ConnectionLost)));
    assert!(!client.is_open());
}
