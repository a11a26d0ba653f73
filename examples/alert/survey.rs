//! The first look through a mail's text: what it needs of the server, and how long it will be.

use std::io::{self, Read};

/// Octets of a line without its end that RFC 5322 §2.1.1 allows.
const LINE: u64 = 998;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Survey {
    /// As it lies there.
    pub(crate) octets: u64,
    /// As it goes over the wire, each line with its CRLF; without the stuffed dots, which do not count (RFC 1870 §3).
    pub(crate) on_the_wire: u64,
    /// Octets above 127 anywhere, and before the first empty line.
    pub(crate) eight_bit: bool,
    pub(crate) eight_bit_header: bool,
    /// All of it is UTF-8.
    pub(crate) utf8: bool,
    /// The first line that is too long, and the first that has a NUL in it, counted from 1.
    pub(crate) long_line: Option<u64>,
    pub(crate) nul_line: Option<u64>,
}

/// Looks through all of `text`, once, in constant memory.
pub(crate) fn survey(text: &mut dyn Read) -> io::Result<Survey> {
    let mut buffer = vec![0; 64 * 1024];
    let mut look = Look::new();
    let mut utf8 = true;
    // Octets at the buffer's front that are the beginning of a character.
    let mut begun = 0;
    loop {
        let octets = match text.read(&mut buffer[begun..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result?,
        };
        if octets == 0 {
            let found = look.finish();
            return Ok(Survey { utf8: utf8 && begun == 0, ..found });
        }
        let end = begun + octets;
        look.at(&buffer[begun..end]);
        begun = 0;
        if utf8 && let Err(error) = str::from_utf8(&buffer[..end]) {
            utf8 = error.error_len().is_none();
            if utf8 {
                buffer.copy_within(error.valid_up_to()..end, 0);
                begun = end - error.valid_up_to();
            }
        }
    }
}

/// The state between two octets.
struct Look {
    found: Survey,
    line: u64,
    /// Octets of this line.
    length: u64,
    after_cr: bool,
    in_header: bool,
}

impl Look {
    fn new() -> Self {
        let found = Survey {
            octets: 0,
            on_the_wire: 0,
            eight_bit: false,
            eight_bit_header: false,
            utf8: true,
            long_line: None,
            nul_line: None,
        };
        Self { found, line: 1, length: 0, after_cr: false, in_header: true }
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
        self.length += 1;
        self.found.on_the_wire += 1;
        if octet > 127 {
            self.found.eight_bit = true;
            self.found.eight_bit_header |= self.in_header;
        }
        if octet == 0 {
            self.found.nul_line.get_or_insert(self.line);
        }
        if self.length > LINE {
            self.found.long_line.get_or_insert(self.line);
        }
    }

    /// CRLF, or a CR or LF alone, which will be made one.
    fn line_ends(&mut self) {
        self.found.on_the_wire += 2;
        self.in_header &= self.length > 0;
        self.line += 1;
        self.length = 0;
        self.after_cr = false;
    }

    /// The last line's end is added where it is missing.
    fn finish(mut self) -> Survey {
        if self.after_cr || self.length > 0 {
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
        assert!(latin.eight_bit && !latin.eight_bit_header && !latin.utf8);
        let header = look("Subject: caf\u{e9}\r\n\r\nx\r\n".as_bytes());
        assert!(header.eight_bit && header.eight_bit_header && header.utf8);
        assert!(!look(b"cut \xc3").utf8);
        assert_eq!(look(b"a\nb\0\n").nul_line, Some(2));
        assert_eq!(look(&[b'x'; 998]).long_line, None);
        let long = [b"a\r\n", &[b'x'; 999][..]].concat();
        assert_eq!(look(&long).long_line, Some(2));
    }

    #[test]
    fn a_character_cut_between_two_reads_is_whole() {
        struct Slow<'a>(&'a [u8]);
        impl Read for Slow<'_> {
            fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
                let (front, back) = self.0.split_at(self.0.len().min(1));
                room[..front.len()].copy_from_slice(front);
                self.0 = back;
                Ok(front.len())
            }
        }
        assert!(survey(&mut Slow("\u{20ac}\u{1f600}\n".as_bytes())).unwrap().utf8);
        assert!(!survey(&mut Slow(b"\xe2\x82")).unwrap().utf8);
    }
}
