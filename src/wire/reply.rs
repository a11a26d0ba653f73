//! Replies, line by line (RFC 5321 §4.2). A reply of several lines is a fold over its lines: no
//! more than one of them is ever in memory.

use super::class::behind;
use super::code::{Code, EnhancedCode, Severity};
use super::syntax::{Fault, Syntax, WIDE, syntax_at};
use super::writer::{Emit, Writer};

/// One line of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The three digits.
    pub code: Code,
    /// The enhanced code in front of the text, when there is one whose class fits `code` (RFC 2034 §4).
    pub enhanced: Option<EnhancedCode>,
    /// The text behind the codes: octets of any kind but CR and LF, often UTF-8 or Latin-1, often empty.
    pub text: &'a [u8],
    /// Whether this line ends the reply.
    pub last: bool,
    /// Whether the line was longer than the lent buffer, so that `text` is only its front.
    pub truncated: bool,
}

impl<'a> Reply<'a> {
    /// Parses a line, given without its CRLF.
    ///
    /// ```abnf
    /// Reply-line = Reply-code [ ( SP / "-" ) [ textstring ] ]
    /// ```
    /// Lenient: text of any octets, or none at all, even without the space.
    ///
    /// # Errors
    /// Anything but three digits and then a space, a hyphen or the end; CR or LF inside the line.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    pub fn parse(line: &'a [u8]) -> Result<Self, Syntax> {
        match head(line) {
            Ok((code, _, last)) => Ok(Self::behind(code, last, behind(line, HEAD))),
            Err(at) => Err(syntax_at(line, line.len().wrapping_sub(at), Fault::Unexpected)),
        }
    }

    /// What its code and its text make.
    #[cfg_attr(target_pointer_width = "64", inline(always))]
    #[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
    pub(crate) fn behind(code: Code, last: bool, text: &'a [u8]) -> Self {
        let (enhanced, text) = EnhancedCode::split(text, code);
        Self { code, enhanced, text, last, truncated: false }
    }

    /// What the code's first digit says.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// The text as UTF-8, as far as it is valid.
    pub fn text_utf8(&self) -> &'a str {
        match core::str::from_utf8(self.text) {
            Ok(text) => text,
            Err(error) => self
                .text
                .get(..error.valid_up_to())
                .and_then(|valid| core::str::from_utf8(valid).ok())
                .unwrap_or_default(),
        }
    }
}

/// Octets in front of the text, if there is any.
pub(crate) const HEAD: usize = 4;

/// The code of a line, what its first digit says, and whether the line ends its reply; or the place of the octet at fault.
///
/// ```abnf
/// Reply-code = %x32-35 %x30-35 %x30-39
/// ```
/// Lenient: the second digit may be 6 to 9, which servers with codes of their own send.
#[cfg_attr(target_pointer_width = "64", inline(always))]
#[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
pub(crate) fn head(line: &[u8]) -> Result<(Code, Severity, bool), usize> {
    const OK: u32 = u32::from_be_bytes(*b"250 ");
    const OK_AND_MORE: u32 = u32::from_be_bytes(*b"250-");
    // The commonest code by its octets, where flash does not matter; any other by its digits.
    if WIDE
        && let Some((head, text)) = line.split_first_chunk()
        && let word @ (OK | OK_AND_MORE) = u32::from_be_bytes(*head)
        && !has_control(text)
    {
        return Ok((Code::known(250), Severity::Positive, word == OK));
    }
    let sound = WIDE && !has_control(line);
    if !sound && let Some(at) = line.iter().position(|octet| matches!(octet, b'\r' | b'\n')) {
        return Err(at);
    }
    let [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', behind @ ..] = line else { return Err(0) };
    let last = match behind {
        [] | [b' ', ..] => true,
        [b'-', ..] => false,
        _ => return Err(3),
    };
    Ok((Code::of_digits([*a, *b, *c]).ok_or(0_usize)?, Severity::of_digit(*a), last))
}

/// Whether there is an octet below 14, looked for by words: in a word without one no octet borrows.
fn has_control(line: &[u8]) -> bool {
    const EACH: usize = usize::MAX / 255;
    let (words, tail) = line.as_chunks::<{ size_of::<usize>() }>();
    let in_word = |word: &[u8; size_of::<usize>()]| {
        let word = usize::from_ne_bytes(*word);
        word.wrapping_sub(EACH * 14) & !word & (EACH * 128) != 0
    };
    // The last word overlaps those before it.
    let tail = || match line.last_chunk() {
        Some(word) => in_word(word),
        None => tail.iter().any(|octet| *octet < 14),
    };
    words.iter().any(in_word) || tail()
}

impl Emit for Reply<'_> {
    fn emit(&self, out: &mut Writer<'_>) {
        self.code.emit(out);
        out.byte(if self.last { b' ' } else { b'-' });
        if let Some(enhanced) = &self.enhanced {
            enhanced.emit(out);
            out.byte(b' ');
        }
        out.put(self.text);
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Reply<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{} {} {=[u8]:a}", self.code, self.enhanced, self.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn lines_are_read_and_written() {
        // line, code, last, enhanced, text
        let table: &[(&str, u16, bool, &str, &str)] = &[
            ("250 ok", 250, true, "", "ok"),
            ("250-ok", 250, false, "", "ok"),
            ("250", 250, true, "", ""),
            ("250 ", 250, true, "", ""),
            ("250-", 250, false, "", ""),
            ("550 5.1.1 no such user", 550, true, "5.1.1", "no such user"),
            ("250 2.1.5", 250, true, "2.1.5", ""),
            ("554 5.123.456 x", 554, true, "5.123.456", "x"),
            ("250 5.1.1 class differs", 250, true, "", "5.1.1 class differs"),
            ("550 5.1.1x", 550, true, "", "5.1.1x"),
            ("550 5.1234.1 x", 550, true, "", "5.1234.1 x"),
            ("550 5.1 x", 550, true, "", "5.1 x"),
            ("220 192.168.0.1 ready", 220, true, "", "192.168.0.1 ready"),
            ("334 VXNlcm5hbWU6", 334, true, "", "VXNlcm5hbWU6"),
            ("299 codes of their own", 299, true, "", "codes of their own"),
        ];
        for &(line, code, last, enhanced, text) in table {
            let reply = Reply::parse(line.as_bytes()).unwrap();
            assert_eq!(reply.code.number(), code, "{line}");
            assert_eq!(reply.last, last, "{line}");
            assert_eq!(reply.enhanced.map(|e| format!("{e}")).unwrap_or_default(), enhanced, "{line}");
            assert_eq!(reply.text_utf8(), text, "{line}");
            let mut buffer = [0; 64];
            let mut out = Writer::new(&mut buffer);
            reply.emit(&mut out);
            let length = out.finish().unwrap();
            assert_eq!(Reply::parse(&buffer[..length]).unwrap(), reply, "{line}");
        }
    }

    #[test]
    fn an_enhanced_code_is_the_same_at_a_glance_as_read_octet_by_octet() {
        let digits = *b"2516. -\ra";
        let mut taken = 0;
        for number in [250, 354, 451, 550] {
            let code = Code::new(number).unwrap();
            for front in ["", "2", "4.", "5.1", "2.0.0"] {
                for number in 0..digits.len().pow(5) {
                    let mut text = front.as_bytes().to_vec();
                    text.extend((0..5).map(|place| digits[number / digits.len().pow(place) % digits.len()]));
                    if let Some(split) = EnhancedCode::usual(&text, code) {
                        assert_eq!(EnhancedCode::slowly(&text, code), split, "{text:?}");
                        taken += usize::from(split.0.is_some());
                    }
                }
            }
        }
        assert!(taken > 1_000, "{taken}");
    }

    #[test]
    fn what_is_not_a_reply_line_is_refused() {
        let lines: &[&[u8]] = &[
            b"",
            b"2",
            b"25",
            b"2500",
            b"2500 x",
            b"250x",
            b"250\tx",
            b"x50 a",
            b"150 a",
            b"600 a",
            b"000 a",
            b"-50 a",
            b" 250 a",
            b"250 a\rb",
            b"250 a\nb",
            b"250\r",
            b"\xff\xfe\xfd",
        ];
        for line in lines {
            assert!(Reply::parse(line).is_err(), "{line:?}");
        }
    }

    #[test]
    fn a_line_break_is_found_wherever_it_stands_and_nothing_else_is_taken_for_one() {
        for length in 5..40 {
            for at in 4..length {
                for octet in 0..=255 {
                    let mut line = [b'x'; 40];
                    line[..4].copy_from_slice(b"250 ");
                    line[at] = octet;
                    let reply = Reply::parse(&line[..length]).map_err(|error| (error.fault(), error.at()));
                    match octet {
                        b'\r' | b'\n' => assert_eq!(reply, Err((Fault::LineBreak, at))),
                        _ => assert_eq!(reply.map(|reply| reply.text), Ok(&line[4..length])),
                    }
                }
            }
        }
    }

    #[test]
    fn text_that_is_not_utf8_is_kept_as_octets() {
        let reply = Reply::parse(b"250 caf\xe9 ok").unwrap();
        assert_eq!(reply.text, b"caf\xe9 ok");
        assert_eq!(reply.text_utf8(), "caf");
    }
}
