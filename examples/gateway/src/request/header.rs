//! The author of a message that is whole already: its reverse path, unless the request gives one.

use std::io::Read;

use super::addresses;

/// Octets of a header section that are looked at.
const MOST: u64 = 64 * 1024;

/// The first address in the From field of the message, pure.
pub(super) fn author(message: impl Read) -> Option<String> {
    let mut octets = Vec::new();
    message.take(MOST).read_to_end(&mut octets).ok()?;
    let text = String::from_utf8_lossy(&octets);
    let mut lines = text.lines().take_while(|line| !line.is_empty());
    let field = |line: &str| line.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("from:"));
    let mut value = lines.find(|line| field(line))?.get(5..)?.to_owned();
    // RFC 5322 §2.2.3: the lines that belong to it begin with white space.
    for line in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        value += line;
    }
    let first = addresses::list(&value, MOST as usize).ok()?.into_iter().next()?;
    Some(first.address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_author_is_found_in_the_header_section_only() {
        for (text, expected) in [
            ("From: <info@example.com>\r\n\r\n", Some("info@example.com")),
            ("To: x\r\nfrom: Ann\r\n <a@b>,\r\n c@d\r\nCc: y\r\n\r\n", Some("a@b")),
            ("To: x\n\nFrom: a@b\n", None),
            ("", None),
        ] {
            assert_eq!(author(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }
}
