//! The relay's mails in the gateway's journal.

use std::fmt::Display;
use std::net::SocketAddr;

use super::passed::Passed;
use crate::journal::{Door, Fate, JOURNAL, Record, time};
use crate::legible::legible;
use crate::printer::print;

pub(crate) fn passed(mail: &Passed<'_>) {
    let Passed { recipients, seconds, outcome, .. } = *mail;
    let fate = match outcome.as_bytes().first() {
        Some(b'2') if mail.accepted == recipients => Fate::Accepted,
        Some(b'2') => Fate::Partly,
        Some(b'5') => Fate::Refused,
        _ if outcome.contains("may have been taken") => Fate::Unknown,
        // Also a mail that its sender broke off: nothing of it went on.
        _ => Fate::Later,
    };
    let accepted = if matches!(fate, Fate::Accepted | Fate::Partly) { mail.accepted } else { 0 };
    let (from, reply) = (mail.from.to_owned(), outcome.to_owned());
    let (id, octets) = (format!("smtp-{}", mail.id), Some(mail.octets));
    JOURNAL.enter(Record {
        time: time(),
        door: Door::Smtp,
        id,
        from,
        recipients,
        accepted,
        octets,
        fate,
        reply,
        seconds,
    });
}

/// The next hop failed in the midst of a mail.
pub(crate) fn trouble(id: u64, why: &str) {
    print(&format!("gateway: mail smtp-{id}: {}", legible(why)));
}

/// Somebody gave a name and a password that are not known; what was given for a name may be the password.
pub(crate) fn login_refused(peer: SocketAddr) {
    print(&format!("gateway: login refused: {}", peer.ip()));
}

/// A connection could not be taken.
pub(crate) fn cannot_accept(why: &dyn Display) {
    print(&format!("gateway: cannot accept by SMTP: {why}"));
}
