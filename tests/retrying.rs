//! For whom a mail may be sent again: for nobody who has it, nobody who may have it, and nobody refused for good.

#[path = "support/turns.rs"]
mod turns;

use embedded_smtp::client::Client;
use embedded_smtp::data::{Body, Needs, Slice};
use embedded_smtp::sasl::Anyone;
use embedded_smtp::submission::{Envelope, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{Code, EnhancedCode, ForwardPath, HelloName, ReversePath};

/// Content that stands in no lines.
struct Binary(Slice<'static>);

impl Body for Binary {
    type Error = core::convert::Infallible;

    fn fill(&mut self) -> Result<&[u8], Self::Error> {
        self.0.fill()
    }

    fn consume(&mut self, octets: usize) {
        self.0.consume(octets);
    }

    fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.binary = true;
        needs
    }
}

/// The verdict, and whom to try again, when the server gives these replies, one a read, and then goes away.
fn outcome(replies: &[&str]) -> (Verdict, Vec<String>) {
    sending(Slice::new(b"hi\r\n"), replies)
}

fn sending(body: impl Body, replies: &[&str]) -> (Verdict, Vec<String>) {
    let (mut rx, mut tx) = ([0; 256], [0; 512]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut recipients = ["a@example.test", "b@example.test", "c@example.test"]
        .map(|address| Recipient::new(ForwardPath::new(address).unwrap()));
    let envelope = Envelope::new(ReversePath::Null, &mut recipients);
    let options = Options::new(HelloName::new("client.example.test").unwrap()).tls(TlsPolicy::Never);
    let mut submission = Submission::new(&mut client, options, envelope, body, &mut []);
    turns::drive(&mut submission, replies);
    let report = submission.report();
    let again = report.worth_retrying().map(|recipient| recipient.path().as_str().to_owned()).collect();
    (report.verdict(), again)
}

const HELLO: [&str; 2] = ["220 x\r\n", "250 x\r\n"];

#[test]
fn only_those_are_tried_again_who_do_not_have_the_mail_and_may_get_it() {
    let ok = "250 ok\r\n";
    let (no, later, go) = ("550 no\r\n", "450 later\r\n", "354 go\r\n");
    let table: [(&[&str], Verdict, &[&str]); 9] = [
        (&[ok, ok, ok, ok, go, ok], Verdict::Delivered, &[]),
        (&[ok, ok, no, later, go, ok], Verdict::PartlyDelivered, &["c@example.test"]),
        (&[ok, ok, no, later, go], Verdict::Unknown, &[]),
        // No answer to the end of a mail: what became of it is not known.
        (&[ok, ok, no, later, go, go], Verdict::Unknown, &[]),
        (&[ok, ok, no, later, go, "nonsense\r\n"], Verdict::Unknown, &[]),
        (&[ok, ok, no, later], Verdict::RetryLater, &["a@example.test", "c@example.test"]),
        (&[ok, no, no, no], Verdict::Rejected, &[]),
        (&[ok, no, later, no], Verdict::RetryLater, &["b@example.test"]),
        (&[], Verdict::RetryLater, &["a@example.test", "b@example.test", "c@example.test"]),
    ];
    for (replies, verdict, again) in table {
        let all: Vec<&str> = HELLO.iter().chain(replies).copied().collect();
        let (found, whom) = outcome(&all);
        assert_eq!(
            (found, whom.iter().map(String::as_str).collect::<Vec<_>>()),
            (verdict, again.to_vec()),
            "{replies:?}"
        );
    }
}

/// The content is refused for those who were to have it; a recipient deferred before it may have it another time, in chunks as
/// behind DATA.
#[test]
fn who_was_deferred_is_tried_again_though_the_content_was_refused_for_the_others() {
    let ok = "250 ok\r\n";
    let (no, later, go) = ("554 no\r\n", "450 later\r\n", "354 go\r\n");
    let expected = (Verdict::RetryLater, vec!["b@example.test".to_owned()]);
    for behind in [&[no][..], &[go, no]] {
        assert_eq!(outcome(&[&HELLO[..], &[ok, ok, later, ok], behind].concat()), expected, "{behind:?}");
    }
    let hello = ["220 x\r\n", "250-x\r\n250-BINARYMIME\r\n250 CHUNKING\r\n"];
    for behind in [&[no][..], &[ok, no]] {
        let replies = [&hello[..], &[ok, ok, later, ok], behind].concat();
        assert_eq!(sending(Binary(Slice::new(b"hi")), &replies), expected, "{behind:?}");
    }
}

/// A link that breaks gives nobody another try who was refused for good.
#[test]
fn where_all_are_refused_for_good_there_is_no_later_try_wherever_the_session_ends() {
    let ok = "250 ok\r\n";
    let no = "550 no\r\n";
    let pipelining = ["220 x\r\n", "250-x\r\n250 PIPELINING\r\n", ok, no, no, no];
    for behind in [&[][..], &["554 nobody\r\n"], &["354 go\r\n"], &["354 go\r\n", "554 nobody\r\n"]] {
        let (verdict, whom) = outcome(&[&pipelining[..], behind].concat());
        assert_eq!((verdict, whom.len()), (Verdict::Rejected, 0), "{behind:?}");
    }
}

/// Nor does who was not asked for at all, where the server refused what comes before, or the mail cannot be sent.
#[test]
fn who_was_not_asked_for_has_no_later_try_where_the_same_would_be_refused_again() {
    let none = (Verdict::Rejected, Vec::new());
    let refusals: [&[&str]; 4] = [
        &["554 no\r\n"],
        &["220 x\r\n", "550 no\r\n", "550 no\r\n"],
        &["220 x\r\n", "250 x\r\n", "550 no\r\n"],
        // The mail is larger than the server takes.
        &["220 x\r\n", "250-x\r\n250 SIZE 1\r\n"],
    ];
    for replies in refusals {
        assert_eq!(outcome(replies), none, "{replies:?}");
    }
}

/// The same recipients for another mail: what became of the first is no part of the second, whatever each keeps of the words.
#[test]
fn recipients_that_are_given_again_begin_anew() {
    let (mut rx, mut tx, mut texts) = ([0; 256], [0; 512], [0; 128]);
    let paths = ["a@example.test", "POSTMASTER"].map(|address| ForwardPath::new(address).unwrap());
    let mut recipients = paths.map(Recipient::new);
    let options = Options::new(HelloName::new("client.example.test").unwrap()).tls(TlsPolicy::Never);
    let refused: &[&str] = &["250 ok\r\n", "550 5.1.1 n\r\n", "450 4.2.1 later\r\n"];
    let mut client = Client::new(&mut rx, &mut tx);
    let envelope = Envelope::new(ReversePath::Null, &mut recipients);
    let mut first = Submission::new(&mut client, options, envelope, Slice::new(b"hi\r\n"), &mut texts);
    turns::drive(&mut first, &[&HELLO, refused].concat());
    let codes = |recipients: &[Recipient<'_>]| -> Vec<_> {
        recipients
            .iter()
            .map(|recipient| (recipient.answer().code().map(Code::number), recipient.answer().enhanced()))
            .collect()
    };
    let told = |class, subject, detail| EnhancedCode::new(class, subject, detail);
    assert_eq!(codes(&recipients), [(Some(550), told(5, 1, 1)), (Some(450), told(4, 2, 1))]);

    // The second one hears of the first recipient only, and keeps codes only.
    client.restart(false);
    let envelope = Envelope::new(ReversePath::Null, &mut recipients);
    assert_eq!(
        format!("{envelope:?}").matches("Postmaster").count(),
        1,
        "the paths are shown as they were given: {envelope:?}"
    );
    let mut second = Submission::without_words(&mut client, options, envelope, Slice::new(b"hi\r\n"), Anyone);
    turns::drive(&mut second, &[&HELLO, &refused[..1], &["553 5.1.3 bad\r\n"]].concat());
    let report = second.report();
    assert_eq!(
        report.recipients().iter().map(|one| report.text(&one.answer())).collect::<Vec<_>>(),
        ["", ""]
    );
    assert_eq!(codes(&recipients), [(Some(553), None), (None, None)]);
    assert_eq!(recipients.map(|recipient| recipient.path()), paths);
    assert_eq!(paths[1], ForwardPath::Postmaster);
}
