//! The mail, and the attempts at sending it.

use core::net::SocketAddrV4;

use defmt::{info, warn};
use embedded_smtp::client::Client;
use embedded_smtp::data::Body;
use embedded_smtp::io::smoltcp::{Driver, Progress};
use embedded_smtp::message::{Address, AutoSubmitted, Date, HeaderText, Message, MessageId, Text};
use embedded_smtp::submission::{Envelope, Event, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{Domain, ForwardPath, HelloName, Mailbox, ReversePath, Syntax, Writer};
use smoltcp::time::Duration;

use crate::Station;
use crate::clock;
use crate::settings::{self, Unreadable};

/// Attempts before the alert is given up.
const ATTEMPTS: u32 = 8;

/// The longest pause between two of them.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// How long to wait for an address.
const ADDRESS: Duration = Duration::from_secs(20);

/// What became of the alert.
#[derive(Clone, Copy, PartialEq, Eq, defmt::Format)]
pub enum Outcome {
    /// The server has it.
    Delivered,
    /// The server will not have it.
    Rejected,
    /// All the attempts failed.
    GivenUp,
}

/// Why there was not even an attempt.
#[derive(Clone, Copy, defmt::Format)]
pub enum Unsendable {
    /// An address or a name out of form.
    Value(Syntax),
    /// A setting out of form.
    Setting(Unreadable),
}

impl From<Syntax> for Unsendable {
    fn from(syntax: Syntax) -> Self {
        Self::Value(syntax)
    }
}

impl From<Unreadable> for Unsendable {
    fn from(unreadable: Unreadable) -> Self {
        Self::Setting(unreadable)
    }
}

/// Mails that the temperature is `tenths` of a degree, in as many attempts as it takes, with pauses that grow.
/// The station's other work goes on all the while.
pub fn mail(station: &mut Station<'_>, tenths: u32) -> Result<Outcome, Unsendable> {
    let server = settings::server()?;
    let mut pause = Duration::from_millis(settings::number("MAIL_PAUSE", settings::PAUSE)?);
    let mut text = [0; 64];
    let text = reading(tenths, &mut text);
    // One identifier for all attempts: who gets the mail twice sees that it is one.
    let time = settings::number("MAIL_TIME", settings::TIME)?;
    let id = MessageId::unique(time, 1, Domain::new(settings::HOST)?);
    let from = Mailbox::new(settings::FROM)?;
    let to = Mailbox::new(settings::TO)?;
    let addressee = [Address::new(to)];
    let mut message =
        Message::new(Address::new(from).with_name("Boiler")?, Date::from_unix(time, 0)?, id, Text::ascii(text)?)
            .to(&addressee)
            .subject(HeaderText::new("Boiler too hot")?)
            .auto_submitted(AutoSubmitted::Generated);
    let options = Options::new(HelloName::new(settings::HOST)?).tls(TlsPolicy::Never);

    let (mut rx, mut tx, mut texts, mut piece) = ([0; 512], [0; 512], [0; 256], [0; 256]);
    let mut client = Client::new(&mut rx, &mut tx);
    for number in 1..=ATTEMPTS {
        client.restart(false);
        let mut recipients = [Recipient::new(ForwardPath::from(to))];
        let envelope = Envelope::new(ReversePath::from(from), &mut recipients);
        let body = message.body(&mut piece);
        let mut submission = Submission::new(&mut client, options, envelope, body, &mut texts);
        attempt(station, server, &mut submission);

        let report = submission.report();
        let answer = report.answer();
        info!("attempt {}: {} ({}) {=str}", number, report.verdict(), answer.code(), report.text(&answer));
        match report.verdict() {
            Verdict::Delivered | Verdict::PartlyDelivered => return Ok(Outcome::Delivered),
            Verdict::Rejected => {
                warn!("refused: {}", report.cause());
                return Ok(Outcome::Rejected);
            }
            // Unknown: an alert that comes twice is better than one that does not come.
            Verdict::RetryLater | Verdict::Unknown => warn!("failed: {}", report.cause()),
        }
        if number < ATTEMPTS {
            info!("again in {} ms", pause.total_millis());
            let until = clock::now() + pause;
            while clock::now() < until {
                station.turn();
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
    Ok(Outcome::GivenUp)
}

/// One connection, from its opening to its end; what came of it is in the submission's report.
fn attempt<B: Body>(
    station: &mut Station<'_>,
    server: SocketAddrV4,
    submission: &mut Submission<'_, '_, '_, B>,
) {
    let patience = clock::now() + ADDRESS;
    while !station.network.is_up() && clock::now() < patience {
        station.turn();
    }
    station.network.connect(server);
    let mut driver = Driver::new();
    loop {
        station.turn();
        match driver.drive(station.network.socket(), submission, clock::now()) {
            Ok(Progress::Waiting) => {}
            Ok(Progress::Event) if submission.event() == Some(Event::Done) => break,
            // The policy is to send in clear, so the handshake is never asked for.
            Ok(Progress::Event) => submission.tls_failed(),
            Ok(Progress::Closed) => break,
            Err(error) => {
                warn!("connection: {}", error);
                station.network.socket().abort();
                return;
            }
        }
    }
    station.network.socket().close();
    // QUIT has been answered; what is left are the last frames.
    let until = clock::now() + Duration::from_millis(100);
    while clock::now() < until && station.network.socket().is_open() {
        station.turn();
    }
}

/// The mail's text.
fn reading(tenths: u32, buffer: &mut [u8; 64]) -> &str {
    let mut out = Writer::new(buffer);
    out.put(b"The boiler has ");
    out.number(u64::from(tenths / 10));
    out.byte(b'.');
    out.number(u64::from(tenths % 10));
    out.put(b" degrees.\r\n");
    let length = out.finish().unwrap_or(0);
    core::str::from_utf8(buffer.get(..length).unwrap_or_default()).unwrap_or_default()
}
