//! The mail's own header section: RFC 5322 §3.6.

use super::address::Address;
use super::date::Date;
use super::field::Field;
use super::id::MessageId;
use super::ink::Ink;
use super::text::HeaderText;

/// Why a mail was sent, if not by a person (RFC 3834 §5): it keeps other programs from answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum AutoSubmitted {
    /// By a program, of its own accord: an alert, a report.
    Generated,
    /// By a program, as an answer to a mail.
    Replied,
}

/// All that the header section says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header<'a> {
    pub(crate) date: Date,
    pub(crate) id: MessageId<'a>,
    pub(crate) from: Address<'a>,
    pub(crate) co_authors: &'a [Address<'a>],
    pub(crate) sender: Option<Address<'a>>,
    pub(crate) reply_to: &'a [Address<'a>],
    pub(crate) to: &'a [Address<'a>],
    pub(crate) cc: &'a [Address<'a>],
    pub(crate) bcc: &'a [Address<'a>],
    pub(crate) in_reply_to: &'a [MessageId<'a>],
    pub(crate) references: &'a [MessageId<'a>],
    pub(crate) subject: Option<HeaderText<'a>>,
    pub(crate) auto_submitted: Option<AutoSubmitted>,
    pub(crate) signature: Option<Field<'a>>,
    pub(crate) fields: &'a [Field<'a>],
}

/// Which atom of the header section is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At {
    /// The field, in the order of `emit`.
    field: u8,
    /// The item in it.
    item: usize,
}

impl At {
    /// The first field.
    pub(crate) const START: Self = Self { field: 0, item: 0 };
}

impl<'a> Header<'a> {
    /// Appends one atom (a field, or an item of a field that is a list) and says which is next.
    pub(crate) fn emit(&self, at: At, utf8: bool, ink: &mut Ink<'_>) -> Option<At> {
        let item = at.item;
        let more = match at.field {
            // Trace-like fields stand in front (RFC 6376 §5.6).
            0 => one(self.signature.as_slice().get(item), |field| field.emit(utf8, ink)),
            1 => {
                ink.put(b"Date: ");
                self.date.emit(ink);
                ink.line_end();
                false
            }
            2 => addresses(b"From:", Some(&self.from), self.co_authors, item, utf8, ink),
            3 => addresses(b"Sender:", self.agent().as_ref(), &[], item, utf8, ink),
            4 => addresses(b"Reply-To:", None, self.reply_to, item, utf8, ink),
            5 if self.to.is_empty() && self.cc.is_empty() => {
                // All recipients are hidden; filters frown at a mail without any (RFC 5322 §3.4).
                ink.put(b"To: undisclosed-recipients:;\r\n");
                false
            }
            5 => addresses(b"To:", None, self.to, item, utf8, ink),
            6 => addresses(b"Cc:", None, self.cc, item, utf8, ink),
            7 => ids(b"Message-ID:", core::slice::from_ref(&self.id), item, ink),
            8 => ids(b"In-Reply-To:", self.in_reply_to, item, ink),
            9 => ids(b"References:", self.references, item, ink),
            10 => one(self.subject.as_slice().get(item), |subject| {
                ink.put(b"Subject:");
                subject.emit(utf8, ink);
                ink.line_end();
            }),
            11 => one(self.auto_submitted.as_slice().get(item), |reason| {
                ink.put(b"Auto-Submitted: ");
                ink.put(match reason {
                    AutoSubmitted::Generated => b"auto-generated",
                    AutoSubmitted::Replied => b"auto-replied",
                });
                ink.line_end();
            }),
            12 => one(self.fields.get(item), |field| field.emit(utf8, ink)),
            _ => {
                ink.put(b"MIME-Version: 1.0\r\n");
                return None;
            }
        };
        Some(if more {
            At { item: item.saturating_add(1), ..at }
        } else {
            At { field: at.field.saturating_add(1), item: 0 }
        })
    }

    /// Who hands the mail over: needed where there are several authors, and not wanted where it is the only one
    /// (RFC 5322 §3.6.2).
    pub(crate) fn agent(&self) -> Option<Address<'a>> {
        if self.co_authors.is_empty() {
            self.sender.filter(|sender| sender.mailbox() != self.from.mailbox())
        } else {
            Some(self.sender.unwrap_or(self.from))
        }
    }

    /// All addresses that the header section shows.
    fn shown(&self) -> impl Iterator<Item = &Address<'a>> {
        let lists = [self.co_authors, self.reply_to, self.to, self.cc];
        core::iter::once(&self.from).chain(self.sender.as_ref()).chain(lists.into_iter().flatten())
    }

    /// Whether an address or identifier cannot be written in ASCII.
    pub(crate) fn has_utf8_address(&self) -> bool {
        let ids = [core::slice::from_ref(&self.id), self.in_reply_to, self.references];
        self.shown().any(|address| !address.mailbox().is_ascii())
            || ids.into_iter().flatten().any(|id| !id.is_ascii())
    }

    /// Whether a text for people is not ASCII.
    pub(crate) fn has_utf8_text(&self) -> bool {
        self.subject.is_some_and(|subject| !subject.as_str().is_ascii())
            || self.shown().any(|address| address.name().is_some_and(|name| !name.is_ascii()))
            || self.signature.iter().chain(self.fields).any(|field| !field.value().is_ascii())
    }
}

/// A field of which each item is whole.
fn one<T>(value: Option<&T>, write: impl FnOnce(&T)) -> bool {
    if let Some(value) = value {
        write(value);
        return true;
    }
    false
}

/// One address of a list, with the field's name or its end where it is the first or the last.
fn addresses<'a>(
    name: &[u8],
    first: Option<&Address<'a>>,
    rest: &[Address<'a>],
    item: usize,
    utf8: bool,
    ink: &mut Ink<'_>,
) -> bool {
    let behind = usize::from(first.is_some());
    let last = behind.saturating_add(rest.len()).saturating_sub(1);
    let address = match (item.checked_sub(behind), first) {
        (None, Some(first)) => first,
        (Some(number), _) => match rest.get(number) {
            Some(address) => address,
            None => return false,
        },
        (None, None) => return false,
    };
    if item == 0 {
        ink.put(name);
    }
    let more = item < last;
    address.emit(utf8, more, ink);
    if !more {
        ink.line_end();
    }
    more
}

/// One identifier of a list, likewise.
fn ids(name: &[u8], ids: &[MessageId<'_>], item: usize, ink: &mut Ink<'_>) -> bool {
    let Some(id) = ids.get(item) else {
        return false;
    };
    if item == 0 {
        ink.put(name);
    }
    ink.space(id.width());
    id.emit(ink);
    let more = item.saturating_add(1) < ids.len();
    if !more {
        ink.line_end();
    }
    more
}
