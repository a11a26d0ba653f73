//! A mail in parts, its variables replaced.

use std::borrow::Cow;
use std::sync::Arc;

use embedded_smtp::message::{Address, Attachment, Field, HeaderText, Octets};
use embedded_smtp::wire::Syntax;

use super::file::File;
use super::parts::{Fixed, Parts};
use super::variables::{Variables, html, plain};
use super::{Addresses, addresses, pure};
use crate::problem::{Problem, shown};

/// Octets that a name or an address, and a subject, may become by its variables.
const NAME: u64 = 1000;
const SUBJECT: u64 = 10_000;

/// Addresses of one property.
const ADDRESSES: usize = 1000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    from: Named,
    to: Vec<Named>,
    cc: Vec<Named>,
    reply_to: Vec<Named>,
    subject: Option<String>,
    pub(crate) text: Option<Arc<String>>,
    pub(crate) html: Option<Arc<String>>,
    fixed: Arc<Fixed>,
    /// Octets of all of it, and of what no other mail shares.
    octets: u64,
    weight: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: String,
    address: String,
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
    pub(super) fn new(parts: &Parts, variables: &Variables) -> Result<Self, Problem> {
        let list =
            |property: &str, addresses: &Option<Addresses>| named(property, addresses.as_ref(), variables);
        let subject = parts.subject.as_deref().map(|subject| {
            variables.fill_within(SUBJECT, subject, plain).map_err(|why| Problem::bad("subject", why))
        });
        let mut letter = Self {
            from: from(parts, variables)?,
            to: list("to", &parts.to)?,
            cc: list("cc", &parts.cc)?,
            reply_to: list("replyto", &parts.reply_to)?,
            subject: subject.transpose()?.map(Cow::into_owned),
            text: filled("text", parts.text.as_ref(), variables, plain)?,
            html: filled("html", parts.html.as_ref(), variables, html)?,
            fixed: Arc::clone(&parts.fixed),
            octets: 0,
            weight: 0,
        };
        letter.weigh(parts);
        letter.build()?;
        Ok(letter)
    }

    fn weigh(&mut self, parts: &Parts) {
        let length = |text: &Option<Arc<String>>| text.as_ref().map_or(0, |text| text.len() as u64);
        let own = |text: &Option<Arc<String>>, shared: &Option<Arc<String>>| match (text, shared) {
            (Some(one), Some(other)) if Arc::ptr_eq(one, other) => 0,
            _ => length(text),
        };
        let named = self.to.iter().chain(&self.cc).chain(&self.reply_to);
        let header = named.map(|named| named.name.len() + named.address.len()).sum::<usize>()
            + self.subject.as_ref().map_or(0, String::len);
        let Fixed { unsubscribe, extra, files } = &*self.fixed;
        let fixed = extra.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>()
            + unsubscribe.as_ref().map_or(0, String::len);
        let files = files.iter().map(File::len).sum::<u64>();
        self.octets = (header + fixed) as u64 + files + length(&self.text) + length(&self.html);
        self.weight = header as u64 + own(&self.text, &parts.text) + own(&self.html, &parts.html);
    }

    /// The author's address.
    pub(crate) fn author(&self) -> &str {
        &self.from.address
    }

    /// Octets of what it is made from.
    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    /// Those of them that no other mail of the request shares.
    pub(crate) fn weight(&self) -> u64 {
        self.weight
    }

    pub(crate) fn build(&self) -> Result<Built<'_>, Problem> {
        let bad = |property: &str, error: Syntax| Problem::bad(property, format!("cannot be sent: {error}"));
        let mut fields = Vec::new();
        if let Some(value) = &self.fixed.unsubscribe {
            let field =
                Field::structured("List-Unsubscribe", value).map_err(|error| bad("unsubscribe", error))?;
            fields.push(field);
        }
        for (name, value) in &self.fixed.extra {
            if !name.get(..2).is_some_and(|front| front.eq_ignore_ascii_case("x-")) {
                let text = format!("{}: only names that begin with x- are taken", shown(name));
                return Err(Problem::bad("extra", text));
            }
            let field = Field::text(name, value)
                .map_err(|error| Problem::bad("extra", format!("{} cannot be sent: {error}", shown(name))))?;
            fields.push(field);
        }
        let subject = self.subject.as_deref().map(HeaderText::new).transpose();
        Ok(Built {
            from: self.from.build("from")?,
            to: build("to", &self.to)?,
            cc: build("cc", &self.cc)?,
            reply_to: build("replyto", &self.reply_to)?,
            subject: subject.map_err(|error| bad("subject", error))?,
            fields,
            files: self.fixed.files.iter().map(File::build).collect::<Result<_, _>>()?,
        })
    }
}

/// The author's address alone.
pub(super) fn author(parts: &Parts, variables: &Variables) -> Result<String, Problem> {
    from(parts, variables).map(|from| from.address)
}

fn from(parts: &Parts, variables: &Variables) -> Result<Named, Problem> {
    let mut from = named("from", Some(&parts.from), variables)?;
    match (from.pop(), from.is_empty()) {
        (Some(from), true) => Ok(from),
        _ => Err(Problem::bad("from", "wants exactly one address")),
    }
}

/// Read first and replaced then, so that no value can bring further addresses in.
fn named(
    property: &str,
    addresses: Option<&Addresses>,
    variables: &Variables,
) -> Result<Vec<Named>, Problem> {
    let mut found = Vec::new();
    let fill = |text: &str| {
        let filled = variables.fill_within(NAME, text, plain).map_err(|why| Problem::bad(property, why));
        filled.map(Cow::into_owned)
    };
    for text in addresses.map(Addresses::texts).unwrap_or_default() {
        let left = ADDRESSES.saturating_sub(found.len());
        for written in addresses::list(text, left).map_err(|why| Problem::bad(property, why))? {
            found.push(Named { name: fill(&written.name)?, address: fill(&written.address)? });
        }
    }
    Ok(found)
}

/// A text without variables is not copied.
fn filled(
    property: &str,
    text: Option<&Arc<String>>,
    variables: &Variables,
    write: fn(&str) -> Cow<'_, str>,
) -> Result<Option<Arc<String>>, Problem> {
    let Some(text) = text else { return Ok(None) };
    Ok(Some(match variables.fill(text, write).map_err(|why| Problem::bad(property, why))? {
        Cow::Borrowed(_) => Arc::clone(text),
        Cow::Owned(filled) => Arc::new(filled),
    }))
}

impl Named {
    fn build(&self, property: &str) -> Result<Address<'_>, Problem> {
        let mailbox = pure::mailbox(&self.address).map_err(|why| {
            Problem::bad(property, format!("{} is no address: {why}", shown(&self.address)))
        })?;
        Address::new(mailbox).with_name(&self.name).map_err(|error| {
            Problem::bad(property, format!("the name {} cannot be sent: {error}", shown(&self.name)))
        })
    }
}

fn build<'a>(property: &str, addresses: &'a [Named]) -> Result<Vec<Address<'a>>, Problem> {
    addresses.iter().map(|address| address.build(property)).collect()
}
