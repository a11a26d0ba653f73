//! A client behind EHLO over TLS, spoken to by hand in decoded challenges.
#![allow(dead_code, reason = "each test binary uses its share")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use embedded_smtp::client::Client;
use embedded_smtp::sasl::Mechanism;
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms};

pub(crate) use crate::support::feed::{self, feed, sent};

pub(crate) const ALL: [AuthMechanism; 9] = [
    AuthMechanism::ScramSha256Plus,
    AuthMechanism::ScramSha256,
    AuthMechanism::External,
    AuthMechanism::OAuthBearer,
    AuthMechanism::XOAuth2,
    AuthMechanism::CramMd5,
    AuthMechanism::Plain,
    AuthMechanism::Login,
    AuthMechanism::Anonymous,
];

pub(crate) fn all() -> AuthMechanisms {
    ALL.into_iter().fold(AuthMechanisms::NONE, AuthMechanisms::with)
}

pub(crate) fn encoded(octets: &[u8]) -> String {
    let mut text = vec![0; octets.len().div_ceil(3) * 4];
    let length = STANDARD.encode_slice(octets, &mut text).unwrap();
    assert_eq!(length, text.len());
    String::from_utf8(text).unwrap()
}

pub(crate) fn decoded(text: &str) -> Vec<u8> {
    let mut octets = vec![0; text.len()];
    let length = STANDARD.decode_slice(text, &mut octets).expect(text);
    octets.truncate(length);
    octets
}

/// Behind EHLO, with every mechanism on offer.
pub(crate) fn hello(client: &mut Client<'_>) {
    let offer = format!("AUTH {}", ALL.map(AuthMechanism::name).join(" "));
    feed::hello(client, b"220 hi\r\n", &[&offer]);
}

/// What the client says to each of these lines from the server, until it says nothing.
pub(crate) fn exchange(mechanism: &mut dyn Mechanism, lines: &[&str], cut: usize) -> Vec<String> {
    let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
    let mut client = Client::new(&mut rx, &mut tx).over_tls();
    hello(&mut client);
    client.auth(mechanism).unwrap();
    let mut said = vec![sent(&mut client)];
    for line in lines {
        let (front, back) = line.as_bytes().split_at(cut.min(line.len()));
        feed(&mut client, front);
        if cut < line.len() {
            assert_eq!(client.poll(), Ok(Want::Read), "{line} cut at {cut}");
            feed(&mut client, back);
        }
        assert_eq!(client.poll(), Ok(Want::Event), "{line}");
        if line.starts_with("334") {
            client.auth_respond(mechanism).unwrap();
        }
        said.push(sent(&mut client));
    }
    assert!(client.transmit().is_empty());
    said
}

/// A 334 with this challenge.
pub(crate) fn ask(challenge: &str) -> String {
    format!("334 {}\r\n", encoded(challenge.as_bytes()))
}

/// The message in a line of the client's, decoded.
pub(crate) fn message(line: &str) -> String {
    let text = line.strip_suffix("\r\n").expect("a line");
    let text = text
        .strip_prefix("AUTH ")
        .map_or(text, |command| command.split_once(' ').map_or("", |(_, text)| text));
    String::from_utf8(decoded(text)).expect("UTF-8")
}
