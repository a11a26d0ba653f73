//! The inside of a JSON string (RFC 8259 §7), decoded as it comes.

/// Where the decoder stands between two octets.
#[derive(Debug, Default)]
pub(super) struct Unescape {
    step: Step,
    /// The first half of a surrogate pair, whose second must follow.
    high: Option<u16>,
    utf8: Utf8,
}

#[derive(Debug, Default, Clone, Copy)]
enum Step {
    #[default]
    Plain,
    Backslash,
    /// Behind `\u`: how many digits have come, and their value.
    Unicode(u8, u16),
}

/// What a piece came to.
#[derive(Debug)]
pub(super) struct Decoded {
    /// Octets of the piece that were used; the closing quotation mark is among them.
    pub(super) used: usize,
    pub(super) ended: bool,
}

/// A fault, and how many octets of the piece stand in front of it.
pub(super) type Fault = (&'static str, usize);

impl Unescape {
    /// Decodes the front of `piece` into `out`.
    pub(super) fn decode(&mut self, piece: &[u8], out: &mut Vec<u8>) -> Result<Decoded, Fault> {
        let mut at = 0;
        while let Some(rest) = piece.get(at..).filter(|rest| !rest.is_empty()) {
            match self.step {
                Step::Plain => {
                    let run = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                    let (run, behind) = rest.split_at(run);
                    self.plain(run).map_err(|(fault, inside)| (fault, at + inside))?;
                    out.extend_from_slice(run);
                    at += run.len();
                    match behind.first() {
                        Some(b'"') => {
                            self.settled().map_err(|fault| (fault, at))?;
                            return Ok(Decoded { used: at + 1, ended: true });
                        }
                        Some(_) => {
                            self.utf8.settled().map_err(|fault| (fault, at))?;
                            self.step = Step::Backslash;
                            at += 1;
                        }
                        None => {}
                    }
                }
                Step::Backslash => {
                    let octet = rest.first().copied().unwrap_or_default();
                    self.escape(octet, out).map_err(|fault| (fault, at))?;
                    at += 1;
                }
                Step::Unicode(count, value) => {
                    let octet = rest.first().copied().unwrap_or_default();
                    let digit =
                        char::from(octet).to_digit(16).ok_or(("\\u wants four hexadecimal digits", at))?;
                    let value = value << 4 | digit as u16;
                    at += 1;
                    self.step = Step::Unicode(count + 1, value);
                    if count == 3 {
                        self.step = Step::Plain;
                        self.unit(value, out).map_err(|fault| (fault, at))?;
                    }
                }
            }
        }
        Ok(Decoded { used: at, ended: false })
    }

    fn plain(&mut self, run: &[u8]) -> Result<(), Fault> {
        if self.high.is_some() && !run.is_empty() {
            return Err((LONE, 0));
        }
        if let Some(at) = run.iter().position(|octet| *octet < b' ') {
            return Err((
                "a line break or another control character in a string; write it as \\r, \\n or \\u00..",
                at,
            ));
        }
        self.utf8.check(run)
    }

    fn escape(&mut self, octet: u8, out: &mut Vec<u8>) -> Result<(), &'static str> {
        if octet == b'u' {
            self.step = Step::Unicode(0, 0);
            return Ok(());
        }
        if self.high.is_some() {
            return Err(LONE);
        }
        self.step = Step::Plain;
        out.push(match octet {
            b'"' | b'\\' | b'/' => octet,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            _ => return Err("a backslash in front of what it does not belong to"),
        });
        Ok(())
    }

    /// A UTF-16 code unit.
    fn unit(&mut self, unit: u16, out: &mut Vec<u8>) -> Result<(), &'static str> {
        let character = match (self.high.take(), unit) {
            (None, 0xd800..=0xdbff) => {
                self.high = Some(unit);
                return Ok(());
            }
            (None, _) => char::from_u32(u32::from(unit)),
            (Some(high), 0xdc00..=0xdfff) => {
                char::from_u32(0x1_0000 + (u32::from(high - 0xd800) << 10) + u32::from(unit - 0xdc00))
            }
            (Some(_), _) => None,
        };
        let character = character.ok_or(LONE)?;
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn settled(&self) -> Result<(), &'static str> {
        if self.high.is_some() { Err(LONE) } else { self.utf8.settled() }
    }
}

const LONE: &str = "half of a surrogate pair";
const NOT_UTF8: &str =
    "octets that are not UTF-8; JSON is UTF-8, so write the mail in another transfer encoding";

/// Whether octets are UTF-8 (RFC 3629 §4), in any pieces.
#[derive(Debug, Default)]
struct Utf8 {
    /// Octets that are still owed to the character, and the range of the next.
    owed: u8,
    low: u8,
    high: u8,
}

impl Utf8 {
    fn check(&mut self, run: &[u8]) -> Result<(), Fault> {
        if self.owed == 0 && run.is_ascii() {
            return Ok(());
        }
        for (at, octet) in run.iter().enumerate() {
            let (owed, low, high) = match (self.owed, octet) {
                (0, 0..=0x7f) => (0, 0, 0),
                (0, 0xc2..=0xdf) => (1, 0x80, 0xbf),
                (0, 0xe0) => (2, 0xa0, 0xbf),
                (0, 0xed) => (2, 0x80, 0x9f),
                (0, 0xe1..=0xef) => (2, 0x80, 0xbf),
                (0, 0xf0) => (3, 0x90, 0xbf),
                (0, 0xf1..=0xf3) => (3, 0x80, 0xbf),
                (0, 0xf4) => (3, 0x80, 0x8f),
                (1.., _) if (self.low..=self.high).contains(octet) => (self.owed - 1, 0x80, 0xbf),
                _ => return Err((NOT_UTF8, at)),
            };
            *self = Self { owed, low, high };
        }
        Ok(())
    }

    fn settled(&self) -> Result<(), &'static str> {
        if self.owed == 0 { Ok(()) } else { Err(NOT_UTF8) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &[u8], pieces: usize) -> Result<Vec<u8>, &'static str> {
        let (mut unescape, mut out) = (Unescape::default(), Vec::new());
        for piece in text.chunks(pieces) {
            let decoded = unescape.decode(piece, &mut out).map_err(|(fault, _)| fault)?;
            if decoded.ended {
                return Ok(out);
            }
        }
        Err("no end")
    }

    #[test]
    fn it_decodes_what_serde_json_decodes_in_any_pieces() {
        let texts: [&[u8]; 16] = [
            b"",
            b"plain",
            br#"a\"b\\c\/d\be\ff\ng\rh\ti"#,
            br"\u0041\u00e9\u20ac\ud83d\ude00",
            "h\u{e9}llo \u{20ac} \u{1f600}".as_bytes(),
            br"\ud83d",
            br"\ud83dx",
            br"\ud83d\n",
            br"\ude00",
            br"\ud83d\u0041",
            br"\x",
            br"\u12g4",
            b"tab\there",
            b"\xff",
            b"\xe2\x82",
            b"\xed\xa0\x80",
        ];
        for text in texts {
            let quoted = [b"\"", text, b"\""].concat();
            let expected = serde_json::from_slice::<String>(&quoted).ok().map(String::into_bytes);
            for pieces in 1..8 {
                let closed = [text, b"\""].concat();
                assert_eq!(decode(&closed, pieces).ok(), expected, "{:?}", String::from_utf8_lossy(text));
            }
        }
    }
}
