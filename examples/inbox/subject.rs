//! Finds the subject of a mail while it passes (RFC 5322 §3.6.5).

use super::encoded_word;

/// Octets of a line that are looked at, of a subject that are kept, and of a header section that are searched.
const LONGEST_LINE: usize = 1000;
const LONGEST: usize = 4000;
const FARTHEST: usize = 256 * 1024;

/// The subject, as far as it has been seen.
#[derive(Debug, Default)]
pub(crate) struct Subject {
    line: Vec<u8>,
    value: Option<Vec<u8>>,
    seen: usize,
    /// Whether the line before belongs to the subject.
    inside: bool,
    /// Whether the header section is over, or the subject is complete.
    done: bool,
}

impl Subject {
    /// Looks at the mail's next octets.
    pub(crate) fn look_at(&mut self, octets: &[u8]) {
        for &octet in octets {
            if self.done {
                return;
            }
            self.seen += 1;
            self.done = self.seen > FARTHEST;
            if octet == b'\n' {
                self.end_of_line();
            } else if self.line.len() < LONGEST_LINE {
                self.line.push(octet);
            }
        }
    }

    fn end_of_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        while line.last() == Some(&b'\r') {
            line.pop();
        }
        if let (true, Some(value), Some(b' ' | b'\t')) = (self.inside, &mut self.value, line.first()) {
            // A folded line: the break goes, the blank stays (RFC 5322 §2.2.3).
            value.extend_from_slice(&line);
            value.truncate(LONGEST);
        } else if let (false, Some(value)) = (self.inside, field(&line)) {
            self.value = Some(value.to_vec());
            self.inside = true;
        } else {
            self.done = self.inside || line.is_empty();
        }
        line.clear();
        self.line = line;
    }

    /// The subject, decoded; `None` when the mail has none.
    pub(crate) fn text(&self) -> Option<String> {
        self.value.as_ref().map(|value| encoded_word::decode(String::from_utf8_lossy(value).trim()))
    }
}

/// What stands behind `Subject:`.
fn field(line: &[u8]) -> Option<&[u8]> {
    let (name, value) = line.split_at_checked(b"Subject:".len())?;
    name.eq_ignore_ascii_case(b"Subject:").then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subject_is_found_at_every_split() {
        for (mail, expected) in [
            ("Subject: one\r\n\r\n", Some("one")),
            ("From: a@b\r\nsubject:two\r\n words\r\nTo: c@d\r\n\r\nSubject: no\r\n", Some("two words")),
            ("From: a@b\r\n\r\nSubject: no\r\n", None),
            ("Subject:\r\n\r\n", Some("")),
            ("X-Subject: no\r\nSubject: a\r\nSubject: b\r\n\r\n", Some("a")),
            ("", None),
        ] {
            for at in 0..=mail.len() {
                let (front, rest) = mail.as_bytes().split_at(at);
                let mut subject = Subject::default();
                subject.look_at(front);
                subject.look_at(rest);
                assert_eq!(subject.text().as_deref(), expected, "{mail:?} at {at}");
            }
        }
    }

    #[test]
    fn a_header_without_end_takes_no_memory() {
        let mut subject = Subject::default();
        subject.look_at(b"Subject: a\r\n");
        for _ in 0..1000 {
            subject.look_at(&[b' '; 2000]);
            subject.look_at(b"\r\n");
        }
        assert!(subject.line.capacity() <= 2 * LONGEST_LINE);
        assert!(subject.value.is_some_and(|value| value.len() <= LONGEST));
    }
}
