//! The parts that a mail is made from, before its variables are replaced: what all mails of a request share.

use std::fmt::Write as _;
use std::sync::Arc;

use super::file::File;
use super::{Addresses, Request, pure};
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
        // Forms send what was left empty, too: beside the other text an empty one is none, for readers would show it.
        let said = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let (has_text, has_html) = (said(&request.text), said(&request.html));
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
            text: request.text.filter(|_| has_text || !has_html).map(Arc::new),
            html: request.html.filter(|_| has_html || !has_text).map(Arc::new),
            fixed: Arc::new(fixed),
        })
    }
}

/// RFC 2369 §3.2: each in its brackets; an address as a mailto URL.
fn unsubscribe(given: &Addresses) -> Result<String, Problem> {
    let mut items = Vec::new();
    for text in given.texts() {
        let text = text.trim();
        let item = if is_url(text) { url(text).map(|()| text.to_owned()) } else { mailto(text) };
        items.push(format!("<{}>", item.map_err(|why| Problem::bad("unsubscribe", why))?));
    }
    if items.is_empty() {
        return Err(Problem::bad("unsubscribe", "is empty: leave it out"));
    }
    Ok(items.join(", "))
}

const SCHEMES: [&str; 3] = ["http://", "https://", "mailto:"];

fn is_url(text: &str) -> bool {
    SCHEMES
        .iter()
        .any(|scheme| text.get(..scheme.len()).is_some_and(|front| front.eq_ignore_ascii_case(scheme)))
}

/// RFC 3986 §2: what it is made of. A comma would be taken for the end of it (RFC 2369 §2).
fn url(text: &str) -> Result<(), String> {
    let unfit = |character: char| !character.is_ascii_graphic() || "<>\"\\^`{|},".contains(character);
    if let Some(character) = text.chars().find(|character| unfit(*character)) {
        return Err(format!(
            "{} has {character:?} in it, which no URL here may have; write it as % and two digits for each octet, and several URLs in an array",
            shown(text)
        ));
    }
    if SCHEMES.contains(&text.to_ascii_lowercase().as_str()) {
        return Err(format!("{} leads nowhere", shown(text)));
    }
    Ok(())
}

/// RFC 6068 §2: what has a meaning in a URL is written as its octets.
fn mailto(address: &str) -> Result<String, String> {
    pure::mailbox(address).map_err(|why| {
        format!("{} is neither an address ({why}) nor a URL; several are given in an array", shown(address))
    })?;
    let mut url = "mailto:".to_owned();
    for octet in address.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~!$'*+@:".contains(&octet) {
            url.push(char::from(octet));
        } else {
            let _ = write!(url, "%{octet:02X}");
        }
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<String, String> {
        unsubscribe(&Addresses::One(text.to_owned())).map_err(|problem| problem.text)
    }

    #[test]
    fn what_unsubscribes_is_a_url_in_brackets() {
        for (text, expected) in [
            ("a@b.c", "<mailto:a@b.c>"),
            ("a?b=c&d%e@f.g", "<mailto:a%3Fb%3Dc%26d%25e@f.g>"),
            ("\"a b\"@c.d", "<mailto:%22a%20b%22@c.d>"),
            ("j\u{f6}rg@b.de", "<mailto:j%C3%B6rg@b.de>"),
            ("a@[127.0.0.1]", "<mailto:a@%5B127.0.0.1%5D>"),
            ("mailto:a@b.c?subject=x", "<mailto:a@b.c?subject=x>"),
            (" HTTPS://x/y?z=1&a=[b] ", "<HTTPS://x/y?z=1&a=[b]>"),
        ] {
            assert_eq!(written(text).as_deref(), Ok(expected), "{text}");
        }
        for text in [
            "",
            "x",
            "http://",
            "https://",
            "mailto:",
            "MAILTO:",
            "ftp://x",
            "https://x/a b",
            "https://x/a,b",
            "https://x/\u{e9}",
            "https://x/\u{85}y",
            "https://x/\r\nX: y",
            "<https://x>",
            "a@b, c@d",
            "a\u{85}@b.c",
            "https://x/<script>",
        ] {
            assert!(written(text).is_err(), "{text}");
        }
    }
}
