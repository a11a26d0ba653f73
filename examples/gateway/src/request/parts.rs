//! The parts that a mail is made from, before its variables are replaced: what all mails of a request share.

use std::sync::Arc;

use embedded_smtp::wire::Mailbox;

use super::file::File;
use super::{Addresses, Request};
use crate::problem::{Problem, shown};

#[derive(Debug)]
pub(super) struct Parts {
    /// One address.
    pub(super) from: Addresses,
    pub(super) to: Option<Addresses>,
    pub(super) cc: Option<Addresses>,
    pub(super) reply_to: Option<Addresses>,
    pub(super) subject: Option<String>,
    pub(super) text: Option<Arc<String>>,
    pub(super) html: Option<Arc<String>>,
    pub(super) fixed: Arc<Fixed>,
}

/// What has no variables in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fixed {
    pub(super) unsubscribe: Option<String>,
    pub(super) extra: Vec<(String, String)>,
    pub(super) files: Vec<File>,
}

impl Parts {
    pub(super) fn new(request: Request) -> Result<Self, Problem> {
        let from = request.from.map(Addresses::One).ok_or_else(|| {
            Problem::bad("from", "is missing: a mail in parts needs its author, one address")
        })?;
        let files = File::all(request.attachments)?;
        if request.text.is_none() && request.html.is_none() && files.is_empty() {
            return Err(Problem::new(
                400,
                "there is nothing to send: give text, html, attachments, mime or a template",
            ));
        }
        let fixed = Fixed {
            unsubscribe: request.unsubscribe.as_ref().map(unsubscribe).transpose()?,
            extra: request.extra.into_iter().flatten().collect(),
            files,
        };
        Ok(Self {
            from,
            to: request.to,
            cc: request.cc,
            reply_to: request.replyto,
            subject: request.subject,
            text: request.text.map(Arc::new),
            html: request.html.map(Arc::new),
            fixed: Arc::new(fixed),
        })
    }
}

/// RFC 2369 §3.2: each in its brackets; an address as a mailto URL.
fn unsubscribe(given: &Addresses) -> Result<String, Problem> {
    let mut items = Vec::new();
    for text in given.texts() {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        let url = ["http://", "https://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
        if text.contains(['<', '>', ' ', ',']) || !url && Mailbox::new(text).is_err() {
            let text = format!("{} is neither an address nor a URL", shown(text));
            return Err(Problem::bad("unsubscribe", text));
        }
        items.push(if url { format!("<{text}>") } else { format!("<mailto:{text}>") });
    }
    if items.is_empty() {
        return Err(Problem::bad("unsubscribe", "is empty: leave it out"));
    }
    Ok(items.join(", "))
}
