//! Reply lines straight off a stream: for whoever has the octets and no engine that frames them.

use super::class::{before, behind};
use super::code::Code;
use super::reply::{HEAD, Reply};
use super::syntax::{Syntax, WIDE, find};
use super::words::{first_low, first_low_of_last};

impl<'a> Reply<'a> {
    /// Takes the line at the front of `stream` up to its CRLF and parses it; `None`, and nothing taken, when it is not there whole.
    ///
    /// Where there is a vector unit, the line's end is found and its octets are judged in one pass.
    ///
    /// ```
    /// use embedded_smtp::wire::{Capabilities, Extension, Reply};
    /// let mut stream = &b"250-mx.example\r\n250 STARTTLS\r\n354 go"[..];
    /// let mut offered = Capabilities::NONE;
    /// let mut first = true;
    /// while let Some(line) = Reply::take(&mut stream)? {
    ///     offered.fold(line.text, first, line.truncated);
    ///     first = false;
    /// }
    /// assert!(offered.has(Extension::StartTls));
    /// assert_eq!(stream, b"354 go");
    /// # Ok::<(), embedded_smtp::wire::Syntax>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Reply::parse`], an LF without CR among them (RFC 5321 §2.3.8). The line is taken then, too.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    pub fn take(stream: &mut &'a [u8]) -> Result<Option<Self>, Syntax> {
        if WIDE
            && let Some((line, rest)) = sound(stream)
            && let Some(reply) = usual(line)
        {
            *stream = rest;
            return Ok(Some(reply));
        }
        let Some((line, rest)) = any(stream) else { return Ok(None) };
        *stream = rest;
        Reply::parse(line).map(Some)
    }
}

/// What stands in front of the first CRLF, and what behind it; `None` too when an octet below 14 is in the line.
#[cfg_attr(target_pointer_width = "64", inline(always))]
#[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
fn sound(stream: &[u8]) -> Option<(&[u8], &[u8])> {
    let low = match first_low(stream, usize::MAX) {
        Ok(low) => low,
        Err(_) => first_low_of_last(stream)?,
    };
    let (line, [b'\r', b'\n', rest @ ..]) = stream.split_at_checked(low)? else { return None };
    Some((line, rest))
}

/// The same of any line.
#[inline(never)]
fn any(stream: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    loop {
        at = find(b'\n', behind(stream, at))?.wrapping_add(at);
        if let [line @ .., b'\r'] = before(stream, behind(stream, at)) {
            return Some((line, behind(stream, at.wrapping_add(1))));
        }
        at = at.wrapping_add(1);
    }
}

/// A line with something behind its code.
#[cfg_attr(target_pointer_width = "64", inline(always))]
#[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
fn usual(line: &[u8]) -> Option<Reply<'_>> {
    const OK: u32 = u32::from_be_bytes(*b"250 ");
    const OK_AND_MORE: u32 = u32::from_be_bytes(*b"250-");
    let (head, text) = line.split_first_chunk::<HEAD>()?;
    // The commonest code by its octets, any other by its digits.
    let (code, last) = match (u32::from_be_bytes(*head), head) {
        (word @ (OK | OK_AND_MORE), _) => (Code::known(250), word == OK),
        (_, [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', end @ (b' ' | b'-')]) => {
            (Code::of_digits([*a, *b, *c])?, *end == b' ')
        }
        _ => return None,
    };
    Some(Reply::behind(code, last, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_line_is_the_same_at_a_glance() {
        let octets = *b"256\r\n -.x\t\xe9";
        let mut taken = 0;
        for front in ["", "250", "250-", "250 2.1", "550 5.1.1 "] {
            for number in 0..octets.len().pow(5) {
                let odd = (0..5).map(|place| octets[number / octets.len().pow(place) % octets.len()]);
                for back in ["", "\r\n", "\r\n250 more\r\n"] {
                    let mut stream = front.as_bytes().to_vec();
                    stream.extend(odd.clone());
                    stream.extend_from_slice(back.as_bytes());
                    let Some((line, rest)) = sound(&stream) else { continue };
                    assert_eq!(any(&stream), Some((line, rest)), "{}", stream.escape_ascii());
                    if let Some(reply) = usual(line) {
                        assert_eq!(Reply::parse(line), Ok(reply), "{}", line.escape_ascii());
                        taken += 1;
                    }
                }
            }
        }
        assert!(taken > 10_000, "{taken}");
    }

    #[test]
    fn a_line_is_taken_whole_or_not_at_all() {
        let all = b"250-one\r\n250 two\r\n";
        for length in 0..=all.len() {
            let mut stream = &all[..length];
            let lines = core::iter::from_fn(|| Reply::take(&mut stream).unwrap()).collect::<Vec<_>>();
            assert_eq!(lines.len(), length / 9, "{length}");
            assert_eq!(stream.len(), length % 9, "{length}");
        }
    }

    #[test]
    fn no_line_ends_but_by_crlf() {
        for (wrong, at) in [
            (&b"250 a\n250 b\r\n"[..], 5),
            (b"250 a\r\r\n", 5),
            (b"2x0 a\r\n", 0),
            (b"\n250 a\r\n", 0),
            (b"\r\n", 0),
        ] {
            let mut stream = wrong;
            assert_eq!(Reply::take(&mut stream).map_err(|error| error.at()), Err(at), "{wrong:?}");
            assert_eq!((stream, Reply::take(&mut stream)), (&b""[..], Ok(None)));
        }
    }
}
