//! The parameters of MAIL and RCPT, both ways.

use embedded_smtp::wire::{
    AuthSender, BodyType, By, ByMode, DateTime, Emit, Envid, Fault, HoldFor, Mailbox, MtPriority, Notify,
    Orcpt, Other, Param, Params, Ret, Writer, Xtext,
};

fn emitted(value: &impl Emit) -> Vec<u8> {
    let mut buffer = [0; 4096];
    let mut out = Writer::new(&mut buffer);
    value.emit(&mut out);
    let length = out.finish().unwrap();
    buffer[..length].to_vec()
}

fn other<'a>(keyword: &'a str, value: Option<&'a str>) -> Param<'a> {
    Param::Other(Other::new(keyword, value).unwrap())
}

/// Text that is canonical, so that it comes back out as it went in, and its value.
fn known() -> Vec<(&'static str, Param<'static>)> {
    let orcpt = |kind, address| Param::Orcpt(Orcpt::new(kind, address).unwrap());
    let by = |seconds, mode, trace| Param::By(By::new(seconds, mode, trace).unwrap());
    let sender = |mailbox| Param::Auth(AuthSender::new(Mailbox::new(mailbox).unwrap()));
    let until = |text| Param::HoldUntil(DateTime::new(text).unwrap());
    vec![
        // RFC 1870 §6, and the bounds.
        ("SIZE=500000", Param::Size(500_000)),
        ("SIZE=0", Param::Size(0)),
        ("SIZE=18446744073709551615", Param::Size(u64::MAX)),
        // RFC 6152, RFC 3030, RFC 6531.
        ("BODY=7BIT", Param::Body(BodyType::SevenBit)),
        ("BODY=8BITMIME", Param::Body(BodyType::EightBitMime)),
        ("BODY=BINARYMIME", Param::Body(BodyType::BinaryMime)),
        ("SMTPUTF8", Param::SmtpUtf8),
        // RFC 4954 §5.
        ("AUTH=<>", Param::Auth(AuthSender::UNKNOWN)),
        ("AUTH=e+3Dmc2@example.com", sender("e=mc2@example.com")),
        ("AUTH=+C3+BC@b", sender("ü@b")),
        // RFC 3461 §10.
        ("RET=HDRS", Param::Ret(Ret::Hdrs)),
        ("RET=FULL", Param::Ret(Ret::Full)),
        ("ENVID=QQ314159", Param::Envid(Envid::new("QQ314159").unwrap())),
        ("ENVID=a+2Bb+3Dc+20d", Param::Envid(Envid::new("a+b=c d").unwrap())),
        ("NOTIFY=NEVER", Param::Notify(Notify::NEVER)),
        ("NOTIFY=SUCCESS", Param::Notify(Notify::SUCCESS)),
        ("NOTIFY=SUCCESS,FAILURE", Param::Notify(Notify::SUCCESS.and(Notify::FAILURE))),
        ("NOTIFY=FAILURE,DELAY", Param::Notify(Notify::DELAY.and(Notify::FAILURE))),
        ("ORCPT=rfc822;Bob@Example.COM", orcpt("rfc822", "Bob@Example.COM")),
        ("ORCPT=rfc822;Carol+2Bx@Ivory.EDU", orcpt("rfc822", "Carol+x@Ivory.EDU")),
        ("ORCPT=utf-8;\\x{E9}@b", orcpt("utf-8", "\\x{E9}@b")),
        // RFC 8689 §2.
        ("REQUIRETLS", Param::RequireTls),
        // RFC 2852 §4.
        ("BY=120;R", by(120, ByMode::Return, false)),
        ("BY=98;RT", by(98, ByMode::Return, true)),
        ("BY=-7;N", by(-7, ByMode::Notify, false)),
        ("BY=0;NT", by(0, ByMode::Notify, true)),
        ("BY=-999999999;N", by(-999_999_999, ByMode::Notify, false)),
        // RFC 4865 §3.
        ("HOLDFOR=999999999", Param::HoldFor(HoldFor::new(999_999_999).unwrap())),
        ("HOLDUNTIL=2026-11-21T06:00:00Z", until("2026-11-21T06:00:00Z")),
        ("HOLDUNTIL=1990-12-31T15:59:60-08:00", until("1990-12-31T15:59:60-08:00")),
        ("HOLDUNTIL=1985-04-12T23:20:50.52Z", until("1985-04-12T23:20:50.52Z")),
        // RFC 6710 §3.
        ("MT-PRIORITY=3", Param::MtPriority(MtPriority::new(3).unwrap())),
        ("MT-PRIORITY=-9", Param::MtPriority(MtPriority::new(-9).unwrap())),
        ("MT-PRIORITY=0", Param::MtPriority(MtPriority::new(0).unwrap())),
        // Nobody's.
        ("X-FOO", other("X-FOO", None)),
        ("x=a+b;<>ü", other("x", Some("a+b;<>ü"))),
        ("0=\"", other("0", Some("\""))),
    ]
}

#[test]
fn known_parameters_go_both_ways() {
    for (text, param) in known() {
        let parsed = Params::parse(text.as_bytes()).expect(text);
        assert_eq!(parsed.iter().collect::<Vec<_>>(), [param], "{text}");
        assert_eq!(emitted(&param), text.as_bytes());
        let list = [param];
        assert_eq!(Params::of(&list), parsed, "{text}");
        assert_eq!(Params::from(&list[..]), parsed, "{text}");
        assert_eq!(emitted(&parsed), text.as_bytes());
        assert!(text.to_ascii_uppercase().starts_with(&param.keyword().to_ascii_uppercase()));
    }
}

#[test]
fn other_spellings_mean_the_same() {
    for (written, means) in [
        ("size=00000000000000000003", "SIZE=3"),
        // RFC 1870 §3 has 20 digits, and 64 bits do not hold all of those.
        ("SIZE=18446744073709551616", "SIZE=18446744073709551615"),
        ("SIZE=99999999999999999999", "SIZE=18446744073709551615"),
        ("Body=8bitmime", "BODY=8BITMIME"),
        ("smtpUTF8", "SMTPUTF8"),
        ("ret=full", "RET=FULL"),
        ("ENVID=+41BC", "ENVID=ABC"),
        ("notify=delay,success,DELAY", "NOTIFY=SUCCESS,DELAY"),
        ("notify=never", "NOTIFY=NEVER"),
        ("ORCPT=RFC822;+61@b", "ORCPT=rfc822;a@b"),
        ("by=+5;nt", "BY=5;NT"),
        ("by=000000005;n", "BY=5;N"),
        ("by=-0;n", "BY=0;N"),
        ("holdfor=01", "HOLDFOR=1"),
        ("requiretls", "REQUIRETLS"),
        ("mt-priority=1", "MT-PRIORITY=1"),
        ("X-foo=A", "x-FOO=A"),
        ("SIZE=1   X", "SIZE=1 X"),
    ] {
        let [written, means] = [written, means].map(|text| Params::parse(text.as_bytes()).expect(text));
        assert_eq!(written, means);
    }
    assert_ne!(Params::parse(b"X=a").unwrap(), Params::parse(b"X=A").unwrap());
    assert_ne!(Params::parse(b"A B").unwrap(), Params::parse(b"B A").unwrap());
    assert_ne!(Params::parse(b"ENVID=a").unwrap(), Params::parse(b"ENVID=A").unwrap());
}

#[test]
fn what_is_no_parameter_says_where() {
    for (text, fault, at) in [
        (" ", Fault::Unexpected, 0),
        ("=", Fault::Unexpected, 0),
        ("-A", Fault::Unexpected, 0),
        ("A_B", Fault::Unexpected, 1),
        ("Ä", Fault::Unexpected, 0),
        ("A=", Fault::Value, 2),
        ("A==", Fault::Unexpected, 2),
        ("A=b=c", Fault::Unexpected, 3),
        ("A= B", Fault::Value, 2),
        ("A\tB", Fault::Unexpected, 1),
        ("A ", Fault::Incomplete, 2),
        ("A\rB", Fault::LineBreak, 1),
        ("A=b\nc", Fault::LineBreak, 3),
        ("A=\0", Fault::LineBreak, 2),
        ("SIZE", Fault::Value, 4),
        ("SIZE=", Fault::Value, 5),
        ("SIZE=x", Fault::Unexpected, 5),
        ("SIZE=3x", Fault::Unexpected, 6),
        ("SIZE=-3", Fault::Unexpected, 5),
        ("SIZE=+3", Fault::Unexpected, 5),
        ("SIZE=99999999999999999999999", Fault::Number, 5),
        ("SIZE=000000000000000000003", Fault::Number, 5),
        ("X BODY=9BIT", Fault::Value, 7),
        ("BODY", Fault::Value, 4),
        ("SMTPUTF8=1", Fault::Value, 9),
        ("REQUIRETLS=yes", Fault::Value, 11),
        ("RET=ALL", Fault::Value, 4),
        ("ENVID=a+b", Fault::Unexpected, 7),
        ("ENVID=+3d", Fault::Unexpected, 6),
        ("ENVID=+4", Fault::Unexpected, 6),
        ("ENVID=+0D", Fault::Unexpected, 6),
        ("ENVID=a+00", Fault::Unexpected, 7),
        ("ENVID=+7F", Fault::Unexpected, 6),
        ("ENVID=ü", Fault::Unexpected, 6),
        ("NOTIFY=", Fault::Value, 7),
        ("NOTIFY=NEVER,SUCCESS", Fault::Unexpected, 12),
        ("NOTIFY=SUCCESS,NEVER", Fault::Value, 15),
        ("NOTIFY=SUCCESS,", Fault::Incomplete, 15),
        ("NOTIFY=SUCCESS,,DELAY", Fault::Unexpected, 15),
        ("NOTIFY=ALWAYS", Fault::Value, 7),
        ("ORCPT=a@b", Fault::Unexpected, 7),
        ("ORCPT=;a@b", Fault::Unexpected, 6),
        ("ORCPT=rfc822;", Fault::Incomplete, 13),
        ("ORCPT=rfc822;ü", Fault::Unexpected, 13),
        ("AUTH=", Fault::Value, 5),
        ("AUTH=a+", Fault::Unexpected, 6),
        ("BY=1", Fault::Incomplete, 4),
        ("BY=1;", Fault::Incomplete, 5),
        ("BY=;R", Fault::Unexpected, 3),
        ("BY=--1;N", Fault::Unexpected, 4),
        ("BY=1;X", Fault::Unexpected, 5),
        ("BY=1;TR", Fault::Unexpected, 5),
        ("NOTIFY=SUCCESSFULLY", Fault::Value, 7),
        ("RET=FULLHDRSX", Fault::Value, 4),
        ("BODY=8BITMIMEE", Fault::Value, 5),
        ("BODY=8BITMIME;", Fault::Unexpected, 13),
        ("AUTH=<>x", Fault::Unexpected, 7),
        ("BY=1;NTT", Fault::Unexpected, 7),
        ("BY=0;R", Fault::Number, 3),
        ("BY=-1;R", Fault::Number, 3),
        ("BY=1234567890;R", Fault::Number, 3),
        ("HOLDFOR=1234567890", Fault::Number, 8),
        ("HOLDFOR=-1", Fault::Unexpected, 8),
        ("HOLDUNTIL=2026-13-21T06:00:00Z", Fault::Number, 15),
        ("HOLDUNTIL=2026-11-32T06:00:00Z", Fault::Number, 18),
        ("HOLDUNTIL=2026-11-21T24:00:00Z", Fault::Number, 21),
        ("HOLDUNTIL=2026-11-21T06:60:00Z", Fault::Number, 24),
        ("HOLDUNTIL=2026-11-21T06:00:61Z", Fault::Number, 27),
        ("HOLDUNTIL=2026-11-21T06:00:00", Fault::Incomplete, 29),
        ("HOLDUNTIL=2026-11-21", Fault::Incomplete, 20),
        ("HOLDUNTIL=2026-11-21T06:00:00.Z", Fault::Unexpected, 30),
        ("HOLDUNTIL=2026-11-21T06:00:00+25:00", Fault::Number, 30),
        ("MT-PRIORITY=10", Fault::Unexpected, 13),
        ("MT-PRIORITY=-0", Fault::Number, 12),
        ("MT-PRIORITY=+1", Fault::Number, 12),
        ("MT-PRIORITY=03", Fault::Unexpected, 13),
        ("SIZE=1 SIZE=1", Fault::Duplicate, 7),
        ("SIZE=1 X size=2", Fault::Duplicate, 9),
        ("X-A=1 Y X-a", Fault::Duplicate, 8),
        ("HOLDFOR=1 HOLDUNTIL=2026-11-21T06:00:00Z", Fault::Duplicate, 10),
    ] {
        let error = Params::parse(text.as_bytes()).expect_err(text);
        assert_eq!((error.fault(), error.at()), (fault, at), "{text:?}");
    }
}

#[test]
fn lengths_are_held() {
    for (length, fits) in [(100, true), (101, false)] {
        let text = "e".repeat(length);
        assert_eq!(Envid::new(&text).is_ok(), fits);
        assert_eq!(Params::parse(format!("ENVID={text}").as_bytes()).is_ok(), fits);
        // Each `=` takes three octets on the wire.
        let equals = format!("{}e", "=".repeat(33));
        let text = format!("{equals}{}", "e".repeat(length - 100));
        assert_eq!(Envid::new(&text).map_err(|error| error.fault()).is_ok(), fits);
    }
    for (length, fits) in [(500, true), (501, false)] {
        let address = "o".repeat(length - "rfc822;".len());
        assert_eq!(Orcpt::new("rfc822", &address).is_ok(), fits);
        assert_eq!(Params::parse(format!("ORCPT=rfc822;{address}").as_bytes()).is_ok(), fits);
    }
    assert_eq!(Orcpt::new(&"k".repeat(500), "a").unwrap_err().fault(), Fault::TooLong);
    assert_eq!(Orcpt::new(&"k".repeat(600), "a").unwrap_err().fault(), Fault::TooLong);
    let many = |n: usize| (0..n).map(|i| format!("X{i}")).collect::<Vec<_>>().join(" ");
    assert!(Params::parse(many(16).as_bytes()).is_ok());
    assert_eq!(Params::parse(many(17).as_bytes()).unwrap_err().fault(), Fault::TooLong);
}

#[test]
fn constructors_hold_their_bounds() {
    assert!(HoldFor::new(1_000_000_000).is_err());
    assert!(
        MtPriority::new(10).is_err() && MtPriority::new(-10).is_err() && MtPriority::new(i8::MIN).is_err()
    );
    assert!(By::new(1_000_000_000, ByMode::Notify, false).is_err());
    assert!(By::new(i32::MIN, ByMode::Notify, false).is_err());
    assert!(By::new(0, ByMode::Return, false).is_err());
    for keyword in ["SIZE", "smtputf8", "mt-Priority"] {
        assert_eq!(Other::new(keyword, None).unwrap_err().fault(), Fault::Duplicate);
    }
}

#[test]
fn xtext_is_compared_and_read_decoded() {
    let raw = Xtext::new("a=b+c d").unwrap();
    assert_eq!(emitted(&raw), b"a+3Db+2Bc+20d");
    assert_eq!(raw.encoded_len(), 13);
    let parsed = Params::parse(b"ENVID=a+3Db+2B+63+20d").unwrap();
    let Some(Param::Envid(envid)) = parsed.iter().next() else { panic!() };
    assert_eq!(envid.text(), raw);
    assert_eq!(envid.text().decode().collect::<Vec<_>>(), b"a=b+c d");
    assert_eq!(raw.decode().collect::<Vec<_>>(), b"a=b+c d");
    assert_ne!(Xtext::new("+41").unwrap(), Xtext::new("A").unwrap());
}

#[test]
fn bare_utf8_is_taken_in_a_utf8_orcpt_only() {
    let parsed = Params::parse("ORCPT=UTF-8;ü@b".as_bytes()).unwrap();
    let Some(Param::Orcpt(orcpt)) = parsed.iter().next() else { panic!() };
    assert_eq!(orcpt.address().decode().collect::<Vec<_>>(), "ü@b".as_bytes());
    assert!(Params::parse(b"ORCPT=utf-8;\xfc@b").is_err());
}

#[test]
fn mail_and_rcpt_have_their_own() {
    for (text, param) in known() {
        let rcpt = text.starts_with("NOTIFY") || text.starts_with("ORCPT");
        let any = matches!(param, Param::Other(_));
        assert_eq!((param.for_mail(), param.for_rcpt()), (!rcpt || any, rcpt || any), "{text}");
    }
}

#[test]
fn none_is_nothing() {
    assert!(Params::NONE.is_empty() && Params::default().is_empty());
    assert_eq!(Params::parse(b""), Ok(Params::NONE));
    assert_eq!(emitted(&Params::NONE), b"");
}
