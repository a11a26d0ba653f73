//! Values of the grammars by themselves: kept as they were given, written as they are, and nothing beside them taken for one.

use embedded_smtp::wire::{
    AuthMechanism, AuthMechanisms, AuthSender, By, ByMode, Capabilities, Code, DateTime, Domain, Emit, Envid,
    Fault, HelloName, HoldFor, Mailbox, MtPriority, Orcpt, Other, Param, Params, ProxyHeader, Reply,
    Response, SaslName, SizeLimit, Text, Verb, Writer,
};

fn written(value: &impl Emit) -> String {
    let mut octets = [0; 64];
    let mut out = Writer::new(&mut octets);
    value.emit(&mut out);
    let length = out.finish().unwrap();
    String::from_utf8(octets[..length].to_vec()).unwrap()
}

#[test]
fn a_domain_is_what_was_given_everywhere() {
    for (name, ascii) in [("a", true), ("mail.EXAMPLE.test", true), ("bücher.test", false)] {
        let domain = Domain::new(name).unwrap();
        assert_eq!((domain.as_str(), domain.is_ascii()), (name, ascii));
        assert_eq!(written(&domain), name);
        let hello = HelloName::from(domain);
        assert_eq!((hello.as_str(), hello.is_ascii(), hello.is_literal()), (name, ascii, false));
        assert_eq!(written(&hello), name);
    }
    assert!(HelloName::new("[192.0.2.1]").unwrap().is_literal());
}

#[test]
fn texts_and_names_of_mechanisms_are_written_as_they_are() {
    let text = Text::new("a b\tc").unwrap();
    assert_eq!((written(&text).as_str(), text.as_bytes()), ("a b\tc", &b"a b\tc"[..]));
    let name = SaslName::new("SCRAM-SHA-256").unwrap();
    assert_eq!((written(&name).as_str(), name.as_str()), ("SCRAM-SHA-256", "SCRAM-SHA-256"));
    assert!(name.is("scram-sha-256") && !name.is("SCRAM-SHA-1") && !name.is(""));
    assert_eq!(name, SaslName::new("SCRAM-SHA-256").unwrap());
    assert_ne!(name, SaslName::new("PLAIN").unwrap());
}

#[test]
fn parameters_tell_what_they_were_made_of() {
    for (seconds, mode, trace, form) in [
        (120, ByMode::Return, false, "120;R"),
        (120, ByMode::Return, true, "120;RT"),
        (-7, ByMode::Notify, true, "-7;NT"),
        (0, ByMode::Notify, false, "0;N"),
    ] {
        let by = By::new(seconds, mode, trace).unwrap();
        assert_eq!(
            (by.seconds(), by.mode(), by.trace(), written(&by).as_str()),
            (seconds, mode, trace, form)
        );
    }
    let orcpt = Orcpt::new("rfc822", "a+b@c").unwrap();
    assert_eq!(orcpt.kind(), "rfc822");
    assert_eq!(orcpt.address().decode().collect::<Vec<_>>(), b"a+b@c");
    assert_eq!(HoldFor::new(999_999_999).unwrap().seconds(), 999_999_999);
    assert_eq!(DateTime::new("2026-11-21T00:00:00Z").unwrap().as_str(), "2026-11-21T00:00:00Z");
    assert_eq!(MtPriority::new(-9).unwrap().level(), -9);
    let other = Other::new("X-Y", Some("z")).unwrap();
    assert_eq!((other.keyword(), other.value()), ("X-Y", Some("z")));
    assert_eq!(Envid::new("a b").unwrap().text().decode().collect::<Vec<_>>(), b"a b");
}

#[test]
fn digits_are_those_of_their_base_only() {
    for bad in ["[1a.2.3.4]", "[1.2.3.4a]", "[a.2.3.4]", "[:.2.3.4]", "[IPv6:1:2:3:4:5:6:7:g]", "[IPv6:::g]"]
    {
        assert!(HelloName::new(bad).is_err(), "{bad}");
    }
    assert!(HelloName::new("[IPv6:abcd:EF01::f]").is_ok());
    for text in ["5.a.1 x", "5.1.a x", "5.:.1 x"] {
        let line = format!("550 {text}");
        let reply = Reply::parse(line.as_bytes()).unwrap();
        assert_eq!((reply.enhanced, reply.text), (None, text.as_bytes()));
    }
}

#[test]
fn a_line_break_in_a_reply_is_found_whatever_stands_beside_it() {
    for fill in [b' ', 14, b'0', b'x', 0x7f, 0x80, 0x8d, 0xff] {
        for at in 4..30 {
            for octet in [0, 9, b'\n', 11, b'\r', 14, 0x8a, 0x8d] {
                let mut line = [fill; 30];
                line[..4].copy_from_slice(b"250 ");
                line[at] = octet;
                let broken = matches!(octet, b'\r' | b'\n').then_some((Fault::LineBreak, at));
                let found = Reply::parse(&line).map_err(|error| (error.fault(), error.at())).err();
                assert_eq!(found, broken, "{octet} at {at} among {fill}");
            }
        }
    }
    for (line, at) in [(b"\r".as_slice(), 0), (b"\r\n", 0), (b"\x01\n", 1), (b"\0\0\r", 2)] {
        let found = Reply::parse(line).map_err(|error| (error.fault(), error.at())).err();
        assert_eq!(found, Some((Fault::LineBreak, at)));
    }
}

#[test]
fn xtext_is_decoded_by_capital_digits_of_base_16_only() {
    for octet in b' '..=b'~' {
        let text = [octet, b'x', octet];
        let text = std::str::from_utf8(&text).unwrap();
        let envid = Envid::new(text).unwrap();
        let wire = format!("ENVID={}", written(&envid));
        let params = Params::parse(wire.as_bytes()).unwrap();
        assert_eq!(params.iter().next(), Some(Param::Envid(envid)), "{wire}");
        assert_eq!(envid.text().decode().collect::<Vec<_>>(), text.as_bytes());
    }
    for (coded, octet) in
        [("+40", b'@'), ("+2B", b'+'), ("+3D", b'='), ("+4F", b'O'), ("+5A", b'Z'), ("+7E", b'~')]
    {
        let wire = format!("ENVID={coded}");
        let params = Params::parse(wire.as_bytes()).unwrap();
        let Some(Param::Envid(envid)) = params.iter().next() else { panic!("{wire}") };
        assert_eq!(envid.text().decode().collect::<Vec<_>>(), [octet]);
    }
    for bad in ["+4G", "+4f", "+G0", "+:0", "+@0", "+4", "+"] {
        assert!(Params::parse(format!("ENVID={bad}").as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn original_recipients_differ_by_kind_and_by_address() {
    let orcpt = |kind, address| Orcpt::new(kind, address).unwrap();
    assert_eq!(orcpt("rfc822", "a@b"), orcpt("RFC822", "a@b"));
    assert_ne!(orcpt("rfc822", "a@b"), orcpt("utf-8", "a@b"));
    assert_ne!(orcpt("rfc822", "a@b"), orcpt("rfc822", "a@c"));
}

#[test]
fn times_are_taken_in_either_case_of_their_letters() {
    for time in ["2026-11-21T00:00:00Z", "2026-11-21t00:00:00z", "2026-11-21t23:59:60.5+01:00"] {
        assert_eq!(DateTime::new(time).unwrap().as_str(), time);
    }
    assert!(DateTime::new("2026-11-21 00:00:00Z").is_err());
}

#[test]
fn octets_outside_ascii_are_written_in_xtext_by_all_digits() {
    let sender = AuthSender::new(Mailbox::new("\u{aa}\u{ba}@b.test").unwrap());
    assert_eq!(written(&sender), "+C2+AA+C2+BA@b.test");
    assert!(sender.mailbox().unwrap().decode().eq("\u{aa}\u{ba}@b.test".bytes()));
    assert_eq!((AuthSender::UNKNOWN.mailbox(), written(&AuthSender::UNKNOWN).as_str()), (None, "<>"));
}

#[test]
fn verbs_that_are_no_commands_have_no_word() {
    for (verb, word) in [
        (Verb::Greeting, ""),
        (Verb::EndOfData, ""),
        (Verb::AuthResponse, ""),
        (Verb::XClient, "XCLIENT"),
        (Verb::StartTls, "STARTTLS"),
        (Verb::BdatLast, "BDAT"),
        (Verb::Help, "HELP"),
        (Verb::Auth, "AUTH"),
    ] {
        assert_eq!(verb.as_str(), word, "{verb:?}");
    }
}

#[test]
fn a_response_gives_its_text_back() {
    for text in ["", "a b\tc", "two\nlines"] {
        assert_eq!(Response::new(Code::new(250).unwrap(), text).unwrap().text(), text);
    }
}

#[test]
fn a_size_is_allowed_up_to_the_limit() {
    for (limit, octets, allowed) in [
        (SizeLimit::Octets(10), 9, true),
        (SizeLimit::Octets(10), 10, true),
        (SizeLimit::Octets(10), 11, false),
        (SizeLimit::NotStated, u64::MAX, true),
        (SizeLimit::Beyond, u64::MAX, true),
    ] {
        assert_eq!(limit.allows(octets), allowed, "{octets} within {limit:?}");
    }
}

#[test]
fn limits_are_numbers_of_six_digits_each_in_its_place() {
    for (line, stated) in [
        ("LIMITS MAILMAX=1 RCPTMAX=22 RCPTDOMAINMAX=333", (Some(1), Some(22), Some(333))),
        ("LIMITS rcptdomainmax=999999", (None, None, Some(999_999))),
        (
            "LIMITS MAILMAX=999999 RCPTMAX=999999 RCPTDOMAINMAX=999999",
            (Some(999_999), Some(999_999), Some(999_999)),
        ),
        ("LIMITS RCPTMAX=7 RCPTMAX=8", (None, Some(8), None)),
        ("LIMITS MAILMAX=0 RCPTMAX=1000000 RCPTDOMAINMAX=1a", (None, None, None)),
        ("LIMITS MAILMAX= RCPTMAX=-1 RCPTDOMAINMAX", (None, None, None)),
    ] {
        let mut offered = Capabilities::NONE;
        offered.fold(line.as_bytes(), false, false);
        let limits = offered.limits();
        assert_eq!((limits.mails(), limits.recipients(), limits.domains()), stated, "{line}");
    }
}

#[test]
fn mechanisms_are_ranked_and_kept_apart_in_sets() {
    use AuthMechanism::{
        Anonymous, CramMd5, External, Login, OAuthBearer, Plain, ScramSha256, ScramSha256Plus, XOAuth2,
    };
    let ranked =
        [ScramSha256Plus, ScramSha256, External, OAuthBearer, XOAuth2, CramMd5, Plain, Login, Anonymous];
    assert!(ranked.is_sorted_by(|better, worse| better.strength() > worse.strength()));

    let some = AuthMechanisms::NONE.with(Plain).with(Login);
    let other = AuthMechanisms::NONE.with(Login).with(External);
    assert_eq!(some.both(other), AuthMechanisms::NONE.with(Login));
    assert_eq!(some.both(AuthMechanisms::NONE), AuthMechanisms::NONE);
    assert_eq!(some.or(other), some.with(External));
    assert_eq!(some.or(AuthMechanisms::NONE), some);
}

#[test]
fn addresses_are_written_with_all_digits_of_their_base() {
    let header =
        ProxyHeader::new(("2001:db8::9:a".parse().unwrap(), 1), ("::ffff".parse().unwrap(), 2)).unwrap();
    let mut octets = [0; 108];
    let mut out = Writer::new(&mut octets);
    header.emit_v1(&mut out);
    let length = out.finish().unwrap();
    let line = str::from_utf8(&octets[..length]).unwrap();
    assert_eq!(line, "PROXY TCP6 2001:db8:0:0:0:0:9:a 0:0:0:0:0:0:0:ffff 1 2\r\n");
    assert_eq!(header.destination(), Some(("::ffff".parse().unwrap(), 2)));
}

#[test]
fn the_binary_header_says_its_version_and_whose_connection_it_is() {
    let known = ProxyHeader::new(([192, 0, 2, 1].into(), 258), ([192, 0, 2, 2].into(), 25)).unwrap();
    let cases: [(_, &[u8]); 2] = [
        (ProxyHeader::UNKNOWN, b"\x20\0\0\0"),
        (known, b"\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\x01\x02\0\x19"),
    ];
    for (header, behind) in cases {
        let mut octets = [0; 52];
        let mut out = Writer::new(&mut octets);
        header.emit_v2(&mut out);
        let length = out.finish().unwrap();
        assert_eq!(octets[..length], [b"\r\n\r\n\0\r\nQUIT\n", behind].concat());
    }
}

#[test]
fn a_3yz_reply_has_no_enhanced_code() {
    let reply = Reply::parse(b"354 3.0.0 go on").unwrap();
    assert_eq!((reply.enhanced, reply.text), (None, &b"3.0.0 go on"[..]));
}
