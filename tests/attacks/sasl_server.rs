//! AUTH in the server (RFC 4954): strict base64, no login without a secret, and an exchange that is broken off leaves nothing behind.
//!
//! Class: SASL and base64 (client, server). Records: CVE-2018-6789, CVE-2013-0249, CVE-2018-16839, CVE-2011-1720,
//! CVE-2023-42114, CVE-2023-42115, CVE-2019-11494, CVE-2019-11499, CVE-2017-15132.

use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms};

use super::sasl_support::encoded;
use super::server::{Say, Setup, policy};

fn clear_auth() -> Policy<'static> {
    let mechanisms = AuthMechanisms::NONE
        .with(AuthMechanism::Plain)
        .with(AuthMechanism::Login)
        .with(AuthMechanism::CramMd5)
        .with(AuthMechanism::XOAuth2);
    policy().auth(mechanisms).allow_clear_text_auth()
}

#[test]
fn neither_an_empty_name_nor_an_empty_password_is_a_login() {
    let policy = clear_auth();
    for (login, codes) in [
        ("AUTH PLAIN AGFkbWluAA==", "501 5.5.2"),
        ("AUTH PLAIN AABzZWNyZXQ=", "501 5.5.2"),
        ("AUTH PLAIN AAA=", "501 5.5.2"),
        ("AUTH LOGIN YWRtaW4=\r\n", "334, 501 5.5.2"),
        ("AUTH LOGIN =", "501 5.5.2"),
    ] {
        let trace = Setup::new(&policy).every_split(format!("EHLO a\r\n{login}\r\n").as_bytes());
        assert_eq!(trace.behind_hello(), codes, "{login}");
        assert_eq!(trace.told, ["EHLO a"], "{login}");
        assert!(!trace.authenticated);
    }
}

/// RFC 4616 §2, and LOGIN by the same rule: longer forms of NUL and of `/`, what is of another encoding, and NUL itself.
#[test]
fn a_name_or_a_password_that_is_not_utf_8_is_no_login() {
    let policy = clear_auth();
    let caller = |event: &Event<'_>| match event {
        Event::Login(login) if login.password() == b"p" || login.password() == "pä".as_bytes() => {
            Say::Accept
        }
        Event::Login(_) => Say::Reply(535, (5, 7, 8), "no"),
        _ => Say::Accept,
    };
    let texts: [(&[u8], bool); 9] = [
        (b"", true),
        ("ä".as_bytes(), true),
        (b"\xe4", false),
        (b"\xc3", false),
        (b"\x80", false),
        (b"\xc0\x80", false),
        (b"\xe0\x80\xaf", false),
        (b"\xed\xa0\x80", false),
        (b"\xf4\x90\x80\x80", false),
    ];
    for (text, good) in texts.into_iter().chain([(&b"\0"[..], false)]) {
        let base64 = |parts: &[&[u8]]| encoded(&parts.concat());
        let (name, password) = (base64(&[b"u", text]), base64(&[b"p", text]));
        for says in [
            format!("AUTH PLAIN {}", base64(&[b"a", text, b"\0u\0p"])),
            format!("AUTH PLAIN {}", base64(&[b"a\0u", text, b"\0p"])),
            format!("AUTH PLAIN {}", base64(&[b"a\0u\0p", text])),
            format!("AUTH PLAIN\r\n{}", base64(&[b"\0u", text, b"\0p"])),
            format!("AUTH LOGIN {name}\r\ncA=="),
            format!("AUTH LOGIN\r\n{name}\r\ncA=="),
            format!("AUTH LOGIN dQ==\r\n{password}"),
            format!("AUTH LOGIN\r\ndQ==\r\n{password}"),
        ] {
            let says = format!("EHLO c\r\n{says}\r\n");
            let trace = Setup::new(&policy).caller(caller).every_cut(says.as_bytes());
            let told = trace.told.iter().filter(|told| told.starts_with("Login")).count();
            assert_eq!((trace.authenticated, told), (good, usize::from(good)), "{says:?}");
            assert!(good || trace.behind_hello().contains("501 5.5.2"), "{says:?}: {}", trace.behind_hello());
        }
    }
}

#[test]
fn where_the_server_speaks_first_there_is_no_initial_response() {
    let policy = clear_auth();
    let trace = Setup::new(&policy).every_split(b"EHLO a\r\nAUTH CRAM-MD5 Ym9i\r\n");
    assert_eq!(trace.behind_hello(), "501 5.5.2");
    assert_eq!(trace.told, ["EHLO a"]);
}

/// Each octet that is no base64, at each place of a response, in each length.
#[test]
fn what_is_not_exactly_base64_is_no_message() {
    let policy = clear_auth().max_errors(255);
    let good = "AHVzZXIAcGFzcw==";
    let mut bad: Vec<Vec<u8>> =
        (1..good.len()).filter(|end| !matches!(end, 4 | 8 | 12)).map(|end| good[..end].into()).collect();
    for at in 0..good.len() {
        for octet in [b' ', b'\t', b'-', b'_', b'=', b',', b'*', 0, 0x7f, 0x80, 0xff, b'\r'] {
            let mut text = good.as_bytes().to_vec();
            if text[at] != octet {
                text[at] = octet;
                bad.push(text);
            }
        }
    }
    bad.extend(
        ["AHVzZXIAcGFzcx==", "AHVzZXIAcGFzcw===", "AHVzZXIAcGFzcw==AAAA", "====", "*=", "**"].map(Vec::from),
    );
    for text in bad {
        for initial in [true, false] {
            let between: &[u8] = if initial { b" " } else { b"\r\n" };
            let says = [b"EHLO c\r\nAUTH PLAIN", between, &text, b"\r\n"].concat();
            let trace = Setup::new(&policy).every_cut(&says);
            let codes = trace.behind_hello();
            assert!(codes.ends_with("501 5.5.2") || codes.ends_with("501 5.5.4"), "{codes}: {text:?}");
            assert_eq!(trace.told, ["EHLO c"], "{text:?}");
        }
    }
}

#[test]
fn a_client_that_goes_away_in_the_middle_of_an_exchange_has_not_logged_in() {
    let policy = clear_auth();
    for says in [
        "EHLO c\r\nAUTH PLAIN AHVzZXIAcGFzcw==\r\n",
        "EHLO c\r\nAUTH PLAIN\r\nAHVzZXIAcGFzcw==\r\n",
        "EHLO c\r\nAUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\n",
        "EHLO c\r\nAUTH CRAM-MD5\r\nbWU=\r\neWVz\r\n",
    ] {
        assert!(Setup::new(&policy).whole(says.as_bytes()).authenticated, "{says:?}");
        for end in 0..says.len() {
            let trace = Setup::new(&policy).whole(&says.as_bytes()[..end]);
            assert!(!trace.authenticated, "{says:?} up to {end}");
            assert!(!trace.told.iter().any(|told| told.starts_with("Login")), "{says:?} up to {end}");
        }
    }
}

/// The messages that the caller is told of, with `first`, in a session of these lines that ends behind them.
fn messages(lines: &[&str]) -> Vec<(bool, Option<Vec<u8>>)> {
    let policy = clear_auth().max_errors(255);
    let mut whole = Vec::new();
    let input = lines.concat();
    for cut in 0..input.len() {
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut server = Server::new(&mut rx, &mut tx, &policy);
        let (mut told, mut reads) = (Vec::new(), [&input[..cut], &input[cut..]].into_iter());
        loop {
            match server.poll().unwrap() {
                Want::Event => match server.event() {
                    Some(Event::AuthMessage(message)) => {
                        told.push((message.is_first(), message.octets().map(<[u8]>::to_vec)));
                        server.challenge(b"more?").unwrap();
                    }
                    _ if server.reply_owed().is_some() => server.accept().unwrap(),
                    _ => {}
                },
                Want::Write => server.transmitted(usize::MAX),
                Want::Read => match reads.next() {
                    Some(octets) => {
                        server.receive_buffer()[..octets.len()].copy_from_slice(octets.as_bytes());
                        server.received(octets.len());
                    }
                    None => server.received_eof(),
                },
                Want::Closed => break,
            }
        }
        if cut == 0 {
            whole = told;
        } else {
            assert_eq!(told, whole, "{input:?} cut at {cut}");
        }
    }
    whole
}

/// Else the second message of one exchange could be taken for that of another, whose first was somebody else's.
#[test]
fn the_caller_can_tell_a_new_exchange_from_one_that_goes_on() {
    let some = |first, text: &str| (first, Some(text.as_bytes().to_vec()));
    for (broken_off, says) in [
        (true, "*\r\n"),
        (true, "!\r\n"),
        (true, "bWU\r\n"),
        (true, "bWU=\nbWU=\r\n"),
        (true, "bWU=bWU=\r\n"),
        (false, "bWU=\r\n"),
    ] {
        for new in ["AUTH XOAUTH2 bWU=\r\n", "AUTH XOAUTH2\r\n", "AUTH CRAM-MD5\r\n"] {
            let told = messages(&["EHLO c\r\n", "AUTH XOAUTH2 eW91\r\n", says, new]);
            assert_eq!(told[0], some(true, "you"), "{says:?}");
            if broken_off {
                let message = new.contains("bWU=").then(|| b"me".to_vec());
                assert_eq!(told[1..], [(true, message)], "{says:?} {new:?}");
            } else {
                // AUTH within the exchange is a response, and none in base64.
                assert_eq!(told[1..], [some(false, "me")], "{says:?} {new:?}");
            }
        }
    }
    let told = messages(&["EHLO c\r\n", "AUTH XOAUTH2\r\n", "bWU=\r\n", "=\r\n", "AUTH XOAUTH2 =\r\n"]);
    assert_eq!(told, [(true, None), some(false, "me"), some(true, "")]);
}
