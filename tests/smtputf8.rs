//! A submission finds out by itself that its mail needs SMTPUTF8 (RFC 6531 §3.4), wherever in the envelope it does.

#[path = "support/turns.rs"]
mod turns;

use embedded_smtp::client::{Client, Parameters};
use embedded_smtp::data::Slice;
use embedded_smtp::submission::{Envelope, Options, Recipient, Submission, Then, TlsPolicy, Verdict};
use embedded_smtp::wire::{ForwardPath, HelloName, Param, Params, ReversePath};

/// The verdict, and what was sent to a server that offers `offered`.
fn mail(from: &str, to: &str, parameters: &dyn Parameters, offered: &str) -> (Verdict, String) {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut recipients = [Recipient::new(ForwardPath::new(to).unwrap()).with(parameters)];
    let envelope = Envelope::new(ReversePath::new(from).unwrap(), &mut recipients);
    let options = Options::new(HelloName::new("c").unwrap()).tls(TlsPolicy::Never);
    let mut submission = Submission::new(&mut client, options, envelope, Slice::new(b"hi\r\n"), &mut []);
    let ok = "250 ok\r\n";
    let sent =
        turns::drive(&mut submission, &["220 x\r\n", offered, ok, ok, "354 go\r\n", ok, "221 bye\r\n"]);
    (submission.report().verdict(), sent)
}

#[test]
fn it_is_asked_for_by_mail_when_any_value_is_outside_ascii() {
    let all = "250-x\r\n250-SMTPUTF8\r\n250-8BITMIME\r\n250 DSN\r\n";
    let (a, b) = ("a@a.example", "b@b.example");
    let raw =
        Params::parse("ORCPT=utf-8;jü@b.example".as_bytes()).unwrap().iter().collect::<Vec<Param<'_>>>();
    let encoded =
        Params::parse(b"ORCPT=utf-8;j\\x{FC}@b.example").unwrap().iter().collect::<Vec<Param<'_>>>();
    for (from, to, parameters, needed) in [
        (a, b, &[][..], false),
        ("ä@a.example", b, &[], true),
        (a, "b@ü.example", &[], true),
        (a, b, raw.as_slice(), true),
        (a, b, encoded.as_slice(), false),
    ] {
        let (verdict, sent) = mail(from, to, &parameters, all);
        assert_eq!((verdict, sent.contains("> SMTPUTF8\r\n")), (Verdict::Delivered, needed), "{sent}");
        let (verdict, sent) = mail(from, to, &parameters, "250-x\r\n250 DSN\r\n");
        assert_eq!(verdict == Verdict::Delivered, !needed, "{sent}");
        assert_eq!(sent.contains("MAIL"), !needed, "nothing of it is sent: {sent}");
    }
}

/// What the mail before it asked for is no business of the next one in the session.
#[test]
fn a_mail_asks_for_it_though_the_mail_before_did_too() {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut client = Client::new(&mut rx, &mut tx);
    let hello = ["220 x\r\n", "250-x\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"];
    let ok = "250 ok\r\n";
    for round in 0..3 {
        let mut recipients = [Recipient::new(ForwardPath::new("b@ü.example").unwrap())];
        let envelope = Envelope::new(ReversePath::new("a@a.example").unwrap(), &mut recipients);
        let options = Options::new(HelloName::new("c").unwrap()).tls(TlsPolicy::Never).then(Then::Keep);
        let body = Slice::new(b"hi\r\n");
        let mut submission = Submission::new(&mut client, options, envelope, body, &mut []);
        let replies = [if round == 0 { &hello[..] } else { &[] }, &[ok, ok, "354 go\r\n", ok]].concat();
        let sent = turns::drive(&mut submission, &replies);
        assert_eq!(submission.report().verdict(), Verdict::Delivered, "{round}: {sent}");
        assert!(sent.contains("MAIL FROM:<a@a.example> SMTPUTF8\r\n"), "{round}: {sent}");
    }
}
