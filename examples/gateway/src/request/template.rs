//! Templates: files of parts in a directory, which a request names, or parts within the request.

use std::path::Path;

use serde_json::{Map, Value};

use super::{Request, Template, read};
use crate::intake::strict;
use crate::problem::{Problem, shown};

/// What of a template may be in it: the parts of a mail.
const PARTS: [&str; 10] =
    ["from", "to", "cc", "replyto", "subject", "text", "html", "unsubscribe", "extra", "attachments"];

/// Longest name of a file.
const LONGEST: usize = 64;

/// Adds what the template says to the request; what the request says itself stays.
pub(super) fn apply(request: &mut Request, directory: Option<&Path>) -> Result<(), Problem> {
    let parts = match request.template.take() {
        None => return Ok(()),
        Some(Template::Inline(parts)) => parts,
        Some(Template::Number(number)) => file(&number.to_string(), directory)?,
        Some(Template::Name(name)) => file(&name, directory)?,
    };
    if let Some(name) = parts.keys().find(|name| !PARTS.contains(&name.as_str())) {
        let text = format!("{} is no part of a template; those are {}", shown(name), PARTS.join(", "));
        return Err(Problem::bad("template", text));
    }
    let template = read(parts).map_err(|problem| within(&problem))?;
    let fill = |own: &mut Option<String>, its: Option<String>| {
        if own.is_none() {
            *own = its;
        }
    };
    fill(&mut request.from, template.from);
    fill(&mut request.subject, template.subject);
    fill(&mut request.text, template.text);
    fill(&mut request.html, template.html);
    request.to = request.to.take().or(template.to);
    request.cc = request.cc.take().or(template.cc);
    request.replyto = request.replyto.take().or(template.replyto);
    request.unsubscribe = request.unsubscribe.take().or(template.unsubscribe);
    request.extra = request.extra.take().or(template.extra);
    request.attachments = request.attachments.take().or(template.attachments);
    Ok(())
}

fn within(problem: &Problem) -> Problem {
    let property = problem.property.as_deref().unwrap_or_default();
    Problem {
        property: Some("template".to_owned()),
        text: format!("its {property}: {}", problem.text),
        ..problem.clone()
    }
}

/// The parts in `NAME.json`.
fn file(name: &str, directory: Option<&Path>) -> Result<Map<String, Value>, Problem> {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    if name.is_empty() || name.len() > LONGEST || !name.bytes().all(plain) {
        let text = format!("a template's name has letters, digits, - and _, {LONGEST} at most");
        return Err(Problem::bad("template", text));
    }
    let directory = directory.ok_or_else(|| {
        Problem::bad("template", "this gateway has no directory of templates; its operator can give it one")
    })?;
    let text =
        std::fs::read_to_string(directory.join(format!("{name}.json"))).map_err(|error| {
            match error.kind() {
                std::io::ErrorKind::NotFound => {
                    Problem::bad("template", format!("there is no template {name:?}"))
                }
                _ => Problem::new(
                    500,
                    format!("the template {name:?} cannot be read ({error}); tell the gateway's operator"),
                ),
            }
        })?;
    let broken = |why: String| {
        let text = format!("{name:?} is broken ({why}); tell the gateway's operator");
        Problem::new(422, text).about("template")
    };
    match strict(text.as_bytes()) {
        Ok(Value::Object(parts)) => Ok(parts),
        Ok(_) => Err(broken("it is no JSON object".to_owned())),
        Err(fault) => Err(broken(fault.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unique;
    use serde_json::json;

    fn request(value: Value) -> Request {
        let Value::Object(properties) = value else { unreachable!() };
        read(properties).unwrap()
    }

    #[test]
    fn the_request_goes_before_its_template() {
        let mut request =
            request(json!({"subject": "mine", "template": {"subject": "its", "text": "its", "from": "a@b"}}));
        apply(&mut request, None).unwrap();
        assert_eq!(request.subject.as_deref(), Some("mine"));
        assert_eq!((request.text.as_deref(), request.from.as_deref()), (Some("its"), Some("a@b")));
    }

    #[test]
    fn a_file_is_read_as_strictly_as_a_request() {
        let directory = std::env::temp_dir().join(format!("gateway-{}", unique::word()));
        std::fs::create_dir(&directory).unwrap();
        for (file, text) in [
            (r#"{"subject": "one", "text": "x", "subject": "two"}"#, "\"subject\" stands twice"),
            (r#"{"subject": "one", "extra": {"x-a": "1", "x-a": "2"}}"#, "\"x-a\" stands twice"),
            (r#"{"subject": "one"} {}"#, "trailing"),
            (r#"["subject"]"#, "no JSON object"),
            ("", "EOF"),
        ] {
            std::fs::write(directory.join("t.json"), file).unwrap();
            let problem = apply(&mut request(json!({"template": "t"})), Some(&directory)).unwrap_err();
            assert_eq!((problem.status, problem.property.as_deref()), (422, Some("template")), "{file}");
            assert!(problem.text.contains(text), "{file}: {}", problem.text);
        }
        std::fs::write(directory.join("t.json"), r#"{"subject": "one"}"#).unwrap();
        let mut request = request(json!({"template": "t"}));
        apply(&mut request, Some(&directory)).unwrap();
        assert_eq!(request.subject.as_deref(), Some("one"));
        std::fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn names_lead_nowhere_else() {
        let directory = std::env::temp_dir();
        for (template, text) in [
            (json!("../secret"), "letters, digits"),
            (json!(""), "letters, digits"),
            (json!("a/b"), "letters, digits"),
            (json!(12), "no template \"12\""),
            (json!({"recipient": "a@b"}), "no part of a template"),
            (json!({"subject": 5}), "its subject"),
        ] {
            let problem = apply(&mut request(json!({"template": template})), Some(&directory)).unwrap_err();
            assert_eq!((problem.status, problem.property.as_deref()), (400, Some("template")));
            assert!(problem.text.contains(text), "{template}: {}", problem.text);
        }
        assert!(
            apply(&mut request(json!({"template": "x"})), None).unwrap_err().text.contains("no directory")
        );
    }
}
