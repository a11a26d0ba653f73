//! From properties to a request: each error names its property, and nothing is passed over.

use std::cell::RefCell;

use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde_json::{Map, Value};

use super::{Request, hosted};
use crate::problem::{Problem, cut};

/// The properties go into the request without a copy of their texts, which may be large.
pub(crate) fn read(properties: Map<String, Value>) -> Result<Request, Problem> {
    if properties.contains_key("") {
        return Err(Problem::new(400, "a property has no name; /openapi.json lists them all"));
    }
    objects(&properties)?;
    // Whatever is wrong, the property that was taken last is to blame.
    let last = RefCell::new(String::new());
    let taken = properties.into_iter().inspect(|(name, _)| last.borrow_mut().clone_from(name));
    let request = Request::deserialize(MapDeserializer::new(taken)).map_err(|error: serde_json::Error| {
        let name = last.borrow();
        Problem::bad(&name, plain(&error.to_string(), &name))
    })?;
    hosted::check(&request)?;
    Ok(request)
}

/// Serde takes an array of its fields for an object, too.
fn objects(properties: &Map<String, Value>) -> Result<(), Problem> {
    if properties.get("dsn").is_some_and(|dsn| !dsn.is_object() && !dsn.is_null()) {
        return Err(Problem::bad("dsn", "wants an object with notify, ret, envid and orcpt"));
    }
    let files = properties.get("attachments").and_then(Value::as_array);
    if files.is_some_and(|files| !files.iter().all(Value::is_object)) {
        return Err(Problem::bad("attachments", "wants an array of objects with data, name and type"));
    }
    Ok(())
}

/// Without the list of all the names there are, and with only the front of a long value.
fn plain(error: &str, name: &str) -> String {
    if error.starts_with(&format!("unknown field `{name}`")) {
        return "there is no such property; /openapi.json lists them all".to_owned();
    }
    let error = error.replace("unknown field", "unknown property");
    let error = error
        .replace("expected a map", "expected an object")
        .replace("expected a sequence", "expected an array");
    match error.rsplit_once(", expected ") {
        Some((found, expected)) => format!("{}, expected {expected}", cut(found)),
        None => cut(&error).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn problem(properties: Value) -> Option<Problem> {
        let Value::Object(properties) = properties else { unreachable!() };
        read(properties).err()
    }

    #[test]
    fn each_fault_names_its_property() {
        for (properties, status, property, text) in [
            (json!({"recipent": "a@b"}), 400, "recipent", "no such property"),
            (json!({"recipient": 5}), 400, "recipient", "expected a string"),
            (json!({"recipients": "a@b"}), 400, "recipients", "array of addresses"),
            (json!({"recipients": [1]}), 400, "recipients", "array of addresses"),
            (json!({"to": {"a": 1}}), 400, "to", "array of strings"),
            (
                json!({"attachments": [{"data": "", "nam": "x"}]}),
                400,
                "attachments",
                "unknown property `nam`",
            ),
            (json!({"dsn": {"notfy": "NEVER"}}), 400, "dsn", "unknown property `notfy`"),
            (json!({"dsn": ["NEVER", "HDRS", "mark", "a@b"]}), 400, "dsn", "wants an object"),
            (json!({"attachments": [["QQ==", "a", "b/c", null]]}), 400, "attachments", "array of objects"),
            (json!({"template": true}), 400, "template", "a name, a number"),
            (json!({"data": []}), 400, "data", "expected an object"),
            (json!({"attachments": {}}), 400, "attachments", "expected an array"),
            (json!({"trackclicks": "yes"}), 400, "trackclicks", "true or false"),
            (json!({"trackclicks": true}), 422, "trackclicks", "tracks nothing"),
            (json!({"trackopens": "1"}), 422, "trackopens", "tracks nothing"),
            (json!({"trackbounces": true}), 422, "trackbounces", "tracks nothing"),
            (json!({"inlinecss": true}), 422, "inlinecss", "as they are"),
            (json!({"preventscam": true}), 422, "preventscam", "as they are"),
            (json!({"images": "hosted"}), 422, "images", "hosts no images"),
            (json!({"tags": ["summer"]}), 422, "tags", "no statistics"),
        ] {
            let problem = problem(properties.clone()).unwrap_or_else(|| panic!("{properties} is taken"));
            assert_eq!(
                (problem.status, problem.property.as_deref()),
                (status, Some(property)),
                "{properties}"
            );
            assert!(problem.text.contains(text), "{properties}: {}", problem.text);
        }
    }

    #[test]
    fn what_is_not_asked_for_is_fine() {
        for properties in [
            json!({}),
            json!({"trackclicks": false, "trackopens": "false", "trackbounces": "0", "inlinecss": null}),
            json!({"images": "default", "tags": []}),
            json!({"images": false}),
            json!({"recipients": {"a@b": {"name": "A"}}, "template": 12}),
            json!({"recipients": ["a@b"], "template": {"subject": "x"}}),
        ] {
            assert_eq!(problem(properties.clone()), None, "{properties}");
        }
    }
}
