//! A submission for the images that tell what one thing costs: all do the same but for that.

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::{Anyone, Authenticator, Mechanism, Only};
use embedded_smtp::session::Want;
use embedded_smtp::submission::{Envelope, Event, NoWords, Options, Recipient, Submission, TlsPolicy};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};
use embedded_smtp::{Error, constant};

use crate::turn::turn;
use crate::{Lent, Wire, done, report, unknown};

static RX: Lent<[u8; 512]> = Lent::new([0; 512]);
static TX: Lent<[u8; 512]> = Lent::new([0; 512]);

const NAME: HelloName<'_> = constant!(HelloName::new("device.example"));
const FROM: ReversePath<'_> = constant!(ReversePath::new("device@example.com"));
const TO: ForwardPath<'_> = constant!(ForwardPath::new("someone@example.com"));

/// The submission of these images.
pub type Mail<'s, 'b, 'e, A> = Submission<'s, 'b, 'e, Slice<'e>, A, NoWords>;

/// Hands a mail in, and reports the code that decided.
#[inline(always)]
pub fn submit<A: Authenticator>(tls: TlsPolicy, login: A, drive: impl FnOnce(&mut Mail<'_, '_, '_, A>)) -> ! {
    let mut client = Client::new(RX.lend(), TX.lend());
    let mut recipients = [Recipient::new(TO)];
    let content = Slice::new(unknown(&b"Subject: alert\r\n\r\n.\r\nIt is 42 degrees.\r\n"[..]));
    let envelope = Envelope::new(FROM, &mut recipients);
    let mut mail =
        Submission::without_words(&mut client, Options::new(NAME).tls(tls), envelope, content, login);
    drive(&mut mail);
    let outcome = mail.report();
    unknown(outcome.verdict());
    report("code", outcome.answer().code().map_or(0, |code| code.number()).into());
    done()
}

/// The same with a login by one mechanism.
#[inline(always)]
pub fn submit_by<M: Mechanism>(mechanism: &mut M) -> ! {
    submit(TlsPolicy::Required, Only::new(mechanism), by_hand)
}

/// The same without a login.
#[inline(always)]
pub fn submit_as_anyone(drive: impl FnOnce(&mut Mail<'_, '_, '_, Anyone>)) -> ! {
    submit(TlsPolicy::Required, Anyone, drive)
}

/// Moves the octets without an adapter.
#[inline(always)]
pub fn by_hand<A: Authenticator>(mail: &mut Mail<'_, '_, '_, A>) {
    let mut wire = Wire::new();
    unknown(converse(mail, &mut wire).is_ok());
}

#[inline(always)]
fn converse<A: Authenticator>(mail: &mut Mail<'_, '_, '_, A>, wire: &mut Wire) -> Result<(), Error> {
    loop {
        match turn(mail, wire)? {
            Want::Read | Want::Write => {}
            // Here a TLS stack would take the stream.
            Want::Event if mail.event() == Some(Event::StartTls) => mail.tls_established()?,
            Want::Event | Want::Closed => return Ok(()),
        }
    }
}
