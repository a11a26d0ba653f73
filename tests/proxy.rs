//! What proxies and trusted clients say of the real client: off by default, bounded, and at every split.

use core::net::IpAddr;

use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{Code, Extension, HelloName, Response, XClientAttribute};
use embedded_smtp::{Error, Protocol};

fn policy() -> Policy<'static> {
    Policy::new(HelloName::new("mail.example.test").unwrap())
}

/// Everything the server said and told of, with `input` cut at `cut`.
fn session(policy: &Policy<'_>, input: &[u8], cut: usize) -> (String, Vec<String>, Result<(), Error>) {
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    run(Server::new(&mut rx, &mut tx, policy), input, cut)
}

fn run(mut server: Server<'_, '_>, input: &[u8], cut: usize) -> (String, Vec<String>, Result<(), Error>) {
    let (front, back) = input.split_at(cut.min(input.len()));
    let mut pieces = [front, back].into_iter().filter(|piece| !piece.is_empty());
    let (mut said, mut told) = (String::new(), Vec::new());
    loop {
        match server.poll() {
            Err(error) => return (said, told, Err(error)),
            Ok(Want::Closed) => return (said, told, Ok(())),
            Ok(Want::Write) => {
                let octets = server.transmit().len();
                said.push_str(core::str::from_utf8(server.transmit()).unwrap());
                server.transmitted(octets);
            }
            Ok(Want::Read) => match pieces.next() {
                None => server.received_eof(),
                Some(piece) => {
                    server.receive_buffer()[..piece.len()].copy_from_slice(piece);
                    server.received(piece.len());
                }
            },
            Ok(Want::Event) => {
                told.push(match server.event().unwrap() {
                    Event::Proxy(header) => format!("proxy {:?}", header.source()),
                    Event::XClient(attributes) => {
                        let addresses = attributes.iter().filter_map(|attribute| match attribute {
                            XClientAttribute::Addr(address) => address,
                            _ => None,
                        });
                        format!("xclient {:?}", addresses.collect::<Vec<IpAddr>>())
                    }
                    Event::Hello { .. } => String::from("hello"),
                    other => format!("{other:?}"),
                });
                if server.reply_owed().is_some() {
                    server.accept().unwrap();
                }
            }
        }
    }
}

/// Who refuses the connection before it has read the header does not take that for a command.
#[test]
fn a_header_is_no_command_of_a_refused_client_at_any_split() {
    let policy = policy().expect_proxy_header();
    let full = Response::new(Code::new(554).unwrap(), "full").unwrap();
    let binary = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    for header in [&b"PROXY TCP4 192.0.2.1 192.0.2.7 56324 25\r\n"[..], binary] {
        let input = [header, b"EHLO c\r\nQUIT\r\n"].concat();
        for cut in 0..input.len() {
            let (mut rx, mut tx) = ([0; 512], [0; 512]);
            let mut server = Server::new(&mut rx, &mut tx, &policy);
            server.refuse_connection(&full).unwrap();
            let (said, _, result) = run(server, &input, cut);
            assert_eq!(result, Ok(()));
            assert_eq!(said, "554 full\r\n503 5.5.1 Bad sequence of commands\r\n221 2.0.0 Bye\r\n", "{cut}");
        }
    }
}

#[test]
fn a_header_comes_before_the_greeting_at_every_split() {
    let policy = policy().expect_proxy_header();
    let input = b"PROXY TCP4 192.0.2.1 192.0.2.7 56324 25\r\nNOOP\r\nQUIT\r\n";
    for cut in 0..=input.len() {
        let (said, told, end) = session(&policy, input, cut);
        assert_eq!(end, Ok(()), "cut at {cut}");
        assert_eq!(said, "220 mail.example.test ESMTP\r\n250 2.0.0 OK\r\n221 2.0.0 Bye\r\n", "cut at {cut}");
        assert_eq!(told, ["proxy Some((192.0.2.1, 56324))", "Quit"], "cut at {cut}");
    }
}

#[test]
fn where_a_header_is_expected_nothing_else_is_served() {
    let policy = policy().expect_proxy_header();
    for input in [
        &b"EHLO client.example.test\r\n"[..],
        b"PROXY TCP4 1.2.3.4\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
    ] {
        for cut in 0..=input.len() {
            let (said, told, end) = session(&policy, input, cut);
            assert_eq!(end, Err(Error::Protocol(Protocol::NotAProxyHeader)), "{input:?} cut at {cut}");
            assert!(said.is_empty() && told.is_empty(), "{input:?} cut at {cut}");
        }
    }
}

/// Version 2 says how long it is, and a client could say 65 535 octets.
#[test]
fn a_header_that_the_buffer_cannot_hold_is_refused_and_not_waited_for() {
    let policy = policy().expect_proxy_header();
    for (octets, holds) in [(48, true), (49, false)] {
        let (mut rx, mut tx) = ([0; 64], [0; 512]);
        let mut input = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0".to_vec();
        input.extend([octets]);
        let (_, _, end) = run(Server::new(&mut rx, &mut tx, &policy), &input, 0);
        assert_eq!(end.is_ok(), holds, "{octets}");
    }
}

#[test]
fn where_none_is_expected_a_header_is_no_command() {
    let (said, told, _) = session(&policy(), b"PROXY TCP4 192.0.2.1 192.0.2.7 56324 25\r\nQUIT\r\n", 0);
    assert!(said.contains("\r\n500 5.5.1 "), "{said}");
    assert_eq!(told, ["Quit"]);
}

#[test]
fn xclient_begins_the_session_anew_where_it_is_offered() {
    let policy = policy().offer(Extension::XClient);
    let input = b"EHLO a\r\nXCLIENT ADDR=192.0.2.7 NAME=[UNAVAILABLE]\r\nMAIL FROM:<a@b>\r\nXCLIENT ADDR=1\r\nEHLO b\r\nQUIT\r\n";
    for cut in 0..=input.len() {
        let (said, told, end) = session(&policy, input, cut);
        assert_eq!(end, Ok(()));
        assert_eq!(told, ["hello", "xclient [192.0.2.7]", "hello", "Quit"], "cut at {cut}");
        assert!(said.contains("250-XCLIENT NAME ADDR"), "{said}");
        assert_eq!(said.matches("220 mail.example.test").count(), 2, "{said}");
        assert!(said.contains("503 5.5.1 Say hello first\r\n501 5.5.4 "), "{said}");
    }
}

#[test]
fn xclient_is_unknown_where_it_is_not_offered_and_out_of_order_in_a_mail() {
    for policy in [policy(), policy().offer(Extension::XClient).without(Extension::XClient)] {
        let (said, _, _) = session(&policy, b"EHLO a\r\nXCLIENT ADDR=192.0.2.7\r\nQUIT\r\n", 0);
        assert!(said.contains("500 5.5.1 ") && !said.contains("250-XCLIENT"), "{said}");
    }
    let offering = policy().offer(Extension::XClient);
    let (said, _, _) =
        session(&offering, b"EHLO a\r\nMAIL FROM:<a@b>\r\nXCLIENT ADDR=192.0.2.7\r\nQUIT\r\n", 0);
    assert!(said.contains("503 5.5.1 "), "{said}");
}
