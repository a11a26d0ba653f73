//! The engine's own replies, with their enhanced codes (RFC 3463, RFC 5248, RFC 7372).

use core::ops::Deref;

use crate::wire::syntax::WIDE;
use crate::wire::{Response, Writer};

pub(super) const OK: Canned = Canned::new(250, (2, 0, 0), "OK");
pub(super) const SENDER_OK: Canned = Canned::new(250, (2, 1, 0), "Sender OK");
pub(super) const RECIPIENT_OK: Canned = Canned::new(250, (2, 1, 5), "Recipient OK");
pub(super) const GO_AHEAD: Canned = Canned::new(354, (0, 0, 0), "End data with <CR><LF>.<CR><LF>");
pub(super) const TAKEN: Canned = Canned::new(250, (2, 6, 0), "Message accepted");
pub(super) const AUTHENTICATED: Canned = Canned::new(235, (2, 7, 0), "Authentication successful");
pub(super) const NOT_AUTHENTICATED: Canned = Canned::new(535, (5, 7, 8), "Authentication failed");
pub(super) const CANNOT_VRFY: Canned = Canned::new(252, (2, 5, 2), "Cannot VRFY, but will take the message");
pub(super) const READY_FOR_TLS: Canned = Canned::new(220, (2, 0, 0), "Ready to start TLS");
pub(super) const BYE: Canned = Canned::new(221, (2, 0, 0), "Bye");
pub(super) const TIMED_OUT: Canned = Canned::new(421, (4, 4, 2), "Timeout, closing connection");
pub(super) const SHUTTING_DOWN: Canned =
    Canned::new(421, (4, 3, 2), "Service going down, closing connection");
pub(super) const CANNOT_GO_ON: Canned = Canned::new(421, (4, 3, 0), "Cannot go on, closing connection");
pub(super) const TOO_MANY_ERRORS: Canned = Canned::new(421, (4, 7, 0), "Too many errors, closing connection");
pub(super) const TOO_MUCH: Canned =
    Canned::new(421, (4, 7, 0), "Too much without a mail, closing connection");
pub(super) const TOO_MANY_MAILS: Canned = Canned::new(452, (4, 5, 0), "Too many mails in this session");
pub(super) const TOO_MANY_RECIPIENTS: Canned = Canned::new(452, (4, 5, 3), "Too many recipients");
pub(super) const UNKNOWN_COMMAND: Canned = Canned::new(500, (5, 5, 1), "Command not recognized");
pub(super) const LINE_TOO_LONG: Canned = Canned::new(500, (5, 5, 2), "Line too long");
pub(super) const AUTH_LINE_TOO_LONG: Canned =
    Canned::new(500, (5, 5, 6), "Authentication exchange line is too long");
pub(super) const BARE_LF: Canned = Canned::new(500, (5, 5, 2), "Lines must end with CRLF");
pub(super) const SYNTAX: Canned = Canned::new(501, (5, 5, 4), "Syntax error in arguments");
pub(super) const BAD_ADDRESS: Canned = Canned::new(501, (5, 1, 3), "Bad address syntax");
pub(super) const BAD_SENDER: Canned = Canned::new(501, (5, 1, 7), "Bad sender address syntax");
pub(super) const BAD_BASE64: Canned = Canned::new(501, (5, 5, 2), "Cannot decode the response");
pub(super) const CANCELLED: Canned = Canned::new(501, (5, 7, 0), "Authentication cancelled");
pub(super) const NOT_IMPLEMENTED: Canned = Canned::new(502, (5, 5, 1), "Command not implemented");
pub(super) const BAD_SEQUENCE: Canned = Canned::new(503, (5, 5, 1), "Bad sequence of commands");
pub(super) const HELLO_FIRST: Canned = Canned::new(503, (5, 5, 1), "Say hello first");
pub(super) const NO_RECIPIENTS: Canned = Canned::new(503, (5, 5, 1), "No valid recipients");
pub(super) const BINARY_NEEDS_BDAT: Canned = Canned::new(503, (5, 5, 1), "BINARYMIME needs BDAT");
pub(super) const UNKNOWN_MECHANISM: Canned = Canned::new(504, (5, 5, 4), "Mechanism not offered");
pub(super) const TLS_FIRST: Canned = Canned::new(530, (5, 7, 0), "Must issue a STARTTLS command first");
pub(super) const AUTH_FIRST: Canned = Canned::new(530, (5, 7, 0), "Authentication required");
pub(super) const NEEDS_ENCRYPTION: Canned =
    Canned::new(538, (5, 7, 11), "Encryption required for requested authentication mechanism");
pub(super) const TOO_LARGE: Canned = Canned::new(552, (5, 3, 4), "Message too big");
pub(super) const BARE_LINE_END: Canned = Canned::new(554, (5, 6, 0), "Bare CR or LF in the message");
pub(super) const CHUNK_REFUSED: Canned = Canned::new(554, (5, 6, 0), "A chunk of the message was refused");
pub(super) const NEEDS_SMTPUTF8: Canned = Canned::new(553, (5, 6, 7), "Address needs SMTPUTF8");
pub(super) const UNKNOWN_PARAMETER: Canned =
    Canned::new(555, (5, 5, 4), "Parameter not recognized or not offered");

/// A line that is known beforehand, with its CRLF.
#[derive(Debug)]
pub(super) struct Line {
    octets: &'static [u8],
    /// As [`Canned`]'s.
    line: [u8; ROOM],
}

impl Line {
    pub(super) const fn new(octets: &'static [u8]) -> Self {
        assert!(!WIDE || fits(octets.len()));
        Self { octets, line: padded(octets, &[], &[]) }
    }

    pub(super) fn emit(&self, out: &mut Writer<'_>) {
        if WIDE {
            out.front(&self.line, self.octets.len());
        } else {
            out.put(self.octets);
        }
    }
}

/// A reply that is known beforehand. Where flash does not matter, the line that goes out is there too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Canned {
    response: Response<'static>,
    /// The last octet says how many the line has; 0 when there is no room for it.
    line: [u8; ROOM],
}

/// Room for most lines; fixed, so that they are copied without a call.
const ROOM: usize = if WIDE { 64 } else { 0 };

/// Whether there is room for a line of so many octets, and for how many it has.
const fn fits(length: usize) -> bool {
    ROOM.saturating_sub(length) > 0
}

impl Canned {
    const fn new(code: u16, enhanced: (u8, u16, u16), text: &'static str) -> Self {
        let line = line(code, enhanced, text.as_bytes());
        Self { response: Response::known(code, enhanced, text), line }
    }

    /// The line with its codes and CRLF at the front of what is to be copied, and how many octets it has.
    pub(super) fn line(&self) -> Option<(&[u8; ROOM], usize)> {
        let length = *self.line.last()?;
        (length != 0).then_some((&self.line, usize::from(length)))
    }
}

impl Deref for Canned {
    type Target = Response<'static>;

    fn deref(&self) -> &Response<'static> {
        &self.response
    }
}

/// `250 2.0.0 OK` and CRLF; the numbers of enhanced codes with more than one digit are left to those who write any reply.
const fn line(code: u16, (class, subject, detail): (u8, u16, u16), text: &[u8]) -> [u8; ROOM] {
    let head = [
        digit(code / 100),
        digit(code / 10 % 10),
        digit(code % 10),
        b' ',
        digit(class as u16),
        b'.',
        digit(subject),
        b'.',
        digit(detail),
        b' ',
    ];
    let head = if class == 0 { head.split_at(4).0 } else { head.as_slice() };
    if subject > 9 || detail > 9 { [0; ROOM] } else { padded(head, text, b"\r\n") }
}

/// The three behind each other, and how many octets they have; nothing where there is no room.
const fn padded(head: &[u8], text: &[u8], end: &[u8]) -> [u8; ROOM] {
    let (mut line, behind, length) =
        ([0; ROOM], head.len() + text.len(), head.len() + text.len() + end.len());
    if !fits(length) {
        return line;
    }
    let mut at = 0;
    while at < length {
        line[at] = if at < head.len() {
            head[at]
        } else if at < behind {
            text[at - head.len()]
        } else {
            end[at - behind]
        };
        at += 1;
    }
    if let Some(last) = line.last_mut() {
        *last = length as u8;
    }
    line
}

const fn digit(number: u16) -> u8 {
    b'0' | number as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_what_any_reply_with_these_codes_is_written_as() {
        let mut lines = 0;
        for canned in [OK, GO_AHEAD, TAKEN, NEEDS_ENCRYPTION, SHUTTING_DOWN, UNKNOWN_PARAMETER, BAD_SENDER] {
            let mut buffer = [0; 128];
            let mut out = Writer::new(&mut buffer);
            canned.emit_lines(&mut out, true, false);
            let written = out.finish().unwrap();
            if let Some((line, length)) = canned.line() {
                assert_eq!(line[..length], buffer[..written]);
                lines += 1;
            }
        }
        assert_eq!(lines, if WIDE { 6 } else { 0 });
    }
}
