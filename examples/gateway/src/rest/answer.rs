//! From what became of the mails to the answer.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use embedded_smtp::submission::Verdict;
use serde_json::{Map, Value, json};

use crate::hop::{Fault, Outcome};

/// Seconds until a later try makes sense.
pub(super) const RETRY_AFTER: &str = "60";

pub(super) fn answer(mails: &[(String, Outcome)]) -> Response {
    let (status, body) = judged(mails);
    let kind = [(header::CONTENT_TYPE, "application/json")];
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = (status, kind, body.to_string()).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static(RETRY_AFTER));
    }
    response
}

/// The status and the body: an identifier for each recipient that was accepted; for the others, why not.
fn judged(mails: &[(String, Outcome)]) -> (u16, Value) {
    let (mut body, mut errors) = (Map::new(), Map::new());
    for (id, outcome) in mails {
        for (number, fate) in outcome.fates.iter().enumerate() {
            if fate.delivered {
                body.insert(format!("{id}{number:04x}"), json!(fate.address));
            } else {
                let mut error = Map::new();
                if fate.words.code != 0 {
                    error.insert("code".to_owned(), json!(fate.words.code));
                }
                error.insert("text".to_owned(), json!(fate.words.text));
                errors.insert(fate.address.clone(), Value::Object(error));
            }
        }
    }
    if errors.is_empty() && !body.is_empty() {
        return (200, Value::Object(body));
    }
    if !body.is_empty() {
        body.insert("errors".to_owned(), Value::Object(errors));
        return (202, Value::Object(body));
    }
    let status = status(mails);
    // The outcome that the status stands for tells why.
    let telling = mails.iter().map(|(_, outcome)| outcome).find(|outcome| self::outcome(outcome) == status);
    if let Some(outcome) = telling.or(mails.first().map(|(_, outcome)| outcome)) {
        if let Fault::Property(property) = outcome.fault {
            body.insert("property".to_owned(), json!(property));
        }
        let text = if outcome.words.code == 0 {
            outcome.words.to_string()
        } else {
            format!("the next hop says: {}", outcome.words)
        };
        body.insert("error".to_owned(), json!(text));
    } else {
        body.insert("error".to_owned(), json!("the gateway could not send the mail; tell its operator"));
    }
    body.insert("errors".to_owned(), Value::Object(errors));
    (status, Value::Object(body))
}

/// For several mails of which none was accepted: what may have arrived must not be sent again, and then a later try is worth more than
/// none.
fn status(mails: &[(String, Outcome)]) -> u16 {
    let unknown = mails.iter().any(|(_, outcome)| outcome.verdict == Verdict::Unknown);
    let statuses = || mails.iter().map(|(_, outcome)| outcome).map(outcome);
    if unknown {
        502
    } else if statuses().any(|status| status == 503) {
        503
    } else {
        statuses().min().unwrap_or(502)
    }
}

fn outcome(outcome: &Outcome) -> u16 {
    match (outcome.verdict, outcome.fault) {
        (Verdict::RetryLater, _) => 503,
        (Verdict::Unknown, _) | (_, Fault::Hop) => 502,
        (_, Fault::Mail | Fault::Property(_)) => 422,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hop::Words;

    fn mail(verdict: Verdict, fault: Fault, fates: &[(&str, bool, u16)]) -> (String, Outcome) {
        let words = |code| Words { code, text: "words".to_owned() };
        let fates = fates.iter().map(|(address, delivered, code)| crate::hop::FateOf {
            address: (*address).to_owned(),
            delivered: *delivered,
            words: words(*code),
        });
        let fates: Vec<_> = fates.collect();
        let code = fates.iter().map(|fate| fate.words.code).max().unwrap_or(0);
        ("id".to_owned(), Outcome { verdict, fates, octets: None, words: words(code), fault })
    }

    #[test]
    fn identifiers_of_a_mail_have_one_length() {
        // Else one could be the beginning of another mail's identifier, and what follows it its number.
        let fates: Vec<_> = (0..10_000).map(|number| format!("a{number}@b")).collect();
        let fates: Vec<_> = fates.iter().map(|address| (address.as_str(), true, 250)).collect();
        let (_, body) = judged(&[mail(Verdict::Delivered, Fault::Mail, &fates)]);
        let ids = body.as_object().unwrap();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.keys().all(|id| id.len() == "id0000".len()));
    }

    #[test]
    fn each_outcome_has_its_status_and_its_words() {
        use Verdict::{Delivered, PartlyDelivered, Rejected, RetryLater, Unknown};
        let ok = || mail(Delivered, Fault::Mail, &[("a@b", true, 250)]);
        let no = || mail(Rejected, Fault::Mail, &[("c@d", false, 550)]);
        for (mails, status, text) in [
            (vec![ok()], 200, r#"{"id0000":"a@b"}"#),
            (
                vec![mail(PartlyDelivered, Fault::Mail, &[("a@b", true, 250), ("c@d", false, 550)])],
                202,
                r#"{"errors":{"c@d":{"code":550,"text":"words"}},"id0000":"a@b"}"#,
            ),
            (
                vec![no()],
                422,
                r#"{"error":"the next hop says: 550 words","errors":{"c@d":{"code":550,"text":"words"}}}"#,
            ),
            (vec![ok(), no()], 202, "errors"),
            (vec![mail(RetryLater, Fault::Mail, &[("c@d", false, 450)])], 503, "450 words"),
            (vec![mail(RetryLater, Fault::Hop, &[("c@d", false, 0)])], 503, r#""error":"words""#),
            (vec![mail(Rejected, Fault::Hop, &[("c@d", false, 0)])], 502, "words"),
            (vec![mail(Rejected, Fault::Property("dsn"), &[("c@d", false, 0)])], 422, r#""property":"dsn""#),
            (vec![mail(Unknown, Fault::Hop, &[("c@d", false, 0)])], 502, "words"),
            (vec![no(), mail(RetryLater, Fault::Mail, &[("e@f", false, 450)])], 503, "next hop says: 450"),
            (
                vec![
                    mail(RetryLater, Fault::Mail, &[("e@f", false, 450)]),
                    mail(Unknown, Fault::Hop, &[("g@h", false, 0)]),
                ],
                502,
                "words",
            ),
            (vec![], 502, "operator"),
        ] {
            let (found, body) = judged(&mails);
            let body = body.to_string();
            assert_eq!(found, status, "{body}");
            assert!(body.contains(text), "{body}");
        }
    }
}
