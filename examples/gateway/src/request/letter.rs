//! A mail in parts: what its header section is made from, its texts and its files.

use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use embedded_smtp::message::{Address, Attachment, Field, FileName, HeaderText, MimeType, Octets};
use embedded_smtp::wire::{Mailbox, Syntax};

use super::variables::{Variables, html, plain};
use super::{Addresses, Request, addresses};
use crate::problem::Problem;

/// All parts, with their variables replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    from: Named,
    to: Vec<Named>,
    cc: Vec<Named>,
    reply_to: Vec<Named>,
    subject: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) html: Option<String>,
    unsubscribe: Option<String>,
    extra: Vec<(String, String)>,
    files: Arc<Vec<File>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: String,
    address: String,
}

/// A file, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    kind: String,
    name: Option<String>,
    octets: Vec<u8>,
}

/// A letter in the types of the message writer, all of them checked.
#[derive(Debug)]
pub(crate) struct Built<'a> {
    pub(crate) from: Address<'a>,
    pub(crate) to: Vec<Address<'a>>,
    pub(crate) cc: Vec<Address<'a>>,
    pub(crate) reply_to: Vec<Address<'a>>,
    pub(crate) subject: Option<HeaderText<'a>>,
    pub(crate) fields: Vec<Field<'a>>,
    pub(crate) files: Vec<Attachment<'a, Octets<'a>>>,
}

impl Letter {
    /// `files` are those of the request, decoded once for all its mails.
    pub(super) fn new(
        request: &Request,
        files: &Arc<Vec<File>>,
        variables: &Variables,
    ) -> Result<Self, Problem> {
        let list =
            |property: &str, addresses: &Option<Addresses>| named(property, addresses.as_ref(), variables);
        let from = request.from.as_deref().ok_or_else(|| {
            Problem::bad("from", "is missing: a mail in parts needs its author, one address")
        })?;
        let mut from = named("from", Some(&Addresses::One(from.to_owned())), variables)?;
        let (Some(from), true) = (from.pop(), from.is_empty()) else {
            return Err(Problem::bad("from", "wants exactly one address"));
        };
        let fill = |property: &str, text: &Option<String>, write| {
            let filled = text.as_deref().map(|text| variables.fill(text, write)).transpose();
            filled
                .map(|text| text.map(std::borrow::Cow::into_owned))
                .map_err(|why| Problem::bad(property, why))
        };
        if request.text.is_none() && request.html.is_none() && files.is_empty() {
            return Err(Problem::new(
                400,
                "there is nothing to send: give text, html, attachments, mime or a template",
            ));
        }
        let letter = Self {
            from,
            to: list("to", &request.to)?,
            cc: list("cc", &request.cc)?,
            reply_to: list("replyto", &request.replyto)?,
            subject: fill("subject", &request.subject, plain)?,
            text: fill("text", &request.text, plain)?,
            html: fill("html", &request.html, html)?,
            unsubscribe: request.unsubscribe.as_ref().map(unsubscribe).transpose()?,
            extra: request
                .extra
                .iter()
                .flatten()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            files: Arc::clone(files),
        };
        letter.build()?;
        Ok(letter)
    }

    /// The author's address.
    pub(crate) fn author(&self) -> &str {
        &self.from.address
    }

    pub(crate) fn build(&self) -> Result<Built<'_>, Problem> {
        let mut fields = Vec::new();
        if let Some(value) = &self.unsubscribe {
            let field =
                Field::structured("List-Unsubscribe", value).map_err(|error| bad("unsubscribe", error))?;
            fields.push(field);
        }
        for (name, value) in &self.extra {
            if !name.get(..2).is_some_and(|front| front.eq_ignore_ascii_case("x-")) {
                return Err(Problem::bad(
                    "extra",
                    format!("{name:?}: only names that begin with x- are taken"),
                ));
            }
            let field = Field::text(name, value)
                .map_err(|error| Problem::bad("extra", format!("{name:?} cannot be sent: {error}")))?;
            fields.push(field);
        }
        Ok(Built {
            from: self.from.build("from")?,
            to: build("to", &self.to)?,
            cc: build("cc", &self.cc)?,
            reply_to: build("replyto", &self.reply_to)?,
            subject: self
                .subject
                .as_deref()
                .map(HeaderText::new)
                .transpose()
                .map_err(|error| bad("subject", error))?,
            fields,
            files: self.files.iter().map(File::build).collect::<Result<_, _>>()?,
        })
    }
}

impl Named {
    fn build(&self, property: &str) -> Result<Address<'_>, Problem> {
        let what =
            |error: Syntax| Problem::bad(property, format!("{:?} is no address: {error}", self.address));
        let mailbox = Mailbox::new(&self.address).map_err(what)?;
        Address::new(mailbox).with_name(&self.name).map_err(|error| {
            Problem::bad(property, format!("the name {:?} cannot be sent: {error}", self.name))
        })
    }
}

fn build<'a>(property: &str, addresses: &'a [Named]) -> Result<Vec<Address<'a>>, Problem> {
    addresses.iter().map(|address| address.build(property)).collect()
}

/// Read first and replaced then, so that no value can bring further addresses in.
fn named(
    property: &str,
    addresses: Option<&Addresses>,
    variables: &Variables,
) -> Result<Vec<Named>, Problem> {
    let mut found = Vec::new();
    for text in addresses.map(Addresses::texts).unwrap_or_default() {
        for written in addresses::list(text).map_err(|why| Problem::bad(property, why))? {
            let fill = |text: &str| {
                let filled = variables.fill(text, plain).map_err(|why| Problem::bad(property, why));
                filled.map(std::borrow::Cow::into_owned)
            };
            found.push(Named { name: fill(&written.name)?, address: fill(&written.address)? });
        }
    }
    Ok(found)
}

/// RFC 2369 §3.2: each in its brackets; an address as a mailto URL.
fn unsubscribe(given: &Addresses) -> Result<String, Problem> {
    let mut items = Vec::new();
    for text in given.texts() {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        let url = ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
        if text.contains(['<', '>', ' ', ',']) || !url && Mailbox::new(text).is_err() {
            return Err(Problem::bad("unsubscribe", format!("{text:?} is neither an address nor a URL")));
        }
        items.push(if url { format!("<{text}>") } else { format!("<mailto:{text}>") });
    }
    if items.is_empty() {
        return Err(Problem::bad("unsubscribe", "is empty: leave it out"));
    }
    Ok(items.join(", "))
}

impl File {
    pub(super) fn all(request: &Request) -> Result<Vec<Self>, Problem> {
        let given = request.attachments.iter().flatten().enumerate();
        given.map(|(number, attachment)| Self::new(number, attachment)).collect()
    }

    fn new(number: usize, given: &super::Attachment) -> Result<Self, Problem> {
        let bad = |what: String| Problem::bad("attachments", format!("number {number}: {what}"));
        if given.url.as_ref().is_some_and(|url| !url.is_null() && url != &serde_json::Value::Bool(false)) {
            let text = format!(
                "number {number}: this gateway fetches nothing; give the file itself as data, in base64"
            );
            return Err(Problem::not_here("attachments", text));
        }
        let data =
            given.data.as_deref().ok_or_else(|| bad("data is missing, the file in base64".to_owned()))?;
        // Encoders like to break lines.
        let dense: Vec<u8> = data.bytes().filter(|octet| !octet.is_ascii_whitespace()).collect();
        let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let octets = GeneralPurpose::new(&STANDARD, lenient)
            .decode(dense)
            .map_err(|error| bad(format!("data is not base64: {error}")))?;
        let kind = given.kind.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
        let file = Self { kind, name: given.name.clone().filter(|name| !name.is_empty()), octets };
        file.build().map_err(|problem| bad(problem.text))?;
        Ok(file)
    }

    fn build(&self) -> Result<Attachment<'_, Octets<'_>>, Problem> {
        let bad = |what: &str, error: Syntax| {
            Problem::bad("attachments", format!("{what} cannot be sent: {error}"))
        };
        let kind =
            MimeType::new(&self.kind).map_err(|error| bad(&format!("the type {:?}", self.kind), error))?;
        let file = Attachment::octets(kind, &self.octets);
        Ok(match &self.name {
            Some(name) => file
                .with_name(FileName::new(name).map_err(|error| bad(&format!("the name {name:?}"), error))?),
            None => file,
        })
    }
}

fn bad(property: &str, error: Syntax) -> Problem {
    Problem::bad(property, format!("cannot be sent: {error}"))
}
