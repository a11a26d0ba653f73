//! Which command follows which reply in a submission, and what its report says of that.

#[path = "support/turns.rs"]
mod turns;

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::{
    Anyone, Authenticator, Cancel, Challenge, Credentials, Mechanism, Message, Only, Password,
};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{
    Cause, Envelope, Event, Hello, Options, Recipient, Status, Submission, TlsPolicy, Verdict,
};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Code, ForwardPath, HelloName, ReversePath, Verb};
use embedded_smtp::{Buffer, Capacity, Error, Misuse, Protocol};

const OK: &str = "250 ok\r\n";
const BYE: &str = "221 bye\r\n";
const LATER: (Verdict, Option<Cause>) = (Verdict::RetryLater, Some(Cause::ConnectionLost));

/// What came of a mail.
#[derive(Debug)]
struct Came {
    verdict: Verdict,
    cause: Option<Cause>,
    /// The code of the answer that decided, and its words.
    answer: Option<u16>,
    words: String,
    statuses: Vec<Status>,
    sent: String,
    error: Option<Error>,
}

impl Came {
    fn outcome(&self) -> (Verdict, Option<Cause>) {
        (self.verdict, self.cause)
    }
}

fn options() -> Options<'static> {
    Options::new(HelloName::new("c").unwrap()).tls(TlsPolicy::Never)
}

/// A mail for two, with a server that gives these replies, one a read, and then goes away; a handshake goes well.
fn mail(options: Options<'_>, login: impl Authenticator, tx: usize, replies: &[&str]) -> Came {
    let (mut rx, mut tx, mut texts) = ([0; 256], vec![0; tx], [0; 256]);
    let mut client = Client::new(&mut rx, &mut tx).allow_clear_text_auth();
    let mut recipients = ["a@b", "c@d"].map(|path| Recipient::new(ForwardPath::new(path).unwrap()));
    let envelope = Envelope::new(ReversePath::Null, &mut recipients);
    let body = Slice::new(b"hi\r\n");
    let mut submission = Submission::with_login(&mut client, options, envelope, body, &mut texts, login);
    // What comes of it if nothing is begun.
    assert_eq!((submission.report().verdict(), submission.report().cause()), LATER);
    let (mut sent, mut replies) = (String::new(), replies.iter().copied());
    let error = loop {
        match turns::run(&mut submission, &mut replies, &mut sent) {
            Ok(Want::Event) if submission.event() == Some(Event::StartTls) => {
                submission.tls_established().unwrap();
            }
            told => break told.err(),
        }
    };
    let report = submission.report();
    Came {
        verdict: report.verdict(),
        cause: report.cause(),
        answer: report.answer().code().map(Code::number),
        words: report.text(&report.answer()).to_owned(),
        statuses: report.recipients().iter().map(Recipient::status).collect(),
        sent,
        error,
    }
}

#[test]
fn the_name_is_the_one_that_was_said_last_and_so_is_the_protocol() {
    let name = |name| HelloName::new(name).unwrap();
    for (options, expected) in [
        (options(), "EHLO c\r\n"),
        (options().hello(Hello::Lmtp(name("l"))), "LHLO l\r\n"),
        (options().hello(Hello::Lmtp(name("l"))).hello(Hello::Smtp(name("s"))), "EHLO s\r\n"),
    ] {
        assert_eq!(mail(options, Anyone, 64, &["220 x\r\n"]).sent, expected);
    }
}

#[test]
fn a_greeting_or_a_hello_that_is_refused_is_the_cause() {
    let lmtp = options().hello(Hello::Lmtp(HelloName::new("c").unwrap()));
    for (options, replies, cause, sent) in [
        (options(), &["554 no\r\n", BYE][..], Verb::Greeting, "QUIT\r\n"),
        (
            options(),
            &["220 x\r\n", "500 no\r\n", "550 no\r\n", BYE],
            Verb::Helo,
            "EHLO c\r\nHELO c\r\nQUIT\r\n",
        ),
        // LMTP has no other way to greet (RFC 2033 §4.1).
        (lmtp, &["220 x\r\n", "500 no\r\n", BYE], Verb::Lhlo, "LHLO c\r\nQUIT\r\n"),
    ] {
        let came = mail(options, Anyone, 64, replies);
        assert_eq!(came.outcome(), (Verdict::Rejected, Some(Cause::Refused(cause))));
        assert_eq!(came.sent, sent);
    }
}

/// TLS is what is required, not EHLO: behind the handshake HELO gives nothing up.
#[test]
fn under_tls_a_server_that_knows_no_ehlo_is_greeted_by_helo() {
    let replies = ["220 x\r\n", "250-x\r\n250 STARTTLS\r\n", "220 go\r\n", "500 no\r\n", OK];
    let replies = [&replies[..], &[OK, OK, OK, "354 go\r\n", OK, BYE]].concat();
    let came = mail(options().tls(TlsPolicy::Required), Anyone, 64, &replies);
    assert_eq!(came.outcome(), (Verdict::Delivered, None));
    assert!(came.sent.starts_with("EHLO c\r\nSTARTTLS\r\nEHLO c\r\nHELO c\r\nMAIL"), "{}", came.sent);
}

#[test]
fn a_greeting_that_cannot_be_said_is_the_callers_error() {
    let long = HelloName::new("a-long-name.example.test").unwrap();
    let utf8 = HelloName::new("ü.example.test").unwrap();
    for (name, error) in [
        (long, Error::from(Capacity::new(Buffer::Tx, "EHLO a-long-name.example.test\r\n".len()))),
        (utf8, Misuse::NeedsSmtpUtf8.into()),
    ] {
        let options = Options::new(name).tls(TlsPolicy::Never);
        let came = mail(options, Anyone, 24, &["220 x\r\n", OK]);
        assert_eq!(
            (came.error, came.outcome()),
            (Some(error), (Verdict::Rejected, Some(Cause::Engine(error))))
        );
        assert_eq!(came.sent, "");
    }
}

/// RFC 5321 §3.8: who says 421 closes, whatever is asked, and whatever the policy would do next.
#[test]
fn where_the_server_closes_nothing_follows_and_its_421_is_the_answer() {
    let closing = "421 closing\r\n";
    let begin = ["220 x\r\n", "250-x\r\n250 STARTTLS\r\n"];
    for (replies, cause, statuses) in [
        (&["220 x\r\n", closing][..], Cause::Refused(Verb::Ehlo), [Status::Waiting; 2]),
        (&[begin[0], begin[1], closing], Cause::Refused(Verb::StartTls), [Status::Waiting; 2]),
        (&[begin[0], OK, closing], Cause::Refused(Verb::Mail), [Status::Waiting; 2]),
        (&[begin[0], OK, OK, closing], Cause::Refused(Verb::Rcpt), [Status::Refused, Status::Waiting]),
        (&[begin[0], OK, OK, OK, OK, closing], Cause::Refused(Verb::Data), [Status::Refused; 2]),
        (
            &[begin[0], OK, OK, OK, OK, "354 go\r\n", closing],
            Cause::Refused(Verb::EndOfData),
            [Status::Refused; 2],
        ),
    ] {
        let came = mail(options().tls(TlsPolicy::IfOffered), Anyone, 64, replies);
        assert_eq!((came.outcome(), came.error), ((Verdict::RetryLater, Some(cause)), None), "{came:?}");
        assert_eq!(
            (came.answer, came.words.as_str(), came.statuses.as_slice()),
            (Some(421), "closing", &statuses[..])
        );
        assert!(!came.sent.contains("QUIT"), "{came:?}");
        // The next command to come has not been sent.
        assert_eq!(
            came.sent.matches("\r\n").count(),
            replies.len() - 1 + usize::from(replies.len() == 7),
            "{came:?}"
        );
    }
    // One that nobody asked for, while a reply is awaited: it is not that reply.
    let came = mail(options(), Anyone, 64, &["220 x\r\n", "250 ok\r\n421 closing\r\n"]);
    assert_eq!((came.outcome(), came.answer), (LATER, Some(421)), "{came:?}");
}

#[test]
fn what_happens_behind_the_answer_to_the_mail_is_no_cause() {
    let before = ["220 x\r\n", OK, OK, OK, OK, "354 go\r\n"];
    for end in [&[][..], &["451 no\r\n"], &["421 no\r\n"], &[BYE]] {
        let came = mail(options(), Anyone, 64, &[&before[..], &["554 spam\r\n"], end].concat());
        assert_eq!(came.outcome(), (Verdict::Rejected, Some(Cause::Refused(Verb::EndOfData))), "{end:?}");
        assert_eq!((came.answer, came.words.as_str()), (Some(554), "spam"), "{end:?}");
        let came = mail(options(), Anyone, 64, &[&before[..], &["250 taken\r\n"], end].concat());
        assert_eq!(came.outcome(), (Verdict::Delivered, None), "{end:?}");
        assert_eq!((came.answer, came.words.as_str()), (Some(250), "taken"), "{end:?}");
    }
}

#[test]
fn a_challenge_is_no_answer_that_is_told() {
    let hello = ["220 x\r\n", "250-x\r\n250 AUTH LOGIN\r\n"];
    let password = || Password::new(Credentials::new("u", "p").unwrap());
    let challenges = ["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"];
    for number in 0..=2 {
        let came = mail(options(), password(), 64, &[&hello[..], &challenges[..number]].concat());
        assert_eq!((came.outcome(), came.answer, came.words.as_str()), (LATER, None, ""), "{number}");
    }
    let came = mail(options(), password(), 64, &[&hello[..], &challenges, &["535 no\r\n", BYE]].concat());
    assert_eq!(came.outcome(), (Verdict::Rejected, Some(Cause::Refused(Verb::Auth))));
    assert_eq!((came.answer, came.words.as_str()), (Some(535), "no"));
}

/// A mechanism of the caller's own, which answers whatever it is asked, and never believes the server.
struct Doubting;

impl Mechanism for Doubting {
    fn mechanism(&self) -> AuthMechanism {
        AuthMechanism::Plain
    }

    fn longest(&self) -> usize {
        0
    }

    fn initial(&mut self, _: &mut Message<'_, '_>) -> bool {
        true
    }

    fn respond(&mut self, _: u8, _: Challenge<'_>, _: &mut Message<'_, '_>) -> Result<(), Cancel> {
        Ok(())
    }

    fn accept(&self) -> bool {
        false
    }
}

#[test]
fn a_server_that_does_not_prove_itself_or_asks_without_end_gets_no_mail() {
    let hello = ["220 x\r\n", "250-x\r\n250 AUTH PLAIN\r\n"];
    let welcome = [&hello[..], &["235 welcome\r\n", OK, OK, OK, "354 go\r\n", OK]].concat();
    let came = mail(options(), Only::new(&mut Doubting), 64, &welcome);
    assert_eq!(came.outcome(), (Verdict::Rejected, Some(Cause::ServerNotProven)));
    assert_eq!(came.sent, "EHLO c\r\nAUTH PLAIN =\r\n");
    let asking = [&hello[..], &["334 \r\n"; 300]].concat();
    let came = mail(options(), Only::new(&mut Doubting), 64, &asking);
    let error = Error::from(Protocol::EndlessAuth);
    assert_eq!(
        (came.error, came.outcome()),
        (Some(error), (Verdict::RetryLater, Some(Cause::Engine(error))))
    );
}

/// Has a mechanism when AUTH is said, and none when it is asked for an answer.
struct Forgetful(Doubting, bool);

impl Authenticator for Forgetful {
    fn choose(&mut self, _: AuthMechanisms) -> Option<AuthMechanism> {
        Some(AuthMechanism::Plain)
    }

    fn mechanism(&mut self) -> Option<&mut dyn Mechanism> {
        core::mem::take(&mut self.1).then_some(&mut self.0)
    }
}

#[test]
fn a_login_that_cannot_go_on_comes_to_an_end() {
    let replies = ["220 x\r\n", "250-x\r\n250 AUTH PLAIN\r\n", "334 \r\n", BYE];
    let came = mail(options(), Forgetful(Doubting, true), 64, &replies);
    assert_eq!((came.error, came.cause), (None, Some(Cause::Refused(Verb::Auth))), "{came:?}");
    assert_eq!(came.sent, "EHLO c\r\nAUTH PLAIN =\r\n");
}

/// RFC 2920 §3.1: 354 for nobody is answered by the lone dot, also where there is no room for that yet.
#[test]
fn the_lone_dot_waits_for_room_where_replies_come_before_their_commands_have_gone() {
    let (mut rx, mut tx) = ([0; 256], [0; 42]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut recipients = [Recipient::new(ForwardPath::Postmaster)];
    let envelope = Envelope::new(ReversePath::Null, &mut recipients);
    let mut submission = Submission::new(&mut client, options(), envelope, Slice::new(b"hi\r\n"), &mut []);
    let group = "MAIL FROM:<>\r\nRCPT TO:<Postmaster>\r\nDATA\r\n";
    let mut replies = [
        ("", "220 x\r\n"),
        ("EHLO c\r\n", "250-x\r\n250 PIPELINING\r\n"),
        ("\r\nM", "250 ok\r\n550 no\r\n354 go\r\n"),
        ("\r\n.\r\n", "554 nobody\r\n"),
        ("QUIT\r\n", BYE),
    ]
    .into_iter()
    .peekable();
    let mut sent = String::new();
    loop {
        if let Some((_, reply)) = replies.next_if(|(behind, _)| sent.ends_with(behind)) {
            submission.receive_buffer()[..reply.len()].copy_from_slice(reply.as_bytes());
            submission.received(reply.len());
        }
        match submission.poll().unwrap() {
            Want::Write => {
                sent.push(char::from(submission.transmit()[0]));
                submission.transmitted(1);
            }
            Want::Read => assert!(replies.peek().is_some_and(|(behind, _)| sent.ends_with(behind)), "{sent}"),
            _ => break,
        }
    }
    assert_eq!(sent, format!("EHLO c\r\n{group}.\r\nQUIT\r\n"));
    assert_eq!(submission.report().cause(), Some(Cause::Refused(Verb::Rcpt)));
}

#[test]
fn starttls_is_said_where_the_policy_wants_it_and_only_there() {
    let offered = "250-x\r\n250 STARTTLS\r\n";
    for (policy, said) in
        [(TlsPolicy::Never, false), (TlsPolicy::IfOffered, true), (TlsPolicy::Required, true)]
    {
        let came = mail(options().tls(policy), Anyone, 256, &["220 x\r\n", offered, "554 no\r\n", BYE]);
        assert_eq!(came.sent.contains("STARTTLS"), said, "{policy:?} {}", came.sent);
        assert_eq!(came.sent.contains("MAIL"), policy != TlsPolicy::Required, "{policy:?} {}", came.sent);
    }
}
