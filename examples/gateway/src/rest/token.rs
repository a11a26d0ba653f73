//! Who may use the REST door.

use axum::http::{HeaderMap, header};
use subtle::{Choice, ConstantTimeEq};

use crate::problem::Problem;

/// The token may stand in the address, as the provider has it, or in a header field, where fewer logs see it.
pub(super) fn admit(tokens: &[String], query: Option<&str>, headers: &HeaderMap) -> Result<(), Problem> {
    let mut fields = headers.get_all(header::AUTHORIZATION).iter();
    let bearer = fields.next().map(|value| bearer(value.as_bytes()));
    if fields.next().is_some() {
        return Err(wrong("Authorization stands twice; give one"));
    }
    let given = match (bearer, query.map(variables).transpose()?.flatten()) {
        (Some(_), Some(_)) => {
            return Err(wrong("a token stands in the address and in Authorization; give one"));
        }
        (Some(None), None) => return Err(wrong("Authorization must be Bearer TOKEN, and is something else")),
        (Some(Some(token)), None) | (None, Some(token)) => token,
        (None, None) => {
            return Err(wrong("a token is missing: ?access_token=TOKEN, or Authorization: Bearer TOKEN"));
        }
    };
    // All are compared, so that how long it takes says nothing about which.
    let known = tokens.iter().fold(Choice::from(0), |found, token| found | token.as_bytes().ct_eq(&given));
    if known.into() { Ok(()) } else { Err(wrong("the token is not known here")) }
}

/// RFC 6750 §2.1; whoever types one may put in more than one space.
fn bearer(value: &[u8]) -> Option<Vec<u8>> {
    let (scheme, token) = value.split_at_checked(7)?;
    let known = scheme.eq_ignore_ascii_case(b"bearer ");
    Some(token.trim_ascii().to_vec()).filter(|token| known && !token.is_empty())
}

fn wrong(text: &str) -> Problem {
    Problem::new(401, text)
}

/// The token in the query; nothing else may stand there.
fn variables(query: &str) -> Result<Option<Vec<u8>>, Problem> {
    let mut token = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name != "access_token" {
            return Err(Problem::bad(
                name,
                "there is no such variable in the address; properties go into the body",
            ));
        }
        if token.is_some() {
            return Err(Problem::bad("access_token", "stands twice"));
        }
        token = Some(decoded(value)?);
    }
    Ok(token)
}

/// RFC 3986 §2.1
fn decoded(text: &str) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::with_capacity(text.len());
    let mut octets = text.bytes();
    while let Some(octet) = octets.next() {
        out.push(match octet {
            b'%' => {
                let mut digit = || char::from(octets.next()?).to_digit(16);
                let value = digit().zip(digit()).map(|(high, low)| (high << 4 | low) as u8);
                value.ok_or_else(|| Problem::bad("access_token", "% wants two hexadecimal digits"))?
            }
            b'+' => b' ',
            octet => octet,
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_tokens_are_admitted() {
        let tokens = ["secret".to_owned(), "a b+c".to_owned()];
        for (query, bearer, status) in [
            (Some("access_token=secret"), None, 200),
            (Some("access_token=a+b%2Bc"), None, 200),
            (None, Some("Bearer secret"), 200),
            (None, Some("bearer a b+c"), 200),
            (Some(""), Some("Bearer secret"), 200),
            (Some("access_token=secret"), Some("Bearer secret"), 401),
            (Some("access_token=secre"), None, 401),
            (Some("access_token=secrets"), None, 401),
            (Some("access_token="), None, 401),
            (Some("access_token"), None, 401),
            (None, Some("Basic secret"), 401),
            (None, Some("Bearer  secret "), 200),
            (None, Some("Bearersecret"), 401),
            (None, Some("Bearer "), 401),
            (None, Some("Bearer"), 401),
            (None, None, 401),
            (Some("access_token=%4"), None, 400),
            (Some("access_token=a&access_token=secret"), None, 400),
            (Some("access_token=secret&recipient=a@b"), None, 400),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(bearer) = bearer {
                headers.insert(header::AUTHORIZATION, bearer.parse().unwrap());
            }
            let found = admit(&tokens, query, &headers).map_or_else(|problem| problem.status, |()| 200);
            assert_eq!(found, status, "{query:?} {bearer:?}");
        }
        let mut twice = HeaderMap::new();
        for value in ["Bearer secret", "Bearer wrong"] {
            twice.append(header::AUTHORIZATION, value.parse().unwrap());
            let status = if twice.len() == 1 { Ok(()) } else { Err(401) };
            assert_eq!(admit(&tokens, None, &twice).map_err(|problem| problem.status), status);
        }
        assert_eq!(admit(&[], Some("access_token="), &HeaderMap::new()).unwrap_err().status, 401);
    }
}
