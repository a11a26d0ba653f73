//! The numbers of the TOML file: what each is without it, and from where to where it may be set.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::de::{Deserialize, Deserializer, Error};
use toml::Value;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Octets of a REST request's body.
    pub(crate) body: u64,
    /// Octets of it besides `mime`, which are kept in memory.
    pub(crate) properties: u64,
    /// Octets of a mail, by `mime` or by SMTP.
    pub(crate) mail: u64,
    pub(crate) recipients: u64,
    /// Connections of each door.
    pub(crate) connections: u64,
    /// Seconds for the head of a REST request.
    pub(crate) header_seconds: u64,
    /// Seconds for the next piece of its body.
    pub(crate) body_seconds: u64,
    /// Seconds for all of its body.
    pub(crate) request_seconds: u64,
    /// Seconds for an SMTP command.
    pub(crate) command_seconds: u64,
    /// Seconds for the next kilobyte of an SMTP mail.
    pub(crate) content_seconds: u64,
    /// Seconds that the next hop has for an answer, and to take more of a mail.
    pub(crate) answer_seconds: u64,
    /// Seconds that it has for all that one request, or one SMTP mail, asks of it.
    pub(crate) hop_seconds: u64,
}

/// More than any machine has use for, and nowhere near where arithmetic would end.
const GIBIBYTE: u64 = 1 << 30;
const HOUR: u64 = 3600;

impl Limits {
    fn new(given: BTreeMap<String, Value>) -> Result<Self, String> {
        let mut given = Given(given);
        let limits = Self {
            body: given.number("body", 80 << 20, 1024..=64 * GIBIBYTE)?,
            properties: given.number("properties", 16 << 20, 1024..=GIBIBYTE)?,
            mail: given.number("mail", 50 << 20, 1024..=16 * GIBIBYTE)?,
            recipients: given.number("recipients", 100, 1..=10_000)?,
            connections: given.number("connections", 100, 1..=10_000)?,
            header_seconds: given.number("header_seconds", 10, 1..=HOUR)?,
            body_seconds: given.number("body_seconds", 30, 1..=HOUR)?,
            request_seconds: given.number("request_seconds", 300, 1..=24 * HOUR)?,
            command_seconds: given.number("command_seconds", 300, 1..=HOUR)?,
            content_seconds: given.number("content_seconds", 180, 1..=HOUR)?,
            answer_seconds: given.number("answer_seconds", 60, 1..=HOUR / 6)?,
            hop_seconds: given.number("hop_seconds", 300, 1..=24 * HOUR)?,
        };
        match given.0.into_keys().next() {
            Some(name) => Err(format!("there is no limit {name:?}")),
            None => Ok(limits),
        }
    }
}

/// What the file says and nobody has asked for yet.
struct Given(BTreeMap<String, Value>);

impl Given {
    fn number(&mut self, name: &str, default: u64, range: RangeInclusive<u64>) -> Result<u64, String> {
        let value = self.0.remove(name);
        number(&format!("limits.{name}"), value.as_ref(), default, range)
    }
}

/// The number under a key, if it is one of those that make sense.
pub(crate) fn number(
    key: &str,
    value: Option<&Value>,
    default: u64,
    range: RangeInclusive<u64>,
) -> Result<u64, String> {
    let Some(value) = value else { return Ok(default) };
    let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
    number.filter(|number| range.contains(number)).ok_or_else(|| {
        format!(
            "{key} wants a whole number from {} to {}; without it, it is {default}",
            range.start(),
            range.end()
        )
    })
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(BTreeMap::new()).expect("the defaults are within the ranges")
    }
}

impl<'de> Deserialize<'de> for Limits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(BTreeMap::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_told_with_its_key_and_its_range() {
        let names = [
            "body",
            "properties",
            "mail",
            "recipients",
            "connections",
            "header_seconds",
            "body_seconds",
            "request_seconds",
            "command_seconds",
            "content_seconds",
            "answer_seconds",
            "hop_seconds",
        ];
        for name in names {
            for value in ["0", "-1", "9223372036854775807", "1.5", "'many'", "[]"] {
                let error = toml::from_str::<Limits>(&format!("{name} = {value}")).unwrap_err();
                let wanted = format!("limits.{name} wants a whole number from 1");
                assert!(error.message().starts_with(&wanted), "{name} = {value}: {}", error.message());
            }
            let number = if name == "answer_seconds" { 200 } else { 2000 };
            let set = toml::from_str::<Limits>(&format!("{name} = {number}")).unwrap();
            assert_ne!(set, Limits::default(), "{name}");
        }
        let error = toml::from_str::<Limits>("mial = 2000").unwrap_err();
        assert_eq!(error.message(), "there is no limit \"mial\"");
    }
}
