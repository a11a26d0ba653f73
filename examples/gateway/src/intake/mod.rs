//! A request's body on its way in: small properties are kept in memory, the mail itself goes to a file that has no name.

mod form;
mod json;
mod nest;
mod spool;
mod strict;
mod unescape;

pub(crate) use spool::{Reader, Spool};
pub(crate) use strict::strict;

use serde_json::{Map, Value};

use crate::problem::Problem;

/// Values in a request's properties, however they are nested.
pub(crate) const VALUES: usize = 50_000;

/// What a body may weigh, in octets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// All of it, as it comes over the wire.
    pub(crate) body: u64,
    /// What of it is kept in memory: everything but `mime`.
    pub(crate) properties: usize,
    /// The mail in `mime`, decoded.
    pub(crate) mail: u64,
}

/// A body that came whole.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) properties: Map<String, Value>,
    /// The value of `mime`.
    pub(crate) mime: Option<Spool>,
}

/// Takes a body piece by piece.
#[derive(Debug)]
pub(crate) struct Intake {
    scan: Scan,
    left: u64,
    limits: Limits,
}

#[derive(Debug)]
enum Scan {
    Json(json::Scan),
    Form(form::Scan),
}

impl Intake {
    pub(crate) fn json(limits: Limits) -> Self {
        Self { scan: Scan::Json(json::Scan::new(limits)), left: limits.body, limits }
    }

    pub(crate) fn form(limits: Limits) -> Self {
        Self { scan: Scan::Form(form::Scan::new(limits)), left: limits.body, limits }
    }

    pub(crate) fn take(&mut self, piece: &[u8]) -> Result<(), Problem> {
        let left = self.left.checked_sub(piece.len() as u64);
        self.left = left.ok_or_else(|| body_too_large(self.limits))?;
        match &mut self.scan {
            Scan::Json(scan) => scan.take(piece),
            Scan::Form(scan) => scan.take(piece),
        }
    }

    pub(crate) fn finish(self) -> Result<Taken, Problem> {
        match self.scan {
            Scan::Json(scan) => scan.finish(),
            Scan::Form(scan) => scan.finish(),
        }
    }
}

pub(crate) fn body_too_large(limits: Limits) -> Problem {
    Problem::too_large(format!("the body is larger than the {} octets that are taken here", limits.body))
}

/// Appends to what is kept in memory.
fn keep(kept: &mut Vec<u8>, octets: &[u8], limits: Limits) -> Result<(), Problem> {
    within(kept.len() + octets.len(), limits)?;
    kept.extend_from_slice(octets);
    Ok(())
}

/// Whether so much may be kept in memory.
fn within(octets: usize, limits: Limits) -> Result<(), Problem> {
    if octets <= limits.properties {
        return Ok(());
    }
    Err(Problem::too_large(format!(
        "the properties besides mime are larger than the {} octets that are taken here; send large mails as mime",
        limits.properties
    )))
}

fn too_many_values() -> Problem {
    Problem::too_large(format!(
        "the properties hold more than the {VALUES} values that are taken here; send fewer"
    ))
}

/// Appends to the mail.
fn put_aside(mime: &mut Spool, octets: &[u8], limits: Limits) -> Result<(), Problem> {
    if mime.len() + octets.len() as u64 > limits.mail {
        let text = format!("the mail is larger than the {} octets that are taken here", limits.mail);
        return Err(Problem::too_large(text).about("mime"));
    }
    if octets.contains(&0) {
        return Err(Problem::bad("mime", "there is a NUL in it, which no mail may hold"));
    }
    mime.write(octets).map_err(|error| {
        let text = format!("the gateway cannot put the mail aside ({error}); try again later");
        Problem::new(503, text)
    })
}
