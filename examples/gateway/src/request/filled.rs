//! A whole message with its variables replaced, read piece by piece.

use std::io::{self, Read};
use std::sync::Arc;

use super::variables::{Front, LONGEST, Variables, front};

/// Octets read at once.
const PIECE: usize = 32 * 1024;

pub(crate) struct Filled<R> {
    from: R,
    variables: Arc<Variables>,
    /// Read, and handed out up to `at`.
    raw: Vec<u8>,
    at: usize,
    ended: bool,
    /// The variable in whose value the reading stands, and how far: values are large, and stand in a text many times, so none is copied
    /// as a whole.
    within: Option<(String, usize)>,
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
    pub(super) const WEIGHT: u64 = 2 * PIECE as u64;

    pub(crate) fn new(from: R, variables: Arc<Variables>) -> Self {
        let header = Header { on: true, line_empty: true };
        Self { from, variables, raw: Vec::new(), at: 0, ended: false, within: None, made: 0, header }
    }

    /// Reads more behind what is not handed out yet.
    fn refill(&mut self) -> io::Result<()> {
        self.raw.drain(..self.at);
        self.at = 0;
        let held = self.raw.len();
        self.raw.resize(held + PIECE, 0);
        let octets = self.from.read(self.raw.get_mut(held..).unwrap_or_default())?;
        self.raw.truncate(held + octets);
        self.ended = octets == 0;
        Ok(())
    }

    /// The next octets of the value that is being handed out; none when there is no more of it.
    fn value(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some((name, at)) = &mut self.within else { return Ok(0) };
        let value = self.variables.value(name).map_err(io::Error::other)?.unwrap_or_default();
        let octets = value.as_bytes().get(*at..).unwrap_or_default().read(into)?;
        *at += octets;
        if octets == 0 {
            self.within = None;
        }
        Ok(octets)
    }

    /// The next octets of the text, up to a variable, in whose value the reading stands then.
    fn text(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.raw.get(self.at..).unwrap_or_default();
            let plain = memchr::memchr(b'{', rest).unwrap_or(rest.len());
            let plain = match front(rest.get(plain..).unwrap_or_default(), self.ended) {
                _ if plain > 0 => plain,
                Front::Short => {
                    self.refill()?;
                    continue;
                }
                Front::Text => 1,
                Front::Variable(name, octets) => {
                    let value = self.variables.value(name).map_err(io::Error::other)?;
                    let Some(value) = value else { return self.plain(octets, into) };
                    if self.header.on && value.contains(char::is_control) {
                        return Err(io::Error::other(format!(
                            "the value of {{${name}}} has a line break or another control character, and stands in the header section"
                        )));
                    }
                    self.header.pass(value.as_bytes());
                    self.made += value.len() as u64;
                    self.variables.within(self.made).map_err(io::Error::other)?;
                    self.within = Some((name.to_owned(), 0));
                    self.at += octets;
                    return Ok(0);
                }
            };
            return self.plain(plain, into);
        }
    }

    /// As it is, as much of it as there is room for.
    fn plain(&mut self, octets: usize, into: &mut [u8]) -> io::Result<usize> {
        let text = self.raw.get(self.at..).and_then(|rest| rest.get(..octets)).unwrap_or_default();
        let octets = { text }.read(into)?;
        self.header.pass(text.get(..octets).unwrap_or_default());
        self.made += octets as u64;
        self.at += octets;
        Ok(octets)
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
        loop {
            let octets = if self.within.is_some() { self.value(into)? } else { self.text(into)? };
            let done = self.ended && self.within.is_none() && self.at == self.raw.len();
            if octets > 0 || done || into.is_empty() {
                return Ok(octets);
            }
        }
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
    fn a_value_is_handed_out_in_pieces_and_never_held_as_a_whole() {
        let value = "0123456789".repeat(20 * PIECE / 10);
        let data = [("a".to_owned(), json!(value))].into_iter().collect();
        let variables = Variables::new(Arc::new(values(data).unwrap()), Arc::default(), None, true);
        let text = "x{$a}{$a}y{$a}";
        let mut filled = Filled::new(text.as_bytes(), Arc::new(variables));
        let (mut found, mut piece) = (Vec::new(), [0; 1000]);
        while let octets @ 1.. = filled.read(&mut piece).unwrap() {
            found.extend_from_slice(&piece[..octets]);
            assert!(filled.raw.capacity() as u64 <= Filled::<&[u8]>::WEIGHT);
        }
        assert_eq!(found, text.replace("{$a}", &value).as_bytes());
    }

    #[test]
    fn replaced_variables_stay_within_the_bound() {
        let at_most = |most| {
            let data = [("a".to_owned(), json!("01234"))].into_iter().collect();
            let variables = Variables::new(Arc::new(values(data).unwrap()), Arc::default(), None, true);
            let mut found = String::new();
            Filled::new(&b"x{$a}{$a}"[..], Arc::new(variables.at_most(most))).read_to_string(&mut found)
        };
        assert_eq!(at_most(11).ok(), Some(11));
        assert!(at_most(10).unwrap_err().to_string().contains("larger than the 10"));
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
