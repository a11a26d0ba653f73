//! Domains, mailboxes and paths, both ways.

use embedded_smtp::constant;
use embedded_smtp::wire::{
    Command, Domain, Emit, Fault, ForwardPath, HelloName, Mailbox, Params, ReversePath, Syntax, Writer,
    limits,
};

#[test]
fn a_path_that_is_known_when_compiling_is_the_one_that_is_made_when_running() {
    const PATHS: [ReversePath<'_>; 6] = [
        constant!(ReversePath::new("")),
        constant!(ReversePath::new("Jo.Doe+tag@x-y.example")),
        constant!(ReversePath::new(r#""a \"b"@[127.0.0.1]"#)),
        constant!(ReversePath::new("a@[IPv6:2001:db8::192.0.2.1]")),
        constant!(ReversePath::new("a@[x-25:foo]")),
        constant!(ReversePath::new("j\u{fc}rgen@b\u{fc}cher.example")),
    ];
    const REFUSED: [Result<ReversePath<'_>, Syntax>; 3] =
        [ReversePath::new("a@b\r\n"), ReversePath::new("a b@c"), ReversePath::new("a@[1.2.3.256]")];
    for path in PATHS {
        assert_eq!(ReversePath::new(path.as_str()), Ok(path));
    }
    for (refused, text) in REFUSED.into_iter().zip(["a@b\r\n", "a b@c", "a@[1.2.3.256]"]) {
        assert!(refused.is_err());
        assert_eq!(refused, ReversePath::new(text));
    }
}

fn emitted(value: &impl Emit) -> Vec<u8> {
    let mut buffer = [0; 1024];
    let mut out = Writer::new(&mut buffer);
    value.emit(&mut out);
    let length = out.finish().unwrap();
    buffer[..length].to_vec()
}

const MAILBOXES: &[(&str, &str, &str)] = &[
    ("a@b", "a", "b"),
    ("Smith@bar.com", "Smith", "bar.com"),
    ("jdoe+tag@xyz.example", "jdoe+tag", "xyz.example"),
    ("!#$%&'*+-/=?^_`{|}~@x-y.0", "!#$%&'*+-/=?^_`{|}~", "x-y.0"),
    ("a.b.c@d.e.f", "a.b.c", "d.e.f"),
    ("a@[1.2.3.4]", "a", "[1.2.3.4]"),
    ("a@[IPv6:::1]", "a", "[IPv6:::1]"),
    ("a@[x:y]", "a", "[x:y]"),
    ("\"quoted \\\" part\"@b", "\"quoted \\\" part\"", "b"),
    ("\"\"@b", "\"\"", "b"),
    ("\"a@b\"@c", "\"a@b\"", "c"),
    ("\"\\\\\"@c", "\"\\\\\"", "c"),
    ("\"<>\"@c", "\"<>\"", "c"),
    ("用户@例子.广告", "用户", "例子.广告"),
    ("\"ü x\"@b", "\"ü x\"", "b"),
];

#[test]
fn mailboxes_are_split_and_go_both_ways() {
    for &(text, local_part, domain) in MAILBOXES {
        let mailbox = Mailbox::new(text).expect(text);
        assert_eq!((mailbox.as_str(), mailbox.local_part(), mailbox.domain()), (text, local_part, domain));
        assert_eq!(mailbox.is_ascii(), text.is_ascii());
        assert_eq!(emitted(&mailbox), text.as_bytes());

        let path = ReversePath::new(text).unwrap();
        assert_eq!(path, ReversePath::from(mailbox));
        assert_eq!(path.mailbox(), Some(mailbox));
        let line = [b"MAIL FROM:".as_slice(), &emitted(&path)].concat();
        assert_eq!(Command::parse(&line), Ok(Command::Mail { path, params: Params::NONE }));

        let path = ForwardPath::new(text).unwrap();
        let line = [b"RCPT TO:".as_slice(), &emitted(&path)].concat();
        assert_eq!(Command::parse(&line), Ok(Command::Rcpt { path, params: Params::NONE }));
    }
}

#[test]
fn what_is_no_mailbox_says_where() {
    for (text, fault, at) in [
        ("", Fault::Incomplete, 0),
        ("a", Fault::Incomplete, 1),
        ("a@", Fault::Incomplete, 2),
        ("@b", Fault::Unexpected, 0),
        (".a@b", Fault::Unexpected, 0),
        ("a.@b", Fault::Unexpected, 2),
        ("a..b@c", Fault::Unexpected, 2),
        ("a b@c", Fault::Unexpected, 1),
        ("a\x7fb@c", Fault::Unexpected, 1),
        ("a@b\x7f", Fault::Unexpected, 3),
        ("a@b c", Fault::Unexpected, 3),
        ("a@b.", Fault::Incomplete, 4),
        ("a@b..c", Fault::Unexpected, 4),
        ("a@-b", Fault::Unexpected, 2),
        ("a@b-", Fault::Incomplete, 4),
        ("a@b-.c", Fault::Unexpected, 4),
        ("a@b_c", Fault::Unexpected, 3),
        ("a@b@c", Fault::Unexpected, 3),
        ("<a@b>", Fault::Unexpected, 0),
        ("a@b>", Fault::Unexpected, 3),
        ("\"a@b", Fault::Incomplete, 4),
        ("\"a\"b@c", Fault::Unexpected, 3),
        ("\"a\\", Fault::Incomplete, 3),
        ("\"\\\r\"@b", Fault::LineBreak, 2),
        ("\"\\ü\"@b", Fault::Unexpected, 2),
        ("\"a\nb\"@c", Fault::LineBreak, 2),
        ("a@[1.2.3.4", Fault::Incomplete, 10),
        ("a@[1.2.3.256]", Fault::Number, 9),
        ("a@[1.2.3.4]x", Fault::Unexpected, 11),
        ("a@b\r\nDATA", Fault::LineBreak, 3),
        ("a\0@b", Fault::LineBreak, 1),
    ] {
        let error = Mailbox::new(text).expect_err(text);
        assert_eq!((error.fault(), error.at()), (fault, at), "{text:?}");
        assert_eq!(error.octet(), text.as_bytes().get(at).copied(), "{text:?}");
    }
}

#[test]
fn the_null_sender_and_the_postmaster() {
    assert_eq!(ReversePath::new(""), Ok(ReversePath::Null));
    assert_eq!(emitted(&ReversePath::Null), b"<>");
    for text in ["postmaster", "Postmaster", "POSTMASTER"] {
        assert_eq!(ForwardPath::new(text), Ok(ForwardPath::Postmaster));
    }
    assert_eq!(emitted(&ForwardPath::Postmaster), b"<Postmaster>");
    assert!(ReversePath::new("postmaster").is_err());
    assert!(ForwardPath::new("").is_err());
    assert!(ForwardPath::new("postmaster@b").unwrap().mailbox().is_some());
    for line in ["RCPT TO:<Postmaster>", "rcpt to:<postMASTER>"] {
        let path = ForwardPath::Postmaster;
        assert_eq!(Command::parse(line.as_bytes()), Ok(Command::Rcpt { path, params: Params::NONE }));
    }
}

#[test]
fn source_routes_are_dropped() {
    let path = ReversePath::new("user@c").unwrap();
    for route in ["@a:", "@a,@b:", "@a.example,@b-c,@d:"] {
        let line = format!("MAIL FROM:<{route}user@c>");
        assert_eq!(Command::parse(line.as_bytes()), Ok(Command::Mail { path, params: Params::NONE }));
    }
    for route in
        ["@:", "@a", "@a,", "@a,:", "@a,b:", "@a:@b:", "a:", ":", ",@a:", "@a\0:", "@a@b:", "@[1.2.3.4]:"]
    {
        let line = format!("MAIL FROM:<{route}user@c>");
        // `@a` alone makes `@auser@c`.
        assert!(Command::parse(line.as_bytes()).is_err(), "{line}");
    }
    assert!(Command::parse(b"MAIL FROM:<@a:>").is_err());
    assert!(Command::parse(b"RCPT TO:<@a:Postmaster>").is_err());
}

#[test]
fn lengths_are_held() {
    let local = |n: usize| format!("{}@b", "l".repeat(n));
    assert!(Mailbox::new(&local(limits::LOCAL_PART)).is_ok());
    let error = Mailbox::new(&local(limits::LOCAL_PART + 1)).unwrap_err();
    assert_eq!((error.fault(), error.at()), (Fault::TooLong, 64));

    let quoted = |n: usize| format!("\"{}\"@b", "q".repeat(n - 2));
    assert!(Mailbox::new(&quoted(64)).is_ok());
    assert_eq!(Mailbox::new(&quoted(65)).unwrap_err().fault(), Fault::TooLong);

    let name = "d".repeat(256);
    assert!(Domain::new(&name[..255]).is_ok());
    let error = Domain::new(&name).unwrap_err();
    assert_eq!((error.fault(), error.at()), (Fault::TooLong, 255));
    assert!(HelloName::new(&name[..255]).is_ok());
    assert_eq!(HelloName::new(&name).unwrap_err().fault(), Fault::TooLong);
    let literal = |n: usize| format!("[x:{}]", "y".repeat(n - 4));
    assert!(HelloName::new(&literal(255)).is_ok());
    assert_eq!(HelloName::new(&literal(256)).unwrap_err().fault(), Fault::TooLong);

    let path = |n: usize| format!("a@{}", "d".repeat(n - 4));
    assert!(ForwardPath::new(&path(limits::PATH)).is_ok());
    let error = ForwardPath::new(&path(limits::PATH + 1)).unwrap_err();
    assert_eq!((error.fault(), error.at()), (Fault::TooLong, 254));
    for (length, fits) in [(limits::PATH, true), (limits::PATH + 1, false)] {
        let line = format!("RCPT TO:<{}>", path(length));
        assert_eq!(Command::parse(line.as_bytes()).is_ok(), fits);
    }
}

#[test]
fn a_peers_octets_must_be_utf8() {
    for (line, at) in [
        (b"RCPT TO:<\xe4@b>".as_slice(), 9),
        (b"RCPT TO:<a@b\xff.c>", 12),
        (b"RCPT TO:<a\xc0\x80@b>", 10),
        (b"EHLO h\xe4", 6),
    ] {
        let error = Command::parse(line).unwrap_err().syntax();
        assert_eq!((error.fault(), error.at()), (Fault::Unexpected, at));
    }
}

#[test]
fn greeting_names() {
    for (name, literal) in [
        ("localhost", false),
        ("bar.com", false),
        ("1.2.3.4", false),
        ("[1.2.3.4]", true),
        ("[IPv6:2001:db8::1]", true),
        ("bücher.example", false),
    ] {
        let hello = HelloName::new(name).unwrap();
        assert_eq!((hello.as_str(), hello.is_literal(), hello.is_ascii()), (name, literal, name.is_ascii()));
        let line = format!("EHLO {name}");
        assert_eq!(Command::parse(line.as_bytes()), Ok(Command::Ehlo(hello)));
        assert_eq!(emitted(&Command::Ehlo(hello)), line.as_bytes());
    }
    for name in [
        "", " ", "a b", "a ", " a", "a_b", "[1.2.3.4", "1.2.3.4]", "[IPv6:]", "a..b", "a.", "-a", "a,b",
        "a@b",
    ] {
        assert!(HelloName::new(name).is_err(), "{name:?}");
    }
    let domain = Domain::new("bar.com").unwrap();
    assert_eq!(HelloName::from(domain), HelloName::new("bar.com").unwrap());
    assert!(Domain::new("[1.2.3.4]").is_err());
}

#[test]
fn a_peers_greeting_name_may_have_underscores() {
    for line in ["EHLO my_host", "HELO _a._b", "LHLO my_host   "] {
        assert!(Command::parse(line.as_bytes()).is_ok(), "{line}");
    }
}

/// Words that a glob brings in, as those of log crates do, are not those that the macro means.
#[test]
fn constants_are_made_where_a_glob_brings_other_words() {
    mod words {
        #[allow(unused_macros)]
        macro_rules! panic {
            () => {};
        }
        #[allow(unused_imports)]
        pub(super) use panic;
        #[allow(dead_code, non_snake_case)]
        pub(super) fn Ok() {}
    }
    #[allow(unused_imports)]
    use words::*;
    const TO: ForwardPath<'_> = embedded_smtp::constant!(ForwardPath::new("someone@example.com"));
    assert_eq!(TO.as_str(), "someone@example.com");
}

#[test]
fn values_are_small() {
    let pointers = size_of::<usize>();
    assert!(size_of::<Mailbox<'_>>() <= 3 * pointers);
    assert!(size_of::<ReversePath<'_>>() <= 3 * pointers);
    assert!(size_of::<ForwardPath<'_>>() <= 3 * pointers);
    assert!(size_of::<Params<'_>>() <= 3 * pointers);
    assert!(size_of::<Command<'_>>() <= 7 * pointers);
}
