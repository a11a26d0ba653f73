//! (c) A submission: all of (b), and the conversation from greeting to QUIT, with its verdict and the code that decided.

#![no_std]
#![no_main]

use cortex_m_images::turn::turn;
use cortex_m_images::{Lent, Wire, done, entry, report, unknown};
use embedded_smtp::client::Client;
use embedded_smtp::constant;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::{Credentials, Password};
use embedded_smtp::session::Want;
use embedded_smtp::submission::{Envelope, Event, Options, Recipient, Submission};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};

static RX: Lent<[u8; 256]> = Lent::new([0; 256]);
static TX: Lent<[u8; 256]> = Lent::new([0; 256]);

const NAME: HelloName<'_> = constant!(HelloName::new("device.example"));
const FROM: ReversePath<'_> = constant!(ReversePath::new("device@example.com"));
const TO: ForwardPath<'_> = constant!(ForwardPath::new("someone@example.com"));
const LOGIN: Password<'_> = Password::new(constant!(Credentials::new("device", "its password")));

#[entry]
fn main() -> ! {
    let mut wire = Wire::new();
    let delivered = mail(&mut wire);
    report("code", u32::from(delivered));
    done()
}

fn mail(wire: &mut Wire) -> u16 {
    let mut client = Client::new(RX.lend(), TX.lend());
    let mut recipients = [Recipient::new(TO)];
    let content = Slice::new(unknown(&b"Subject: alert\r\n\r\n.\r\nIt is 42 degrees.\r\n"[..]));
    let envelope = Envelope::new(FROM, &mut recipients);
    let mut submission = Submission::without_words(&mut client, Options::new(NAME), envelope, content, LOGIN);
    loop {
        match turn(&mut submission, wire) {
            Ok(Want::Read | Want::Write) => {}
            // Here a TLS stack would take the stream.
            Ok(Want::Event) if submission.event() == Some(Event::StartTls) => {
                let _ = submission.tls_established();
            }
            // What went wrong, if anything did, is in the report too.
            _ => break,
        }
    }
    let report = submission.report();
    unknown(report.verdict());
    report.answer().code().map_or(0, |code| code.number())
}
