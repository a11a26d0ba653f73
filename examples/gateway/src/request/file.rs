//! A file that travels with a mail in parts.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use embedded_smtp::message::{Attachment, FileName, MimeType, Octets};
use embedded_smtp::wire::Syntax;

use super::hosted;
use crate::problem::{Problem, shown};

/// Files of a mail: how long it takes to write them grows with more than their number (8 000 empty ones 0.4 seconds, 24 000 three).
const MOST: usize = 1000;

/// A file, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    kind: String,
    name: Option<String>,
    octets: Vec<u8>,
}

impl File {
    /// Each is let go in base64 before the next is decoded.
    pub(super) fn all(given: Option<Vec<super::Attachment>>) -> Result<Vec<Self>, Problem> {
        if given.as_ref().is_some_and(|given| given.len() > MOST) {
            return Err(Problem::bad(
                "attachments",
                format!("more than the {MOST} files that are taken here"),
            ));
        }
        let given = given.into_iter().flatten().enumerate();
        given.map(|(number, attachment)| Self::new(number, attachment)).collect()
    }

    fn new(number: usize, given: super::Attachment) -> Result<Self, Problem> {
        let bad = |what: String| Problem::bad("attachments", format!("number {number}: {what}"));
        if given.url.as_ref().is_some_and(hosted::is_fetched) {
            let text = format!(
                "number {number}: this gateway fetches nothing; give the file itself as data, in base64"
            );
            return Err(Problem::not_here("attachments", text));
        }
        let data = given.data.ok_or_else(|| bad("data is missing, the file in base64".to_owned()))?;
        let octets = decoded(data).map_err(|why| bad(format!("data is not base64: {why}")))?;
        // Browsers say nothing of a type that they do not know.
        let kind = given.kind.filter(|kind| !kind.is_empty());
        let kind = kind.unwrap_or_else(|| "application/octet-stream".to_owned());
        if ["multipart/", "message/"].iter().any(|front| begins(&kind, front)) {
            let text = "is none of a file: mails and what has parts travel as application/octet-stream";
            return Err(bad(format!("the type {} {text}", shown(&kind))));
        }
        let file = Self { kind, name: given.name.filter(|name| !name.is_empty()), octets };
        file.build().map_err(|problem| bad(problem.text))?;
        Ok(file)
    }

    pub(super) fn len(&self) -> u64 {
        self.octets.len() as u64
    }

    pub(super) fn build(&self) -> Result<Attachment<'_, Octets<'_>>, Problem> {
        let bad = |what: &str, text: &str, error: Syntax| {
            Problem::bad("attachments", format!("the {what} {} cannot be sent: {error}", shown(text)))
        };
        let kind = MimeType::new(&self.kind).map_err(|error| bad("type", &self.kind, error))?;
        let file = Attachment::octets(kind, &self.octets);
        Ok(match &self.name {
            Some(name) => file.with_name(FileName::new(name).map_err(|error| bad("name", name, error))?),
            None => file,
        })
    }
}

/// Encoders like to break lines, and leave the padding out. A blank is no line break: in form variables it was a `+`, and without
/// it the file would be another one.
fn decoded(mut data: String) -> Result<Vec<u8>, String> {
    data.retain(|character| !matches!(character, '\r' | '\n' | '\t'));
    if let Some(at) = data.find(' ') {
        return Err(format!(
            "a blank stands behind {at} characters of it; in form variables + is written %2B"
        ));
    }
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(&STANDARD, lenient).decode(data).map_err(|error| error.to_string())
}

fn begins(text: &str, front: &str) -> bool {
    text.get(..front.len()).is_some_and(|start| start.eq_ignore_ascii_case(front))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request;

    fn file(data: &str, kind: Option<&str>) -> Result<File, String> {
        let attachment = request::Attachment {
            data: Some(data.to_owned()),
            name: None,
            kind: kind.map(str::to_owned),
            url: None,
        };
        File::new(0, attachment).map_err(|problem| problem.text)
    }

    #[test]
    fn there_are_so_many_at_most() {
        let files = |count| {
            let files = (0..count).map(|_| request::Attachment {
                data: Some(String::new()),
                name: None,
                kind: None,
                url: None,
            });
            File::all(Some(files.collect()))
        };
        assert_eq!(files(MOST).map(|files| files.len()), Ok(MOST));
        assert_eq!(files(MOST + 1).unwrap_err().property.as_deref(), Some("attachments"));
    }

    #[test]
    fn base64_is_taken_as_encoders_write_it() {
        for (data, octets) in [
            ("QUJD", "ABC"),
            ("QU\r\nJD\n", "ABC"),
            ("QQ==", "A"),
            ("QQ", "A"),
            ("QQ=", "A"),
            ("QQ=\r\n=", "A"),
            ("", ""),
        ] {
            assert_eq!(file(data, None).map(|file| file.octets), Ok(octets.into()), "{data:?}");
        }
        for data in ["Q", "QR==", "QQ===", "QQ==QQ==", "-_-_", "QQ==\0", "data:text/plain;base64,QQ=="] {
            assert!(file(data, None).is_err(), "{data:?}");
        }
    }

    #[test]
    fn a_sign_that_a_form_made_a_blank_is_not_left_out() {
        // Without its signs each of them would be another file.
        for data in ["QUJD    ", "    QUJD", "QU    JD", "QQ==    ", "\n \n \n \n \n", " "] {
            assert!(file(data, None).is_err_and(|why| why.contains("%2B")), "{data:?}");
        }
    }

    #[test]
    fn a_type_is_one_of_a_file() {
        for (kind, expected) in [
            (None, Ok("application/octet-stream")),
            (Some(""), Ok("application/octet-stream")),
            (Some("text/plain; charset=utf-8"), Ok("text/plain; charset=utf-8")),
            (Some("message/rfc822"), Err("application/octet-stream")),
            (Some("Multipart/mixed; boundary=x"), Err("application/octet-stream")),
            (Some("text"), Err("the type \"text\" cannot be sent")),
        ] {
            match (file("QQ==", kind), expected) {
                (Ok(file), Ok(expected)) => assert_eq!(file.kind, expected),
                (Err(why), Err(expected)) => assert!(why.contains(expected), "{kind:?}: {why}"),
                (found, _) => panic!("{kind:?}: {found:?}"),
            }
        }
    }
}
