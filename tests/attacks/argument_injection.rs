//! Nothing that a caller hands in can make a second command of one: the commands on the wire, whatever
//! the values are, and the octets that no constructor takes.

use crate::random::Random;
use crate::support::feed::{feed, ready, sent};
use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::{Credentials, Unfit};
use embedded_smtp::session::Endpoint;
use embedded_smtp::submission::{Envelope, Options, Recipient, Submission, TlsPolicy};
use embedded_smtp::wire::{
    AuthSender, DateTime, Domain, Envid, Fault, ForwardPath, HelloName, InitialResponse, Mailbox, Orcpt,
    Other, Param, ReversePath, SaslName, Syntax, Text, Xtext,
};

/// Whether a constructor takes this, and the place of what it does not take.
type Constructor = (&'static str, fn(&str) -> Result<(), Option<(usize, Option<u8>, Fault)>>, &'static str);

#[allow(clippy::needless_pass_by_value, reason = "as constructors give it")]
fn place<T>(result: Result<T, Syntax>) -> Result<(), Option<(usize, Option<u8>, Fault)>> {
    result.map(drop).map_err(|error| Some((error.at(), error.octet(), error.fault())))
}

#[allow(clippy::needless_pass_by_value, reason = "as constructors give it")]
fn login<T>(result: Result<T, Unfit>) -> Result<(), Option<(usize, Option<u8>, Fault)>> {
    match result {
        Ok(_) => Ok(()),
        Err(Unfit::UserName(error) | Unfit::Password(error)) => place::<T>(Err(error)),
    }
}

/// Every public constructor of text that goes to the wire.
const CONSTRUCTORS: &[Constructor] = &[
    ("HelloName", |text| place(HelloName::new(text)), "client.example"),
    ("HelloName literal", |text| place(HelloName::new(text)), "[192.0.2.1]"),
    ("Domain", |text| place(Domain::new(text)), "client.example"),
    ("Mailbox", |text| place(Mailbox::new(text)), "a.b@example.org"),
    ("Mailbox quoted", |text| place(Mailbox::new(text)), "\"a b\\\"c\"@example.org"),
    ("Mailbox literal", |text| place(Mailbox::new(text)), "a@[IPv6:::1]"),
    ("ReversePath", |text| place(ReversePath::new(text)), "a@b"),
    ("ForwardPath", |text| place(ForwardPath::new(text)), "postmaster"),
    ("Text", |text| place(Text::new(text)), "some text"),
    ("Xtext", |text| place(Xtext::new(text)), "a+b=c"),
    ("Envid", |text| place(Envid::new(text)), "a+b=c"),
    ("Orcpt kind", |text| place(Orcpt::new(text, "a")), "rfc822"),
    ("Orcpt address", |text| place(Orcpt::new("rfc822", text)), "a@b"),
    ("Other keyword", |text| place(Other::new(text, None)), "X-KEY"),
    ("Other value", |text| place(Other::new("X-KEY", Some(text))), "value"),
    ("DateTime", |text| place(DateTime::new(text)), "2026-11-21T06:00:00Z"),
    ("SaslName", |text| place(SaslName::new(text)), "SCRAM-SHA-256"),
    ("InitialResponse", |text| place(InitialResponse::new(text)), "AAAA"),
    ("user", |text| login(Credentials::new(text, "p")), "user name"),
    ("password", |text| login(Credentials::new("u", text)), "pass word"),
];

#[test]
fn cr_lf_and_nul_are_refused_at_every_place_and_the_error_says_where() {
    for (name, constructor, good) in CONSTRUCTORS {
        assert_eq!(constructor(good), Ok(()), "{name}");
        for at in 0..=good.len() {
            for wrong in ["\r", "\n", "\0", "\r\n", "\n.\r\n", "\r\nRCPT TO:<x@y>\r\nDATA\r\n"] {
                let text = format!("{}{wrong}{}", &good[..at], &good[at..]);
                let Err(Some((found, octet, fault))) = constructor(&text) else { panic!("{name} {text:?}") };
                // A grammar may have its complaint before: "a" is no address, even in front of a CR.
                assert!(found <= at, "{name} {text:?}: {found}");
                assert_eq!(octet, text.as_bytes().get(found).copied(), "{name} {text:?}");
                if found == at {
                    assert_eq!(fault, Fault::LineBreak, "{name} {text:?}");
                }
            }
        }
    }
}

#[test]
fn control_octets_are_refused_but_in_logins() {
    for (name, constructor, good) in CONSTRUCTORS {
        for at in 0..=good.len() {
            for octet in (1..b' ').chain([0x7f]).filter(|octet| !matches!(octet, b'\r' | b'\n')) {
                let text = format!("{}{}{}", &good[..at], char::from(octet), &good[at..]);
                let taken = ["user", "password"].contains(name) || (*name == "Text" && octet == b'\t');
                assert_eq!(constructor(&text).is_ok(), taken, "{name} {text:?}");
            }
        }
    }
}

/// Text from what is dangerous.
fn dangerous(random: &mut Random) -> String {
    let bits = [
        "a", "b", "@", ".", "example", "\"", "\\", " ", "<", ">", ":", ",", "[", "]", "=", "+", "\r", "\n",
        "\0", "\r\n", "\u{e9}", "\u{2028}", "\u{85}", "-", "_", ";", "QUIT", "\t", "1", "IPv6:", "%0d%0a",
        "\\\r",
    ];
    (0..=random.below(8)).map(|_| bits[random.below(bits.len())]).collect()
}

#[test]
fn whatever_values_there_are_each_command_is_one_line() {
    let mut random = Random::new(4242);
    let keywords = ["SMTPUTF8", "8BITMIME", "SIZE", "DSN", "AUTH PLAIN", "FUTURERELEASE", "PIPELINING"];
    let (mut rx, mut tx) = ([0; 256], [0; 4096]);
    let mut client = ready(&mut rx, &mut tx, &keywords);
    let mut lines = 0;
    for _ in 0..60_000 {
        let (text, more) = (dangerous(&mut random), dangerous(&mut random));
        let other = Other::new("X-A", Some(&more)).map(Param::Other);
        let result = match random.below(8) {
            0 => ReversePath::new(&text).map(|path| client.mail(&path, &[Param::SmtpUtf8])),
            1 => Mailbox::new(&text).map(|mailbox| {
                client.mail(&ReversePath::Null, &[Param::SmtpUtf8, Param::Auth(AuthSender::new(mailbox))])
            }),
            2 => Envid::new(&text).map(|envid| client.mail(&ReversePath::Null, &[Param::Envid(envid)])),
            3 => other.map(|other| client.mail(&ReversePath::Null, &[other])),
            4 => Text::new(&text).map(|text| client.vrfy(text)),
            5 => Text::new(&text).map(|text| client.help(Some(text))),
            6 => HelloName::new(&text).map(|name| client.helo(name)),
            _ => ForwardPath::new(&text).and_then(|path| {
                let orcpt = Orcpt::new("rfc822", &more)?;
                client.mail(&ReversePath::Null, &()).unwrap();
                Ok(client.rcpt(&path, &[Param::Orcpt(orcpt)]))
            }),
        };
        if !matches!(result, Ok(Ok(()))) {
            // nothing has happened; but a MAIL may wait for its RCPT
            let _ = client.rset();
        }
        let octets = client.transmit().to_vec();
        let said = octets.split_inclusive(|octet| *octet == b'\n').count();
        assert_eq!(said, client.in_flight(), "{octets:?}");
        assert!(octets.is_empty() || octets.ends_with(b"\r\n"));
        for line in octets.split_inclusive(|octet| *octet == b'\n') {
            let inside = &line[..line.len() - 2];
            assert!(
                line.ends_with(b"\r\n") && !inside.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0))
            );
        }
        if let Ok(Ok(())) = result {
            lines += 1;
        }
        client.restart(false);
        crate::support::feed::hello(&mut client, b"220 hi\r\n", &keywords);
    }
    println!("{lines} commands");
    assert!(lines > 10_000, "{lines}");
}

#[test]
fn what_the_server_says_is_made_safe_to_print_and_is_never_said_back() {
    let (mut rx, mut tx, mut texts) = ([0; 256], [0; 256], [0; 256]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut recipients = [Recipient::new(ForwardPath::Postmaster)];
    let options = Options::new(HelloName::new("c").unwrap()).tls(TlsPolicy::Never);
    let envelope = Envelope::new(ReversePath::Null, &mut recipients);
    let mut submission = Submission::new(&mut client, options, envelope, Slice::new(b"x"), &mut texts);
    submission.poll().unwrap();
    feed(&mut submission, b"220 \x1b]0;evil\x07\r\n");
    submission.poll().unwrap();
    assert_eq!(sent(&mut submission), "EHLO c\r\n");
    feed(&mut submission, b"250-RSET\r\n250 \x1b[2J\r\n");
    submission.poll().unwrap();
    assert_eq!(sent(&mut submission), "MAIL FROM:<>\r\n");
    feed(&mut submission, "550-5.1.0 \x1b[31mred\x07\0\r\n550 5.1.0 \u{9b}31m \u{e9}\r\n".as_bytes());
    submission.poll().unwrap();
    assert_eq!(sent(&mut submission), "QUIT\r\n");
    let report = submission.report();
    let text = report.text(&report.answer());
    assert_eq!(text, "?[31mred??\n??31m ??");
    assert!(!text.chars().any(|character| character.is_control() && character != '\n'));
}
