//! Form variables (`application/x-www-form-urlencoded`) as they come; the value of `mime` goes into a spool.

use serde_json::Map;

use super::json::{Properties, close};
use super::spool::Spool;
use super::{Limits, Taken, VALUES, nest, put_aside, too_many_values, within};
use crate::problem::Problem;

/// Where in `%XX` the scan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Percent {
    No,
    /// Behind the sign.
    Sign,
    /// Behind the first digit, whose value this is.
    First(u8),
}

#[derive(Debug)]
pub(super) struct Scan {
    limits: Limits,
    properties: Properties,
    name: Vec<u8>,
    value: Vec<u8>,
    in_value: bool,
    percent: Percent,
    at: u64,
    /// Octets in memory.
    kept: usize,
    /// Values so far.
    count: usize,
    mime: Option<Spool>,
}

impl Scan {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            properties: Map::new(),
            name: Vec::new(),
            value: Vec::new(),
            in_value: false,
            percent: Percent::No,
            at: 0,
            kept: 0,
            count: 0,
            mime: None,
        }
    }

    pub(super) fn take(&mut self, piece: &[u8]) -> Result<(), Problem> {
        // A value is gathered for this piece only when it is the mail's.
        for octet in piece {
            self.at += 1;
            self.octet(*octet)?;
        }
        self.put_mime_aside()
    }

    fn octet(&mut self, octet: u8) -> Result<(), Problem> {
        if self.percent != Percent::No {
            return self.digit(octet);
        }
        match octet {
            // No variable has such a name, and curl says of every -d that it is a form.
            b'{' if self.at == 1 => Err(Problem::new(415, JSON)),
            b'%' => {
                self.percent = Percent::Sign;
                Ok(())
            }
            b'+' => self.push(b' '),
            b'=' if !self.in_value => self.begin_value(),
            b'&' => self.end_of_pair(),
            octet => self.push(octet),
        }
    }

    fn begin_value(&mut self) -> Result<(), Problem> {
        self.in_value = true;
        if self.name == b"mime" {
            if self.mime.is_some() {
                return Err(Problem::bad("mime", "the variable stands twice"));
            }
            self.mime = Some(Spool::new());
        }
        Ok(())
    }

    fn digit(&mut self, octet: u8) -> Result<(), Problem> {
        let digit =
            char::from(octet).to_digit(16).ok_or_else(|| self.bad("% wants two hexadecimal digits"))? as u8;
        let Percent::First(high) = self.percent else {
            self.percent = Percent::First(digit);
            return Ok(());
        };
        self.percent = Percent::No;
        self.push(high << 4 | digit)
    }

    fn push(&mut self, octet: u8) -> Result<(), Problem> {
        if !self.in_value {
            return self.keep(octet, false);
        }
        if !self.is_mime() {
            return self.keep(octet, true);
        }
        self.value.push(octet);
        if self.value.len() >= SHARE { self.put_mime_aside() } else { Ok(()) }
    }

    fn keep(&mut self, octet: u8, value: bool) -> Result<(), Problem> {
        self.kept += 1;
        within(self.kept, self.limits)?;
        let kept = if value { &mut self.value } else { &mut self.name };
        kept.push(octet);
        Ok(())
    }

    fn is_mime(&self) -> bool {
        self.in_value && self.name == b"mime"
    }

    fn put_mime_aside(&mut self) -> Result<(), Problem> {
        if self.is_mime()
            && let Some(mime) = &mut self.mime
        {
            put_aside(mime, &self.value, self.limits)?;
            self.value.clear();
        }
        Ok(())
    }

    fn end_of_pair(&mut self) -> Result<(), Problem> {
        // A name alone has an empty value.
        if !self.in_value && !self.name.is_empty() {
            self.begin_value()?;
        }
        self.put_mime_aside()?;
        if self.in_value && !self.is_mime() {
            let name = String::from_utf8(std::mem::take(&mut self.name))
                .map_err(|_| self.bad("a name that is not UTF-8"))?;
            let value = String::from_utf8(std::mem::take(&mut self.value))
                .map_err(|_| Problem::bad(&name, "the value is not UTF-8"))?;
            // Each bracket may make another object.
            self.count += 1 + name.matches('[').count();
            if self.count >= VALUES {
                return Err(too_many_values());
            }
            nest::insert(&mut self.properties, &name, value)?;
        }
        self.name.clear();
        self.value.clear();
        self.in_value = false;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Taken, Problem> {
        if self.percent != Percent::No {
            return Err(self.bad("the body ends within % and its two digits"));
        }
        self.end_of_pair()?;
        if let Some(spool) = &mut self.mime {
            close(spool)?;
        }
        Ok(Taken { properties: nest::lists(self.properties), mime: self.mime })
    }

    fn bad(&self, text: &str) -> Problem {
        Problem::new(400, format!("invalid form at octet {}: {text}", self.at))
    }
}

const JSON: &str = "the body begins as JSON does, and its Content-Type says that it is a form; send it with Content-Type: application/json";

/// Octets of `mime` that are gathered before they are put aside.
const SHARE: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::super::json::text_of;
    use super::*;
    use serde_json::{Value, json};

    const LIMITS: Limits = Limits { body: 1 << 20, properties: 200, mail: 300 };
    const ROOMY: Limits = Limits { body: 1 << 30, properties: 1 << 30, mail: 300 };

    fn read(text: &str, pieces: usize) -> Result<(Value, Option<String>), Problem> {
        read_within(LIMITS, text, pieces)
    }

    fn read_within(limits: Limits, text: &str, pieces: usize) -> Result<(Value, Option<String>), Problem> {
        let mut scan = Scan::new(limits);
        for piece in text.as_bytes().chunks(pieces) {
            scan.take(piece)?;
        }
        let Taken { properties, mime } = scan.finish()?;
        Ok((Value::Object(properties), text_of(mime)))
    }

    #[test]
    fn variables_come_out_as_the_properties_of_json_would() {
        for (text, expected, mime) in [
            ("", json!({}), None),
            (
                "subject=this+is+it&from=info%40example.com",
                json!({"subject": "this is it", "from": "info@example.com"}),
                None,
            ),
            ("to[]=a%40b&to[]=c%40d&cc=", json!({"to": ["a@b", "c@d"], "cc": ""}), None),
            ("recipients%5B0%5D=a&recipients%5B1%5D=b", json!({"recipients": ["a", "b"]}), None),
            ("dsn[notify]=FAILURE&dsn[ret]=HDRS", json!({"dsn": {"notify": "FAILURE", "ret": "HDRS"}}), None),
            (
                "attachments[0][name]=x&attachments[0][data]=QQ==",
                json!({"attachments": [{"name": "x", "data": "QQ=="}]}),
                None,
            ),
            (
                "recipients[a%40b][name]=Ann&data[x-y]=1",
                json!({"recipients": {"a@b": {"name": "Ann"}}, "data": {"x-y": "1"}}),
                None,
            ),
            ("data[0]=a", json!({"data": {"0": "a"}}), None),
            (
                "mime=A%3A+b%0D%0A%0D%0A%e2%82%ac&recipient=x",
                json!({"recipient": "x"}),
                Some("A: b\r\n\r\n\u{20ac}"),
            ),
            ("&&a=b&", json!({"a": "b"}), None),
            ("a&mime&b", json!({"a": "", "b": ""}), Some("")),
        ] {
            for pieces in [1, 2, 7, 100] {
                assert_eq!(
                    read(text, pieces).unwrap(),
                    (expected.clone(), mime.map(str::to_owned)),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn variables_are_counted_with_the_objects_that_they_make() {
        let many = |count: usize| {
            (0..count).fold(String::new(), |text, number| text + &format!("data[a{number}]=&"))
        };
        assert!(read_within(ROOMY, &many(VALUES / 2 - 1), 1000).is_ok());
        for text in [many(VALUES / 2), "data[a][b][c][d][]=&".repeat(VALUES / 6 + 1)] {
            let problem = read_within(ROOMY, &text, 1000).unwrap_err();
            assert_eq!(problem.status, 413);
            assert!(problem.text.contains("values"), "{}", problem.text);
        }
    }

    #[test]
    fn a_template_given_by_form_has_lists_of_its_own() {
        for (text, expected) in [
            (
                "template[to][]=a%40b&template[to][]=c%40d&template[subject]=x",
                json!({"template": {"to": ["a@b", "c@d"], "subject": "x"}}),
            ),
            (
                "template[attachments][0][name]=x&template[attachments][1][name]=y&template[extra][x-a]=b",
                json!({"template": {"attachments": [{"name": "x"}, {"name": "y"}], "extra": {"x-a": "b"}}}),
            ),
            ("template[to]=a%40b", json!({"template": {"to": "a@b"}})),
            // No list without a gap in its numbers, and none where nobody expects one.
            ("template[to][1]=a", json!({"template": {"to": {"1": "a"}}})),
            ("template[data][0]=a", json!({"template": {"data": {"0": "a"}}})),
            ("template=12", json!({"template": "12"})),
        ] {
            assert_eq!(read(text, 7).unwrap().0, expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        let long = format!("text={}", "x".repeat(300));
        let mail = format!("mime={}", "x".repeat(301));
        for (text, status, expected) in [
            ("{\"recipient\":\"a@b\",\"text\":\"100%\"}", 415, "Content-Type: application/json"),
            ("{}", 415, "Content-Type: application/json"),
            ("a=%zz", 400, "octet 4"),
            ("a=%4", 400, "ends within %"),
            ("a=%ff", 400, "not UTF-8"),
            ("a=1&a=2", 400, "stands twice"),
            ("mime=1&mime=2", 400, "stands twice"),
            ("mime=1&mime", 400, "stands twice"),
            ("mime&mime=1", 400, "stands twice"),
            ("=1", 400, "without a name"),
            ("[a]=1", 400, "without a name"),
            ("to[]=1&to=2", 400, "stands twice"),
            ("to=1&to[]=2", 400, "both as one value and as several"),
            ("to[=1", 400, "brackets"),
            (&long, 413, "octets"),
            (&mail, 413, "octets"),
        ] {
            let problem = read(text, 7).unwrap_err();
            assert_eq!(problem.status, status, "{text}");
            assert!(problem.text.contains(expected), "{text}: {}", problem.text);
        }
    }
}
