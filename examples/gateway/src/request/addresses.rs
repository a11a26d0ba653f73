//! Lists of addresses as people write them: `Ann <ann@example.org>, "Doe, John" <john@example.org>, info@example.org`.

use crate::problem::shown;

/// An address and the name beside it; neither is checked yet, and variables still stand in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) name: String,
    pub(super) address: String,
}

/// The addresses in `text`, so many at most; none in an empty one.
pub(super) fn list(text: &str, most: usize) -> Result<Vec<Written>, String> {
    let mut found = Vec::new();
    for item in items(text, most)? {
        let item = item.trim();
        if item.is_empty() {
            if text.trim().is_empty() {
                continue;
            }
            return Err("there is no address before or behind a comma".to_owned());
        }
        found.push(one(item)?);
    }
    Ok(found)
}

/// Cut at commas outside of quotation marks and brackets.
fn items(text: &str, most: usize) -> Result<Vec<&str>, String> {
    let (mut quoted, mut escaped, mut bracket) = (false, false, false);
    let (mut items, mut start) = (Vec::new(), 0);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => bracket = true,
            '>' if !quoted => bracket = false,
            ',' if !quoted && !bracket => {
                items.push(text.get(start..at).unwrap_or_default());
                if items.len() >= most {
                    return Err(TOO_MANY.to_owned());
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    if quoted || bracket {
        return Err(format!(
            "{} is not closed in {}",
            if quoted { "a quotation mark" } else { "a bracket" },
            shown(text)
        ));
    }
    items.push(text.get(start..).unwrap_or_default());
    if items.len() > most && !text.trim().is_empty() {
        return Err(TOO_MANY.to_owned());
    }
    Ok(items)
}

const TOO_MANY: &str = "more addresses than a mail may have here";

fn one(item: &str) -> Result<Written, String> {
    // A quoted name may hold a bracket; the address stands in the last pair.
    let Some((name, address)) = item.strip_suffix('>').and_then(|item| item.rsplit_once('<')) else {
        if item.ends_with('>') || item.contains('<') && !item.starts_with('"') {
            return Err(format!("the brackets in {} do not match", shown(item)));
        }
        return Ok(Written { name: String::new(), address: item.to_owned() });
    };
    Ok(Written { name: unquoted(name.trim()), address: address.trim().to_owned() })
}

/// RFC 5322 §3.2.4: what the marks and the backslashes stand for.
fn unquoted(name: &str) -> String {
    let Some(inside) = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) else {
        return name.to_owned();
    };
    let mut text = String::with_capacity(inside.len());
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        text.push(if character == '\\' { characters.next().unwrap_or('\\') } else { character });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_people_write_them() {
        for (text, expected) in [
            ("", vec![]),
            ("info@example.com", vec![("", "info@example.com")]),
            ("John Doe <johndoe@example.org>", vec![("John Doe", "johndoe@example.org")]),
            ("<a@b>", vec![("", "a@b")]),
            (
                "\"Number three\" <three@example.com>, info@example.com",
                vec![("Number three", "three@example.com"), ("", "info@example.com")],
            ),
            (
                r#""Doe, \"J\" <x>" <j@example.org>,a@b"#,
                vec![("Doe, \"J\" <x>", "j@example.org"), ("", "a@b")],
            ),
            ("{$name} <{$recipient}>", vec![("{$name}", "{$recipient}")]),
            (r#""quoted local"@example.org"#, vec![("", r#""quoted local"@example.org"#)]),
            ("J\u{f6}rg <j@b>", vec![("J\u{f6}rg", "j@b")]),
        ] {
            let found = list(text, 3).unwrap();
            let found: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.address.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn there_are_so_many_at_most() {
        assert_eq!(list("a@b,c@d,e@f", 3).unwrap().len(), 3);
        for (text, most) in [("a@b,c@d,e@f,g@h", 3), ("a@b", 0)] {
            assert_eq!(
                list(text, most),
                Err("more addresses than a mail may have here".to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_does_not_match_is_told() {
        for text in ["a@b,", ",a@b", "a@b,,c@d", "\"x <a@b>", "x <a@b", "x a@b>", "a <b> c"] {
            assert!(list(text, 3).is_err(), "{text}");
        }
    }
}
