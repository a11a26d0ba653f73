//! JSON in which a name that stands twice is an error, and not the loss of one of the two, and which cannot have more values than
//! there is memory for: a digit and a comma become several dozen octets.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::VALUES;
use crate::problem::shown;

/// Why a text is not taken.
#[derive(Debug)]
pub(crate) enum Fault {
    Invalid(serde_json::Error),
    TooManyValues,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::TooManyValues => write!(f, "more than {VALUES} values"),
        }
    }
}

/// The one value that `text` holds.
pub(crate) fn strict(text: &[u8]) -> Result<Value, Fault> {
    let left = Cell::new(VALUES);
    let mut document = serde_json::Deserializer::from_slice(text);
    let value = AnyValue { left: &left }.deserialize(&mut document);
    value.and_then(|value| document.end().map(|()| value)).map_err(|error| match left.get() {
        0 => Fault::TooManyValues,
        _ => Fault::Invalid(error),
    })
}

#[derive(Clone, Copy)]
struct AnyValue<'l> {
    /// How many values there may still be; whoever takes the last is one too many.
    left: &'l Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for AnyValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.left.set(self.left.get().saturating_sub(1));
        if self.left.get() == 0 {
            return Err(D::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyValue<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if map.contains_key(&name) {
                return Err(A::Error::custom(format!("the property {} stands twice", shown(&name))));
            }
            let value = entries.next_value_seed(self)?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_wherever_they_stand() {
        let list = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
        for (text, fine) in [
            (list("1", VALUES - 2), true),
            (list("1", VALUES - 1), false),
            (list("{}", VALUES - 2), true),
            (list("[]", VALUES - 1), false),
            (list("{\"a\":1}", VALUES / 2 - 1), true),
            (list("{\"a\":1}", VALUES / 2), false),
        ] {
            match strict(text.as_bytes()) {
                Ok(_) => assert!(fine, "{} octets are taken", text.len()),
                Err(Fault::TooManyValues) => assert!(!fine, "{} octets are too many", text.len()),
                Err(Fault::Invalid(error)) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn nothing_stands_behind_the_value() {
        assert!(matches!(strict(b"{} {}"), Err(Fault::Invalid(_))));
        assert!(strict(b" {} ").is_ok());
    }
}
