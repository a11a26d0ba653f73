//! The XCLIENT command, both ways.

mod random;

use embedded_smtp::wire::{
    Command, Emit, Fault, Writer, XClient, XClientAttribute, XClientName, XClientProto, Xtext,
};
use random::Random;

fn emitted(value: &impl Emit) -> Vec<u8> {
    let mut buffer = [0; 4096];
    let mut out = Writer::new(&mut buffer);
    value.emit(&mut out);
    let length = out.finish().unwrap();
    buffer[..length].to_vec()
}

fn text(text: &str) -> Xtext<'_> {
    Xtext::new(text).unwrap()
}

/// Text that is canonical, so that it comes back out as it went in, and its value.
fn known() -> Vec<(&'static str, XClientAttribute<'static>)> {
    use XClientAttribute::{Addr, DestAddr, DestPort, Helo, Login, Name, Port, Proto};
    let v6 = "2001:db8::1".parse().unwrap();
    vec![
        ("NAME=spike.porcupine.org", Name(XClientName::Known(text("spike.porcupine.org")))),
        ("NAME=[UNAVAILABLE]", Name(XClientName::Unavailable)),
        ("NAME=[TEMPUNAVAIL]", Name(XClientName::TempUnavailable)),
        ("ADDR=168.100.189.2", Addr(Some([168, 100, 189, 2].into()))),
        ("ADDR=IPV6:2001:db8:0:0:0:0:0:1", Addr(Some(v6))),
        ("ADDR=[UNAVAILABLE]", Addr(None)),
        ("PORT=0", Port(Some(0))),
        ("PORT=65535", Port(Some(65535))),
        ("PORT=[UNAVAILABLE]", Port(None)),
        ("PROTO=SMTP", Proto(XClientProto::Smtp)),
        ("PROTO=ESMTP", Proto(XClientProto::Esmtp)),
        ("HELO=my_host", Helo(Some(text("my_host")))),
        ("HELO=a+3Db+2Bc+20d", Helo(Some(text("a=b+c d")))),
        ("HELO=[IPv6:::1]", Helo(Some(text("[IPv6:::1]")))),
        ("HELO=[UNAVAILABLE]", Helo(None)),
        ("LOGIN=john@example.com", Login(Some(text("john@example.com")))),
        ("LOGIN=[UNAVAILABLE]", Login(None)),
        ("DESTADDR=192.0.2.7", DestAddr(Some([192, 0, 2, 7].into()))),
        ("DESTADDR=[UNAVAILABLE]", DestAddr(None)),
        ("DESTPORT=25", DestPort(Some(25))),
        ("DESTPORT=[UNAVAILABLE]", DestPort(None)),
    ]
}

#[test]
fn attributes_go_both_ways() {
    for (written, attribute) in known() {
        let line = format!("XCLIENT {written}");
        let parsed = XClient::parse(line.as_bytes()).expect(&line);
        assert_eq!(parsed.iter().collect::<Vec<_>>(), [attribute], "{line}");
        let list = [attribute];
        assert_eq!(XClient::of(&list), parsed, "{line}");
        assert_eq!(emitted(&XClient::of(&list)), line.as_bytes());
        assert_eq!(emitted(&parsed), line.as_bytes());
    }
}

#[test]
fn all_attributes_stand_in_one_command() {
    let line = "XCLIENT NAME=a.b ADDR=1.2.3.4 PORT=1 PROTO=ESMTP HELO=c LOGIN=d DESTADDR=5.6.7.8 DESTPORT=25";
    let parsed = XClient::parse(line.as_bytes()).unwrap();
    assert_eq!(parsed.iter().count(), 8);
    assert_eq!(
        (&parsed).into_iter().map(|one| emitted(&one)).collect::<Vec<_>>().join(&b' '),
        &line.as_bytes()[8..]
    );
    assert_ne!(parsed, XClient::parse(b"XCLIENT NAME=a.b").unwrap());
}

#[test]
fn other_spellings_mean_the_same() {
    for (written, means) in [
        ("xclient name=[unavailable]", "XCLIENT NAME=[UNAVAILABLE]"),
        ("XClient Name=[TempUnavail]", "XCLIENT NAME=[TEMPUNAVAIL]"),
        ("XCLIENT NAME=+5BUNAVAILABLE+5D", "XCLIENT NAME=[UNAVAILABLE]"),
        ("XCLIENT ADDR=ipv6:::1", "XCLIENT ADDR=IPV6:0:0:0:0:0:0:0:1"),
        ("XCLIENT DESTADDR=IPv6:::ffff:1.2.3.4", "XCLIENT DESTADDR=IPV6:::FFFF:102:304"),
        ("XCLIENT PROTO=esmtp", "XCLIENT PROTO=ESMTP"),
        ("XCLIENT HELO=+61", "XCLIENT HELO=a"),
        ("XCLIENT   HELO=a   PORT=1  ", "XCLIENT HELO=a PORT=1"),
    ] {
        let [written, means] = [written, means].map(|line| XClient::parse(line.as_bytes()).expect(line));
        assert_eq!(written, means);
    }
}

#[test]
fn what_is_no_xclient_says_where() {
    for (line, fault, at) in [
        ("", Fault::Incomplete, 0),
        ("XCLIEN", Fault::Unexpected, 0),
        ("EHLO x", Fault::Unexpected, 0),
        ("XCLIENTS NAME=a", Fault::Unexpected, 7),
        ("XCLIENT", Fault::Incomplete, 7),
        ("XCLIENT ", Fault::Incomplete, 7),
        ("XCLIENT\tNAME=a", Fault::Unexpected, 7),
        ("XCLIENT NAME", Fault::Incomplete, 12),
        ("XCLIENT NAME=", Fault::Value, 13),
        ("XCLIENT NAME= ADDR=1.2.3.4", Fault::Value, 13),
        ("XCLIENT =a", Fault::Unexpected, 8),
        ("XCLIENT WHAT=a", Fault::Unexpected, 8),
        ("XCLIENT REVERSE_NAME=a", Fault::Unexpected, 8),
        ("XCLIENT NAMES=a", Fault::Unexpected, 8),
        ("XCLIENT NAME=a=b", Fault::Unexpected, 14),
        ("XCLIENT NAME=a+", Fault::Unexpected, 14),
        ("XCLIENT NAME=a+0D+0A", Fault::Unexpected, 14),
        ("XCLIENT NAME=a+00", Fault::Unexpected, 14),
        ("XCLIENT NAME=a+3d", Fault::Unexpected, 14),
        ("XCLIENT NAME=\u{fc}", Fault::Unexpected, 13),
        ("XCLIENT NAME=a\r", Fault::LineBreak, 14),
        ("XCLIENT NAME=a\r\nMAIL", Fault::LineBreak, 14),
        ("XCLIENT NAME=a\0", Fault::LineBreak, 14),
        ("XCLIENT NAME=a NAME=b", Fault::Duplicate, 15),
        ("XCLIENT NAME=a helo=b HELO=c", Fault::Duplicate, 22),
        ("XCLIENT ADDR=1.2.3", Fault::Value, 13),
        ("XCLIENT ADDR=1.2.3.04", Fault::Value, 13),
        ("XCLIENT ADDR=[1.2.3.4]", Fault::Value, 13),
        ("XCLIENT ADDR=+31.2.3.4", Fault::Value, 13),
        ("XCLIENT ADDR=::1", Fault::Value, 13),
        ("XCLIENT ADDR=IPV6:", Fault::Value, 13),
        ("XCLIENT ADDR=IPV6:1.2.3.4", Fault::Value, 13),
        ("XCLIENT ADDR=[TEMPUNAVAIL]", Fault::Value, 13),
        ("XCLIENT PORT=65536", Fault::Value, 13),
        ("XCLIENT PORT=99999999999999999999999", Fault::Value, 13),
        ("XCLIENT PORT=-1", Fault::Value, 13),
        ("XCLIENT PORT=01", Fault::Value, 13),
        ("XCLIENT DESTPORT=x", Fault::Value, 17),
        ("XCLIENT PROTO=LMTP", Fault::Value, 14),
        ("XCLIENT PROTO=[UNAVAILABLE]", Fault::Value, 14),
    ] {
        let error = XClient::parse(line.as_bytes()).expect_err(line);
        assert_eq!((error.fault(), error.at()), (fault, at), "{line:?}");
    }
}

#[test]
fn names_have_at_most_255_octets_decoded() {
    for name in ["NAME", "HELO"] {
        for (length, fits) in [(255, true), (256, false)] {
            for octet in ["a", "+2B"] {
                let line = format!("XCLIENT {name}={}", octet.repeat(length));
                let parsed = XClient::parse(line.as_bytes());
                assert_eq!(parsed.is_ok(), fits, "{line}");
                assert!(fits || parsed.unwrap_err().fault() == Fault::TooLong);
            }
        }
    }
}

#[test]
fn a_server_takes_it_from_the_unknown_command() {
    let Ok(Command::Unknown(unknown)) = Command::parse(b"xclient ADDR=192.0.2.7  ") else { panic!() };
    let parsed = XClient::parse(unknown.line()).unwrap();
    assert_eq!(parsed.iter().next(), Some(XClientAttribute::Addr(Some([192, 0, 2, 7].into()))));
}

#[test]
fn whatever_parses_comes_back_equal() {
    let mut random = Random::new(0xc11e);
    let known = known();
    let (mut good, mut bad) = (0, 0);
    for _ in 0..100_000 {
        let mut line = b"XCLIENT".to_vec();
        for _ in 0..=random.below(3) {
            line.push(b' ');
            line.extend_from_slice(known[random.below(known.len())].0.as_bytes());
        }
        for _ in 0..random.below(3) {
            let at = random.below(line.len());
            line[at] = b"\r\n\0 =+:.[]0129aFZ\xfc"[random.below(18)];
        }
        line.truncate(line.len() - random.below(2) * random.below(line.len()));
        let Ok(parsed) = XClient::parse(&line) else {
            bad += 1;
            continue;
        };
        good += 1;
        assert!(!line.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)), "{line:?}");
        let list: Vec<_> = parsed.iter().collect();
        assert!(!list.is_empty());
        let again = emitted(&XClient::of(&list));
        assert_eq!(XClient::parse(&again), Ok(parsed), "{line:?}");
    }
    assert!(good > 10_000 && bad > 10_000, "{good} {bad}");
}
