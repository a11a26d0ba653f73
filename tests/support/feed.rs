//! A bare client, spoken to by hand.

use embedded_smtp::client::{Client, Event};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};

use super::commands::told;

/// Gives the engine these octets to read, which must find room.
pub(crate) fn feed(engine: &mut impl Endpoint, octets: &[u8]) {
    let room = engine.receive_buffer();
    room[..octets.len()].copy_from_slice(octets);
    engine.received(octets.len());
}

/// Writes all that waits.
pub(crate) fn sent(engine: &mut impl Endpoint) -> String {
    let octets = engine.transmit().to_vec();
    engine.transmitted(octets.len());
    String::from_utf8(octets).expect("UTF-8")
}

/// Polls until the engine wants to read or write, or is at its end; what it tells meanwhile, and its
/// error if it has one.
pub(crate) fn events(client: &mut Client<'_>) -> Vec<String> {
    let mut events = Vec::new();
    loop {
        match client.poll() {
            Ok(Want::Event) => match client.event().expect("an event") {
                Event::StartTls => {
                    events.push("StartTls".to_owned());
                    return events;
                }
                event => events.push(told(&event)),
            },
            Ok(Want::Read | Want::Write) => return events,
            Ok(Want::Closed) => {
                events.push("closed".to_owned());
                return events;
            }
            Err(error) => {
                events.push(error.to_string());
                return events;
            }
        }
    }
}

/// Greeted, and EHLO answered with these keywords.
pub(crate) fn ready<'b>(rx: &'b mut [u8], tx: &'b mut [u8], keywords: &[&str]) -> Client<'b> {
    let mut client = Client::new(rx, tx);
    hello(&mut client, b"220 ready\r\n", keywords);
    client
}

/// The same on a connection that is there already; `greeting` may be empty.
pub(crate) fn hello(client: &mut Client<'_>, greeting: &[u8], keywords: &[&str]) {
    feed(client, greeting);
    assert!(events(client).len() <= 1);
    client.ehlo(HelloName::new("c").expect("a name")).expect("EHLO");
    assert_eq!(sent(client), "EHLO c\r\n");
    let lines: String = keywords.iter().map(|keyword| format!("250-{keyword}\r\n")).collect();
    feed(client, format!("250-server.example.test\r\n{lines}250 done\r\n").as_bytes());
    assert_eq!(events(client).len(), keywords.len() + 2);
}

/// In LMTP, with PIPELINING.
pub(crate) fn lmtp<'b>(rx: &'b mut [u8], tx: &'b mut [u8]) -> Client<'b> {
    let mut client = Client::new(rx, tx);
    feed(&mut client, b"220 hi\r\n");
    events(&mut client);
    client.lhlo(HelloName::new("c").unwrap()).unwrap();
    sent(&mut client);
    feed(&mut client, b"250-hi\r\n250 PIPELINING\r\n");
    events(&mut client);
    client
}

/// Ready, and a mail with a recipient begun.
pub(crate) fn addressed<'b>(rx: &'b mut [u8], tx: &'b mut [u8]) -> Client<'b> {
    let mut client = ready(rx, tx, &["CHUNKING", "PIPELINING"]);
    client.mail(&ReversePath::Null, &()).unwrap();
    client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
    sent(&mut client);
    feed(&mut client, b"250 ok\r\n250 ok\r\n");
    events(&mut client);
    client
}
