//! What tests/no-panic.sh looks through of the mechanisms with a hash: both sides, with and without channel binding.

#![no_std]
#![no_main]

use cortex_m_images::turn::turn;
use cortex_m_images::{Lent, Wire, done, entry, unknown};
use embedded_smtp::client::Client;
use embedded_smtp::sasl::server::{self as claims, Mechanism as _};
use embedded_smtp::sasl::{
    ChannelBinding, CramMd5, Credentials, Mechanism, Nonce, SaslName, ScramSha256, Verifier,
};
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, HelloName};

static RX: Lent<[u8; 512]> = Lent::new([0; 512]);
static TX: Lent<[u8; 512]> = Lent::new([0; 512]);
static SCRAM: Lent<[u8; 256]> = Lent::new([0; 256]);
static CRAM: Lent<[u8; 256]> = Lent::new([0; 256]);
static INPUT: Lent<[u8; 256]> = Lent::new([0; 256]);

#[entry]
fn main() -> ! {
    let mut wire = Wire::new();
    let input = INPUT.lend();
    let count = wire.read(input);
    let input = input.get(..count).unwrap_or_default();
    let text = core::str::from_utf8(input).unwrap_or_default();
    let (rx, tx) = (RX.lend(), TX.lend());
    client(rx, tx, text, &mut wire);
    server(rx, tx, text, &mut wire);
    done()
}

fn nonce(text: &str) -> Nonce {
    Nonce::from_text(text).unwrap_or(Nonce::from_random(unknown([7; 18])))
}

fn client(rx: &mut [u8], tx: &mut [u8], text: &str, wire: &mut Wire) {
    let Ok(credentials) = Credentials::new(text, text) else { return };
    let (mut cram, exported) = (CramMd5::new(credentials), unknown([7; 32]));
    let breath = || {
        unknown(text);
    };
    let scram = ScramSha256::new(credentials, nonce(text)).max_iterations(unknown(9)).breathe(&breath);
    let mut scram = match unknown(0) {
        0 => scram,
        1 => scram.binding_not_offered(),
        2 => scram.bound(ChannelBinding::tls_exporter(&exported)),
        _ => scram.bound(ChannelBinding::tls_server_end_point(text.as_bytes())),
    };
    let mut client = Client::new(rx, tx).over_tls();
    while let Ok(want) = turn(&mut client, wire) {
        match want {
            Want::Read | Want::Write => {}
            Want::Closed => break,
            Want::Event => {
                let mechanism: &mut dyn Mechanism = if unknown(true) { &mut cram } else { &mut scram };
                unknown(match HelloName::new(text) {
                    Ok(name) if unknown(true) => client.ehlo(name).is_ok(),
                    _ => client.auth(mechanism).is_ok() || client.auth_respond(mechanism).is_ok(),
                });
            }
        }
    }
    unknown(scram.failure());
    scram.renew(nonce(text));
}

fn server(rx: &mut [u8], tx: &mut [u8], text: &str, wire: &mut Wire) {
    let octets = text.as_bytes();
    let binding = ChannelBinding::tls_server_end_point(octets);
    let scram = claims::ScramSha256::new(nonce(text), SCRAM.lend());
    let mut scram = match unknown(0) {
        0 => scram,
        1 => scram.beside_plus(),
        2 => scram.bound(binding),
        _ => scram.or_bound(binding),
    };
    let mut cram = claims::CramMd5::new(octets, CRAM.lend());
    let verifier = Verifier::derive(text, octets, unknown(4096));
    by_hand(&mut scram, &mut cram, &verifier, octets, wire);

    let Ok(host) = HelloName::new(text) else { return };
    let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::CramMd5).with(AuthMechanism::ScramSha256);
    let policy = Policy::new(host).auth(mechanisms.with(AuthMechanism::ScramSha256Plus));
    let mut server = Server::new(rx, tx, &policy).over_tls();
    let mut list: [&mut dyn claims::Mechanism; 2] = [&mut scram, &mut cram];
    while let Ok(want) = turn(&mut server, wire) {
        match want {
            Want::Read | Want::Write => {}
            Want::Closed => break,
            Want::Event => {
                let said = if let Some(Event::AuthMessage(message)) = server.event() {
                    unknown((message.is_first(), message.kept().len(), message.octets().is_some()));
                    let mut all = claims::Mechanisms::new(unknown(&mut list));
                    let answer = match all.step(message) {
                        claims::Step::Answer(answer) => answer,
                        claims::Step::Judge(claim) => {
                            unknown(claim);
                            let password = claims::Judgement::Password(octets);
                            let kept = claims::Judgement::Verifier(&verifier);
                            all.judged(message, if unknown(true) { password } else { kept })
                        }
                    };
                    server.auth(answer)
                } else {
                    server.accept()
                };
                unknown(said.is_ok());
            }
        }
    }
}

/// Without an engine.
fn by_hand(
    scram: &mut claims::ScramSha256<'_>,
    cram: &mut claims::CramMd5<'_>,
    verifier: &Verifier<'_>,
    octets: &[u8],
    wire: &mut Wire,
) {
    wire.write(verifier.stored_key());
    wire.write(verifier.server_key());
    if let Ok(first) = scram.first(octets) {
        name(&first.user, wire);
    }
    wire.write(scram.challenge(verifier).unwrap_or_default());
    wire.write(scram.verify(octets).unwrap_or_default());
    unknown(scram.is_done(octets));
    scram.renew(Nonce::from_random(unknown([7; 18])));
    wire.write(cram.challenge());
    unknown((cram.user(octets), cram.verify(octets, octets)));
    cram.renew(octets);
}

fn name(name: &SaslName<'_>, wire: &mut Wire) {
    name.octets().for_each(|octet| {
        wire.write(&[octet]);
    });
    wire.write(name.decode(&mut [0; 32]).unwrap_or_default().as_bytes());
    wire.write(name.encoded().as_bytes());
}
