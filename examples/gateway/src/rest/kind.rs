//! What kind of body a request has, by its header fields: none of them is passed over.

use axum::http::{HeaderMap, HeaderName, header};

use crate::problem::{Problem, shown};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Json,
    Form,
}

pub(super) fn of(headers: &HeaderMap) -> Result<Kind, Problem> {
    for (name, plain, text) in [
        (header::CONTENT_ENCODING, "identity", "the body must come as it is, without a Content-Encoding"),
        (
            header::TRANSFER_ENCODING,
            "chunked",
            "the body must come as it is, or chunked, and in no other Transfer-Encoding",
        ),
    ] {
        if only(headers, &name)?.is_some_and(|coding| !coding.eq_ignore_ascii_case(plain)) {
            return Err(Problem::new(415, text));
        }
    }
    let value = only(headers, &header::CONTENT_TYPE)?.unwrap_or_default();
    let mut parts = value.split(';').map(str::trim);
    let kind = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "application/json" => Kind::Json,
        "application/x-www-form-urlencoded" => Kind::Form,
        _ => {
            let text = "the Content-Type must be application/json or application/x-www-form-urlencoded";
            return Err(Problem::new(415, text));
        }
    };
    // Other parameters have no meaning for either type.
    for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
        let charset = value.trim_matches('"');
        let utf8 = ["utf-8", "utf8", "us-ascii"].iter().any(|name| charset.eq_ignore_ascii_case(name));
        if name.eq_ignore_ascii_case("charset") && !utf8 {
            let text = format!("the body must be UTF-8, and its Content-Type says {}", shown(charset));
            return Err(Problem::new(415, text));
        }
    }
    Ok(kind)
}

/// The field's value; it must not stand there twice.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let unreadable = |_| Problem::new(415, format!("the header field {name} is not ASCII"));
            value.to_str().map(|text| Some(text.trim())).map_err(unreadable)
        }
        (Some(_), Some(_)) => {
            Err(Problem::new(415, format!("the header field {name} stands twice; give one")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(fields: &[(HeaderName, &str)]) -> Result<Kind, Problem> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, value.parse().unwrap());
        }
        of(&headers)
    }

    #[test]
    fn a_body_is_json_or_a_form_in_utf_8() {
        for (value, expected) in [
            ("application/json", Some(Kind::Json)),
            ("Application/JSON ; Charset=\"UTF-8\"", Some(Kind::Json)),
            ("application/json;", Some(Kind::Json)),
            ("application/json; charset=us-ascii", Some(Kind::Json)),
            ("application/json; profile=x", Some(Kind::Json)),
            ("application/x-www-form-urlencoded; charset=utf-8", Some(Kind::Form)),
            ("application/json; charset=iso-8859-1", None),
            ("application/json; charset=utf-16", None),
            ("application/x-www-form-urlencoded; charset=latin1", None),
            ("application/json, text/plain", None),
            ("application/problem+json", None),
            ("multipart/form-data; boundary=x", None),
            ("text/plain", None),
            ("", None),
        ] {
            assert_eq!(kind(&[(header::CONTENT_TYPE, value)]).ok(), expected, "{value}");
        }
        assert_eq!(kind(&[]).unwrap_err().status, 415);
    }

    #[test]
    fn what_it_is_wrapped_in_is_told() {
        let json = (header::CONTENT_TYPE, "application/json");
        for (fields, fine) in [
            (vec![(header::CONTENT_ENCODING, "Identity")], true),
            (vec![(header::TRANSFER_ENCODING, "Chunked")], true),
            (vec![(header::CONTENT_ENCODING, "gzip")], false),
            (vec![(header::CONTENT_ENCODING, "identity"), (header::CONTENT_ENCODING, "gzip")], false),
            (vec![(header::TRANSFER_ENCODING, "gzip, chunked")], false),
            (vec![(header::CONTENT_TYPE, "application/json")], false),
            (vec![(header::CONTENT_TYPE, "text/plain")], false),
        ] {
            let all = [std::slice::from_ref(&json), &fields[..]].concat();
            match kind(&all) {
                Ok(_) => assert!(fine, "{fields:?}"),
                Err(problem) => {
                    assert!(!fine && problem.status == 415 && !problem.text.is_empty(), "{fields:?}");
                }
            }
        }
    }
}
