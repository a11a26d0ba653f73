//! What only a hosted service can do: not asked for it is fine, asked for it is told. Form variables say all of it as text.

use serde_json::Value;

use super::Request;
use crate::problem::Problem;

/// What a value says of something that is not here.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    No,
    Yes,
    Unclear,
}

pub(super) fn check(request: &Request) -> Result<(), Problem> {
    let plain = "this gateway sends mails as they are and tracks nothing; leave it out or say false";
    let pictures = "this gateway hosts no images; leave it out or say \"default\"";
    let statistics =
        "this gateway keeps no statistics by tags; leave it out, or send a header field of your own by extra";
    let boolean = "wants true or false";
    for (name, value, asked, not_here, wanted) in [
        ("trackclicks", &request.trackclicks, switch as fn(&Value) -> Asked, plain, boolean),
        ("trackopens", &request.trackopens, switch, plain, boolean),
        ("trackbounces", &request.trackbounces, switch, plain, boolean),
        ("preventscam", &request.preventscam, switch, plain, boolean),
        ("inlinecss", &request.inlinecss, switch, plain, boolean),
        ("images", &request.images, images, pictures, "wants a word, such as \"default\""),
        ("tags", &request.tags, tags, statistics, "wants an array of strings"),
    ] {
        match value.as_ref().map_or(Asked::No, asked) {
            Asked::No => {}
            Asked::Yes => return Err(Problem::not_here(name, not_here)),
            Asked::Unclear => return Err(Problem::bad(name, wanted)),
        }
    }
    Ok(())
}

/// Whether a file is to be fetched from somewhere.
pub(super) fn is_fetched(url: &Value) -> bool {
    switch(url) != Asked::No
}

fn switch(value: &Value) -> Asked {
    match value {
        Value::Null | Value::Bool(false) => Asked::No,
        Value::Bool(true) => Asked::Yes,
        Value::Number(number) if number.as_u64() == Some(0) => Asked::No,
        Value::Number(number) if number.as_u64() == Some(1) => Asked::Yes,
        Value::String(text) => match text.as_str() {
            "" | "false" | "0" => Asked::No,
            "true" | "1" => Asked::Yes,
            _ => Asked::Unclear,
        },
        _ => Asked::Unclear,
    }
}

fn images(value: &Value) -> Asked {
    match (switch(value), value) {
        (Asked::Unclear, Value::String(text)) if text == "default" => Asked::No,
        (Asked::Unclear, Value::String(_)) => Asked::Yes,
        (asked, _) => asked,
    }
}

/// One or several; a form can write an empty list only as one empty value.
fn tags(value: &Value) -> Asked {
    match (switch(value), value) {
        (_, Value::Array(tags)) if !tags.iter().all(Value::is_string) => Asked::Unclear,
        (_, Value::Array(tags)) if tags.iter().all(|tag| tag == "") => Asked::No,
        (Asked::Unclear, Value::String(_)) | (_, Value::Array(_)) => Asked::Yes,
        (asked, _) => asked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::{Intake, Limits};
    use crate::request::read;
    use serde_json::json;

    const SWITCHES: [&str; 5] = ["trackclicks", "trackopens", "trackbounces", "preventscam", "inlinecss"];

    /// The status of a request with this in it.
    fn status(intake: Intake, body: &str) -> u16 {
        let mut intake = intake;
        let read = intake.take(body.as_bytes()).and_then(|()| read(intake.finish()?.properties));
        read.map_or_else(|problem| problem.status, |_| 200)
    }

    #[test]
    fn both_forms_say_the_same_of_what_is_not_here() {
        let limits = Limits { body: 1 << 20, properties: 1 << 20, mail: 1 << 20 };
        let others = ["images", "tags"];
        for (names, form, values, expected) in [
            (&SWITCHES[..], "", vec![json!(false), json!(null), json!(0), json!("")], 200),
            (&SWITCHES[..], "false", vec![json!("false")], 200),
            (&SWITCHES[..], "0", vec![json!("0")], 200),
            (&SWITCHES[..], "true", vec![json!(true), json!("true"), json!(1)], 422),
            (&SWITCHES[..], "1", vec![json!("1")], 422),
            (&SWITCHES[..], "yes", vec![json!("yes"), json!(2), json!([]), json!({})], 400),
            (&others[..], "", vec![json!(false), json!(null), json!(0), json!("")], 200),
            (&others[..], "false", vec![json!("false")], 200),
            (&others[..], "0", vec![json!("0")], 200),
            (&others[..], "true", vec![json!(true), json!("true"), json!(1)], 422),
            (&others[..], "summer", vec![json!("summer")], 422),
            (&["images"], "default", vec![json!("default")], 200),
            (&["images"], "hosted", vec![json!("hosted")], 422),
            (&["tags"], "default", vec![json!("default"), json!(["default"])], 422),
        ] {
            for name in names {
                assert_eq!(
                    status(Intake::form(limits), &format!("{name}={form}")),
                    expected,
                    "{name}={form}"
                );
                for value in &values {
                    let body = json!({ *name: value }).to_string();
                    assert_eq!(status(Intake::json(limits), &body), expected, "{body}");
                }
            }
        }
        for (form, value, expected) in [
            ("tags[]=", json!([""]), 200),
            ("tags[]=summer", json!(["summer"]), 422),
            ("tags[]=&tags[]=summer", json!(["", "summer"]), 422),
            ("tags[a]=summer", json!({"a": "summer"}), 400),
            ("tags[0][a]=x", json!([{"a": "x"}]), 400),
        ] {
            assert_eq!(status(Intake::form(limits), form), expected, "{form}");
            let body = json!({"tags": value}).to_string();
            assert_eq!(status(Intake::json(limits), &body), expected, "{body}");
        }
        assert_eq!(status(Intake::json(limits), r#"{"tags": []}"#), 200);
        for value in [json!([]), json!({}), json!(5)] {
            assert_eq!(status(Intake::json(limits), &json!({"images": value}).to_string()), 400, "{value}");
        }
    }

    #[test]
    fn an_url_that_says_nothing_fetches_nothing() {
        for (url, fetched) in [
            (json!(null), false),
            (json!(false), false),
            (json!(""), false),
            (json!("false"), false),
            (json!(0), false),
            (json!("https://x"), true),
            (json!(true), true),
            (json!([]), true),
        ] {
            assert_eq!(is_fetched(&url), fetched, "{url}");
        }
    }
}
