//! A file that travels with a mail in parts.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use embedded_smtp::message::{Attachment, FileName, MimeType, Octets};
use embedded_smtp::wire::Syntax;

use super::hosted;
use crate::problem::{Problem, shown};

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
        let mut data = given.data.ok_or_else(|| bad("data is missing, the file in base64".to_owned()))?;
        // Encoders like to break lines.
        data.retain(|character| !character.is_ascii_whitespace());
        let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let octets = GeneralPurpose::new(&STANDARD, lenient)
            .decode(data)
            .map_err(|error| bad(format!("data is not base64: {error}")))?;
        let kind = given.kind.unwrap_or_else(|| "application/octet-stream".to_owned());
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
