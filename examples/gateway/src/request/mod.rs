//! What a request may say: the provider's properties, the same in JSON and in form variables.

mod addressees;
mod addresses;
mod deadline;
mod dsn;
mod file;
mod filled;
mod header;
mod hosted;
mod letter;
mod outgoing;
mod parts;
mod plan;
mod pure;
mod read;
mod template;
mod variables;

pub(crate) use letter::{Built, Letter};
pub(crate) use outgoing::{Content, Outgoing};
pub(crate) use plan::{Plan, Rules, Several, plan};
pub(crate) use read::read;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// A mail to be sent. It needs `recipient` or `recipients`, and either `mime` or parts (`from`, and `text`, `html` or
/// `attachments`), which may come from a `template`.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = [
    {"anyOf": [{"required": ["recipient"]}, {"required": ["recipients"]}]},
    {"anyOf": [
        {"required": ["from", "text"]},
        {"required": ["from", "html"]},
        {"required": ["from", "attachments"]},
        {"required": ["mime"]},
        {"required": ["template"]},
    ]},
]))]
pub(crate) struct Request {
    /// Whom the mail is for: one pure address.
    #[schemars(extend("format" = "email", "examples" = ["john@example.com"]))]
    pub(crate) recipient: Option<String>,
    /// Whom the mail is for: an array of pure addresses, or an object from pure addresses to personal data. With personal data each
    /// gets a mail of its own.
    pub(crate) recipients: Option<Recipients>,
    /// The return path: one pure address, to which reports of failure go. Without it, the address in From.
    #[schemars(extend("format" = "email", "examples" = ["bounces@example.com"]))]
    pub(crate) envelope: Option<String>,
    /// The whole message, sent as it is but for line ends.
    #[allow(dead_code, reason = "for the document; the intake has taken it out already")]
    #[schemars(extend("examples" = ["From: info@example.com\r\nSubject: Hello\r\n\r\nIt works.\r\n"]))]
    pub(crate) mime: Option<String>,
    /// One address, with a display name or without.
    #[schemars(extend("examples" = ["Info <info@example.com>"]))]
    pub(crate) from: Option<String>,
    pub(crate) to: Option<Addresses>,
    pub(crate) cc: Option<Addresses>,
    pub(crate) replyto: Option<Addresses>,
    pub(crate) subject: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) html: Option<String>,
    /// For List-Unsubscribe: an address, a URL, or both.
    pub(crate) unsubscribe: Option<Addresses>,
    /// Header fields of your own; their names begin with `x-`.
    pub(crate) extra: Option<BTreeMap<String, String>>,
    pub(crate) attachments: Option<Vec<Attachment>>,
    pub(crate) dsn: Option<Dsn>,
    /// `YYYY-MM-DD hh:mm:ss` in UTC: past it nothing is sent.
    #[schemars(extend("examples" = ["2037-01-01 00:00:00"]))]
    pub(crate) maxdelivertime: Option<String>,
    pub(crate) template: Option<Template>,
    /// Values for the variables `{$name}`.
    pub(crate) data: Option<Map<String, Value>>,
    /// Not here: only `false`.
    #[schemars(with = "Option<bool>")]
    pub(crate) trackclicks: Option<Value>,
    /// Not here: only `false`.
    #[schemars(with = "Option<bool>")]
    pub(crate) trackopens: Option<Value>,
    /// Not here: only `false`.
    #[schemars(with = "Option<bool>")]
    pub(crate) trackbounces: Option<Value>,
    /// Not here: only `false`.
    #[schemars(with = "Option<bool>")]
    pub(crate) preventscam: Option<Value>,
    /// Not here: only `false`.
    #[schemars(with = "Option<bool>")]
    pub(crate) inlinecss: Option<Value>,
    /// Not here: only `default`, or `false`.
    pub(crate) images: Option<Value>,
    /// Not here: only an empty list, or `false`.
    pub(crate) tags: Option<Value>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "wants an array of addresses, or an object from addresses to their personal data"
)]
pub(crate) enum Recipients {
    #[schemars(extend("items" = {"type": "string", "format": "email"}, "minItems" = 1, "uniqueItems" = true, "examples" = [["alice@example.com", "bob@example.com"]]))]
    All(Vec<String>),
    Personal(BTreeMap<String, Map<String, Value>>),
}

/// An address, a list of them with commas between, or an array of either.
#[derive(Debug, Deserialize, JsonSchema, Clone)]
#[serde(untagged, expecting = "wants a string, or an array of strings")]
pub(crate) enum Addresses {
    One(String),
    Several(Vec<String>),
}

impl Addresses {
    pub(crate) fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
    }
}

/// A file that travels with the mail.
#[derive(Deserialize, JsonSchema, Clone)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attachment {
    /// The file's content in base64.
    pub(crate) data: Option<String>,
    /// The file's name.
    pub(crate) name: Option<String>,
    /// The media type; without it application/octet-stream.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// Not here: the gateway fetches nothing.
    pub(crate) url: Option<Value>,
}

/// What delivery status notifications are wanted (RFC 3461). The next hop must offer them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dsn {
    /// `NEVER`, or some of `SUCCESS`, `FAILURE` and `DELAY` with commas between.
    pub(crate) notify: Option<String>,
    /// `FULL` or `HDRS`.
    pub(crate) ret: Option<String>,
    /// Your own mark for the mail.
    pub(crate) envid: Option<String>,
    /// The recipient's original address; only with one recipient.
    pub(crate) orcpt: Option<String>,
}

/// The name or the number of a file in the gateway's directory of templates, or the template itself.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "wants a name, a number, or an object of the mail's parts")]
pub(crate) enum Template {
    Number(u64),
    Name(String),
    Inline(Map<String, Value>),
}
