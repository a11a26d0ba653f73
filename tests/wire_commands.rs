//! Command lines, both ways.

mod random;

use embedded_smtp::wire::{
    Command, DateTime, Domain, Emit, Envid, Fault, ForwardPath, HelloName, InitialResponse, Mailbox, Orcpt,
    Other, Param, Params, ReversePath, SaslName, Syntax, Text, Verb, Writer, Xtext, limits,
};
use random::Random;

fn emitted(value: &impl Emit) -> Vec<u8> {
    let mut buffer = [0; 4096];
    let mut out = Writer::new(&mut buffer);
    value.emit(&mut out);
    let length = out.finish().unwrap();
    buffer[..length].to_vec()
}

fn mail<'a>(path: &'a str, params: Params<'a>) -> Command<'a> {
    Command::Mail { path: ReversePath::new(path).unwrap(), params }
}

fn rcpt<'a>(path: &'a str, params: Params<'a>) -> Command<'a> {
    Command::Rcpt { path: ForwardPath::new(path).unwrap(), params }
}

fn hello(name: &str) -> HelloName<'_> {
    HelloName::new(name).unwrap()
}

fn text(text: &str) -> Text<'_> {
    Text::new(text).unwrap()
}

fn auth<'a>(mechanism: &'a str, initial: Option<&'a str>) -> Command<'a> {
    let initial = initial.map(|base64| InitialResponse::new(base64).unwrap());
    Command::Auth { mechanism: SaslName::new(mechanism).unwrap(), initial }
}

#[test]
fn commands_go_both_ways() {
    let utf8 = [Param::Body(embedded_smtp::wire::BodyType::EightBitMime), Param::SmtpUtf8];
    let size = [Param::Size(500_000)];
    for (line, command) in [
        // RFC 5321 appendix D.
        ("EHLO bar.com", Command::Ehlo(hello("bar.com"))),
        ("MAIL FROM:<Smith@bar.com>", mail("Smith@bar.com", Params::NONE)),
        ("RCPT TO:<Jones@foo.com>", rcpt("Jones@foo.com", Params::NONE)),
        ("DATA", Command::Data),
        ("RSET", Command::Rset),
        ("QUIT", Command::Quit),
        ("VRFY Crispin", Command::Vrfy(text("Crispin"))),
        ("EXPN Example-People", Command::Expn(text("Example-People"))),
        // And the rest.
        ("HELO bar.com", Command::Helo(hello("bar.com"))),
        ("LHLO [IPv6:::1]", Command::Lhlo(hello("[IPv6:::1]"))),
        ("MAIL FROM:<>", mail("", Params::NONE)),
        ("MAIL FROM:<a@b> SIZE=500000", mail("a@b", Params::of(&size))),
        ("MAIL FROM:<ü@b> BODY=8BITMIME SMTPUTF8", mail("ü@b", Params::of(&utf8))),
        ("RCPT TO:<Postmaster>", rcpt("postmaster", Params::NONE)),
        ("RCPT TO:<a@[1.2.3.4]>", rcpt("a@[1.2.3.4]", Params::NONE)),
        ("BDAT 0", Command::Bdat { size: 0, last: false }),
        ("BDAT 86 LAST", Command::Bdat { size: 86, last: true }),
        ("BDAT 18446744073709551615", Command::Bdat { size: u64::MAX, last: false }),
        ("NOOP", Command::Noop(None)),
        ("NOOP what you like", Command::Noop(Some(text("what you like")))),
        ("HELP", Command::Help(None)),
        ("HELP MAIL", Command::Help(Some(text("MAIL")))),
        ("STARTTLS", Command::StartTls),
        ("AUTH DIGEST-MD5", auth("DIGEST-MD5", None)),
        ("AUTH SCRAM-SHA-256-PLUS", auth("SCRAM-SHA-256-PLUS", None)),
        ("AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=", auth("PLAIN", Some("dGVzdAB0ZXN0ADEyMzQ="))),
        ("AUTH LOGIN bXktdXNlcm5hbWU=", auth("LOGIN", Some("bXktdXNlcm5hbWU="))),
        ("AUTH EXTERNAL =", auth("EXTERNAL", Some(""))),
    ] {
        assert_eq!(Command::parse(line.as_bytes()), Ok(command), "{line}");
        assert_eq!(emitted(&command), line.as_bytes());
        assert!(line.as_bytes().starts_with(command.name()));
        assert_eq!(command.verb().map(Verb::as_str), line.split(' ').next());
        // In small letters and with spaces behind. Only an initial response has a case.
        let small = match line {
            line if line.starts_with("AUTH") => line.replace("AUTH", "auTH"),
            line => {
                line.replace("MAIL FROM", "mail from").replace("RCPT TO", "rcpt to").replace("LAST", "last")
            }
        };
        assert_eq!(Command::parse(format!("{small}   ").as_bytes()), Ok(command), "{small}");
    }
}

#[test]
fn verbs_have_no_case() {
    for verb in
        ["ehlo x", "HeLo x", "lhlO x", "dAtA", "bdaT 1", "rset", "noop", "qUIT", "vrfy x", "expn x", "hELP"]
    {
        let upper = verb.to_ascii_uppercase();
        assert_eq!(Command::parse(verb.as_bytes()).unwrap().name(), &upper.as_bytes()[..4]);
    }
    assert_eq!(Command::parse(b"startTLS"), Ok(Command::StartTls));
    assert_eq!(Command::parse(b"auth plain"), Ok(auth("PLAIN", None)));
}

#[test]
fn the_chunk_that_ends_a_mail_has_a_verb_of_its_own() {
    assert_eq!(Command::parse(b"BDAT 1").unwrap().verb(), Some(Verb::Bdat));
    assert_eq!(Command::parse(b"BDAT 1 LAST").unwrap().verb(), Some(Verb::BdatLast));
}

#[test]
fn spaces_that_clients_send_are_taken() {
    for (line, command) in [
        ("MAIL FROM: <a@b>", mail("a@b", Params::NONE)),
        ("MAIL FROM:   <>", mail("", Params::NONE)),
        ("MAIL  FROM:<a@b>", mail("a@b", Params::NONE)),
        ("RCPT TO: <a@b>  ", rcpt("a@b", Params::NONE)),
        ("MAIL FROM:<a@b>   SIZE=500000  ", mail("a@b", Params::of(&[Param::Size(500_000)]))),
        ("EHLO  x ", Command::Ehlo(hello("x"))),
        ("DATA ", Command::Data),
        ("BDAT  1  LAST ", Command::Bdat { size: 1, last: true }),
        ("NOOP ", Command::Noop(None)),
        ("AUTH  PLAIN  = ", auth("PLAIN", Some(""))),
    ] {
        assert_eq!(Command::parse(line.as_bytes()), Ok(command), "{line}");
    }
}

#[test]
fn what_is_no_command_says_which_verb_and_where() {
    for (line, verb, fault, at) in [
        ("", None, Fault::Incomplete, 0),
        ("   ", None, Fault::Incomplete, 0),
        (" NOOP", None, Fault::Unexpected, 0),
        ("D\rATA", None, Fault::LineBreak, 1),
        ("DA\nTA", None, Fault::LineBreak, 2),
        ("FOO\0", None, Fault::LineBreak, 3),
        ("FOO\x07", None, Fault::Unexpected, 3),
        ("DATA\0", None, Fault::LineBreak, 4),
        ("DATA\r", None, Fault::LineBreak, 4),
        ("NOOP a\0b", Some("NOOP"), Fault::LineBreak, 6),
        ("NOOP \r", Some("NOOP"), Fault::LineBreak, 5),
        ("DATA foo", Some("DATA"), Fault::Unexpected, 5),
        ("RSET foo", Some("RSET"), Fault::Unexpected, 5),
        ("QUIT now", Some("QUIT"), Fault::Unexpected, 5),
        ("STARTTLS x", Some("STARTTLS"), Fault::Unexpected, 9),
        ("EHLO", Some("EHLO"), Fault::Incomplete, 4),
        ("helo ", Some("HELO"), Fault::Incomplete, 4),
        ("EHLO a b", Some("EHLO"), Fault::Unexpected, 6),
        ("EHLO [1.2.3]", Some("EHLO"), Fault::Unexpected, 11),
        ("MAIL", Some("MAIL"), Fault::Incomplete, 4),
        ("MAIL <a@b>", Some("MAIL"), Fault::Unexpected, 5),
        ("MAIL FROM", Some("MAIL"), Fault::Unexpected, 5),
        ("MAIL FROM:", Some("MAIL"), Fault::Incomplete, 10),
        ("MAIL FROM <a@b>", Some("MAIL"), Fault::Unexpected, 5),
        ("MAIL FROM:a@b", Some("MAIL"), Fault::Unexpected, 10),
        ("MAIL FROM:<a@b", Some("MAIL"), Fault::Incomplete, 14),
        ("MAIL FROM:<a>", Some("MAIL"), Fault::Unexpected, 12),
        ("MAIL FROM:<Postmaster>", Some("MAIL"), Fault::Unexpected, 21),
        ("MAIL FROM:<a@b>x", Some("MAIL"), Fault::Unexpected, 15),
        ("MAIL FROM:<a@b>SIZE=3", Some("MAIL"), Fault::Unexpected, 15),
        ("MAIL FROM:<a@b> SIZE=99999999999999999999999", Some("MAIL"), Fault::Number, 21),
        ("MAIL FROM:<a@b> SIZE=1 SIZE=1", Some("MAIL"), Fault::Duplicate, 23),
        ("MAIL FROM:<a\r\n@b>", Some("MAIL"), Fault::LineBreak, 12),
        ("MAIL FROM:<a@b>\r\nDATA", Some("MAIL"), Fault::LineBreak, 15),
        ("MAIL TO:<a@b>", Some("MAIL"), Fault::Unexpected, 5),
        ("RCPT TO:<>", Some("RCPT"), Fault::Unexpected, 9),
        ("RCPT FROM:<a@b>", Some("RCPT"), Fault::Unexpected, 5),
        ("RCPT TO:<a@b\\>", Some("RCPT"), Fault::Unexpected, 12),
        ("BDAT", Some("BDAT"), Fault::Incomplete, 4),
        ("BDAT x", Some("BDAT"), Fault::Unexpected, 5),
        ("BDAT -1", Some("BDAT"), Fault::Unexpected, 5),
        ("BDAT 99999999999999999999999", Some("BDAT"), Fault::Number, 5),
        ("BDAT 18446744073709551616 LAST", Some("BDAT"), Fault::Number, 5),
        ("BDAT 1 LASTX", Some("BDAT"), Fault::Unexpected, 11),
        ("BDAT 1 FIRST", Some("BDAT"), Fault::Unexpected, 7),
        ("BDAT 1LAST", Some("BDAT"), Fault::Unexpected, 6),
        ("VRFY", Some("VRFY"), Fault::Incomplete, 4),
        ("EXPN ", Some("EXPN"), Fault::Incomplete, 4),
        ("AUTH", Some("AUTH"), Fault::Incomplete, 4),
        ("AUTH PL*IN", Some("AUTH"), Fault::Unexpected, 7),
        ("AUTH ABCDEFGHIJKLMNOPQRSTU", Some("AUTH"), Fault::TooLong, 25),
        ("AUTH PLAIN *", Some("AUTH"), Fault::Unexpected, 11),
        ("AUTH PLAIN A", Some("AUTH"), Fault::Incomplete, 12),
        ("AUTH PLAIN AAA", Some("AUTH"), Fault::Incomplete, 14),
        ("AUTH PLAIN AA=", Some("AUTH"), Fault::Unexpected, 13),
        ("AUTH PLAIN AAAA=", Some("AUTH"), Fault::Unexpected, 15),
        ("AUTH PLAIN AAA==", Some("AUTH"), Fault::Unexpected, 15),
        ("AUTH PLAIN ==", Some("AUTH"), Fault::Unexpected, 12),
        ("AUTH PLAIN AAAA AAAA", Some("AUTH"), Fault::Unexpected, 15),
        ("AUTH PLAIN AAAA\r\n", Some("AUTH"), Fault::LineBreak, 15),
    ] {
        let error = Command::parse(line.as_bytes()).expect_err(line);
        let found = (error.verb().map(Verb::as_str), error.syntax().fault(), error.syntax().at());
        assert_eq!(found, (verb, fault, at), "{line:?}");
    }
}

#[test]
fn unknown_verbs_are_values() {
    for (line, verb) in [
        ("FOO", "FOO"),
        ("foo bar baz", "foo"),
        ("MAILX FROM:<a@b>", "MAILX"),
        ("MAI", "MAI"),
        ("STARTTL", "STARTTL"),
        ("STARS", "STARS"),
        ("DATA\tx", "DATA\tx"),
        ("\u{fc}", "\u{fc}"),
    ] {
        let command = Command::parse(line.as_bytes()).expect(line);
        let Command::Unknown(unknown) = command else { panic!("{line}") };
        assert_eq!((unknown.verb(), unknown.line()), (verb.as_bytes(), line.as_bytes()));
        assert_eq!((command.name(), command.verb()), (verb.as_bytes(), None));
        assert_eq!(emitted(&command), line.as_bytes());
    }
    // Latin-1 is lenient text.
    assert!(matches!(Command::parse(b"\xfcFOO"), Ok(Command::Unknown(_))));
    assert!(matches!(Command::parse(b"VRFY J\xfcrgen"), Ok(Command::Vrfy(_))));
}

#[test]
fn secrets_are_not_printed() {
    for line in ["AUTH PLAIN c2VjcmV0", "c2VjcmV0"] {
        let printed = format!("{:?}", Command::parse(line.as_bytes()));
        assert!(!printed.contains("c2VjcmV0") && !printed.contains("99, 50"), "{printed}");
    }
}

/// Every constructor that takes text, with text that it accepts.
type Constructor = (&'static str, fn(&str) -> Result<(), Syntax>, &'static str);

const CONSTRUCTORS: &[Constructor] = &[
    ("Domain", |text| Domain::new(text).map(drop), "mail.example.org"),
    ("HelloName", |text| HelloName::new(text).map(drop), "mail.example.org"),
    ("HelloName literal", |text| HelloName::new(text).map(drop), "[IPv6:2001:db8::1]"),
    ("HelloName general", |text| HelloName::new(text).map(drop), "[x:y]"),
    ("Mailbox", |text| Mailbox::new(text).map(drop), "a.b@example.org"),
    ("Mailbox quoted", |text| Mailbox::new(text).map(drop), "\"a \\b\"@example.org"),
    ("ReversePath", |text| ReversePath::new(text).map(drop), "a@b"),
    ("ForwardPath", |text| ForwardPath::new(text).map(drop), "Postmaster"),
    ("Xtext", |text| Xtext::new(text).map(drop), "a=b c"),
    ("Envid", |text| Envid::new(text).map(drop), "a=b c"),
    ("Orcpt kind", |text| Orcpt::new(text, "a@b").map(drop), "rfc822"),
    ("Orcpt address", |text| Orcpt::new("rfc822", text).map(drop), "a@b"),
    ("DateTime", |text| DateTime::new(text).map(drop), "2026-11-21T06:00:00Z"),
    ("Other keyword", |text| Other::new(text, None).map(drop), "X-FOO"),
    ("Other value", |text| Other::new("X", Some(text)).map(drop), "a+b"),
    ("Text", |text| Text::new(text).map(drop), "a b"),
    ("SaslName", |text| SaslName::new(text).map(drop), "SCRAM-SHA-256"),
    ("InitialResponse", |text| InitialResponse::new(text).map(drop), "AAAAAA=="),
];

#[test]
fn no_constructor_takes_a_line_break_anywhere() {
    for (name, constructor, good) in CONSTRUCTORS {
        constructor(good).expect(name);
        for at in 0..=good.len() {
            for wrong in ["\r", "\n", "\0", "\r\n", "\r\nQUIT"] {
                let text = format!("{}{wrong}{}", &good[..at], &good[at..]);
                let error = constructor(&text).expect_err(&text);
                let octet = error.octet();
                assert!(
                    error.fault() == Fault::LineBreak || octet != wrong.bytes().next(),
                    "{name} {text:?}"
                );
                assert!(error.at() <= at, "{name} {text:?}");
            }
        }
    }
}

#[test]
fn constructors_that_know_no_utf8_refuse_it_anywhere() {
    let knows = [
        "Domain",
        "HelloName",
        "Mailbox",
        "Mailbox quoted",
        "ReversePath",
        "ForwardPath",
        "Other value",
        "Text",
    ];
    for (name, constructor, good) in CONSTRUCTORS {
        if knows.contains(name) {
            continue;
        }
        for at in 0..=good.len() {
            for other in ["ü", "\u{85}", "\u{10ffff}", "\x7f", "\x01", "\t"] {
                let text = format!("{}{other}{}", &good[..at], &good[at..]);
                assert!(constructor(&text).is_err(), "{name} {text:?}");
            }
        }
    }
}

#[test]
fn no_constructor_but_those_of_optional_values_takes_nothing() {
    for (name, constructor, _) in CONSTRUCTORS {
        assert_eq!(constructor("").is_ok(), ["ReversePath", "InitialResponse"].contains(name), "{name}");
    }
}

#[test]
fn text_and_mechanism_names_are_canonical() {
    for wrong in [" a", "a ", " ", "\x1b[0m", "a\x7f"] {
        assert!(Text::new(wrong).is_err(), "{wrong:?}");
    }
    assert_eq!(SaslName::new("plain").unwrap_err().at(), 0);
    assert_eq!(SaslName::new("PLAIn").unwrap_err().at(), 4);
    assert!(SaslName::new(&"A".repeat(limits::SASL_NAME)).is_ok());
    assert_eq!(SaslName::new(&"A".repeat(21)).unwrap_err().fault(), Fault::TooLong);
    assert!(SaslName::new("PLAIN").unwrap().is("plain"));
}

/// Lines from which the random ones are made.
const SEEDS: &[&str] = &[
    "EHLO mail.example.org",
    "HELO [1.2.3.4]",
    "LHLO [IPv6:2001:db8::1]",
    "MAIL FROM:<>",
    "MAIL FROM:<a.b@example.org> SIZE=123 BODY=8BITMIME SMTPUTF8",
    "MAIL FROM:<\"a \\\" b\"@[IPv6:::ffff:1.2.3.4]> AUTH=<> RET=FULL ENVID=a+2Bb",
    "MAIL FROM:<@a,@b:c@d> AUTH=e+3Dmc2@b REQUIRETLS BY=-120;NT MT-PRIORITY=-3",
    "MAIL FROM:<ü@bücher.example> HOLDFOR=5 X-A X-B=c",
    "MAIL FROM:<a@b> HOLDUNTIL=2026-11-21T06:00:00.5+01:00 BY=120;R",
    "RCPT TO:<Postmaster> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@c",
    "RCPT TO:<a@b> NOTIFY=NEVER ORCPT=utf-8;ü@b",
    "BDAT 123 LAST",
    "AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=",
    "AUTH LOGIN =",
    "NOOP text",
    "VRFY \"a b\"",
    "STARTTLS",
    "UNKNOWN x",
];

#[test]
fn whatever_parses_is_clean_and_comes_back_equal() {
    let mut random = Random::new(0x5eed);
    let (mut good, mut bad) = (0, 0);
    for _ in 0..200_000 {
        let mut line = SEEDS[random.below(SEEDS.len())].as_bytes().to_vec();
        for _ in 0..random.below(4) {
            let at = random.below(line.len() + 1);
            let octet = match random.below(4) {
                0 => random.below(256) as u8,
                1 => b"\r\n\0\t \"\\<>@:;,.=+-_[]"[random.below(20)],
                _ => {
                    let other = SEEDS[random.below(SEEDS.len())].as_bytes();
                    other[random.below(other.len())]
                }
            };
            match random.below(3) {
                0 => line.insert(at, octet),
                1 if at < line.len() => line[at] = octet,
                _ => line.truncate(at.max(1)),
            }
        }
        let Ok(command) = Command::parse(&line) else {
            bad += 1;
            continue;
        };
        good += 1;
        assert!(!line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)), "{line:?}");
        let once = emitted(&command);
        let again = Command::parse(&once).unwrap_or_else(|error| panic!("{error} {line:?} {once:?}"));
        assert_eq!(again, command, "{line:?}");
        assert_eq!(emitted(&again), once, "{line:?}");
        // The same, with each parameter as a value of its own.
        if let Command::Mail { path, params } = command {
            let list: Vec<_> = params.iter().collect();
            assert_eq!(list.is_empty(), params.is_empty());
            let rebuilt = Command::Mail { path, params: Params::of(&list) };
            assert_eq!(Command::parse(&emitted(&rebuilt)), Ok(rebuilt), "{line:?}");
        }
    }
    // Both happen often enough to mean something.
    assert!(good > 20_000 && bad > 20_000, "{good} {bad}");
}
