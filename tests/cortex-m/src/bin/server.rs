//! (d) The server engine: EHLO, STARTTLS, AUTH PLAIN and LOGIN, and mails into nowhere.

#![no_std]
#![no_main]

use cortex_m_images::turn::turn;
use cortex_m_images::{Lent, Wire, done, entry, report, unknown};
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension, HelloName};
use embedded_smtp::{Error, constant};

static RX: Lent<[u8; 512]> = Lent::new([0; 512]);
static TX: Lent<[u8; 512]> = Lent::new([0; 512]);

const HOST: HelloName<'_> = constant!(HelloName::new("mail.example"));

#[entry]
fn main() -> ! {
    let mut wire = Wire::new();
    let mails = session(&mut wire).unwrap_or(0);
    report("mails", mails);
    done()
}

fn session(wire: &mut Wire) -> Result<u32, Error> {
    let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login);
    let policy = Policy::new(HOST).offer(Extension::StartTls).auth(mechanisms).require_auth();
    let mut server = Server::new(RX.lend(), TX.lend(), &policy);
    let mut mails = 0_u32;
    loop {
        match turn(&mut server, wire)? {
            Want::Read | Want::Write => {}
            Want::Closed => return Ok(mails),
            Want::Event => {
                match server.event() {
                    Some(Event::Body(octets)) => {
                        wire.write(octets);
                    }
                    Some(Event::Login(login)) => {
                        wire.write(login.user());
                        wire.write(login.password());
                    }
                    Some(Event::Mail { path, params }) => {
                        wire.write(path.as_str().as_bytes());
                        unknown(params);
                    }
                    Some(Event::Rcpt { path, .. }) => {
                        wire.write(path.as_str().as_bytes());
                    }
                    Some(Event::EndOfData { .. }) => mails = mails.saturating_add(1),
                    // Here a TLS stack would take the stream.
                    Some(Event::StartTls) => server.tls_established()?,
                    _ => {}
                }
                if server.reply_owed().is_some() {
                    server.accept()?;
                }
            }
        }
    }
}
