//! The first look through a mail's text: what it needs of the server, and how long it will be.

use std::io::{self, Read};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    /// As it lies there.
    pub(crate) octets: u64,
    /// As it goes over the wire, each line with its CRLF; without the stuffed dots, which do not count (RFC 1870 §3).
    pub(crate) on_the_wire: u64,
    /// Octets above 127 anywhere, and before the first empty line.
    pub(crate) eight_bit: bool,
    pub(crate) eight_bit_header: bool,
}

/// Looks through all of `text`, once, in constant memory.
pub(crate) fn survey(text: &mut dyn Read) -> io::Result<Survey> {
    let mut buffer = vec![0; 64 * 1024];
    let mut look = Look::new();
    loop {
        let octets = match text.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result?,
        };
        if octets == 0 {
            return Ok(look.finish());
        }
        look.at(&buffer[..octets]);
    }
}

/// The state between two octets.
struct Look {
    found: Survey,
    line_is_empty: bool,
    after_cr: bool,
    in_header: bool,
}

impl Look {
    fn new() -> Self {
        let found = Survey { octets: 0, on_the_wire: 0, eight_bit: false, eight_bit_header: false };
        Self { found, line_is_empty: true, after_cr: false, in_header: true }
    }

    fn at(&mut self, octets: &[u8]) {
        self.found.octets += octets.len() as u64;
        for octet in octets {
            match octet {
                b'\n' => self.line_ends(),
                _ if self.after_cr => {
                    self.line_ends();
                    self.within_line(*octet);
                }
                _ => self.within_line(*octet),
            }
        }
    }

    fn within_line(&mut self, octet: u8) {
        self.after_cr = octet == b'\r';
        if self.after_cr {
            return;
        }
        self.line_is_empty = false;
        self.found.on_the_wire += 1;
        if octet > 127 {
            self.found.eight_bit = true;
            self.found.eight_bit_header |= self.in_header;
        }
    }

    /// CRLF, or a CR or LF alone, which will be made one.
    fn line_ends(&mut self) {
        self.found.on_the_wire += 2;
        self.in_header &= !self.line_is_empty;
        self.line_is_empty = true;
        self.after_cr = false;
    }

    /// The last line's end is added where it is missing.
    fn finish(mut self) -> Survey {
        if self.after_cr || !self.line_is_empty {
            self.line_ends();
        }
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use embedded_smtp::data::{LineEnds, Stuffer};

    #[test]
    fn the_size_is_that_of_the_wire_without_stuffed_dots_and_end() {
        for text in ["", "a", "a\n", "a\r\n", "a\r", "a\rb\n\nc\r\n\r\r", "\n\n", "\r\n\r\n", "x\n.\n..y"] {
            let mut wire = vec![0; 256];
            let mut stuffer = Stuffer::new(LineEnds::Normalize);
            let (_, mut length) = stuffer.stuff_into(text.as_bytes(), &mut wire).unwrap();
            wire.truncate(length);
            wire.extend_from_slice(stuffer.finish().unwrap());
            length = wire.len() - 3;
            let dots = text.split(['\r', '\n']).filter(|line| line.starts_with('.')).count();
            let found = survey(&mut text.as_bytes()).unwrap();
            // The engine ends an empty mail with an empty line.
            let expected = if text.is_empty() { length.saturating_sub(2) } else { length - dots };
            assert_eq!(found.on_the_wire, expected as u64, "{text:?}");
            assert_eq!(found.octets, text.len() as u64);
        }
    }

    #[test]
    fn what_the_text_needs_is_seen() {
        let look = |text: &[u8]| survey(&mut &text[..]).unwrap();
        assert!(!look(b"plain\n").eight_bit);
        let latin = look(b"Subject: x\n\ncaf\xe9\n");
        assert!(latin.eight_bit && !latin.eight_bit_header);
        let header = look("Subject: caf\u{e9}\r\n\r\nx\r\n".as_bytes());
        assert!(header.eight_bit && header.eight_bit_header);
    }
}
