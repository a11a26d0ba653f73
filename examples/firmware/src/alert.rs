//! The mail, and the attempts at sending it.

use defmt::{info, warn};
use embedded_smtp::client::Client;
use embedded_smtp::message::{
    Address, Attachment, AutoSubmitted, Date, FileName, HeaderText, Message, MessageId, MimeType, Multipart,
    Text,
};
use embedded_smtp::sasl::Unfit;
use embedded_smtp::submission::{
    Answer, Cause, Envelope, Options, Recipient, Report, Submission, TlsPolicy, Verdict,
};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath, Syntax, Writer};
use smoltcp::time::Duration;

use crate::history::Kept;
use crate::settings::{Security, Settings};
use crate::table::{Table, degrees};
use crate::{Station, clock, connection, tls};

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

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
    /// A text or a name out of form.
    Value(Syntax),
    /// A name or password out of form.
    Login(Unfit),
    /// There is no source of randomness.
    #[cfg(feature = "scram")]
    Random,
}

impl From<Syntax> for Unsendable {
    fn from(syntax: Syntax) -> Self {
        Self::Value(syntax)
    }
}

impl From<Unfit> for Unsendable {
    fn from(unfit: Unfit) -> Self {
        Self::Login(unfit)
    }
}

/// Mails that the temperature is `tenths` of a degree, in as many attempts as it takes, with pauses that grow.
/// The station's other work goes on all the while.
pub fn mail(
    station: &Station<'_>,
    settings: &Settings<'_>,
    tenths: u32,
    readings: Kept,
) -> Result<Outcome, Unsendable> {
    let mut text = [0; 64];
    let text = Text::ascii(sentence(tenths, &mut text))?;
    let table = Attachment::stream(MimeType::new("text/csv")?, Table::new(readings))
        .with_name(FileName::new("readings.csv")?);
    // One identifier for all attempts: who gets the mail twice sees that it is one.
    let id = MessageId::unique(settings.time.into(), 1, settings.host);
    let (from, to) = (settings.from, settings.to);
    let addressee = [Address::new(to)];
    let author = Address::new(from).with_name("Boiler")?;
    let date = Date::from_unix(settings.time.into(), 0)?;
    let mut message = Message::new(author, date, id, Multipart::mixed(text, [table]))
        .to(&addressee)
        .subject(HeaderText::new("Boiler too hot")?)
        .auto_submitted(AutoSubmitted::Generated);
    let options = Options::new(HelloName::from(settings.host)).tls(match settings.security {
        Security::Clear => TlsPolicy::Never,
        Security::StartTls => TlsPolicy::Required,
        Security::Implicit => TlsPolicy::Implicit,
    });
    let go_on = || station.turn();

    let (mut rx, mut tx, mut texts, mut piece) = ([0; 512], [0; 512], [0; 256], [0; 256]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut pause = settings.pause;
    for number in 1..=settings.attempts {
        client.restart(settings.security == Security::Implicit);
        let mut recipients = [Recipient::new(ForwardPath::from(to))];
        let envelope = Envelope::new(ReversePath::from(from), &mut recipients);
        let body = message.body(&mut piece);
        let login = tls::login(&go_on)?;
        let mut submission = Submission::with_login(&mut client, options, envelope, body, &mut texts, login);
        connection::run(station, settings, &mut submission);

        let report = submission.report();
        let answer = decisive(&report);
        info!("attempt {}: {} ({}) {=str}", number, report.verdict(), answer.code(), report.text(&answer));
        match report.verdict() {
            Verdict::Delivered | Verdict::PartlyDelivered => return Ok(Outcome::Delivered),
            // Who has taken STARTTLS out of the server's offer may be gone at the next attempt.
            Verdict::Rejected if report.cause() != Some(Cause::TlsNotOffered) => {
                warn!("refused: {}", report.cause());
                return Ok(Outcome::Rejected);
            }
            // Unknown: an alert that comes twice is better than one that does not come.
            Verdict::Rejected | Verdict::RetryLater | Verdict::Unknown => warn!("failed: {}", report.cause()),
        }
        if number < settings.attempts {
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

/// What the server said last: of the mail, or of whom it is for.
fn decisive(report: &Report<'_>) -> Answer {
    let of_mail = report.answer();
    match report.recipients() {
        [only] if of_mail.code().is_none() => only.answer(),
        _ => of_mail,
    }
}

/// The mail's text.
fn sentence(tenths: u32, buffer: &mut [u8; 64]) -> &str {
    let mut out = Writer::new(buffer);
    out.put(b"The boiler has ");
    degrees(tenths, &mut out);
    out.put(b" degrees.\r\n");
    let length = out.finish().unwrap_or(0);
    core::str::from_utf8(buffer.get(..length).unwrap_or_default()).unwrap_or_default()
}
