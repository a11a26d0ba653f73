//! What a server's caller shall never be led to: half a mail, a login without a secret, a list without an end.

use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Code, HelloName, Response};

fn policy() -> Policy<'static> {
    Policy::new(HelloName::new("mail.example.test").unwrap())
}

/// The server's replies and the names of its events, when the caller refuses with `refuse` what it names.
fn session(
    policy: &Policy<'_>,
    input: &[u8],
    refuse: fn(&Event<'_>) -> Option<u16>,
) -> (String, Vec<String>) {
    let (mut rx, mut tx) = ([0; 2048], [0; 1024]);
    let mut server = Server::new(&mut rx, &mut tx, policy);
    let (mut said, mut told, mut rest) = (String::new(), Vec::new(), input);
    loop {
        match server.poll().unwrap() {
            Want::Closed => return (said, told),
            Want::Write => {
                let octets = server.transmit().len();
                said.push_str(core::str::from_utf8(server.transmit()).unwrap());
                server.transmitted(octets);
            }
            Want::Read if rest.is_empty() => server.received_eof(),
            Want::Read => {
                let room = server.receive_buffer();
                let octets = room.len().min(rest.len());
                room[..octets].copy_from_slice(&rest[..octets]);
                rest = &rest[octets..];
                server.received(octets);
            }
            Want::Event => {
                let event = server.event().unwrap();
                let refusal = refuse(&event);
                told.push(format!("{event:?}").split([' ', '(']).next().unwrap().to_owned());
                match (server.reply_owed(), refusal) {
                    (None, _) => {}
                    (Some(_), None) => server.accept().unwrap(),
                    (Some(_), Some(code)) => {
                        server.reply(&Response::new(Code::new(code).unwrap(), "no").unwrap()).unwrap();
                    }
                }
            }
        }
    }
}

#[test]
fn a_mail_of_which_a_chunk_was_refused_is_not_taken_by_lmtp_either() {
    let input = b"LHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\nBDAT 5\r\nfirstBDAT 6 LAST\r\nsecondNOOP\r\n";
    let refuse = |event: &Event<'_>| matches!(event, Event::EndOfChunk).then_some(451);
    let (said, told) = session(&policy().lmtp(), input, refuse);
    assert_eq!(told, ["Hello", "Mail", "Rcpt", "Rcpt", "Body", "EndOfChunk"]);
    assert!(said.ends_with("451 4.0.0 no\r\n554 5.6.0 A chunk of the message was refused\r\n554 5.6.0 A chunk of the message was refused\r\n250 2.0.0 OK\r\n"), "{said}");
}

#[test]
fn neither_an_empty_name_nor_an_empty_password_is_a_login() {
    let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login);
    let policy = policy().auth(mechanisms).allow_clear_text_auth();
    for login in
        ["AUTH PLAIN AGFkbWluAA==", "AUTH PLAIN AABzZWNyZXQ=", "AUTH LOGIN YWRtaW4=\r\n", "AUTH LOGIN ="]
    {
        let (said, told) = session(&policy, format!("EHLO a\r\n{login}\r\n").as_bytes(), |_| None);
        assert!(said.ends_with("501 5.5.2 Cannot decode the response\r\n"), "{login}: {said}");
        assert_eq!(told, ["Hello"], "{login}");
    }
}

#[test]
fn where_the_server_speaks_first_there_is_no_initial_response() {
    let policy = policy().auth(AuthMechanisms::NONE.with(AuthMechanism::CramMd5));
    let (said, told) = session(&policy, b"EHLO a\r\nAUTH CRAM-MD5 Ym9i\r\n", |_| None);
    assert!(said.ends_with("501 5.5.2 Cannot decode the response\r\n"), "{said}");
    assert_eq!(told, ["Hello"]);
}

#[test]
fn refused_recipients_have_an_end() {
    let input = format!("EHLO a\r\nMAIL FROM:<>\r\n{}", "RCPT TO:<c@d>\r\n".repeat(50));
    let refuse = |event: &Event<'_>| matches!(event, Event::Rcpt { .. }).then_some(550);
    let (said, told) = session(&policy().max_recipients(20), input.as_bytes(), refuse);
    assert_eq!(told.iter().filter(|event| *event == "Rcpt").count(), 20);
    assert_eq!(said.matches("452 4.5.3").count(), 30);
}

#[test]
fn nobody_is_looked_up_for_those_who_may_not_send() {
    for (policy, code) in
        [(policy().require_tls(), "530 5.7.0 Must issue"), (policy().require_auth(), "530 5.7.0 Auth")]
    {
        for command in ["VRFY root", "EXPN all"] {
            let (said, told) = session(&policy.ask_vrfy(), format!("{command}\r\n").as_bytes(), |_| None);
            assert!(said.contains(code) && told.is_empty(), "{command}: {said}");
        }
    }
}

#[test]
fn what_looks_like_bdat_ends_the_session_before_its_octets_are_commands() {
    let input =
        b"EHLO a\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT\t25 LAST\r\nRSET\r\nMAIL FROM:<evil@x>\r\n";
    let (said, told) = session(&policy(), input, |_| None);
    assert_eq!(told, ["Hello", "Mail", "Rcpt"]);
    assert!(
        said.contains("501 5.5.4") && said.ends_with("421 4.3.0 Cannot go on, closing connection\r\n"),
        "{said}"
    );
}
