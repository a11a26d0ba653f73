//! (c) with all of its report: why not, what became of each recipient, and the server's words.

#![no_std]
#![no_main]

use cortex_m_images::turn::turn;
use cortex_m_images::{Lent, Wire, done, entry, report, unknown};
use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::{Credentials, Password};
use embedded_smtp::session::Want;
use embedded_smtp::submission::{Envelope, Event, Options, Recipient, Submission};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};
use embedded_smtp::{Error, constant};

static RX: Lent<[u8; 256]> = Lent::new([0; 256]);
static TX: Lent<[u8; 256]> = Lent::new([0; 256]);
static TEXTS: Lent<[u8; 128]> = Lent::new([0; 128]);

const NAME: HelloName<'_> = constant!(HelloName::new("device.example"));
const FROM: ReversePath<'_> = constant!(ReversePath::new("device@example.com"));
const TO: ForwardPath<'_> = constant!(ForwardPath::new("someone@example.com"));
const LOGIN: Credentials<'_> = constant!(Credentials::new("device", "its password"));

#[entry]
fn main() -> ! {
    let mut wire = Wire::new();
    let delivered = mail(&mut wire).unwrap_or(0);
    report("code", u32::from(delivered));
    done()
}

fn mail(wire: &mut Wire) -> Result<u16, Error> {
    let mut client = Client::new(RX.lend(), TX.lend());
    let mut recipients = [Recipient::new(TO)];
    let content = Slice::new(unknown(&b"Subject: alert\r\n\r\n.\r\nIt is 42 degrees.\r\n"[..]));
    let envelope = Envelope::new(FROM, &mut recipients);
    let mut submission = Submission::with_login(
        &mut client,
        Options::new(NAME),
        envelope,
        content,
        TEXTS.lend(),
        Password::new(LOGIN),
    );
    loop {
        match turn(&mut submission, wire)? {
            Want::Read | Want::Write => {}
            // Here a TLS stack would take the stream.
            Want::Event if submission.event() == Some(Event::StartTls) => submission.tls_established()?,
            Want::Event | Want::Closed => break,
        }
    }
    let report = submission.report();
    unknown((report.verdict(), report.cause()));
    for recipient in report.recipients() {
        unknown(recipient.status());
        wire.write(report.octets(&recipient.answer()));
    }
    let answer = report.answer();
    wire.write(report.octets(&answer));
    Ok(answer.code().map_or(0, |code| code.number()))
}
