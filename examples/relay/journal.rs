//! What is said of each mail when it is done with: one line, in which strangers' words command no terminal.

use std::fmt::Display;
use std::net::SocketAddr;

use super::legible::legible;
use super::passed::Passed;
use super::printer::print;

pub(crate) fn passed(mail: &Passed<'_>) {
    let Passed { id, from, recipients, accepted, octets, seconds, outcome } = mail;
    // Quoted local parts hold blanks, and with them all that this line says of itself.
    let (from, outcome) = (legible(from).replace([' ', '<', '>'], "?"), legible(outcome));
    print(&format!(
        "mail {id} from=<{from}> for={accepted}/{recipients} octets={octets} seconds={seconds:.3}: {outcome}"
    ));
}

/// The next hop failed in the midst of a mail.
pub(crate) fn trouble(id: u64, why: &str) {
    print(&format!("mail {id}: {}", legible(why)));
}

/// Somebody gave a name and a password that are not known; what was given for a name may be the password.
pub(crate) fn login_refused(peer: SocketAddr) {
    print(&format!("login refused: {}", peer.ip()));
}

/// A connection could not be taken.
pub(crate) fn cannot_accept(why: &dyn Display) {
    print(&format!("cannot accept: {why}"));
}
