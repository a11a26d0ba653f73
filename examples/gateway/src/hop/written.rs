//! A mail in the form in which it is sent: written by the message writer, or read from where it was put aside.

use std::sync::LazyLock;

use embedded_smtp::data::Body;
use embedded_smtp::message::{Content, Date, Message, MessageId, Multipart, Text};
use embedded_smtp::submission::Verdict;
use embedded_smtp::wire::Domain;

use super::bound::Bound;
use super::outcome::{Again, Outcome};
use super::session::{Lent, Session};
use crate::content;
use crate::request::{self, Built, Letter, Outgoing};
use crate::unique;

/// Octets of a letter that are written at once.
const PIECE: usize = 16 * 1024;

pub(super) async fn send(session: &mut Session<'_>, mail: &Outgoing, bound: &Bound) -> Outcome {
    match &mail.content {
        request::Content::Letter(letter) => send_letter(session, mail, bound, letter).await,
        request::Content::Whole(whole) => {
            let body = || content::Whole::new(whole.reader(), &whole.survey);
            let mut tries = Tries::new();
            loop {
                let (outcome, again) =
                    session.attempt(mail, Lent(&mut body()), bound, tries.with_deadline).await;
                if !tries.go_on(again) {
                    return outcome;
                }
            }
        }
    }
}

async fn send_letter(session: &mut Session<'_>, mail: &Outgoing, bound: &Bound, letter: &Letter) -> Outcome {
    let Ok(mut built) = letter.build() else {
        // It was built before, when the request was read.
        return Outcome::unsent(&mail.recipients, Verdict::Rejected, "the mail cannot be written");
    };
    let mut files = std::mem::take(&mut built.files);
    let files = (!files.is_empty()).then_some(&mut files[..]);
    match (&letter.text, &letter.html, files) {
        (Some(text), None, None) => written(session, mail, bound, &built, Text::plain(text)).await,
        (None, Some(html), None) => written(session, mail, bound, &built, Text::html(html)).await,
        (Some(text), Some(html), None) => {
            written(session, mail, bound, &built, Multipart::alternative(Text::plain(text), Text::html(html)))
                .await
        }
        (Some(text), None, Some(files)) => {
            written(session, mail, bound, &built, Multipart::mixed(Text::plain(text), files)).await
        }
        (None, Some(html), Some(files)) => {
            written(session, mail, bound, &built, Multipart::mixed(Text::html(html), files)).await
        }
        (Some(text), Some(html), Some(files)) => {
            let texts = Multipart::alternative(Text::plain(text), Text::html(html));
            written(session, mail, bound, &built, Multipart::mixed(texts, files)).await
        }
        (None, None, files) => {
            let files = files.unwrap_or_default();
            written(session, mail, bound, &built, Multipart::mixed(Text::plain(""), files)).await
        }
    }
}

async fn written<C: Content + Send>(
    session: &mut Session<'_>,
    mail: &Outgoing,
    bound: &Bound,
    built: &Built<'_>,
    content: C,
) -> Outcome {
    static MIDNIGHT: LazyLock<Option<Date>> = LazyLock::new(|| Date::from_unix(0, 0).ok());
    let (date, domain) =
        (Date::from_unix(unique::now(), 0).ok().or(*MIDNIGHT), Domain::new(built.from.mailbox().domain()));
    let localhost = Domain::new("localhost");
    let (Some(date), Ok(domain)) = (date, domain.or(localhost)) else {
        return Outcome::unsent(&mail.recipients, Verdict::Rejected, "the mail cannot be written");
    };
    let id = MessageId::unique(mail.id.0, mail.id.1, domain);
    let mut message = Message::new(built.from, date, id, content)
        .to(&built.to)
        .cc(&built.cc)
        .reply_to(&built.reply_to)
        .fields(&built.fields);
    if let Some(subject) = built.subject {
        message = message.subject(subject);
    }
    let mut piece = vec![0; PIECE];
    let mut tries = Tries::new();
    loop {
        let mut body = message.body(&mut piece);
        let (outcome, again) = session
            .attempt(mail, Lent(&mut body as &mut (dyn Body<Error = _> + Send)), bound, tries.with_deadline)
            .await;
        if !tries.go_on(again) {
            return outcome;
        }
    }
}

/// How often a mail of which nothing was sent yet is tried again at once.
struct Tries {
    left: u8,
    with_deadline: bool,
}

impl Tries {
    fn new() -> Self {
        Self { left: 2, with_deadline: true }
    }

    fn go_on(&mut self, again: Again) -> bool {
        if again == Again::No || self.left == 0 {
            return false;
        }
        self.left -= 1;
        self.with_deadline &= again != Again::WithoutDeadline;
        true
    }
}
