//! While the server waits for its client, in either direction, a timer runs.

use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::wire::HelloName;

/// Only LMTP owes several replies at once, so only there one may be owed while those before it find no room.
#[test]
fn a_client_that_takes_no_replies_is_timed_although_one_is_owed() {
    let policy = Policy::new(HelloName::new("mail.example.test").unwrap()).lmtp();
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let recipients = "RCPT TO:<b@c>\r\n".repeat(20);
    let mut input = ["LHLO c\r\nMAIL FROM:<a@b>\r\n", &recipients, "DATA\r\n", "text\r\n.\r\n"].into_iter();
    let mut ends = 0;
    loop {
        match server.poll().unwrap() {
            Want::Event => {
                assert_eq!(server.timer().is_some(), server.reply_owed().is_none());
                ends += u16::from(matches!(server.event(), Some(Event::EndOfData { .. })));
                if server.reply_owed().is_some() {
                    server.accept().unwrap();
                }
            }
            // The first of twenty replies fill the buffer: here the client may stop reading.
            Want::Write if server.reply_owed().is_some() => break,
            Want::Write => server.transmitted(usize::MAX),
            Want::Read => {
                let octets = input.next().unwrap().as_bytes();
                server.receive_buffer()[..octets.len()].copy_from_slice(octets);
                server.received(octets.len());
            }
            Want::Closed => panic!("there is more to answer"),
        }
    }
    assert!((1..20).contains(&ends));
    assert!(server.timer().is_some(), "it would wait for ever");
}

/// Adapters know a server as an [`Endpoint`] only.
#[test]
fn an_adapter_sees_the_servers_timer_and_tells_it_when_that_has_run_out() {
    fn out(endpoint: &mut impl Endpoint) -> String {
        let said = String::from_utf8(endpoint.transmit().to_vec()).unwrap();
        endpoint.transmitted(said.len());
        said
    }
    fn drive(endpoint: &mut impl Endpoint) {
        assert_eq!(endpoint.poll(), Ok(Want::Write));
        assert!(out(endpoint).starts_with("220 "));
        endpoint.receive_buffer()[..6].copy_from_slice(b"NOOP\r\n");
        endpoint.received(6);
        assert_eq!(endpoint.poll(), Ok(Want::Write));
        assert!(out(endpoint).starts_with("250 "));
        assert_eq!(endpoint.timer().map(|timer| timer.after().as_secs()), Some(77));
        endpoint.timed_out();
        assert_eq!(endpoint.poll(), Ok(Want::Write));
        assert!(out(endpoint).starts_with("421 "));
        assert_eq!(endpoint.poll(), Ok(Want::Closed));
    }
    let policy = Policy::new(HelloName::new("mail.example.test").unwrap()).patience(77, 88, 1);
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    drive(&mut Server::new(&mut rx, &mut tx, &policy));
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    Endpoint::received_eof(&mut server);
    assert_eq!(server.poll(), Ok(Want::Write));
    server.transmitted(usize::MAX);
    assert_eq!(server.poll(), Ok(Want::Closed));
}
