//! How many hosts a mail has come through: mails that go in circles are stopped (RFC 5321 §6.3).

/// Trace fields that a mail may have when it comes in: RFC 5321 §6.3 wants a hundred to be let through.
const MOST: u32 = 100;

const NAME: &[u8] = b"received";

/// Counts the Received fields of a mail's header section as it passes, in pieces of any size.
#[derive(Debug)]
pub(crate) struct Hops {
    count: u32,
    place: Place,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// So many octets of the field's name stand at the front of this line, and nothing else.
    Name(usize),
    /// A CR stands there.
    Empty,
    /// Within a line that tells nothing.
    Line,
    /// Behind the header section.
    Body,
}

impl Hops {
    pub(crate) fn none() -> Self {
        Self { count: 0, place: Place::Name(0) }
    }

    /// Looks through more of the mail; whether it has come through too many.
    pub(crate) fn are_too_many(&mut self, piece: &[u8]) -> bool {
        for octet in piece {
            self.place = match (self.place, octet) {
                (Place::Body, _) => break,
                (Place::Empty, b'\n') => Place::Body,
                (_, b'\n') => Place::Name(0),
                (Place::Name(0), b'\r') => Place::Empty,
                (Place::Name(at), octet) if NAME.get(at) == Some(&octet.to_ascii_lowercase()) => {
                    Place::Name(at + 1)
                }
                // RFC 5322 §4.5.8: blanks in front of the colon, of old.
                (Place::Name(at), b' ' | b'\t') if at == NAME.len() => Place::Name(at),
                (Place::Name(at), b':') if at == NAME.len() => {
                    self.count = self.count.saturating_add(1);
                    Place::Line
                }
                _ => Place::Line,
            };
        }
        self.count > MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_fields_are_counted_wherever_the_mail_is_cut() {
        let mail = b"Received: a\r\nreceived:\r\n Received: folded\r\nRECEIVED \t: b\r\nReceived-SPF: no\r\n\
            X-Received: no\r\n:\r\nReceive: no\r\nReceived\r\nReceived\r: no\r\n\r\nReceived: in the body\r\n";
        for cut in 0..=mail.len() {
            let mut hops = Hops::none();
            let (front, behind) = mail.split_at(cut);
            assert!(!hops.are_too_many(front) && !hops.are_too_many(behind), "{cut}");
            assert_eq!(hops.count, 3, "{cut}");
        }
        let mut hops = Hops::none();
        for octet in mail {
            assert!(!hops.are_too_many(&[*octet]));
        }
        assert_eq!(hops.count, 3);
    }

    #[test]
    fn a_mail_without_a_header_has_come_through_nobody() {
        let mut hops = Hops::none();
        assert!(!hops.are_too_many(b"\r\n"));
        assert!(!hops.are_too_many(b"Received: a\r\n".repeat(200).as_slice()));
    }

    #[test]
    fn a_hundred_hops_are_let_through_and_one_more_is_not() {
        let mut hops = Hops::none();
        assert!(!hops.are_too_many(b"Received: a\r\n".repeat(100).as_slice()));
        assert!(!hops.are_too_many(b"Received"));
        assert!(hops.are_too_many(b":"));
        assert!(hops.are_too_many(b" and from then on\r\n\r\n"));
    }
}
