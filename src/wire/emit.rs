//! Each command's octets, without the CRLF: a client that uses one of these functions links only that
//! one, where [`Command`](super::Command) brings all of them.

use super::command::{InitialResponse, SaslName, Text};
use super::domain::HelloName;
use super::param::Params;
use super::path::{ForwardPath, ReversePath};
use super::writer::{Emit, Writer};

/// `EHLO name`
pub fn ehlo(out: &mut Writer<'_>, name: &HelloName<'_>) {
    argument(out, b"EHLO", name);
}

/// `HELO name`
pub fn helo(out: &mut Writer<'_>, name: &HelloName<'_>) {
    argument(out, b"HELO", name);
}

/// `LHLO name`
pub fn lhlo(out: &mut Writer<'_>, name: &HelloName<'_>) {
    argument(out, b"LHLO", name);
}

/// `MAIL FROM:<path> params`
pub fn mail(out: &mut Writer<'_>, path: &ReversePath<'_>, params: &Params<'_>) {
    out.put(b"MAIL FROM:");
    path.emit(out);
    behind_path(out, params);
}

/// `RCPT TO:<path> params`
pub fn rcpt(out: &mut Writer<'_>, path: &ForwardPath<'_>, params: &Params<'_>) {
    out.put(b"RCPT TO:");
    path.emit(out);
    behind_path(out, params);
}

/// `BDAT size`, and `LAST` for the last chunk
pub fn bdat(out: &mut Writer<'_>, size: u64, last: bool) {
    out.put(b"BDAT ");
    out.number(size);
    if last {
        out.put(b" LAST");
    }
}

/// `NOOP`, with text or without
pub fn noop(out: &mut Writer<'_>, text: Option<&Text<'_>>) {
    optional(out, b"NOOP", text);
}

/// `VRFY text`
pub fn vrfy(out: &mut Writer<'_>, text: &Text<'_>) {
    argument(out, b"VRFY", text);
}

/// `EXPN text`
pub fn expn(out: &mut Writer<'_>, text: &Text<'_>) {
    argument(out, b"EXPN", text);
}

/// `HELP`, with text or without
pub fn help(out: &mut Writer<'_>, text: Option<&Text<'_>>) {
    optional(out, b"HELP", text);
}

/// `AUTH mechanism`, with an initial response or without
pub fn auth(out: &mut Writer<'_>, mechanism: &SaslName<'_>, initial: Option<&InitialResponse<'_>>) {
    argument(out, b"AUTH", mechanism);
    if let Some(initial) = initial {
        out.byte(b' ');
        initial.emit(out);
    }
}

fn argument(out: &mut Writer<'_>, verb: &[u8], argument: &impl Emit) {
    out.put(verb);
    out.byte(b' ');
    argument.emit(out);
}

fn optional(out: &mut Writer<'_>, verb: &[u8], text: Option<&Text<'_>>) {
    match text {
        Some(text) => argument(out, verb, text),
        None => out.put(verb),
    }
}

fn behind_path(out: &mut Writer<'_>, params: &Params<'_>) {
    if !params.is_empty() {
        out.byte(b' ');
        params.emit(out);
    }
}
