//! Makes the mail from the arguments, or says why it cannot be one.

use std::io::{Seek, SeekFrom};
use std::time::SystemTime;

use embedded_smtp::wire::{ForwardPath, ReversePath};

use super::args::Args;
use super::content::Mail;
use super::header::{Header, message_id};
use super::input;
use super::outcome::Failure;
use super::survey::{Survey, survey};

/// Octets from which on it is worth showing how far the mail has got.
const LARGE: u64 = 1024 * 1024;

/// The mail, and its Message-ID where that was given here.
pub(crate) fn compose(
    args: &Args,
    from: ReversePath<'_>,
    to: Vec<ForwardPath<'_>>,
) -> Result<(Mail, Option<String>), Failure> {
    let mut text = input::open(args)?;
    let found = survey(&mut text).and_then(|found| text.seek(SeekFrom::Start(0)).map(|_| found));
    let found = found.map_err(|error| Failure::unsendable(format!("the text cannot be read: {error}")))?;
    let (header, id) = if args.raw {
        (Vec::new(), None)
    } else {
        is_text(&found)?;
        let id = message_id(from);
        let subject = args.subject.as_deref().unwrap_or_default();
        let header = Header { from, to, subject, date: SystemTime::now(), id: &id };
        (header.section(&found).map_err(Failure::unsendable)?, Some(id))
    };
    let mail = Mail::new(header, text, &found);
    let shown = found.octets >= LARGE && !args.verbose;
    Ok((if shown { mail.with_progress() } else { mail }, id))
}

/// A text can go as it is, without an encoding, when its lines are lines (RFC 2045 §2.7, §2.8).
fn is_text(found: &Survey) -> Result<(), Failure> {
    if let Some(line) = found.nul_line {
        let text = format!(
            "line {line} of the text has a NUL in it: this is no text; send it as a message of its own by --raw"
        );
        return Err(Failure::unsendable(text));
    }
    if let Some(line) = found.long_line {
        let text = format!(
            "line {line} of the text is longer than the 998 octets that a mail may have; break it, or send a message of its own by --raw"
        );
        return Err(Failure::unsendable(text));
    }
    Ok(())
}
