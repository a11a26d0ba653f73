//! What is wrong with a request, in words that the sender can act on.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

/// Characters of a request that are shown in what is wrong with it.
const SHOWN: usize = 100;

/// The front of a text that came in a request.
pub(crate) fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}...", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

/// The same in quotation marks, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    format!("{:?}", cut(text))
}

/// Why a request is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The property that is to blame.
    pub(crate) property: Option<String>,
    pub(crate) text: String,
}

impl Problem {
    pub(crate) fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, property: None, text: text.into() }
    }

    /// The request cannot be read, or contradicts itself.
    pub(crate) fn bad(property: &str, text: impl Into<String>) -> Self {
        Self::new(400, text).about(property)
    }

    pub(crate) fn too_large(text: impl Into<String>) -> Self {
        Self::new(413, text)
    }

    /// The request is understood, and this gateway does not do that.
    pub(crate) fn not_here(property: &str, text: impl Into<String>) -> Self {
        Self::new(422, text).about(property)
    }

    pub(crate) fn about(mut self, property: &str) -> Self {
        self.property = Some(cut(property).into_owned());
        self
    }

    /// The body of the answer.
    pub(crate) fn json(&self) -> Value {
        let mut body = Map::new();
        if let Some(property) = &self.property {
            body.insert("property".to_owned(), json!(property));
            body.insert("error".to_owned(), json!(format!("{property}: {}", self.text)));
        } else {
            body.insert("error".to_owned(), json!(self.text));
        }
        Value::Object(body)
    }
}
