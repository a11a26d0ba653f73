//! What a server says holds no control octets, whatever it was made from.

#[path = "support/server.rs"]
mod server;

use embedded_smtp::server::{Event, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Code, EnhancedCode, Fault, HelloName, Response};
use server::{Setup, policy};

#[test]
fn no_text_of_a_response_can_break_out_of_its_line() {
    let code = Code::new(550).unwrap();
    for octet in (0..32).chain([127]) {
        let text = format!("no{}250 yes", char::from(octet));
        let made = Response::new(code, &text);
        match octet {
            b'\t' | b'\n' => assert!(made.is_ok()),
            b'\r' | 0 => assert_eq!(made.unwrap_err().fault(), Fault::LineBreak, "{octet}"),
            _ => assert_eq!(made.unwrap_err().fault(), Fault::Unexpected, "{octet}"),
        }
    }
}

#[test]
fn codes_outside_their_ranges_do_not_exist() {
    for code in [0, 99, 100, 199, 600, 999, 1000, u16::MAX] {
        assert_eq!(Code::new(code), None);
    }
    for (class, subject, detail) in [(0, 0, 0), (1, 0, 0), (3, 0, 0), (6, 0, 0), (5, 1000, 0), (5, 0, 1000)] {
        assert_eq!(EnhancedCode::new(class, subject, detail), None);
    }
}

#[test]
fn a_host_name_cannot_break_out_either() {
    for name in ["mx\r\n250 x", "mx\n", "mx\0", "", "mx test", "mx\ttest", "\u{7f}"] {
        assert!(HelloName::new(name).is_err(), "{name:?}");
    }
}

/// Says `text` to the first MAIL.
fn reply_with(code: u16, enhanced: (u8, u16, u16), text: &str) -> String {
    let policy = policy();
    let (mut rx, mut tx) = ([0; 512], [0; 2048]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let says = b"EHLO c\r\nMAIL FROM:<>\r\n";
    server.receive_buffer()[..says.len()].copy_from_slice(says);
    server.received(says.len());
    assert_eq!(server.poll(), Ok(Want::Event));
    server.accept().unwrap();
    assert_eq!(server.poll(), Ok(Want::Event));
    let before = server.transmit().len();
    let (class, subject, detail) = enhanced;
    let response = Response::new(Code::new(code).unwrap(), text).unwrap();
    server.reply(&response.enhanced(EnhancedCode::new(class, subject, detail).unwrap())).unwrap();
    String::from_utf8(server.transmit()[before..].to_vec()).unwrap()
}

#[test]
fn lines_of_a_text_become_lines_of_a_reply() {
    for (text, expected) in [
        ("one", "550 5.1.1 one\r\n"),
        ("", "550 5.1.1 \r\n"),
        ("one\ntwo", "550-5.1.1 one\r\n550 5.1.1 two\r\n"),
        ("one\n", "550-5.1.1 one\r\n550 5.1.1 \r\n"),
        ("\n\n", "550-5.1.1 \r\n550-5.1.1 \r\n550 5.1.1 \r\n"),
        ("caf\u{e9}\u{85}", "550 5.1.1 caf????\r\n"),
    ] {
        assert_eq!(reply_with(550, (5, 1, 1), text), expected, "{text:?}");
    }
    assert_eq!(reply_with(450, (5, 1, 1), "no"), "450 4.0.0 no\r\n", "the class is the code's");
}

#[test]
fn nothing_that_the_client_says_comes_back() {
    let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login);
    let policy = policy().auth(mechanisms).allow_clear_text_auth().max_errors(255);
    let mark = "Zebra7";
    let marks = ["", "\x1b[2J", "\0", "\r", "\t", "\u{85}", "\u{202e}"];
    for before in marks {
        for line in [
            "X",
            "EHLO X",
            "EHLO X X",
            "HELO X",
            "LHLO X",
            "MAIL FROM:<X@b>",
            "MAIL FROM:<X",
            "MAIL FROM:<> X=X",
            "MAIL FROM:<> SIZE=X",
            "RCPT TO:<X@b>",
            "RCPT TO:X",
            "DATA X",
            "RSET X",
            "NOOP X",
            "HELP X",
            "VRFY X",
            "EXPN X",
            "STARTTLS X",
            "AUTH X",
            "AUTH PLAIN X",
            "AUTH LOGIN X",
            "AUTH X X",
            "QUIT X",
            "X\nX",
        ] {
            let line = line.replace('X', &format!("{before}{mark}"));
            let says = format!("EHLO c\r\n{line}\r\nMAIL FROM:<>\r\n{line}\r\n");
            let trace = Setup::new(&policy).whole(says.as_bytes());
            let codes = trace.codes();
            assert!(codes.len() >= 4, "{line:?} {codes:?}");
            assert!(!trace.text().contains(mark), "{line:?}: {}", trace.text());
        }
    }
    // Nor do a BDAT's number, a login, or what follows QUIT.
    for line in
        ["BDAT Zebra7", "AUTH LOGIN\r\nZebra7==\r\n*", "AUTH LOGIN WmVicmE3\r\nZebra7", "QUIT\r\nZebra7"]
    {
        let trace = Setup::new(&policy).whole(format!("EHLO c\r\n{line}\r\n").as_bytes());
        assert!(!trace.text().contains(mark) && trace.codes().len() > 2, "{line:?}");
    }
}

#[test]
fn a_callers_utf8_goes_out_only_under_smtputf8() {
    let policy = policy();
    let setup = Setup::new(&policy).caller(|event| match event {
        Event::Rcpt { .. } => server::Say::Reply(550, (5, 1, 1), "p\u{e4}ng"),
        _ => server::Say::Accept,
    });
    let says = "MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<a@b>\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\n";
    let text = setup.whole(format!("EHLO c\r\n{says}").as_bytes()).text();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("550")).collect();
    assert_eq!(lines, ["550 5.1.1 p\u{e4}ng", "550 5.1.1 p??ng"]);
}
