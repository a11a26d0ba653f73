//! Nothing that a caller hands in can make a second command of one: the commands on the wire, whatever
//! the values are, and the octets that no constructor takes.
//!
//! Class: command injection by an argument (client, server). Records: CVE-2025-59419, CVE-2015-9096, CVE-2015-9097,
//! CVE-2026-30227, CVE-2025-7962, CVE-2026-82853, CVE-2026-82854.

use std::path::Path;

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::message::{Address, Field, FileName, HeaderText, MessageId, MimeType};
use embedded_smtp::sasl::{Anonymous, BearerToken, Credentials, External, Nonce, OAuthBearer, Unfit};
use embedded_smtp::session::Endpoint;
use embedded_smtp::submission::{Envelope, Options, Recipient, Submission, TlsPolicy};
use embedded_smtp::wire::{
    AuthSender, Code, DateTime, Domain, Envid, Fault, ForwardPath, HelloName, InitialResponse, Mailbox,
    Orcpt, Other, Param, Response, ReversePath, SaslName, Syntax, Text, Xtext,
};

use super::random::Random;
use super::support::feed::{feed, ready, sent};

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

/// What a public function does with the text or octets that it is given.
#[derive(Clone, Copy)]
enum Takes {
    /// They become a value, or are refused. Each field, with something good to put the bad into.
    Checks(&'static [Constructor]),
    /// They are content, a challenge, a token's bytes: they go out stuffed, counted, encoded or hashed, whatever they are.
    Carries,
    /// They are what a peer said, to be read.
    Reads,
    /// They are a text of the server's own, of which control characters are left out.
    Cleans,
}

use Takes::{Carries, Checks, Cleans, Reads};

/// Every public function of the library that takes text or octets; `the_list_of_constructors_is_complete` finds them in the sources.
const TAKERS: &[(&str, Takes)] = &[
    ("client/content.rs Client::body", Carries),
    ("client/content.rs Client::body_in_place", Carries),
    ("data/body.rs Slice::new", Carries),
    ("data/stuffing.rs Stuffer::next", Carries),
    ("data/stuffing.rs Stuffer::plain", Carries),
    ("data/stuffing.rs Stuffer::advance", Carries),
    ("data/stuffing.rs Stuffer::stuff_into", Carries),
    ("data/unstuffing.rs Unstuffer::next", Reads),
    (
        "message/address.rs Address::with_name",
        Checks(&[("name", |text| place(Address::new(Mailbox::new("a@b").unwrap()).with_name(text)), "A. B")]),
    ),
    // Text of a mail is encoded where it has to be.
    ("message/entity.rs Text::plain", Carries),
    ("message/entity.rs Text::html", Carries),
    ("message/entity.rs Text::ascii", Carries),
    ("message/entity.rs Attachment::octets", Carries),
    ("message/entity.rs Attachment::text", Carries),
    (
        "message/field.rs Field::text",
        Checks(&[
            ("name", |text| place(Field::text(text, "a")), "X-Name"),
            ("value", |text| place(Field::text("X-Name", text)), "some text"),
        ]),
    ),
    (
        "message/field.rs Field::structured",
        Checks(&[
            ("name", |text| place(Field::structured(text, "a")), "X-Name"),
            ("value", |text| place(Field::structured("X-Name", text)), "a; b=c"),
        ]),
    ),
    ("message/id.rs MessageId::new", Checks(&[("id", |text| place(MessageId::new(text)), "1.2@b")])),
    ("message/mime.rs MimeType::new", Checks(&[("type", |text| place(MimeType::new(text)), "text/csv")])),
    ("message/mime.rs FileName::new", Checks(&[("name", |text| place(FileName::new(text)), "a b.csv")])),
    ("message/source.rs Utf8::new", Carries),
    ("message/source.rs Ascii::new", Carries),
    ("message/source.rs Octets::new", Carries),
    (
        "message/text.rs HeaderText::new",
        Checks(&[("text", |text| place(HeaderText::new(text)), "a subject")]),
    ),
    ("sasl/anonymous.rs Anonymous::new", Checks(&[("trace", |text| login(Anonymous::new(text)), "a@b")])),
    (
        "sasl/credentials.rs Credentials::new",
        Checks(&[
            ("user", |text| login(Credentials::new(text, "p")), "user name"),
            ("password", |text| login(Credentials::new("u", text)), "pass word"),
        ]),
    ),
    (
        "sasl/external.rs External::on_behalf_of",
        Checks(&[("user", |text| login(External::on_behalf_of(text)), "user name")]),
    ),
    ("sasl/mechanism.rs Message::put", Carries),
    (
        "sasl/oauthbearer.rs OAuthBearer::to_server",
        Checks(&[("host", |text| place(bearer().to_server(text, 25)), "mail.example")]),
    ),
    ("sasl/scram/binding.rs ChannelBinding::tls_server_end_point", Carries),
    ("sasl/scram/keys.rs Verifier::new", Carries),
    ("sasl/scram/keys.rs Verifier::derive", Carries),
    (
        "sasl/scram/nonce.rs Nonce::from_text",
        Checks(&[("nonce", |text| place(Nonce::from_text(text)), "fyko+d2lbbFgONRv9qkxdawL")]),
    ),
    ("sasl/server/anonymous.rs Anonymous::parse", Reads),
    ("sasl/server/cram_md5.rs CramMd5::new", Carries),
    ("sasl/server/cram_md5.rs CramMd5::renew", Carries),
    ("sasl/server/cram_md5.rs CramMd5::user", Reads),
    ("sasl/server/cram_md5.rs CramMd5::verify", Reads),
    ("sasl/server/external.rs External::parse", Reads),
    ("sasl/server/mechanism.rs Message::first", Reads),
    ("sasl/server/mechanism.rs Message::answer", Reads),
    ("sasl/server/mechanism.rs Step::ask", Carries),
    ("sasl/server/oauthbearer.rs OAuthBearer::parse", Reads),
    ("sasl/server/scram.rs ScramSha256::first", Reads),
    ("sasl/server/scram.rs ScramSha256::verify", Reads),
    ("sasl/server/scram.rs ScramSha256::is_done", Reads),
    ("sasl/server/xoauth2.rs XOAuth2::parse", Reads),
    (
        "sasl/token.rs BearerToken::new",
        Checks(&[
            ("user", |text| login(BearerToken::new(text, "t")), "user name"),
            ("token", |text| login(BearerToken::new("u", text)), "abc.def"),
        ]),
    ),
    ("server/auth.rs Server::challenge", Carries),
    ("server/policy.rs Policy::banner", Cleans),
    ("server/policy.rs Policy::help", Cleans),
    ("wire/capability.rs Capabilities::fold", Reads),
    ("wire/command/argument.rs Text::new", Checks(&[("text", |text| place(Text::new(text)), "some text")])),
    (
        "wire/command/argument.rs SaslName::new",
        Checks(&[("name", |text| place(SaslName::new(text)), "SCRAM-SHA-256")]),
    ),
    ("wire/command/argument.rs SaslName::is", Reads),
    (
        "wire/command/argument.rs InitialResponse::new",
        Checks(&[("base64", |text| place(InitialResponse::new(text)), "AAAA")]),
    ),
    ("wire/command/mod.rs Command::parse", Reads),
    ("wire/domain.rs Domain::new", Checks(&[("name", |text| place(Domain::new(text)), "client.example")])),
    (
        "wire/domain.rs HelloName::new",
        Checks(&[
            ("name", |text| place(HelloName::new(text)), "client.example"),
            ("literal", |text| place(HelloName::new(text)), "[192.0.2.1]"),
        ]),
    ),
    (
        "wire/mailbox.rs Mailbox::new",
        Checks(&[
            ("atoms", |text| place(Mailbox::new(text)), "a.b@example.org"),
            ("quoted", |text| place(Mailbox::new(text)), "\"a b\\\"c\"@example.org"),
            ("literal", |text| place(Mailbox::new(text)), "a@[IPv6:::1]"),
        ]),
    ),
    ("wire/mechanism.rs AuthMechanism::from_name", Reads),
    ("wire/param/dsn.rs Envid::new", Checks(&[("text", |text| place(Envid::new(text)), "a+b=c")])),
    (
        "wire/param/dsn.rs Orcpt::new",
        Checks(&[
            ("kind", |text| place(Orcpt::new(text, "a")), "rfc822"),
            ("address", |text| place(Orcpt::new("rfc822", text)), "a@b"),
        ]),
    ),
    (
        "wire/param/hold.rs DateTime::new",
        Checks(&[("text", |text| place(DateTime::new(text)), "2026-11-21T06:00:00Z")]),
    ),
    ("wire/param/list.rs Params::parse", Reads),
    (
        "wire/param/other.rs Other::new",
        Checks(&[
            ("keyword", |text| place(Other::new(text, None)), "X-KEY"),
            ("value", |text| place(Other::new("X-KEY", Some(text))), "value"),
        ]),
    ),
    ("wire/path.rs ReversePath::new", Checks(&[("address", |text| place(ReversePath::new(text)), "a@b")])),
    (
        "wire/path.rs ForwardPath::new",
        Checks(&[
            ("postmaster", |text| place(ForwardPath::new(text)), "postmaster"),
            ("address", |text| place(ForwardPath::new(text)), "a@b"),
        ]),
    ),
    ("wire/proxy.rs ProxyHeader::parse", Reads),
    ("wire/framed.rs Reply::take", Reads),
    ("wire/reply.rs Reply::parse", Reads),
    (
        "wire/response.rs Response::new",
        Checks(&[("text", |text| place(Response::new(Code::new(250).unwrap(), text)), "some text")]),
    ),
    ("wire/writer.rs Writer::put", Carries),
    ("wire/xclient.rs XClient::parse", Reads),
    ("wire/xtext.rs Xtext::new", Checks(&[("text", |text| place(Xtext::new(text)), "a+b=c")])),
];

fn bearer() -> OAuthBearer<'static> {
    OAuthBearer::new(BearerToken::new("u", "t").unwrap())
}

/// The public functions in `source` that are given text or octets, as `Type::function`.
fn takers(source: &str) -> Vec<String> {
    // What only tests see is nobody's interface.
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    let (mut found, mut of) = (Vec::new(), String::new());
    for at in std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at)) {
        let line = source[at..].trim_start_matches('\n');
        if let Some(of_what) = line.strip_prefix("impl") {
            // `impl<..> Trait for Type<..> {` or `impl<..> Type<..> {`
            let header = of_what.split(" {").next().unwrap();
            let named = header.rsplit(" for ").next().unwrap().trim_start();
            let named = if named.starts_with('<') { named.split_once("> ").unwrap().1 } else { named };
            of = format!("{}::", named.split(['<', ' ']).next().unwrap());
        } else if line.starts_with('}') {
            of = String::new();
        }
        let function = line.trim_start_matches(' ');
        let Some(rest) = function.strip_prefix("pub fn ").or(function.strip_prefix("pub const fn ")) else {
            continue;
        };
        let name = rest.split(['(', '<']).next().unwrap();
        let arguments = rest[rest.find('(').unwrap()..].split(" {\n").next().unwrap();
        let arguments = arguments.split(" -> ").next().unwrap().split("\n    where").next().unwrap();
        let arguments = arguments.replace("&mut [u8]", "").replace("mut [u8]", "");
        let text = arguments.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "str");
        if text || arguments.contains("[u8]") {
            found.push(format!("{of}{name}"));
        }
    }
    found.sort();
    found
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// A constructor that is added without a row above fails here: nobody can forget to try what it does with a line break.
#[test]
fn the_list_of_constructors_is_complete() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut found: Vec<String> = files
        .iter()
        .flat_map(|(file, source)| takers(source).into_iter().map(move |taker| format!("{file} {taker}")))
        .collect();
    found.sort();
    let mut listed: Vec<_> = TAKERS.iter().map(|(taker, _)| (*taker).to_owned()).collect();
    listed.sort();
    let missing: Vec<_> = found.iter().filter(|taker| !listed.contains(taker)).collect();
    let gone: Vec<_> = listed.iter().filter(|taker| !found.contains(taker)).collect();
    assert!(missing.is_empty(), "not in TAKERS: {missing:#?}");
    assert!(gone.is_empty(), "in TAKERS, and not in src: {gone:#?}");
    // The search finds what it is to find.
    let source = "impl<'a> A<'a> {\n    pub fn new(text: &'a str) -> B {\n    }\n    pub fn no(x: u8) -> &str {\n}\n\nimpl T for C {\n    pub const fn of<X>(\n        a: Option<&[u8]>,\n    ) {\n";
    assert_eq!(takers(source), ["A::new", "C::of"]);
}

fn constructors() -> impl Iterator<Item = (String, &'static Constructor)> {
    TAKERS.iter().flat_map(|(taker, takes)| {
        let fields: &[Constructor] = if let Checks(fields) = takes { fields } else { &[] };
        fields.iter().map(move |field| (format!("{taker} {}", field.0), field))
    })
}

#[test]
fn cr_lf_and_nul_are_refused_at_every_place_and_the_error_says_where() {
    for (name, (_, constructor, good)) in constructors() {
        assert_eq!(constructor(good), Ok(()), "{name}");
        for at in 0..=good.len() {
            for wrong in ["\r", "\n", "\0", "\r\n", "\n.\r\n", "\r\nRCPT TO:<x@y>\r\nDATA\r\n"] {
                let text = format!("{}{wrong}{}", &good[..at], &good[at..]);
                // A reply of the server's may have several lines, which are made of its text.
                if name.contains("Response::new") && !["\r", "\0"].contains(&wrong) {
                    continue;
                }
                let Err(place) = constructor(&text) else { panic!("{name} {text:?}") };
                let (found, octet, fault) = place.expect("a place");
                // A grammar may have its complaint before: "a" is no address, even in front of a CR.
                assert!(found <= at, "{name} {text:?}: {found}");
                assert_eq!(octet, text.as_bytes().get(found).copied(), "{name} {text:?}");
                if found == at
                    && text.as_bytes()[at..].starts_with(wrong.as_bytes())
                    && name.starts_with("wire")
                {
                    assert_eq!(fault, Fault::LineBreak, "{name} {text:?}");
                }
            }
        }
    }
}

#[test]
fn control_octets_are_refused_but_in_logins() {
    for (name, (_, constructor, good)) in constructors() {
        for at in 0..=good.len() {
            for octet in (1..b' ').chain([0x7f]).filter(|octet| !matches!(octet, b'\r' | b'\n')) {
                let text = format!("{}{}{}", &good[..at], char::from(octet), &good[at..]);
                let secret =
                    ["Credentials::new user", "Credentials::new password", "External::on_behalf_of user"];
                let tab = [" Text::new text", " Response::new text"];
                let taken = secret.iter().any(|login| name.ends_with(login))
                    || (octet == b'\t' && tab.iter().any(|text| name.ends_with(text)));
                assert_eq!(constructor(&text).is_ok(), taken, "{name} {text:?}");
            }
        }
    }
}

/// Text outside ASCII goes where SMTPUTF8, a mechanism in UTF-8 or an encoded word can carry it, and nowhere else.
#[test]
fn octets_above_127_are_taken_where_something_can_carry_them() {
    const CARRY: &[&str] = &[
        "Address::with_name name",
        "Field::text value",
        "FileName::new name",
        "HeaderText::new text",
        "MessageId::new id",
        "OAuthBearer::to_server host",
        "Anonymous::new trace",
        "Credentials::new user",
        "Credentials::new password",
        "External::on_behalf_of user",
        "BearerToken::new user",
        " Text::new text",
        "Domain::new name",
        "HelloName::new name",
        "Mailbox::new atoms",
        "Mailbox::new quoted",
        "Mailbox::new literal",
        "Other::new value",
        "ReversePath::new address",
        "ForwardPath::new address",
        "Response::new text",
    ];
    for (name, (_, constructor, good)) in constructors() {
        let may = CARRY.iter().any(|carrier| name.ends_with(carrier));
        let mut taken = 0;
        for at in (0..=good.len()).filter(|at| good.is_char_boundary(*at)) {
            for other in ["\u{e9}", "\u{85}", "\u{2028}", "\u{10348}"] {
                let text = format!("{}{other}{}", &good[..at], &good[at..]);
                taken += usize::from(constructor(&text).is_ok());
            }
        }
        assert_eq!(taken > 0, may, "{name}: taken {taken} times");
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
        super::support::feed::hello(&mut client, b"220 hi\r\n", &keywords);
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
