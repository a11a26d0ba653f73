//! Replies that a server gives.

use super::code::{Code, EnhancedCode, Severity};
use super::syntax::{Fault, Syntax, WIDE};
use super::writer::Writer;

/// A reply to be sent: code, enhanced code, and text of one line or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Response<'a> {
    code: Code,
    enhanced: Option<EnhancedCode>,
    text: &'a str,
}

impl<'a> Response<'a> {
    /// A reply with this code and text; LF sets lines of the text apart.
    ///
    /// The enhanced code is `class.0.0` of the code's own class, until [`enhanced`](Self::enhanced) says more.
    ///
    /// ```
    /// use embedded_smtp::wire::{Code, Response};
    /// let response = Response::new(Code::new(550).unwrap(), "no such user here").unwrap();
    /// assert!(Response::new(Code::new(550).unwrap(), "no\r\n250 yes").is_err());
    /// ```
    ///
    /// # Errors
    /// [`Fault::LineBreak`] for CR or NUL, [`Fault::Unexpected`] for another control character.
    pub fn new(code: Code, text: &'a str) -> Result<Self, Syntax> {
        let octets = text.as_bytes();
        let bad = |octet: &u8| octet.is_ascii_control() && !matches!(octet, b'\n' | b'\t');
        match octets.iter().position(bad) {
            Some(at) => {
                let fault = if matches!(octets.get(at), Some(b'\r' | 0)) {
                    Fault::LineBreak
                } else {
                    Fault::Unexpected
                };
                Err(Syntax::new(fault, octets, at))
            }
            None => Ok(Self { code, enhanced: None, text }),
        }
    }

    /// The same with an enhanced code (RFC 3463); it is left out when its class is not the code's.
    pub fn enhanced(mut self, enhanced: EnhancedCode) -> Self {
        self.enhanced = Some(enhanced);
        self
    }

    /// For replies written down in this crate.
    pub(crate) const fn known(code: u16, enhanced: (u8, u16, u16), text: &'a str) -> Self {
        let enhanced = match enhanced.0 {
            0 => None,
            class => Some(EnhancedCode::known(class, enhanced.1, enhanced.2)),
        };
        Self { code: Code::known(code), enhanced, text }
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Writes the reply's lines, each with its CRLF (RFC 5321 §4.2.1); with enhanced codes
    /// (RFC 2034 §4) and text outside ASCII (RFC 6531 §3.7.4) only where these are wanted.
    pub(crate) fn emit_lines(&self, out: &mut Writer<'_>, enhanced: bool, utf8: bool) {
        let enhanced = if enhanced { self.fitting() } else { None };
        if WIDE && is_plain(self.text.as_bytes()) {
            return self.emit_plain(out, enhanced);
        }
        let mut lines = self.text.as_bytes().split(|octet| *octet == b'\n').peekable();
        while let Some(line) = lines.next() {
            out.number(u64::from(self.code.number()));
            out.byte(if lines.peek().is_some() { b'-' } else { b' ' });
            if let Some(enhanced) = &enhanced {
                super::Emit::emit(enhanced, out);
                out.byte(b' ');
            }
            if utf8 || line.is_ascii() {
                out.put(line);
            } else {
                for octet in line {
                    out.byte(if octet.is_ascii() { *octet } else { b'?' });
                }
            }
            out.crlf();
        }
    }

    /// One line of plain text, as nearly all are: this takes a third of the instructions, where flash does not matter.
    fn emit_plain(&self, out: &mut Writer<'_>, enhanced: Option<EnhancedCode>) {
        let code = self.code.number();
        let [a, b, c] = [code / 100, code / 10 % 10, code % 10].map(|digit| b'0' | digit as u8);
        match enhanced.map(|enhanced| (enhanced, enhanced.subject(), enhanced.detail())) {
            None => out.fixed([a, b, c, b' ']),
            Some((enhanced, subject @ ..10, detail @ ..10)) => {
                let class = b'0' | enhanced.class();
                let [subject, detail] = [subject, detail].map(|digit| b'0' | digit as u8);
                out.fixed([a, b, c, b' ', class, b'.', subject, b'.', detail, b' ']);
            }
            Some((enhanced, ..)) => {
                out.fixed([a, b, c, b' ']);
                super::Emit::emit(&enhanced, out);
                out.byte(b' ');
            }
        }
        out.put(self.text.as_bytes());
        out.crlf();
    }

    /// The enhanced code whose class is the code's; none for 3yz (RFC 2034 §3).
    fn fitting(&self) -> Option<EnhancedCode> {
        if self.code.severity() == Severity::Intermediate {
            return None;
        }
        let class = (self.code.number() / 100) as u8;
        self.enhanced.filter(|enhanced| enhanced.class() == class).or_else(|| EnhancedCode::new(class, 0, 0))
    }
}

/// Whether all octets are within 14 to 127, so that there is neither LF nor what is not ASCII; looked for by words: in a word
/// without an octet below 14 none borrows.
fn is_plain(text: &[u8]) -> bool {
    const EACH: usize = usize::MAX / 255;
    let (words, tail) = text.as_chunks::<{ size_of::<usize>() }>();
    let plain = |word: &[u8; size_of::<usize>()]| {
        let word = usize::from_ne_bytes(*word);
        (word.wrapping_sub(EACH * 14) | word) & (EACH * 128) == 0
    };
    // The last word overlaps those before it.
    let tail = || match text.last_chunk() {
        Some(word) => plain(word),
        None => tail.iter().all(|octet| (14..128).contains(octet)),
    };
    words.iter().all(plain) && tail()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};

    fn lines(response: &Response<'_>, enhanced: bool, utf8: bool) -> String {
        let mut buffer = [0; 128];
        let mut out = Writer::new(&mut buffer);
        response.emit_lines(&mut out, enhanced, utf8);
        let length = out.finish().unwrap();
        core::str::from_utf8(&buffer[..length]).unwrap().to_string()
    }

    #[test]
    fn every_line_bears_the_codes() {
        let code = Code::new(550).unwrap();
        let response = Response::new(code, "one\ntwo").unwrap();
        assert_eq!(lines(&response, false, false), "550-one\r\n550 two\r\n");
        assert_eq!(lines(&response, true, false), "550-5.0.0 one\r\n550 5.0.0 two\r\n");
        let response = response.enhanced(EnhancedCode::new(5, 1, 1).unwrap());
        assert_eq!(lines(&response, true, false), "550-5.1.1 one\r\n550 5.1.1 two\r\n");
        let response = response.enhanced(EnhancedCode::new(4, 1, 1).unwrap());
        assert_eq!(lines(&response, true, false), "550-5.0.0 one\r\n550 5.0.0 two\r\n");
    }

    #[test]
    fn text_outside_ascii_goes_only_where_it_may() {
        let response = Response::new(Code::new(250).unwrap(), "caf\u{e9}").unwrap();
        assert_eq!(lines(&response, false, true), "250 caf\u{e9}\r\n");
        assert_eq!(lines(&response, false, false), "250 caf??\r\n");
    }

    #[test]
    fn plain_text_is_written_as_any_other() {
        for (subject, detail) in [(0, 0), (1, 5), (9, 9), (10, 1), (1, 10), (123, 456)] {
            for octet in 0..=0x17f_u32 {
                let octet = char::from_u32(octet).unwrap();
                for at in 0..20 {
                    let text = String::from("x").repeat(at)
                        + &String::from(octet)
                        + &String::from("y").repeat(19 - at);
                    let plain = (14..128).contains(&u32::from(octet));
                    assert_eq!(is_plain(text.as_bytes()), plain, "{text:?}");
                    let Ok(response) = Response::new(Code::new(452).unwrap(), &text) else { continue };
                    let response = response.enhanced(EnhancedCode::new(4, subject, detail).unwrap());
                    let code = std::format!("4.{subject}.{detail}");
                    let shown = text.replace('\n', &std::format!("\r\n452 {code} "));
                    let expected =
                        std::format!("452{}{code} {shown}\r\n", if octet == '\n' { '-' } else { ' ' });
                    assert_eq!(lines(&response, true, true), expected);
                }
            }
        }
    }

    #[test]
    fn no_control_character_becomes_a_reply() {
        for text in ["a\rb", "a\r\nb", "a\0b", "a\x1bb", "\x7f"] {
            assert!(Response::new(Code::new(250).unwrap(), text).is_err(), "{text:?}");
        }
    }
}
