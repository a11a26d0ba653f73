//! Each command's octets, without the CRLF, for [`Command`](super::Command) and for the client. The
//! client never builds a `Command`, so that it links only what it sends.

use super::path::bracketed;
use super::verb::Verb;
use super::writer::Writer;

/// A verb, and its argument behind a space unless that is empty.
pub(crate) fn command(out: &mut Writer<'_>, verb: Verb, argument: &[u8]) {
    out.put(verb.as_str().as_bytes());
    if !argument.is_empty() {
        out.byte(b' ');
        out.put(argument);
    }
}

/// `MAIL FROM:<address>` or `RCPT TO:<address>`; what parameters there are follow behind a space.
pub(crate) fn path(out: &mut Writer<'_>, verb: Verb, address: &[u8]) {
    out.put(if verb == Verb::Mail { b"MAIL FROM:" } else { b"RCPT TO:" });
    bracketed(address, out);
}

/// `BDAT size`, and `LAST` for the last chunk.
pub(crate) fn bdat(out: &mut Writer<'_>, size: u64, last: bool) {
    command(out, Verb::Bdat, b"");
    out.byte(b' ');
    out.number(size);
    if last {
        out.put(b" LAST");
    }
}
