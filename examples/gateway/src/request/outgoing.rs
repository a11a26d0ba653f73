//! A mail that is ready to go.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::dsn::Notifications;
use super::filled::Filled;
use super::letter::Letter;
use super::variables::Variables;
use crate::input::Source;
use crate::intake::{Reader, Spool};
use crate::survey::Survey;

#[derive(Debug)]
pub(crate) struct Outgoing {
    /// Pure addresses, checked.
    pub(crate) recipients: Vec<String>,
    /// The return path, checked.
    pub(crate) envelope: String,
    pub(crate) content: Content,
    pub(crate) notifications: Arc<Notifications>,
    /// Seconds since 1970.
    pub(crate) deadline: Option<u64>,
    /// Stands in its identifiers.
    pub(crate) id: (u64, u64),
}

#[derive(Debug)]
pub(crate) enum Content {
    Letter(Box<Letter>),
    Whole(Whole),
}

/// A message that is whole already.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(super) spool: Arc<Spool>,
    pub(super) variables: Option<Arc<Variables>>,
    pub(crate) survey: Survey,
}

impl Outgoing {
    /// How much is left of the time in which it is to be sent.
    pub(crate) fn left(&self) -> Option<Duration> {
        let deadline = UNIX_EPOCH + Duration::from_secs(self.deadline?);
        Some(deadline.duration_since(SystemTime::now()).unwrap_or_default())
    }

    /// Octets of it, before it is encoded.
    pub(super) fn octets(&self) -> u64 {
        match &self.content {
            Content::Letter(letter) => letter.octets(),
            Content::Whole(whole) => whole.survey.octets,
        }
    }

    /// Octets of it in memory that no other mail of its request shares.
    pub(super) fn weight(&self) -> u64 {
        match &self.content {
            Content::Letter(letter) => letter.weight(),
            Content::Whole(_) => Filled::<Reader>::WEIGHT,
        }
    }

    pub(super) fn survey(&self) -> Option<Survey> {
        match &self.content {
            Content::Letter(_) => None,
            Content::Whole(whole) => Some(whole.survey.clone()),
        }
    }

    /// Its identifier as a word.
    pub(crate) fn word(&self) -> String {
        format!("{:016x}{:06x}", self.id.0, self.id.1)
    }
}

impl Whole {
    pub(crate) fn reader(&self) -> Box<dyn Source> {
        let reader = Reader::new(Arc::clone(&self.spool));
        match &self.variables {
            Some(variables) => Box::new(Filled::new(reader, Arc::clone(variables))),
            None => Box::new(reader),
        }
    }
}
