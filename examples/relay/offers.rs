//! What the sender may ask for and only the next hop can do: it is offered where the next hop offers it, and goes on as it came.

use std::sync::atomic::{AtomicBool, Ordering};

use embedded_smtp::server::Policy;
use embedded_smtp::wire::{BodyType, Capabilities, Extension, Param, Params};

use super::answer::Answer;

/// Notifications (RFC 3461) and deadlines (RFC 2852). A mail waits nowhere here, so nothing is taken off a deadline.
const PROMISES: [Extension; 2] = [Extension::Dsn, Extension::DeliverBy];

/// Which of them the next hop did not offer when it was last asked. Before that they are offered, and whoever relies on it
/// is asked to come again when it proves wrong: then they are not.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    lacking: [AtomicBool; PROMISES.len()],
}

impl Offers {
    pub(crate) fn learn(&self, offered: &Capabilities) {
        for (extension, lacking) in PROMISES.into_iter().zip(&self.lacking) {
            lacking.store(!offered.has(extension), Ordering::Relaxed);
        }
    }

    pub(crate) fn extend<'p>(&self, policy: Policy<'p>) -> Policy<'p> {
        let kept =
            PROMISES.into_iter().zip(&self.lacking).filter(|(_, lacking)| !lacking.load(Ordering::Relaxed));
        kept.fold(policy, |policy, (extension, _)| policy.offer(extension))
    }
}

/// What of MAIL's parameters goes on to a next hop that offers these.
pub(crate) fn of_mail<'p>(params: &Params<'p>, offered: &Capabilities) -> Result<Vec<Param<'p>>, Answer> {
    let mut passed = Vec::new();
    for param in params {
        match param {
            Param::SmtpUtf8 if !offered.has(Extension::SmtpUtf8) => {
                return Err(Answer::new(553, (5, 6, 7), "The next hop takes no SMTPUTF8"));
            }
            Param::Body(BodyType::EightBitMime) if !offered.has(Extension::EightBitMime) => {
                return Err(Answer::new(554, (5, 6, 3), "The next hop takes no 8BITMIME"));
            }
            Param::Ret(_) | Param::Envid(_) if !offered.has(Extension::Dsn) => return Err(without("DSN")),
            Param::By(_) if !offered.has(Extension::DeliverBy) => return Err(without("DELIVERBY")),
            Param::SmtpUtf8 | Param::RequireTls | Param::Ret(_) | Param::Envid(_) | Param::By(_) => {
                passed.push(param);
            }
            Param::Body(_) if offered.has(Extension::EightBitMime) => passed.push(param),
            Param::Size(_) if offered.has(Extension::Size) => passed.push(param),
            // The others are not offered to senders, or (AUTH, RFC 4954 §5) need not go on.
            _ => {}
        }
    }
    Ok(passed)
}

/// The same for RCPT's. Only DSN has any.
pub(crate) fn of_rcpt<'p>(params: &Params<'p>, offered: &Capabilities) -> Result<Vec<Param<'p>>, Answer> {
    let passed: Vec<_> = params.iter().collect();
    if passed.is_empty() || offered.has(Extension::Dsn) { Ok(passed) } else { Err(without("DSN")) }
}

/// It was offered, or still is in this session: a sender that comes again sees that it is not.
fn without(keyword: &str) -> Answer {
    let text =
        format!("The next hop has no {keyword}, which is not offered here any more; come again without");
    Answer::new(451, (4, 3, 3), &text)
}
