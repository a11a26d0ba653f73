//! The variables `{$name}`: their values, and a text in which they have been replaced.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Number, Value};

use crate::problem::shown;

/// Longest name, so that a text can be read in pieces.
pub(super) const LONGEST: usize = 64;

/// Values by names; where there is none, why not.
pub(super) type Values = BTreeMap<String, Result<String, &'static str>>;

/// Data as values.
pub(super) fn values(data: Map<String, Value>) -> Result<Values, String> {
    let mut values = Values::new();
    for (name, value) in data {
        if !is_name(name.as_bytes()) {
            return Err(format!(
                "{} is no name for a variable: letters, digits, - and _, a letter in front, {LONGEST} at most",
                shown(&name)
            ));
        }
        let value = match value {
            Value::String(text) => Ok(text),
            // JSON has no bound for numbers, and what reads them has: digits would be lost.
            Value::Number(number) if !is_exact(&number) => {
                Err("is a number too large to keep all its digits: give it as a string")
            }
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(on) => Ok(on.to_string()),
            _ => Err("has no text for a value: give a string, a number, true or false"),
        };
        values.insert(name, value);
    }
    Ok(values)
}

/// IEEE 754: a float has 53 bits.
fn is_exact(number: &Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|number| number.abs() < 9_007_199_254_740_992.0)
}

/// What variables stand for in one mail. A name is looked up in the recipient's own data, in the request's, and in what is always there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variables {
    personal: Arc<Values>,
    data: Arc<Values>,
    /// None when the mail goes to several.
    recipient: Option<String>,
    envelope: String,
    /// Whether the request brings data: then a variable without a value is an error, else it is just a text that looks like one.
    strict: bool,
    /// Octets that a text may have once its variables are replaced.
    most: u64,
}

/// What stands at the front of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Front<'t> {
    /// A variable of this name, and how many octets it takes.
    Variable(&'t str, usize),
    /// Something else.
    Text,
    /// The text ends within what may be a variable.
    Short,
}

impl Variables {
    pub(super) fn new(
        personal: Arc<Values>,
        data: Arc<Values>,
        recipient: Option<String>,
        strict: bool,
    ) -> Self {
        Self { personal, data, recipient, envelope: String::new(), strict, most: u64::MAX }
    }

    pub(super) fn for_envelope(mut self, envelope: &str) -> Self {
        envelope.clone_into(&mut self.envelope);
        self
    }

    /// A short value that stands in a text many times makes a long text.
    pub(super) fn at_most(mut self, octets: u64) -> Self {
        self.most = octets;
        self
    }

    /// Whether a text may have so many octets.
    pub(super) fn within(&self, octets: u64) -> Result<(), String> {
        within(octets, self.most)
    }

    pub(super) fn value(&self, name: &str) -> Result<Option<&str>, String> {
        let given = self.personal.get(name).or_else(|| self.data.get(name));
        match (given, name) {
            (Some(Ok(value)), _) => Ok(Some(value)),
            (Some(Err(why)), _) => Err(format!("the variable {{${name}}} {why}")),
            (None, "envelope") => Ok(Some(&self.envelope)),
            (None, "recipient") => match &self.recipient {
                Some(recipient) => Ok(Some(recipient)),
                None => Err(format!("the variable {{$recipient}} {MANY}")),
            },
            (None, _) if self.strict => {
                Err(format!("there is no value for the variable {{${name}}}; give one in data"))
            }
            (None, _) => Ok(None),
        }
    }

    /// `text` with its variables replaced, each value passed through `write`.
    pub(super) fn fill<'t>(
        &self,
        text: &'t str,
        write: fn(&str) -> Cow<'_, str>,
    ) -> Result<Cow<'t, str>, String> {
        self.fill_within(self.most, text, write)
    }

    /// The same, within a bound of its own.
    pub(super) fn fill_within<'t>(
        &self,
        most: u64,
        text: &'t str,
        write: fn(&str) -> Cow<'_, str>,
    ) -> Result<Cow<'t, str>, String> {
        if !text.contains("{$") {
            return Ok(Cow::Borrowed(text));
        }
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("{$") {
            let (before, variable) = rest.split_at(at);
            filled.push_str(before);
            let taken = match front(variable.as_bytes(), true) {
                Front::Variable(name, octets) => match self.value(name)? {
                    Some(value) => {
                        // What a large value becomes is not made before it is seen to be too much.
                        for piece in pieces(value) {
                            filled.push_str(&write(piece));
                            within(filled.len() as u64, most.min(self.most))?;
                        }
                        octets
                    }
                    None => 0,
                },
                Front::Text | Front::Short => 0,
            };
            let (kept, behind) = variable.split_at(if taken == 0 { 2 } else { taken });
            if taken == 0 {
                filled.push_str(kept);
            }
            rest = behind;
        }
        filled.push_str(rest);
        Ok(Cow::Owned(filled))
    }
}

/// Octets of a value that are written at once.
const PIECE: usize = 4096;

fn pieces(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let (piece, behind) = rest.split_at(rest.floor_char_boundary(PIECE));
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

const MANY: &str = "stands for no single address here, because the mail goes to several recipients as one; give `recipients` as an object, and each gets a mail of its own";

fn within(octets: u64, most: u64) -> Result<(), String> {
    if octets <= most {
        return Ok(());
    }
    Err(format!("with its variables replaced it is larger than the {most} octets that are taken here"))
}

/// Looks at a text that begins with `{$`; `whole` when nothing comes behind it.
pub(super) fn front(text: &[u8], whole: bool) -> Front<'_> {
    let Some(inside) = text.strip_prefix(b"{$") else {
        return if text.len() < 2 && !whole { Front::Short } else { Front::Text };
    };
    let length = inside.iter().take(LONGEST + 1).position(|octet| !is_inner(*octet));
    match length {
        None if inside.len() <= LONGEST && !whole => Front::Short,
        Some(length) if inside.get(length) == Some(&b'}') => {
            let name = inside.get(..length).unwrap_or_default();
            match str::from_utf8(name) {
                Ok(text) if is_name(name) => Front::Variable(text, length + 3),
                _ => Front::Text,
            }
        }
        _ => Front::Text,
    }
}

fn is_name(name: &[u8]) -> bool {
    name.len() <= LONGEST
        && name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|octet| is_inner(*octet))
}

fn is_inner(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_')
}

/// As it is.
pub(super) fn plain(value: &str) -> Cow<'_, str> {
    Cow::Borrowed(value)
}

/// For HTML, in text and in quoted attributes.
pub(super) fn html(value: &str) -> Cow<'_, str> {
    if !value.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(value);
    }
    let mut escaped = String::with_capacity(value.len() + 16);
    for character in value.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn made(value: Value) -> Arc<Values> {
        let Value::Object(data) = value else { unreachable!() };
        Arc::new(values(data).unwrap())
    }

    fn variables(strict: bool) -> Variables {
        let (personal, data) = (
            made(json!({"name": "<Ann>", "age": 33, "x-y_1": true})),
            made(json!({"list": [1], "name": "nobody"})),
        );
        let recipient = Some("you@example.org".to_owned());
        Variables::new(personal, data, recipient, strict).for_envelope("me@example.org")
    }

    #[test]
    fn variables_are_replaced_and_nothing_else() {
        let strict = variables(true);
        for (text, expected) in [
            ("no variable", "no variable"),
            ("{$name} is {$age}{$age}", "<Ann> is 3333"),
            ("{$x-y_1}", "true"),
            ("{$recipient} from {$envelope}", "you@example.org from me@example.org"),
            (
                "{name} ${name} {$} {$1} {$-a} {$ name} {$name",
                "{name} ${name} {$} {$1} {$-a} {$ name} {$name",
            ),
            ("{{$age}}", "{33}"),
            ("{${$age}", "{$33"),
        ] {
            assert_eq!(strict.fill(text, plain).unwrap(), expected, "{text}");
        }
        assert_eq!(strict.fill("<b>{$name}</b>", html).unwrap(), "<b>&lt;Ann&gt;</b>");
        assert_eq!(html("a&b\"'"), "a&amp;b&quot;&#39;");
    }

    #[test]
    fn a_variable_without_a_value_is_an_error_where_there_is_data() {
        assert!(variables(true).fill("{$nme}", plain).unwrap_err().contains("{$nme}"));
        assert!(variables(true).fill("{$list}", plain).unwrap_err().contains("give a string"));
        assert_eq!(variables(false).fill("{$nme}", plain).unwrap(), "{$nme}");
        let many = Variables::new(Arc::default(), Arc::default(), None, false);
        assert!(many.fill("{$recipient}", plain).unwrap_err().contains("several recipients"));
        let own = Variables::new(Arc::default(), made(json!({"recipient": "x"})), None, false);
        assert_eq!(own.fill("{$recipient}", plain).unwrap(), "x");
    }

    #[test]
    fn a_number_keeps_its_digits_or_is_an_error() {
        for (text, expected) in [
            ("33", Some("33")),
            ("-1.5", Some("-1.5")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("18446744073709551616", None),
            ("12345678901234567890123", None),
            ("-9223372036854775809", None),
            ("1e300", None),
        ] {
            let data = made(serde_json::from_str(&format!("{{\"n\": {text}}}")).unwrap());
            let found =
                Variables::new(Arc::default(), data, None, true).fill("{$n}", plain).map(Cow::into_owned);
            assert_eq!(found.as_deref().ok(), expected, "{text}");
            assert!(found.is_ok() || found.unwrap_err().contains("as a string"), "{text}");
        }
    }

    #[test]
    fn a_large_value_is_the_same_in_pieces() {
        for value in
            ["<\u{20ac}>".repeat(PIECE), "\u{1f600}".repeat(PIECE), "x".repeat(PIECE + 1), String::new()]
        {
            assert_eq!(pieces(&value).collect::<String>(), value);
            let data = made(json!({"v": value}));
            let filled =
                Variables::new(Arc::default(), data, None, true).fill("{$v}", html).unwrap().into_owned();
            assert_eq!(filled, html(&value));
        }
    }

    #[test]
    fn replaced_variables_stay_within_the_bound() {
        let six = || variables(true).at_most(6);
        assert_eq!(six().fill("{$age}{$age}{$age}", plain).unwrap(), "333333");
        assert!(six().fill("{$age}{$age}{$age}{$age}", plain).unwrap_err().contains("larger than the 6"));
        assert!(six().fill_within(3, "{$age}{$age}", plain).unwrap_err().contains("larger than the 3"));
    }

    #[test]
    fn names_follow_the_rules() {
        for (name, fine) in [
            ("a", true),
            ("aB-_9", true),
            ("9a", false),
            ("_a", false),
            ("-a", false),
            ("", false),
            ("a b", false),
        ] {
            let data = [(name.to_owned(), json!(1))].into_iter().collect();
            assert_eq!(values(data).is_ok(), fine, "{name}");
        }
        let long = [("a".repeat(65), json!(1))].into_iter().collect();
        assert!(values(long).is_err());
    }
}
