//! A whole message with its variables replaced, read piece by piece.

use std::io::{self, Read};
use std::sync::Arc;

use super::variables::{Front, LONGEST, Variables, front};

/// Octets read at once.
const PIECE: usize = 32 * 1024;

pub(crate) struct Filled<R> {
    from: R,
    variables: Arc<Variables>,
    /// Read, and not yet looked at.
    raw: Vec<u8>,
    /// Ready to be handed out, from `at` on.
    ready: Vec<u8>,
    at: usize,
    ended: bool,
    /// Octets made so far.
    made: u64,
    header: Header,
}

/// Whether the header section is still going on.
#[derive(Debug)]
struct Header {
    on: bool,
    line_empty: bool,
}

impl<R: Read> Filled<R> {
    /// Octets that it takes while it is read, about.
    pub(super) const WEIGHT: u64 = 4 * PIECE as u64;

    pub(crate) fn new(from: R, variables: Arc<Variables>) -> Self {
        let header = Header { on: true, line_empty: true };
        Self { from, variables, raw: Vec::new(), ready: Vec::new(), at: 0, ended: false, made: 0, header }
    }

    fn go_on(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.at = 0;
        let held = self.raw.len();
        self.raw.resize(held + PIECE, 0);
        let octets = self.from.read(self.raw.get_mut(held..).unwrap_or_default())?;
        self.raw.truncate(held + octets);
        self.ended = octets == 0;
        let raw = std::mem::take(&mut self.raw);
        let used = self.replace(&raw)?;
        self.raw = raw;
        self.raw.drain(..used);
        Ok(())
    }

    /// Says how many octets of `raw` are done with.
    fn replace(&mut self, raw: &[u8]) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = raw.get(done..).filter(|rest| !rest.is_empty()) {
            let Some(at) = memchr::memchr(b'{', rest) else {
                self.text(rest);
                return Ok(raw.len());
            };
            let (before, variable) = rest.split_at(at);
            self.text(before);
            done += at;
            match front(variable, self.ended) {
                Front::Short => return Ok(done),
                Front::Text => {
                    self.text(b"{");
                    done += 1;
                }
                Front::Variable(name, octets) => {
                    let variables = Arc::clone(&self.variables);
                    let value = variables.value(name).map_err(io::Error::other)?;
                    if self.header.on && value.is_some_and(|value| value.contains(char::is_control)) {
                        return Err(io::Error::other(format!(
                            "the value of {{${name}}} has a line break or another control character, and stands in the header section"
                        )));
                    }
                    let whole = variable.get(..octets).unwrap_or_default();
                    self.text(value.map_or(whole, str::as_bytes));
                    self.variables.within(self.made).map_err(io::Error::other)?;
                    done += octets;
                }
            }
        }
        Ok(done)
    }

    fn text(&mut self, text: &[u8]) {
        self.header.pass(text);
        self.made += text.len() as u64;
        self.ready.extend_from_slice(text);
    }
}

impl Header {
    fn pass(&mut self, text: &[u8]) {
        for octet in text {
            if !self.on {
                return;
            }
            match octet {
                b'\n' if self.line_empty => self.on = false,
                b'\n' => self.line_empty = true,
                b'\r' => {}
                _ => self.line_empty = false,
            }
        }
    }
}

impl<R: Read> Read for Filled<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() {
            if self.ended {
                return Ok(0);
            }
            self.go_on()?;
        }
        let octets = self.ready.get(self.at..).unwrap_or_default().read(into)?;
        self.at += octets;
        Ok(octets)
    }
}

const _: () = assert!(LONGEST < PIECE);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::variables::{plain, values};
    use serde_json::json;

    struct Drips<'t>(&'t [u8], usize);

    impl Read for Drips<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let octets = self.1.min(self.0.len()).min(into.len());
            let (now, later) = self.0.split_at(octets);
            into[..octets].copy_from_slice(now);
            self.0 = later;
            Ok(octets)
        }
    }

    fn variables() -> Arc<Variables> {
        let data =
            [("name".to_owned(), json!("Ann")), ("lines".to_owned(), json!("a\r\nb"))].into_iter().collect();
        let personal = Arc::new(values(data).unwrap());
        let variables = Variables::new(personal, Arc::default(), Some("you@b".to_owned()), true);
        Arc::new(variables.for_envelope("me@b"))
    }

    #[test]
    fn pieces_make_the_same_text_as_the_whole() {
        for text in [
            "",
            "{",
            "{$",
            "{$name}",
            "Subject: {$name}\r\n\r\nHi {$name}, {$ {{$recipient}} {$name",
            "Subject: x\n\n{$lines}{$name}",
            "{$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}",
        ] {
            let expected = variables().fill(text, plain).unwrap().into_owned();
            for pieces in [1, 2, 3, 1000] {
                let mut found = String::new();
                Filled::new(Drips(text.as_bytes(), pieces), variables()).read_to_string(&mut found).unwrap();
                assert_eq!(found, expected, "{text} by {pieces}");
            }
        }
    }

    #[test]
    fn no_line_break_gets_into_the_header_section() {
        for (text, fine) in [
            ("Subject: {$lines}\r\n\r\n", false),
            ("{$lines}", false),
            ("S: x\r\n\r\n{$lines}", true),
            ("S: {$nobody}", false),
        ] {
            let mut found = String::new();
            let read = Filled::new(text.as_bytes(), variables()).read_to_string(&mut found);
            assert_eq!(read.is_ok(), fine, "{text}");
        }
    }
}
