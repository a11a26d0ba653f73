//! From a request to the mails it asks for.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use embedded_smtp::wire::{ForwardPath, ReversePath};
use serde_json::{Map, Value};

use super::deadline::deadline;
use super::dsn::Notifications;
use super::filled::Filled;
use super::letter::{File, Letter};
use super::variables::{Variables, plain};
use super::{Recipients, Request, header, template};
use crate::intake::{Reader, Spool};
use crate::problem::Problem;
use crate::survey::{Survey, survey};
use crate::unique;

/// What a request may ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'r> {
    pub(crate) templates: Option<&'r Path>,
    pub(crate) recipients: usize,
    /// Octets of a mail once its variables are replaced: in `mime`, and of one text in parts.
    pub(crate) mail: u64,
    pub(crate) text: u64,
}

/// A mail that is ready to go.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// Pure addresses, checked.
    pub(crate) recipients: Vec<String>,
    /// The return path, checked; empty for none.
    pub(crate) envelope: String,
    pub(crate) content: Content,
    pub(crate) notifications: Arc<Notifications>,
    /// Seconds since 1970.
    pub(crate) deadline: Option<u64>,
    /// Stands in its identifiers.
    pub(crate) id: (u64, u64),
}

#[derive(Debug)]
pub(crate) enum Content {
    Letter(Box<Letter>),
    Whole(Whole),
}

impl Outgoing {
    /// Its identifier as a word.
    pub(crate) fn word(&self) -> String {
        format!("{:016x}{:06x}", self.id.0, self.id.1)
    }
}

/// A message that is whole already.
#[derive(Debug)]
pub(crate) struct Whole {
    spool: Arc<Spool>,
    variables: Option<Arc<Variables>>,
    pub(crate) survey: Survey,
}

/// A recipient, and what is known of it.
type Addressee = (String, Option<Map<String, Value>>);

pub(crate) fn plan(
    mut request: Request,
    mime: Option<Spool>,
    rules: Rules<'_>,
) -> Result<Vec<Outgoing>, Problem> {
    let addressees = addressees(&mut request, rules.recipients)?;
    if mime.is_some() {
        nothing_beside_mime(&request)?;
    }
    let templated = request.template.is_some();
    template::apply(&mut request, rules.templates)?;
    let deadline = request.maxdelivertime.as_deref().map(deadline).transpose()?;
    if deadline.is_some_and(|deadline| deadline <= unique::now()) {
        return Err(Problem::not_here("maxdelivertime", "has passed, so nothing was sent"));
    }
    let personal = addressees.iter().any(|(_, data)| data.is_some());
    let single = personal || addressees.len() == 1;
    let notifications = match &request.dsn {
        Some(dsn) => Notifications::new(dsn, addressees.len())?,
        None => Notifications::default(),
    };
    let mut planner = Planner {
        strict: templated || personal || request.data.is_some(),
        source: match mime {
            Some(spool) => Source::Mime(message(spool)?),
            None => Source::Parts(Arc::new(File::all(&request)?)),
        },
        request,
        notifications: Arc::new(notifications),
        deadline,
        rules,
    };
    if single {
        return addressees.into_iter().map(|(address, data)| planner.mail(vec![address], data)).collect();
    }
    let everyone = addressees.into_iter().map(|(address, _)| address).collect();
    Ok(vec![planner.mail(everyone, None)?])
}

struct Planner<'r> {
    rules: Rules<'r>,
    request: Request,
    source: Source,
    strict: bool,
    notifications: Arc<Notifications>,
    deadline: Option<u64>,
}

enum Source {
    Mime(Arc<Spool>),
    Parts(Arc<Vec<File>>),
}

impl Planner<'_> {
    fn mail(
        &mut self,
        recipients: Vec<String>,
        personal: Option<Map<String, Value>>,
    ) -> Result<Outgoing, Problem> {
        let mut data = self.request.data.clone().unwrap_or_default();
        data.extend(personal.into_iter().flatten());
        let recipient = match recipients.as_slice() {
            [only] => Some(only.as_str()),
            _ => None,
        };
        let most = match &self.source {
            Source::Mime(_) => self.rules.mail,
            Source::Parts(_) => self.rules.text,
        };
        let variables = |envelope: &str| {
            Variables::new(envelope, recipient, self.strict)
                .with(&data)
                .map(|variables| variables.at_most(most))
                .map_err(|why| Problem::bad("data", why))
        };
        let (content, envelope) = match &self.source {
            Source::Mime(spool) => {
                let envelope = if let Some(envelope) = &self.request.envelope {
                    envelope.clone()
                } else {
                    let author = header::author(Reader::new(Arc::clone(spool))).ok_or_else(no_author)?;
                    if self.strict {
                        let filled = variables("")?.fill(&author, plain).map(Cow::into_owned);
                        filled.map_err(|why| Problem::bad("mime", why))?
                    } else {
                        author
                    }
                };
                let variables = if self.strict { Some(Arc::new(variables(&envelope)?)) } else { None };
                (Content::Whole(Whole::new(Arc::clone(spool), variables)?), envelope)
            }
            Source::Parts(files) => {
                // Without an envelope it is the author, in which {$envelope} can have no meaning.
                let given = self.request.envelope.as_deref();
                let author = given
                    .map_or_else(|| self.author(files, &variables("")?), |given| Ok(given.to_owned()))?;
                let letter = Letter::new(&self.request, files, &variables(&author)?)?;
                let envelope = given.map_or_else(|| letter.author().to_owned(), str::to_owned);
                (Content::Letter(Box::new(letter)), envelope)
            }
        };
        let valid = ReversePath::new(&envelope).is_ok_and(|path| path.mailbox().is_some());
        if !valid {
            let text =
                format!("{envelope:?} is no pure address; give the return path, such as bounces@example.org");
            return Err(Problem::bad("envelope", text));
        }
        let notifications = Arc::clone(&self.notifications);
        Ok(Outgoing {
            recipients,
            envelope,
            content,
            notifications,
            deadline: self.deadline,
            id: unique::pair(),
        })
    }

    fn author(&self, files: &Arc<Vec<File>>, variables: &Variables) -> Result<String, Problem> {
        Letter::new(&self.request, files, variables).map(|letter| letter.author().to_owned())
    }
}

impl Whole {
    fn new(spool: Arc<Spool>, variables: Option<Arc<Variables>>) -> Result<Self, Problem> {
        let mut whole = Self { spool, variables, survey: Survey::default() };
        whole.survey =
            survey(&mut whole.reader()).map_err(|error| Problem::bad("mime", error.to_string()))?;
        Ok(whole)
    }

    pub(crate) fn reader(&self) -> Box<dyn crate::input::Source> {
        let reader = Reader::new(Arc::clone(&self.spool));
        match &self.variables {
            Some(variables) => Box::new(Filled::new(reader, Arc::clone(variables))),
            None => Box::new(reader),
        }
    }
}

/// What is sent as it is must be a message.
fn message(spool: Spool) -> Result<Arc<Spool>, Problem> {
    let spool = Arc::new(spool);
    let mut front = Vec::new();
    let read = Reader::new(Arc::clone(&spool)).take(1024).read_to_end(&mut front);
    if read.is_ok() && begins_with_field(&front) {
        return Ok(spool);
    }
    let text = "is no message: it must begin with a header field, such as From: <info@example.com>";
    Err(Problem::bad("mime", text))
}

/// RFC 5322 §2.2: a name of printable ASCII, and a colon.
fn begins_with_field(text: &[u8]) -> bool {
    let name = text.iter().position(|octet| !matches!(octet, b'!'..=b'9' | b';'..=b'~'));
    name.is_some_and(|length| {
        length > 0 && text.get(length..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b":"))
    })
}

fn no_author() -> Problem {
    Problem::bad(
        "envelope",
        "is missing, and mime has no From field that tells the return path; give one of them",
    )
}

fn addressees(request: &mut Request, most: usize) -> Result<Vec<Addressee>, Problem> {
    let (property, addressees): (_, Vec<Addressee>) =
        match (request.recipient.take(), request.recipients.take()) {
            (Some(_), Some(_)) => {
                return Err(Problem::bad("recipient", "give recipient or recipients, not both"));
            }
            (None, None) => {
                return Err(Problem::bad(
                    "recipient",
                    "is missing: whom the mail is for, one pure address (or several in recipients)",
                ));
            }
            (Some(one), None) => ("recipient", vec![(one, None)]),
            (None, Some(Recipients::All(all))) => {
                ("recipients", all.into_iter().map(|address| (address, None)).collect())
            }
            (None, Some(Recipients::Personal(all))) => {
                ("recipients", all.into_iter().map(|(address, data)| (address, Some(data))).collect())
            }
        };
    if addressees.is_empty() {
        return Err(Problem::bad(property, "is empty: give at least one address"));
    }
    if addressees.len() > most {
        return Err(Problem::bad(
            property,
            format!("more than the {most} recipients that one request may have here"),
        ));
    }
    let mut seen = std::collections::BTreeSet::new();
    for (address, _) in &addressees {
        if let Err(error) = ForwardPath::new(address) {
            let text = format!("{address:?} is no pure address ({error}); names and brackets belong into to");
            return Err(Problem::bad(property, text));
        }
        if !seen.insert(address.as_str()) {
            return Err(Problem::bad(property, format!("{address} stands twice")));
        }
    }
    Ok(addressees)
}

/// Beside a whole message there is nothing that its parts could be used for.
fn nothing_beside_mime(request: &Request) -> Result<(), Problem> {
    let parts = [
        ("from", request.from.is_some()),
        ("to", request.to.is_some()),
        ("cc", request.cc.is_some()),
        ("replyto", request.replyto.is_some()),
        ("subject", request.subject.is_some()),
        ("text", request.text.is_some()),
        ("html", request.html.is_some()),
        ("unsubscribe", request.unsubscribe.is_some()),
        ("extra", request.extra.is_some()),
        ("attachments", request.attachments.is_some()),
        ("template", request.template.is_some()),
    ];
    match parts.iter().find(|(_, given)| *given) {
        Some((name, _)) => {
            Err(Problem::bad(name, "cannot stand beside mime, which is the whole mail already"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
