//! (c) A submission: all of (b), and the conversation from greeting to QUIT with its report.

#![no_std]
#![no_main]

use cortex_m_images::{Lent, Wire, done, entry, report, unknown};
use embedded_smtp::Error;
use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::{Credentials, Password};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{Envelope, Event, Options, Recipient, Submission};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};

static RX: Lent<[u8; 256]> = Lent::new([0; 256]);
static TX: Lent<[u8; 256]> = Lent::new([0; 256]);
static TEXTS: Lent<[u8; 128]> = Lent::new([0; 128]);

#[entry]
fn main() -> ! {
    let mut wire = Wire::new();
    let delivered = mail(&mut wire).unwrap_or(0);
    report("code", u32::from(delivered));
    done()
}

fn mail(wire: &mut Wire) -> Result<u16, Error> {
    let (Ok(name), Ok(from), Ok(to), Ok(credentials)) = (
        HelloName::new(unknown("device.example")),
        ReversePath::new(unknown("device@example.com")),
        ForwardPath::new(unknown("someone@example.com")),
        Credentials::new(unknown("device"), unknown("its password")),
    ) else {
        return Ok(0);
    };
    let mut client = Client::new(RX.lend(), TX.lend());
    let mut recipients = [Recipient::new(to)];
    let content = Slice::new(unknown(&b"Subject: alert\r\n\r\n.\r\nIt is 42 degrees.\r\n"[..]));
    let envelope = Envelope::new(from, &mut recipients);
    let mut submission = Submission::with_login(&mut client, Options::new(name), envelope, content, TEXTS.lend(), Password::new(credentials));
    loop {
        match submission.poll()? {
            Want::Read => {
                let octets = wire.read(submission.receive_buffer());
                if octets == 0 { submission.received_eof() } else { submission.received(octets) }
            }
            Want::Write => {
                let octets = wire.write(submission.transmit());
                submission.transmitted(octets);
            }
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
