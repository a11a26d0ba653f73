//! Makes the mail from the arguments, or says why it cannot be one.

use std::io::{Seek, SeekFrom};

use embedded_smtp::message::{Address, Content, Date, HeaderText, Message, MessageId, Multipart, Text};
use embedded_smtp::wire::{ForwardPath, Mailbox, ReversePath, Syntax};

use super::args::Args;
use super::attach::File;
use super::content::Whole;
use super::input;
use super::mail::Mail;
use super::outcome::Failure;
use super::prose::{self, surveyed};
use super::survey::survey;
use super::unique::{message_id, now};

/// Octets of the mail that are made at once.
const PIECE: usize = 16 * 1024;

/// Whom the mail is for.
pub(crate) struct Addresses<'a> {
    pub(crate) to: Vec<ForwardPath<'a>>,
    pub(crate) cc: Vec<ForwardPath<'a>>,
    pub(crate) bcc: Vec<ForwardPath<'a>>,
}

/// A mail that is ready to go.
pub(crate) struct Outgoing<'a> {
    pub(crate) mail: Mail<'a>,
    /// Each once.
    pub(crate) recipients: Vec<ForwardPath<'a>>,
    /// The Message-ID where it was given here, in its angle brackets.
    pub(crate) id: Option<String>,
}

/// Lends the mail to `send`.
pub(crate) fn compose<T>(
    args: &Args,
    from: ReversePath<'_>,
    addresses: &Addresses<'_>,
    send: impl FnOnce(Outgoing<'_>) -> T,
) -> Result<T, Failure> {
    if args.raw {
        return Ok(send(Outgoing { mail: whole(args)?, recipients: addresses.to.clone(), id: None }));
    }
    let from = from
        .mailbox()
        .ok_or_else(|| Failure::unsendable("a mail from nobody needs --raw and a From field of its own"))?;
    let subject = HeaderText::new(args.subject.as_deref().unwrap_or_default()).map_err(bad("--subject"))?;
    let id = message_id(from);
    let letter = Letter { from, addresses, subject, id: &id };
    let (mut text, is_utf8) = prose::plain(args)?;
    let mut html = args.html.as_deref().map(prose::html).transpose()?;
    let html = html.as_mut().map(surveyed).transpose()?.map(Text::html_stream);
    let mut files = args.attach.iter().map(|path| File::open(path)).collect::<Result<Vec<_>, _>>()?;
    match (is_utf8, html) {
        (true, None) => letter.with(Text::plain_stream(surveyed(&mut text)?), &mut files, send),
        (true, Some(html)) => {
            let text = Text::plain_stream(surveyed(&mut text)?);
            letter.with(Multipart::alternative(text, html), &mut files, send)
        }
        (false, None) => letter.with(prose::unknown(&mut text)?, &mut files, send),
        (false, Some(html)) => {
            letter.with(Multipart::alternative(prose::unknown(&mut text)?, html), &mut files, send)
        }
    }
}

/// What the header section is made from.
struct Letter<'a> {
    from: Mailbox<'a>,
    addresses: &'a Addresses<'a>,
    subject: HeaderText<'a>,
    id: &'a str,
}

impl Letter<'_> {
    fn with<T>(
        &self,
        content: impl Content,
        files: &mut [File],
        send: impl FnOnce(Outgoing<'_>) -> T,
    ) -> Result<T, Failure> {
        if files.is_empty() {
            return self.written(content, send);
        }
        let mut files: Vec<_> = files.iter_mut().map(File::attachment).collect();
        self.written(Multipart::mixed(content, &mut files[..]), send)
    }

    fn written<T>(&self, content: impl Content, send: impl FnOnce(Outgoing<'_>) -> T) -> Result<T, Failure> {
        let Addresses { to, cc, bcc } = self.addresses;
        // Postmaster without a domain is an address in the envelope only.
        let postmaster = [to, cc, bcc].into_iter().flatten().find(|path| path.mailbox().is_none());
        let [to, cc, bcc] = [to, cc, bcc]
            .map(|paths| paths.iter().filter_map(ForwardPath::mailbox).map(Address::new).collect::<Vec<_>>());
        let date = Date::from_unix(now(), 0).map_err(bad("this machine's clock"))?;
        let id = MessageId::new(self.id).map_err(bad("the Message-ID"))?;
        let mut message = Message::new(Address::new(self.from), date, id, content)
            .to(&to)
            .cc(&cc)
            .bcc(&bcc)
            .subject(self.subject);
        let recipients = message.recipients().map(ForwardPath::from).chain(postmaster.copied()).collect();
        let mut piece = vec![0; PIECE];
        let mail = Mail::written(message.body(&mut piece));
        Ok(send(Outgoing { mail, recipients, id: Some(format!("<{}>", self.id)) }))
    }
}

/// A message that has a header section of its own.
fn whole(args: &Args) -> Result<Mail<'static>, Failure> {
    let mut text = input::open(args)?;
    let found = survey(&mut text).and_then(|found| text.seek(SeekFrom::Start(0)).map(|_| found));
    let found = found.map_err(|error| Failure::unsendable(format!("the text cannot be read: {error}")))?;
    Ok(Mail::new(Whole::new(text, &found)))
}

fn bad(what: &str) -> impl Fn(Syntax) -> Failure {
    move |error| Failure::unsendable(format!("{what} cannot be sent: {error}"))
}
