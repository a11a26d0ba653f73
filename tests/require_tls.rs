//! A mail that asks for REQUIRETLS (RFC 8689) is sent only under TLS, and only to a server that offers it.

#[path = "support/turns.rs"]
mod turns;

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::submission::{Cause, Envelope, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{Extension, ForwardPath, HelloName, Param, ReversePath};

/// What comes of such a mail, and what was sent, with a server that gives these replies.
fn mail(tls: bool, replies: &[&str]) -> (Verdict, Option<Cause>, String) {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let client = Client::new(&mut rx, &mut tx);
    let mut client = if tls { client.over_tls() } else { client };
    let mut recipients = [Recipient::new(ForwardPath::Postmaster)];
    let required = [Param::RequireTls];
    let envelope = Envelope::new(ReversePath::Null, &mut recipients).with(&required);
    let policy = if tls { TlsPolicy::Implicit } else { TlsPolicy::Never };
    let options = Options::new(HelloName::new("c").unwrap()).tls(policy);
    let mut submission = Submission::new(&mut client, options, envelope, Slice::new(b"hi\r\n"), &mut []);
    let sent = turns::drive(&mut submission, replies);
    let report = submission.report();
    (report.verdict(), report.cause(), sent)
}

const OFFERED: &str = "250-x\r\n250 REQUIRETLS\r\n";
const OK: &str = "250 ok\r\n";

#[test]
fn it_goes_to_a_server_that_offers_it_under_tls() {
    let (verdict, _, sent) = mail(true, &["220 x\r\n", OFFERED, OK, OK, "354 go\r\n", OK, "221 bye\r\n"]);
    assert_eq!(verdict, Verdict::Delivered);
    assert!(sent.starts_with("EHLO c\r\nMAIL FROM:<> REQUIRETLS\r\nRCPT"), "{sent}");
}

#[test]
fn otherwise_nothing_of_it_is_sent() {
    let refused = (Verdict::Rejected, Some(Cause::NotOffered(Extension::RequireTls)));
    for (tls, hello, behind) in [
        (true, &["250 x\r\n"][..], ""),
        // An offer in clear may be anybody's, and cannot be kept.
        (false, &[OFFERED], ""),
        // HELO, behind an EHLO that is refused, offers nothing.
        (true, &["500 what\r\n", OK], "HELO c\r\n"),
    ] {
        let replies = [&["220 x\r\n"], hello, &["221 bye\r\n"]].concat();
        let (verdict, cause, sent) = mail(tls, &replies);
        assert_eq!((verdict, cause), refused, "{replies:?}");
        assert_eq!(sent, format!("EHLO c\r\n{behind}QUIT\r\n"), "{replies:?}");
    }
}
