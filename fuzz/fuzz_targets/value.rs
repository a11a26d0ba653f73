//! A value to octets to a value: whatever a caller's constructors take can be written within one line, and is read
//! as the same by the other side; and what is written has the length that was said beforehand.
#![no_main]

use arbitrary::Arbitrary;
use embedded_smtp::wire::{
    Code, Command, EnhancedCode, Fault, ForwardPath, HelloName, InitialResponse, Param, Params, Reply,
    ReversePath, SaslName, Text, XClient, XClientAttribute, XClientName, XClientProto, Xtext, limits,
};
use embedded_smtp_fuzz::values::{Parameter, parameters};
use embedded_smtp_fuzz::{assert_one_line, octets};
use libfuzzer_sys::fuzz_target;
use std::net::IpAddr;

#[derive(Debug, Arbitrary)]
enum Value<'a> {
    Hello(u8, &'a str),
    Mail(Option<&'a str>, Vec<Parameter<'a>>),
    Rcpt(Option<&'a str>, Vec<Parameter<'a>>),
    Params(Vec<Parameter<'a>>),
    Bdat(u64, bool),
    Bare(u8),
    Text(u8, &'a str),
    Auth(&'a str, Option<&'a str>),
    Xtext(&'a str),
    Reply(u16, Option<(u8, u16, u16)>, bool, &'a [u8]),
    XClient([Option<Option<&'a str>>; 3], Option<Option<IpAddr>>, Option<Option<u16>>, Option<bool>),
}

fuzz_target!(|value: Value<'_>| {
    let _ = check(&value);
});

/// `None` when there is no such value.
fn check(value: &Value<'_>) -> Option<()> {
    match *value {
        Value::Hello(verb, name) => {
            let name = HelloName::new(name).ok()?;
            same(&[Command::Ehlo(name), Command::Helo(name), Command::Lhlo(name)][usize::from(verb % 3)]);
        }
        Value::Mail(from, ref list) => {
            let path = from.map_or(Some(ReversePath::Null), |from| ReversePath::new(from).ok())?;
            let list = distinct(parameters(list));
            same(&Command::Mail { path, params: Params::of(&list) });
        }
        Value::Rcpt(to, ref list) => {
            let path = to.map_or(Some(ForwardPath::Postmaster), |to| ForwardPath::new(to).ok())?;
            let list = distinct(parameters(list));
            same(&Command::Rcpt { path, params: Params::of(&list) });
        }
        Value::Params(ref list) => {
            let list = parameters(list);
            let params = Params::of(&list);
            let written = octets(&params);
            assert_one_line(&written);
            match Params::parse(&written) {
                Ok(read) => assert_eq!(read, params),
                Err(error) if error.fault() == Fault::Duplicate => assert_ne!(distinct(list.clone()), list),
                Err(error) => {
                    assert!(error.fault() == Fault::TooLong && unknown(&list) > limits::UNKNOWN_PARAMETERS)
                }
            }
        }
        Value::Bdat(size, last) => same(&Command::Bdat { size, last }),
        Value::Bare(verb) => {
            let bare = [
                Command::Data,
                Command::Rset,
                Command::Quit,
                Command::StartTls,
                Command::Noop(None),
                Command::Help(None),
            ];
            same(&bare[usize::from(verb) % bare.len()]);
        }
        Value::Text(verb, text) => {
            let text = Text::new(text).ok()?;
            let some = Some(text);
            let all = [Command::Vrfy(text), Command::Expn(text), Command::Noop(some), Command::Help(some)];
            same(&all[usize::from(verb % 4)]);
        }
        Value::Auth(mechanism, initial) => {
            let initial = match initial {
                Some(initial) => Some(InitialResponse::new(initial).ok()?),
                None => None,
            };
            same(&Command::Auth { mechanism: SaslName::new(mechanism).ok()?, initial });
        }
        Value::Xtext(text) => {
            let xtext = Xtext::new(text).ok()?;
            assert!(xtext.decode().eq(text.bytes()));
            let written = octets(&xtext);
            assert_one_line(&written);
            assert_eq!(written.len(), xtext.encoded_len());
            assert!(written.iter().all(u8::is_ascii_graphic));
        }
        Value::Reply(code, enhanced, last, text) => {
            let code = Code::new(code)?;
            let enhanced = enhanced
                .and_then(|(class, subject, detail)| EnhancedCode::new(class, subject, detail))
                .filter(|enhanced| u16::from(enhanced.class()) == code.number() / 100);
            let reply =
                Reply::parse(b"250").map(|reply| Reply { code, enhanced, text, last, ..reply }).unwrap();
            let written = octets(&reply);
            match Reply::parse(&written) {
                // Without an enhanced code, the text's own beginning may be one.
                Ok(read) if read.enhanced == enhanced => assert_eq!(read, reply),
                Ok(read) => assert!(enhanced.is_none() && read.code == code && text.ends_with(read.text)),
                Err(error) => {
                    let breaks = text.iter().any(|octet| b"\r\n".contains(octet));
                    assert!(error.fault() == Fault::LineBreak && breaks);
                }
            }
        }
        Value::XClient([name, helo, login], address, port, esmtp) => {
            let mut list = Vec::new();
            if let Some(name) = name.filter(|name| name.is_none_or(|name| name.len() < 80)) {
                list.push(XClientAttribute::Name(
                    xtext(name).map_or(XClientName::TempUnavailable, XClientName::Known),
                ));
            }
            list.extend(address.map(XClientAttribute::Addr));
            list.extend(port.map(XClientAttribute::Port));
            list.extend(esmtp.map(|esmtp| {
                XClientAttribute::Proto(if esmtp { XClientProto::Esmtp } else { XClientProto::Smtp })
            }));
            let short = |text: &Option<&str>| text.is_none_or(|text| text.len() < 80);
            list.extend(helo.filter(short).map(|text| XClientAttribute::Helo(xtext(text))));
            list.extend(login.filter(short).map(|text| XClientAttribute::Login(xtext(text))));
            list.extend(address.map(XClientAttribute::DestAddr));
            list.extend(port.map(XClientAttribute::DestPort));
            if list.is_empty() {
                return None;
            }
            let written = octets(&XClient::of(&list));
            assert_one_line(&written);
            assert_eq!(XClient::parse(&written), Ok(XClient::of(&list)));
        }
    }
    Some(())
}

fn same(command: &Command<'_>) {
    let written = octets(command);
    assert_one_line(&written);
    assert_eq!(Command::parse(&written), Ok(*command), "{}", written.escape_ascii());
}

/// Each keyword once, and no more unknown ones than are taken.
fn distinct<'a>(list: Vec<Param<'a>>) -> Vec<Param<'a>> {
    let mut kept: Vec<Param<'a>> = Vec::new();
    for param in list {
        let twice = kept.iter().any(|other| other.keyword().eq_ignore_ascii_case(param.keyword()));
        let full = matches!(param, Param::Other(_)) && unknown(&kept) == limits::UNKNOWN_PARAMETERS;
        if !twice && !full {
            kept.push(param);
        }
    }
    kept
}

/// As given, if it can be xtext; what looks like `[UNAVAILABLE]` stands for that, and for no text.
fn xtext(text: Option<&str>) -> Option<Xtext<'_>> {
    let plain = |text: &&str| !text.starts_with('[');
    text.map(|text| {
        Some(text).filter(plain).and_then(|text| Xtext::new(text).ok()).unwrap_or(Xtext::new("x").unwrap())
    })
}

fn unknown(list: &[Param<'_>]) -> usize {
    list.iter().filter(|param| matches!(param, Param::Other(_))).count()
}
