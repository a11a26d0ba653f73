//! From a request to the mails it asks for. All are made once to see whether they can be, and each again when there is room to send
//! it: so a request for many takes the memory of the few that are on their way.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::addressees::{Addressee, addressees};
use super::deadline::deadline;
use super::dsn::Notifications;
use super::letter::{self, Letter};
use super::outgoing::{Content, Outgoing, Whole};
use super::parts::Parts;
use super::variables::{Front, Values, Variables, front, plain, values};
use super::{Addresses, Request, header, pure, template};
use crate::intake::{Reader, Spool};
use crate::problem::{Problem, shown};
use crate::survey::{Survey, survey};
use crate::unique;

/// All mails of a request together have at most as many octets as so many mails may have.
const MAILS: u64 = 10;

/// What a request may ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'r> {
    pub(crate) templates: Option<&'r Path>,
    pub(crate) recipients: usize,
    /// Octets of a mail, and of one text in parts, once variables are replaced.
    pub(crate) mail: u64,
    pub(crate) text: u64,
}

/// What is to be sent for a request.
#[derive(Debug)]
pub(crate) enum Plan {
    One(Box<Outgoing>),
    /// Personal mails, still to be made.
    Several(Box<Several>),
}

#[derive(Debug)]
pub(crate) struct Several {
    maker: Maker,
    addressees: Vec<Addressee>,
    /// What was found out about each mail when it was made first.
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    /// Octets that the mail has in memory for itself.
    weight: u64,
    survey: Option<Survey>,
}

pub(crate) fn plan(mut request: Request, mime: Option<Spool>, rules: Rules<'_>) -> Result<Plan, Problem> {
    let whom = if request.recipient.is_some() { "recipient" } else { "recipients" };
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
    let personal = addressees.iter().any(|addressee| addressee.personal.is_some());
    let notifications = match &request.dsn {
        Some(dsn) => Notifications::new(dsn, addressees.len())?,
        None => Notifications::default(),
    };
    let data = request.data.take();
    let strict = templated || personal || data.is_some();
    if strict {
        let recipients = addressees.iter().map(|addressee| (whom, &addressee.address));
        no_variables_elsewhere(recipients, &request)?;
    }
    let maker = Maker {
        strict,
        data: Arc::new(values(data.unwrap_or_default()).map_err(|why| Problem::bad("data", why))?),
        envelope: request.envelope.take(),
        most: if mime.is_some() { rules.mail } else { rules.text },
        source: match mime {
            Some(spool) => Source::mime(spool)?,
            None => Source::Parts(Box::new(Parts::new(request)?)),
        },
        notifications: Arc::new(notifications),
        deadline,
    };
    if personal && addressees.len() > 1 {
        return Several::new(maker, addressees, rules.mail).map(|several| Plan::Several(Box::new(several)));
    }
    let mail = maker.mail(addressees, None)?;
    small_enough(mail.octets(), rules.mail)?;
    Ok(Plan::One(Box::new(mail)))
}

impl Several {
    fn new(maker: Maker, addressees: Vec<Addressee>, most: u64) -> Result<Self, Problem> {
        let (mut known, mut all) = (Vec::new(), 0_u64);
        for addressee in &addressees {
            let mail = maker.personal(addressee, None).map_err(|problem| Problem {
                text: format!("{} (in the mail for {})", problem.text, shown(&addressee.address)),
                ..problem
            })?;
            small_enough(mail.octets(), most)?;
            all = all.saturating_add(mail.octets());
            if all > most.saturating_mul(MAILS) {
                let text = format!(
                    "the mails for these recipients have more than {} octets together, {MAILS} times what is taken of one; send them by several requests",
                    most.saturating_mul(MAILS)
                );
                return Err(Problem::too_large(text).about("recipients"));
            }
            known.push(Known { weight: mail.weight(), survey: mail.survey() });
        }
        Ok(Self { maker, addressees, known })
    }

    pub(crate) fn count(&self) -> usize {
        self.addressees.len()
    }

    pub(crate) fn recipient(&self, number: usize) -> &str {
        self.addressees.get(number).map_or("", |addressee| &addressee.address)
    }

    /// The return path, if the request says it.
    pub(crate) fn envelope(&self) -> &str {
        self.maker.envelope.as_deref().unwrap_or_default()
    }

    /// Octets that the mail will have in memory for itself.
    pub(crate) fn weight(&self, number: usize) -> u64 {
        self.known.get(number).map_or(0, |known| known.weight)
    }

    /// One of the mails. It was made before, so no problem is to be expected.
    pub(crate) fn mail(&self, number: usize) -> Result<Outgoing, Problem> {
        let addressee = self.addressees.get(number).ok_or_else(|| Problem::new(500, "no such mail"))?;
        self.maker.personal(addressee, self.known.get(number).and_then(|known| known.survey.clone()))
    }
}

fn small_enough(octets: u64, most: u64) -> Result<(), Problem> {
    if octets <= most {
        return Ok(());
    }
    Err(Problem::too_large(format!("the mail is larger than the {most} octets that are taken here")))
}

/// Makes the mails of a request.
#[derive(Debug)]
struct Maker {
    /// A variable without a value is an error.
    strict: bool,
    data: Arc<Values>,
    envelope: Option<String>,
    /// Octets of what variables are replaced in.
    most: u64,
    source: Source,
    notifications: Arc<Notifications>,
    deadline: Option<u64>,
}

#[derive(Debug)]
enum Source {
    /// The message, and the address in its From field.
    Mime(Arc<Spool>, Option<String>),
    Parts(Box<Parts>),
}

impl Maker {
    fn personal(&self, addressee: &Addressee, survey: Option<Survey>) -> Result<Outgoing, Problem> {
        let Addressee { address, personal } = addressee;
        self.mail(vec![Addressee { address: address.clone(), personal: personal.clone() }], survey)
    }

    fn mail(&self, mut addressees: Vec<Addressee>, survey: Option<Survey>) -> Result<Outgoing, Problem> {
        let (recipient, personal) = match addressees.as_mut_slice() {
            [only] => (Some(only.address.clone()), only.personal.take().unwrap_or_default()),
            _ => (None, Arc::default()),
        };
        let mut variables = Variables::new(personal, Arc::clone(&self.data), recipient, self.strict);
        variables = variables.at_most(self.most);
        let (content, envelope) = match &self.source {
            Source::Mime(spool, author) => self.whole(spool, author.as_deref(), variables, survey)?,
            Source::Parts(parts) => self.letter(parts, variables)?,
        };
        pure::return_path(&envelope).map_err(|why| self.no_return_path(&envelope, &why))?;
        Ok(Outgoing {
            recipients: addressees.into_iter().map(|addressee| addressee.address).collect(),
            envelope,
            content,
            notifications: Arc::clone(&self.notifications),
            deadline: self.deadline,
            id: unique::pair(),
        })
    }

    fn no_return_path(&self, envelope: &str, why: &str) -> Problem {
        let text = format!("{} is no pure address ({why})", shown(envelope));
        let example = "give the return path, such as bounces@example.org";
        if self.envelope.is_some() {
            return Problem::bad("envelope", format!("{text}; {example}"));
        }
        Problem::bad("mime", format!("in its From field, {text}; correct it, or {example}, in envelope"))
    }

    fn whole(
        &self,
        spool: &Arc<Spool>,
        author: Option<&str>,
        variables: Variables,
        known: Option<Survey>,
    ) -> Result<(Content, String), Problem> {
        let envelope = match (&self.envelope, author) {
            (Some(envelope), _) => envelope.clone(),
            (None, None) => {
                return Err(Problem::bad(
                    "envelope",
                    "is missing, and mime has no From field that tells the return path; give one of them",
                ));
            }
            (None, Some(author)) if self.strict => {
                let filled = variables.fill(author, plain).map(Cow::into_owned);
                filled.map_err(|why| Problem::bad("mime", why))?
            }
            (None, Some(author)) => author.to_owned(),
        };
        let variables = self.strict.then(|| Arc::new(variables.for_envelope(&envelope)));
        let mut whole = Whole { spool: Arc::clone(spool), variables, survey: Survey::default() };
        whole.survey = match known {
            Some(survey) => survey,
            None => survey(&mut whole.reader()).map_err(|error| Problem::bad("mime", error.to_string()))?,
        };
        Ok((Content::Whole(whole), envelope))
    }

    fn letter(&self, parts: &Parts, variables: Variables) -> Result<(Content, String), Problem> {
        // Without an envelope it is the author, in which {$envelope} can have no meaning.
        let given = self.envelope.as_deref();
        let author = match given {
            Some(given) => given.to_owned(),
            None => letter::author(parts, &variables)?,
        };
        let letter = Letter::new(parts, &variables.for_envelope(&author))?;
        let envelope = given.map_or_else(|| letter.author().to_owned(), str::to_owned);
        Ok((Content::Letter(Box::new(letter)), envelope))
    }
}

impl Source {
    /// What is sent as it is must be a message.
    fn mime(spool: Spool) -> Result<Self, Problem> {
        let spool = Arc::new(spool);
        let mut front = Vec::new();
        let read = Reader::new(Arc::clone(&spool)).take(1024).read_to_end(&mut front);
        if read.is_ok() && begins_with_field(&front) {
            let author = header::author(Reader::new(Arc::clone(&spool)));
            return Ok(Self::Mime(spool, author));
        }
        let text = "is no message: it must begin with a header field, such as From: <info@example.com>";
        Err(Problem::bad("mime", text))
    }
}

/// RFC 5322 §2.2: a name of printable ASCII, and a colon.
fn begins_with_field(text: &[u8]) -> bool {
    let name = text.iter().position(|octet| !matches!(octet, b'!'..=b'9' | b';'..=b'~'));
    name.is_some_and(|length| {
        length > 0 && text.get(length..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b":"))
    })
}

/// Where variables are not replaced, they would go out as they are written.
fn no_variables_elsewhere<'r>(
    recipients: impl Iterator<Item = (&'r str, &'r String)>,
    request: &'r Request,
) -> Result<(), Problem> {
    let unsubscribe = request.unsubscribe.as_ref().map(Addresses::texts).unwrap_or_default();
    let fields = request.extra.iter().flatten().flat_map(|(name, value)| [name, value]);
    let files = request.attachments.iter().flatten();
    let dsn = request.dsn.iter().flat_map(|dsn| [&dsn.envid, &dsn.orcpt]).flatten();
    let texts = recipients
        .chain(request.envelope.iter().map(|text| ("envelope", text)))
        .chain(unsubscribe.iter().map(|text| ("unsubscribe", text)))
        .chain(fields.map(|text| ("extra", text)))
        .chain(files.flat_map(|file| [&file.name, &file.kind]).flatten().map(|text| ("attachments", text)))
        .chain(dsn.map(|text| ("dsn", text)));
    for (property, text) in texts {
        if text.match_indices("{$").any(|(at, _)| {
            matches!(front(text.as_bytes().get(at..).unwrap_or_default(), true), Front::Variable(..))
        }) {
            let text = format!("variables are not replaced here, and one stands in {}", shown(text));
            return Err(Problem::bad(property, text));
        }
    }
    Ok(())
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
