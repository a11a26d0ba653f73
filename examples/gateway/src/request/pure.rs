//! Pure addresses, without names and brackets.

use embedded_smtp::wire::{ForwardPath, Mailbox, ReversePath, Syntax};

/// Of a recipient, which may also be `postmaster` alone (RFC 5321 §4.1.1.3).
pub(super) fn recipient(text: &str) -> Result<(), String> {
    ForwardPath::new(text).map_err(|error| why(text, error)).and_then(|_| no_controls(text))
}

/// Of the return path, to which reports can go.
pub(super) fn return_path(text: &str) -> Result<(), String> {
    let path = ReversePath::new(text).map_err(|error| why(text, error))?;
    path.mailbox().ok_or("is empty")?;
    no_controls(text)
}

/// Of anybody in a header field.
pub(super) fn mailbox(text: &str) -> Result<Mailbox<'_>, String> {
    let mailbox = Mailbox::new(text).map_err(|error| why(text, error))?;
    no_controls(text).map(|()| mailbox)
}

/// Whether two texts are the same recipient for every server: domains do not tell large from small letters (RFC 5321 §2.4), and the
/// `postmaster` without one does not either.
pub(super) fn same(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
        None => text.to_lowercase(),
    }
}

/// RFC 6531 lets them in, since UTF-8 has them above 127; servers refuse them, and what shows an address may obey them.
fn no_controls(text: &str) -> Result<(), String> {
    match text.chars().find(|character| character.is_control()) {
        None => Ok(()),
        Some(control) => Err(format!(
            "the control character U+{:04X} stands in it, which no address may have",
            control as u32
        )),
    }
}

fn why(text: &str, error: Syntax) -> String {
    if text.contains('@') { error.to_string() } else { "there is no @ in it".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_character_stands_in_no_address() {
        for control in ('\0'..=' ').chain('\u{7f}'..='\u{9f}') {
            for text in [
                format!("a{control}b@example.org"),
                format!("\"a{control}b\"@example.org"),
                format!("a@b{control}.org"),
            ] {
                if control == ' ' && text.starts_with('"') {
                    continue;
                }
                assert!(recipient(&text).is_err(), "{text:?}");
                assert!(return_path(&text).is_err(), "{text:?}");
                assert!(mailbox(&text).is_err(), "{text:?}");
            }
        }
        for text in ["a@b", "j\u{f6}rg@b\u{fc}cher.example", "a\u{a0}b@example.org", "\"a b\"@example.org"] {
            assert_eq!((recipient(text), return_path(text)), (Ok(()), Ok(())), "{text}");
            assert!(mailbox(text).is_ok(), "{text}");
        }
        assert!(recipient("postmaster").is_ok());
        for text in ["", "<>", "postmaster"] {
            assert!(return_path(text).is_err(), "{text}");
        }
    }

    #[test]
    fn recipients_are_the_same_whatever_their_domains_letters() {
        for (one, other, expected) in [
            ("a@b.c", "a@B.C", true),
            ("a@b.c", "A@b.c", false),
            ("postmaster", "Postmaster", true),
            ("\"x@y\"@b.c", "\"x@Y\"@B.c", false),
            ("a@b\u{dc}cher.example", "a@b\u{fc}cher.example", true),
        ] {
            assert_eq!(same(one) == same(other), expected, "{one} {other}");
        }
    }
}
