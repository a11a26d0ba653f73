//! Replies that a server gives.

use super::code::{Code, EnhancedCode, Severity};
use super::syntax::{Fault, Syntax};
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

    /// The enhanced code whose class is the code's; none for 3yz (RFC 2034 §3).
    fn fitting(&self) -> Option<EnhancedCode> {
        if self.code.severity() == Severity::Intermediate {
            return None;
        }
        let class = (self.code.number() / 100) as u8;
        self.enhanced.filter(|enhanced| enhanced.class() == class).or_else(|| EnhancedCode::new(class, 0, 0))
    }
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
    fn no_control_character_becomes_a_reply() {
        for text in ["a\rb", "a\r\nb", "a\0b", "a\x1bb", "\x7f"] {
            assert!(Response::new(Code::new(250).unwrap(), text).is_err(), "{text:?}");
        }
    }
}
