//! The envelope's recipients, from the header's.

use super::address::Address;
use crate::wire::Mailbox;

/// The mailboxes of several lists of addresses, each once: local parts are compared as they are, and
/// domains without regard to ASCII case (RFC 5321 §2.4).
#[derive(Debug, Clone)]
pub struct Recipients<'a> {
    lists: [&'a [Address<'a>]; 3],
    next: usize,
}

impl<'a> Recipients<'a> {
    pub(crate) fn new(lists: [&'a [Address<'a>]; 3]) -> Self {
        Self { lists, next: 0 }
    }

    fn listed(&self) -> impl Iterator<Item = Mailbox<'a>> {
        self.lists.into_iter().flatten().map(Address::mailbox)
    }
}

impl<'a> Iterator for Recipients<'a> {
    type Item = Mailbox<'a>;

    fn next(&mut self) -> Option<Mailbox<'a>> {
        loop {
            let mailbox = self.listed().nth(self.next)?;
            let twice = self.listed().take(self.next).any(|earlier| is_same(&earlier, &mailbox));
            self.next = self.next.saturating_add(1);
            if !twice {
                return Some(mailbox);
            }
        }
    }
}

fn is_same(one: &Mailbox<'_>, other: &Mailbox<'_>) -> bool {
    one.local_part() == other.local_part() && one.domain().eq_ignore_ascii_case(other.domain())
}
