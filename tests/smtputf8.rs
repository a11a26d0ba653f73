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

/// Of the mail before nothing is left in a session that is kept, and a recipient behind others is looked at as the first is: MAIL comes
/// before all of them, and could not ask for it afterwards.
#[test]
fn it_is_found_out_for_each_mail_of_a_session_and_for_every_recipient() {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut client = Client::new(&mut rx, &mut tx);
    let ok = "250 ok\r\n";
    let mut hello = vec!["220 x\r\n", "250-x\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n"];
    for (to, needed) in [
        (["b@ü.example", "b@b.example"], true),
        (["b@b.example", "b@c.example"], false),
        (["b@b.example", "b@ü.example"], true),
        (["b@b.example", "b@ü.example"], true),
        (["b@ü.example", "b@ü.example"], true),
    ] {
        let mut recipients = to.map(|to| Recipient::new(ForwardPath::new(to).unwrap()));
        let envelope = Envelope::new(ReversePath::Null, &mut recipients);
        let options = Options::new(HelloName::new("c").unwrap()).tls(TlsPolicy::Never).then(Then::Keep);
        let mut submission = Submission::new(&mut client, options, envelope, Slice::new(b"hi\r\n"), &mut []);
        let replies = [&hello[..], &[ok, ok, ok, "354 go\r\n", ok]].concat();
        let sent = turns::drive(&mut submission, &replies);
        assert_eq!(submission.report().verdict(), Verdict::Delivered, "{sent}");
        assert_eq!(sent.contains("MAIL FROM:<> SMTPUTF8\r\n"), needed, "{sent}");
        hello.clear();
    }
}
