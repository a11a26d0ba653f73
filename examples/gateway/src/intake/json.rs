//! A JSON document as it comes: the string behind the top level's `mime` is decoded into a spool, and all else is kept as it is and
//! read when it is there. So a mail takes no more memory than its properties do.

use std::mem;

use serde_json::{Map, Value};

use super::spool::Spool;
use super::strict::{Fault, strict};
use super::unescape::Unescape;
use super::{Limits, Taken, keep, put_aside, too_many_values};
use crate::problem::Problem;

#[derive(Debug)]
pub(super) struct Scan {
    limits: Limits,
    /// The document, less what stands in `mime`.
    kept: Vec<u8>,
    state: State,
    depth: u32,
    /// The top level is an object.
    object: bool,
    /// At depth 1: a name comes next, or a value.
    name_next: bool,
    /// The last name at depth 1, as it is written, cut when it is longer than any that matters.
    name: Vec<u8>,
    place: Place,
    lifted: Option<Lifted>,
    mime: Option<Spool>,
}

#[derive(Debug)]
enum State {
    Between,
    /// In a string that is kept.
    Text {
        escaped: bool,
        name: bool,
    },
    Mime(Unescape),
}

/// A place in the document, counted from 1 as people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    line: usize,
    column: usize,
}

/// What was taken out, for the positions behind it.
#[derive(Debug, Clone, Copy)]
struct Lifted {
    place: Place,
    octets: usize,
}

const NAME: &[u8] = b"mime";

impl Scan {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            kept: Vec::new(),
            state: State::Between,
            depth: 0,
            object: false,
            name_next: false,
            name: Vec::new(),
            place: Place { line: 1, column: 1 },
            lifted: None,
            mime: None,
        }
    }

    pub(super) fn take(&mut self, mut piece: &[u8]) -> Result<(), Problem> {
        while !piece.is_empty() {
            let used = match mem::replace(&mut self.state, State::Between) {
                State::Between => self.between(piece)?,
                State::Text { escaped, name } => self.text(piece, escaped, name)?,
                State::Mime(unescape) => self.mime(piece, unescape)?,
            };
            piece = piece.get(used..).unwrap_or_default();
        }
        Ok(())
    }

    /// Outside of strings.
    fn between(&mut self, piece: &[u8]) -> Result<usize, Problem> {
        for (at, octet) in piece.iter().enumerate() {
            match octet {
                b'{' | b'[' => {
                    self.object |= self.depth == 0 && *octet == b'{';
                    self.depth += 1;
                    self.name_next = self.object && self.depth == 1;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                b',' => self.name_next = self.object && self.depth == 1,
                b'"' => {
                    self.keep(piece.get(..=at).unwrap_or_default())?;
                    self.begin_string();
                    return Ok(at + 1);
                }
                _ => {}
            }
        }
        self.keep(piece)?;
        Ok(piece.len())
    }

    fn begin_string(&mut self) {
        let top = self.object && self.depth == 1;
        let name = top && mem::take(&mut self.name_next);
        if top && !name && self.name == NAME && self.mime.is_none() {
            self.mime = Some(Spool::new());
            self.lifted = Some(Lifted { place: self.place, octets: 0 });
            self.state = State::Mime(Unescape::default());
        } else {
            if name {
                self.name.clear();
            }
            self.state = State::Text { escaped: false, name };
        }
    }

    fn text(&mut self, piece: &[u8], mut escaped: bool, name: bool) -> Result<usize, Problem> {
        let mut used = piece.len();
        let mut ended = false;
        for (at, octet) in piece.iter().enumerate() {
            match octet {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    (used, ended) = (at + 1, true);
                    break;
                }
                _ => {}
            }
        }
        let text = piece.get(..used).unwrap_or_default();
        if name {
            let inside = if ended { text.get(..used - 1).unwrap_or_default() } else { text };
            let room = (NAME.len() + 1).saturating_sub(self.name.len());
            self.name.extend_from_slice(inside.get(..room).unwrap_or(inside));
        }
        if !ended {
            self.state = State::Text { escaped, name };
        }
        self.keep(text)?;
        Ok(used)
    }

    fn mime(&mut self, piece: &[u8], mut unescape: Unescape) -> Result<usize, Problem> {
        // In shares, so that a large piece takes no memory of its own.
        let share = piece.get(..SHARE).unwrap_or(piece);
        let mut decoded = Vec::with_capacity(share.len());
        let done = unescape.decode(share, &mut decoded).map_err(|(fault, at)| {
            let Place { line, column } = self.place;
            let text = format!("invalid JSON at line {line} column {}: {fault}", column + at);
            Problem::bad("mime", text)
        })?;
        put_aside(self.mime.get_or_insert_with(Spool::new), &decoded, self.limits)?;
        self.place.column += done.used;
        let lifted = if done.ended { done.used - 1 } else { done.used };
        if let Some(place) = &mut self.lifted {
            place.octets += lifted;
        }
        if done.ended {
            keep(&mut self.kept, b"\"", self.limits)?;
        } else {
            self.state = State::Mime(unescape);
        }
        Ok(done.used)
    }

    fn keep(&mut self, octets: &[u8]) -> Result<(), Problem> {
        for octet in octets {
            if *octet == b'\n' {
                self.place = Place { line: self.place.line + 1, column: 1 };
            } else {
                self.place.column += 1;
            }
        }
        keep(&mut self.kept, octets, self.limits)
    }

    pub(super) fn finish(mut self) -> Result<Taken, Problem> {
        if matches!(self.state, State::Mime(_)) {
            let Place { line, column } = self.place;
            return Err(Problem::bad(
                "mime",
                format!("invalid JSON at line {line} column {column}: the document ends within this string"),
            ));
        }
        let value = strict(&self.kept).map_err(|fault| match fault {
            Fault::Invalid(error) => self.invalid(&error),
            Fault::TooManyValues => too_many_values(),
        })?;
        self.kept = Vec::new();
        let Value::Object(mut properties) = value else {
            return Err(Problem::new(400, "the body must be one JSON object, { ... }"));
        };
        let mut mime = self.mime;
        match properties.remove("mime") {
            // Its name was written with escapes, so it was not recognised as it came.
            Some(Value::String(text)) if mime.is_none() => {
                let mut spool = Spool::new();
                put_aside(&mut spool, text.as_bytes(), self.limits)?;
                mime = Some(spool);
            }
            Some(Value::String(_) | Value::Null) | None => {}
            Some(_) => return Err(Problem::bad("mime", "must be a string")),
        }
        if let Some(spool) = &mut mime {
            close(spool)?;
        }
        Ok(Taken { properties, mime })
    }

    /// With the position in the document that the sender wrote.
    fn invalid(&self, error: &serde_json::Error) -> Problem {
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        let (line, mut column) = (error.line(), error.column());
        if let Some(Lifted { place, octets }) = self.lifted
            && place.line == line
            && column >= place.column
        {
            column += octets;
        }
        Problem::new(400, format!("invalid JSON at line {line} column {column}: {what}{}", self.beginning()))
    }

    /// What the position alone does not explain, and an editor may not show.
    fn beginning(&self) -> &'static str {
        match *self.kept.as_slice() {
            // RFC 8259 §8.1: UTF-8, and no mark in front. The others begin with another mark, or have every other octet 0.
            [0xef, 0xbb, 0xbf, ..] => "; the body begins with a byte order mark (EF BB BF): leave it out",
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [_, 0, ..] => {
                "; the body looks like UTF-16 or UTF-32: JSON is sent in UTF-8"
            }
            ref all if all.trim_ascii().is_empty() => "; the body is empty",
            ref all if all.first().is_some_and(u8::is_ascii_alphabetic) && all.contains(&b'=') => {
                "; the body looks like a form: that is sent with Content-Type: application/x-www-form-urlencoded"
            }
            _ => "",
        }
    }
}

/// Octets of `mime` that are decoded at once.
const SHARE: usize = 16 * 1024;

pub(super) fn close(spool: &mut Spool) -> Result<(), Problem> {
    spool.close().map_err(|error| {
        Problem::new(503, format!("the gateway cannot put the mail aside ({error}); try again later"))
    })
}

/// What the tests of both forms look at.
#[cfg(test)]
pub(super) fn text_of(mime: Option<Spool>) -> Option<String> {
    use std::io::Read as _;
    mime.map(|spool| {
        let mut text = Vec::new();
        super::Reader::new(std::sync::Arc::new(spool)).read_to_end(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    })
}

pub(super) type Properties = Map<String, Value>;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LIMITS: Limits = Limits { body: 1 << 20, properties: 1000, mail: 2000 };

    fn read(text: &str, pieces: usize) -> Result<(Properties, Option<String>), Problem> {
        let mut scan = Scan::new(LIMITS);
        for piece in text.as_bytes().chunks(pieces) {
            scan.take(piece)?;
        }
        let Taken { properties, mime } = scan.finish()?;
        Ok((properties, text_of(mime)))
    }

    #[test]
    fn the_mail_is_lifted_out_of_any_document_in_any_pieces() {
        for text in [
            r#"{"recipient":"a@b.c","mime":"From: x\r\n\r\nhi \"you\" \u00e9"}"#,
            r#" { "mime" : "m" , "data" : { "mime" : "not this", "list": ["mime", {"mime": "nor this"}] } } "#,
            r#"{"a":["mime","b"],"b\"":"mime","c":"\\","mime":""}"#,
            r#"{"m\u0069me":"escaped name","x":1}"#,
            r#"{"mime":null,"x":true}"#,
            r#"{"mimes":"x","mim":"y"}"#,
            "{}",
        ] {
            let mut expected = serde_json::from_str::<Properties>(text).unwrap();
            let mime = expected
                .remove("mime")
                .filter(|mime| !mime.is_null())
                .map(|mime| mime.as_str().unwrap().to_owned());
            for pieces in [1, 2, 3, 7, 1000] {
                assert_eq!(
                    read(text, pieces).unwrap(),
                    (expected.clone(), mime.clone()),
                    "{text} by {pieces}"
                );
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, expected) in [
            ("", "line 1 column 0: EOF while parsing a value; the body is empty"),
            ("{\"a\":1,}", "line 1 column 8: "),
            ("{\n \"a\": nope}", "line 2 column 8: "),
            ("{\"mime\":\"0123456789\",\"a\":nope}", "line 1 column 27: "),
            ("{\"mime\":\"ab\ncd\"}", "line 1 column 12: a line break"),
            ("{\n\"mime\":\"ab\\q\"}", "line 2 column 12: a backslash"),
            ("{\"mime\":\"ab", "column 12: the document ends within this string"),
            ("{\"a\":1,\"a\":2}", "the property \"a\" stands twice"),
            ("{\"mime\":\"a\",\"mime\":\"b\"}", "the property \"mime\" stands twice"),
            ("{\"data\":{\"b\":1,\"b\":2}}", "the property \"b\" stands twice"),
            ("[1]", "one JSON object"),
            ("{\"mime\":5}", "must be a string"),
            ("{\"mime\":\"\\u0000\"}", "NUL"),
        ] {
            for pieces in [1, 5, 1000] {
                let problem = read(text, pieces).unwrap_err();
                assert_eq!(problem.status, 400);
                assert!(problem.text.contains(expected), "{text}: {}", problem.text);
            }
        }
    }

    #[test]
    fn what_the_beginning_shows_is_told() {
        let utf16 =
            |order: fn(u16) -> [u8; 2]| "{\"a\":1}".encode_utf16().flat_map(order).collect::<Vec<_>>();
        let (big, little) = (utf16(u16::to_be_bytes), utf16(u16::to_le_bytes));
        for (octets, expected) in [
            (b"\xef\xbb\xbf{}".to_vec(), "byte order mark"),
            ([b"\xfe\xff", &big[..]].concat(), "UTF-16"),
            ([b"\xff\xfe", &little[..]].concat(), "UTF-16"),
            (big, "UTF-16"),
            (little, "UTF-16"),
            (b"\0\0\0{\0\0\0}".to_vec(), "UTF-32"),
            (b"recipient=a@b&text=x".to_vec(), "application/x-www-form-urlencoded"),
        ] {
            let mut scan = Scan::new(LIMITS);
            scan.take(&octets).unwrap();
            let problem = scan.finish().unwrap_err();
            assert!(problem.text.contains(expected), "{octets:02x?}: {}", problem.text);
        }
    }

    #[test]
    fn limits_hold() {
        let long = "x".repeat(1500);
        let whole = read(&json!({"mime": long, "a": 1}).to_string(), 100).unwrap();
        assert_eq!(whole.1.unwrap().len(), 1500);
        assert_eq!(read(&json!({"text": long}).to_string(), 100).unwrap_err().status, 413);
        let longer = "x".repeat(2500);
        assert_eq!(read(&json!({"mime": longer}).to_string(), 100).unwrap_err().status, 413);
        assert_eq!(read(&"[".repeat(900), 100).unwrap_err().status, 400);
    }
}
