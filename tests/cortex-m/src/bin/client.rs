//! (a) The client engine: EHLO, MAIL, RCPT, DATA, QUIT by hand.

#![no_std]
#![no_main]

use cortex_m_images::{Lent, Wire, done, entry, report, unknown};
use embedded_smtp::client::{Client, Event, Transfer};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{ForwardPath, HelloName, Reply, ReversePath, Verb};
use embedded_smtp::{Error, constant};

static RX: Lent<[u8; 256]> = Lent::new([0; 256]);
static TX: Lent<[u8; 256]> = Lent::new([0; 256]);

const NAME: HelloName<'_> = constant!(HelloName::new("device.example"));
const FROM: ReversePath<'_> = constant!(ReversePath::new("device@example.com"));
const TO: ForwardPath<'_> = constant!(ForwardPath::new("someone@example.com"));

#[entry]
fn main() -> ! {
    let mut wire = Wire::new();
    let mut client = Client::new(RX.lend(), TX.lend());
    let delivered = mail(&mut client, &mut wire).unwrap_or(0);
    report("code", u32::from(delivered));
    done()
}

fn mail(client: &mut Client<'_>, wire: &mut Wire) -> Result<u16, Error> {
    answer(client, wire)?;
    client.ehlo(NAME)?;
    answer(client, wire)?;
    let mut content = unknown(&b"Subject: alert\r\n\r\n.\r\nIt is 42 degrees.\r\n"[..]);
    client.mail(&FROM, &Transfer { size: Some(content.len() as u64), ..Transfer::default() })?;
    answer(client, wire)?;
    client.rcpt(&TO, &())?;
    answer(client, wire)?;
    client.data()?;
    answer(client, wire)?;
    while !content.is_empty() {
        let taken = client.body(content)?;
        content = content.get(taken..).unwrap_or_default();
        if !content.is_empty() {
            write(client, wire);
        }
    }
    client.end_of_body()?;
    let code = answer(client, wire)?;
    client.quit()?;
    answer(client, wire)?;
    Ok(code)
}

fn write(client: &mut Client<'_>, wire: &mut Wire) {
    let octets = wire.write(client.transmit());
    client.transmitted(octets);
}

/// Goes on to the next whole reply; its code, or 0 when there is none any more.
#[inline(never)]
fn answer(client: &mut Client<'_>, wire: &mut Wire) -> Result<u16, Error> {
    loop {
        match client.poll()? {
            Want::Read => {
                let octets = wire.read(client.receive_buffer());
                if octets == 0 { client.received_eof() } else { client.received(octets) }
            }
            Want::Write => write(client, wire),
            Want::Event => {
                if let Some(code) = show(client, wire) {
                    return Ok(code);
                }
            }
            Want::Closed => return Ok(0),
        }
    }
}

fn show(client: &Client<'_>, wire: &mut Wire) -> Option<u16> {
    let (to, Reply { code, enhanced, text, .. }) = match client.event()? {
        Event::Line { to, reply } | Event::Closing { to, reply } => (to, reply),
        Event::Reply { to, reply } => (Some(to), reply),
        _ => return None,
    };
    unknown((to == Some(Verb::Data), enhanced));
    wire.write(text);
    matches!(client.event(), Some(Event::Reply { .. })).then_some(code.number())
}
