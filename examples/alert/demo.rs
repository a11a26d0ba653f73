//! Without arguments: one mail to the server inside the process, and everything there is to see of it.

use std::io::{IsTerminal, stdout};
use std::thread;

use embedded_smtp::client::Client;
use embedded_smtp::message::{Address, Date, HeaderText, Message, MessageId, Text};
use embedded_smtp::sasl::{Credentials, Password};
use embedded_smtp::server::Server;
use embedded_smtp::submission::{Envelope, Options, Recipient, Submission, TlsPolicy};
use embedded_smtp::wire::{ForwardPath, HelloName, Mailbox, ReversePath, Syntax};

use super::outcome::{self, Circumstances, Failure, Status};
use super::paint::{Ink, Paint, say};
use super::pipe::pipe;
use super::report;
use super::server::{self, Arrived};
use super::session;
use super::tap::Traffic;
use super::transcript::Transcript;
use super::unique::{message_id, now};
use super::wire::Wire;

const FROM: &str = "pump@cellar.example";
const TO: [&str; 2] = ["operations@inbox.example", "night-shift@inbox.example"];
const SUBJECT: &str = "Pump 2 has stopped at 84 \u{b0}C";
const TEXT: &str = "\
The pump in the cellar has stopped by itself.\r
\r
  temperature   84 \u{b0}C, allowed are 70\r
  pressure      0.3 bar, wanted are 2.5\r
\r
.. two dots in front of a line arrive as two dots\r
";

/// As little memory as a small device would lend.
const RX: usize = 512;
const TX: usize = 512;
const TEXTS: usize = 256;
const PIECE: usize = 256;

pub(crate) fn demo() -> Result<Status, Failure> {
    let paint = Paint::new(stdout().is_terminal());
    let mistake =
        |error: &dyn std::fmt::Display| Failure::unsendable(format!("the built-in mail is wrong: {error}"));
    let from = Mailbox::new(FROM).map_err(|error| mistake(&error))?;
    let [Ok(first), Ok(second)] = TO.map(Mailbox::new) else { return Err(mistake(&"its recipients")) };
    let (to, id) = ([first, second].map(Address::new), message_id(from));
    let mut message = mail(from, &to, &id).map_err(|error| mistake(&error))?;
    let message_size = size_of_val(&message);
    let name = HelloName::new("pump.cellar.example").map_err(|error| mistake(&error))?;
    let credentials = Credentials::new(server::USER, server::PASSWORD).map_err(|error| mistake(&error))?;

    say(paint.heading("the dialogue with a server inside this process, C: client, S: server"));
    let (near, far) = pipe();
    let server = thread::spawn(|| server::serve(far));
    let (mut rx, mut tx, mut texts, mut piece) = ([0; RX], [0; TX], [0; TEXTS], [0; PIECE]);
    let mut recipients = [first, second].map(|to| Recipient::new(ForwardPath::from(to)));
    // In clear, but the octets do not leave the process.
    let mut client = Client::new(&mut rx, &mut tx).allow_clear_text_auth();
    let options = Options::new(name).tls(TlsPolicy::Never);
    let envelope = Envelope::new(ReversePath::from(from), &mut recipients);
    let login = Password::new(credentials);
    let body = message.body(&mut piece);
    let mut submission = Submission::with_login(&mut client, options, envelope, body, &mut texts, login);
    let transcript = Transcript::new(Box::new(stdout()), paint);
    let ended = session::run(&mut submission, Wire::Pipe(near), Some(transcript), None, None);
    let arrived = server.join().ok().and_then(Result::ok).unwrap_or_default();

    say(format_args!("\n{}", paint.heading("the mail as it arrived")));
    show(&arrived, paint);

    let report = submission.report();
    say(format_args!("\n{}", paint.heading("the report")));
    for line in report::recipients(&report, paint) {
        say(line);
    }
    let circumstances = Circumstances { server: server::NAME.to_owned(), ..Circumstances::default() };
    let failure = outcome::failure(&report, &circumstances);
    let status = failure.as_ref().map_or(Status::Delivered, |failure| failure.status);
    say(format_args!("verdict: {}; exit status {}", report::verdict(&report, paint), status as u8));

    say(format_args!("\n{}", paint.heading("the memory that the session took")));
    memory(size_of_val(&submission), size_of_val(&recipients), message_size);
    traffic(ended.traffic);
    say(format_args!(
        "\n{}",
        paint.ink(Ink::Quiet, "To send a real one: cargo run --example alert -- --help")
    ));
    failure.map_or(Ok(status), Err)
}

/// A text that is not all ASCII arrives on every way: the library encodes it where it has to.
fn mail<'a>(from: Mailbox<'a>, to: &'a [Address<'a>], id: &'a str) -> Result<Message<'a, Text<'a>>, Syntax> {
    let (date, id) = (Date::from_unix(now(), 0)?, MessageId::new(id)?);
    let message = Message::new(Address::new(from), date, id, Text::plain(TEXT));
    Ok(message.to(to).subject(HeaderText::new(SUBJECT)?))
}

fn show(arrived: &Arrived, paint: Paint) {
    say(format_args!(
        "{}",
        paint.ink(Ink::Quiet, format!("envelope: from {} to {}", arrived.from, arrived.to.join(", ")))
    ));
    say(String::from_utf8_lossy(&arrived.content).replace("\r\n", "\n").trim_end());
}

/// All of it: the engine allocates nothing, and the mail's text stays where it is.
fn memory(submission: usize, recipients: usize, message: usize) {
    let client = size_of::<Client<'_>>();
    let parts = [
        ("client engine", client),
        ("submission", submission),
        ("the two recipients", recipients),
        ("the mail", message),
        ("a piece of it", PIECE),
        ("receive buffer", RX),
        ("transmit buffer", TX),
        ("server's answers", TEXTS),
    ];
    for (name, octets) in parts {
        say(format_args!("{name:<20}{octets:>6} octets"));
    }
    let sum: usize = parts.iter().map(|(_, octets)| octets).sum();
    say(format_args!("{:<20}{sum:>6} octets, on a machine with {}-bit addresses", "altogether", usize::BITS));
    let server = size_of::<Server<'_, '_>>() + 2 * server::BUFFER;
    say(format_args!("{:<20}{server:>6} octets, the mail not counted", "the server's side"));
}

fn traffic(Traffic { sent, writes, received, reads }: Traffic) {
    say(format_args!(
        "{:<20}{sent:>6} octets out in {writes} writes, {received} octets in by {reads} reads",
        "over the wire"
    ));
}
