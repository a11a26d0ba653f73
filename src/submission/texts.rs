//! The server's words, kept in memory that the caller lends: as much as fits, made safe to print.

use super::recipient::Answer;
use crate::wire::syntax::WIDE;
use crate::wire::{Code, EnhancedCode};

/// What is kept of the server's answers beside their codes: [`Texts`], or nothing, which links nothing.
pub trait Words: sealed::Sealed {
    /// What is kept of an answer beside its code.
    type Kept: Copy + Default;

    /// Takes in the text of one line of a reply with this code; the line's enhanced code.
    fn add(&mut self, text: &[u8], code: Code) -> Option<EnhancedCode>;

    /// What is kept of the lines since the last answer.
    fn finish(&mut self, enhanced: Option<EnhancedCode>) -> Self::Kept;

    /// The answer that this makes, in the place of one that was kept just so.
    fn write(answer: &mut Answer, code: Option<Code>, kept: Self::Kept);

    /// All the words there are.
    fn octets(&self) -> &[u8];
}

/// Neither words nor enhanced codes.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoWords;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::NoWords {}
    impl Sealed for super::Texts<'_> {}
}

impl Words for NoWords {
    type Kept = ();

    fn add(&mut self, _: &[u8], _: Code) -> Option<EnhancedCode> {
        None
    }

    fn finish(&mut self, _: Option<EnhancedCode>) {}

    fn write(answer: &mut Answer, code: Option<Code>, (): ()) {
        answer.code = code;
    }

    fn octets(&self) -> &[u8] {
        &[]
    }
}

impl Words for Texts<'_> {
    type Kept = (Option<EnhancedCode>, Range);

    fn add(&mut self, text: &[u8], code: Code) -> Option<EnhancedCode> {
        let (enhanced, text) = EnhancedCode::split(text, code);
        self.line(text);
        enhanced
    }

    fn finish(&mut self, enhanced: Option<EnhancedCode>) -> Self::Kept {
        (enhanced, self.end())
    }

    fn write(answer: &mut Answer, code: Option<Code>, (enhanced, text): Self::Kept) {
        *answer = Answer { code, enhanced, text };
    }

    fn octets(&self) -> &[u8] {
        self.storage
    }
}

/// Where a kept text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Range {
    from: u16,
    to: u16,
}

impl Range {
    pub(super) const EMPTY: Self = Self { from: 0, to: 0 };

    /// What stands there.
    pub(super) fn of(self, octets: &[u8]) -> &[u8] {
        octets.get(usize::from(self.from)..usize::from(self.to)).unwrap_or_default()
    }
}

/// The server's words in memory that is lent, and the enhanced codes.
#[derive(Debug)]
pub struct Texts<'s> {
    storage: &'s mut [u8],
    /// Behind the last text that is finished.
    used: u16,
    /// Behind the text that is growing.
    end: u16,
}

impl<'s> Texts<'s> {
    pub(super) fn new(storage: &'s mut [u8]) -> Self {
        let length = storage.len().min(usize::from(u16::MAX));
        Self { storage: storage.get_mut(..length).unwrap_or_default(), used: 0, end: 0 }
    }

    /// Adds a line to the growing text. Lines are set apart by LF; control characters become `?`, and so does
    /// everything outside ASCII in a line that is not UTF-8 or has control characters there (U+0080 to
    /// U+009F, of which terminals take U+009B for ESC and a bracket). A text takes at most half of what is
    /// free, so that the last one finds room too, and is cut between characters.
    fn line(&mut self, line: &[u8]) {
        if WIDE && line.is_ascii() && self.add_whole(line) {
            return;
        }
        let printable = is_printable(line);
        let free = self.storage.len().saturating_sub(usize::from(self.used));
        let limit = usize::from(self.used).saturating_add(free.div_ceil(2));
        let mut places = self.storage.get_mut(usize::from(self.end)..limit).unwrap_or_default().iter_mut();
        let mut end = self.end;
        // Behind the last whole character.
        let mut whole = end;
        let separator = (self.end > self.used).then_some(&b'\n');
        for octet in separator.into_iter().chain(line) {
            // The front octet of a character, or one that stands for itself.
            if *octet & 0xc0 != 0x80 || !printable {
                whole = end;
            }
            let Some(place) = places.next() else {
                self.end = whole;
                return;
            };
            let odd = is_control(*octet) || *octet > 0x7f && !printable;
            *place = if odd { b'?' } else { *octet };
            end = end.wrapping_add(1);
        }
        self.end = end;
    }

    /// As [`line`](Self::line), of a line in ASCII that finds room as a whole: then no place in it need be looked for.
    fn add_whole(&mut self, line: &[u8]) -> bool {
        let set_apart = self.end > self.used;
        let length = line.len().saturating_add(usize::from(set_apart));
        let free = self.storage.len().saturating_sub(usize::from(self.used));
        let limit = usize::from(self.used).saturating_add(free.div_ceil(2));
        let room = self.storage.get_mut(usize::from(self.end)..limit).unwrap_or_default();
        if room.len() < length {
            return false;
        }
        let room = match room {
            [separator, behind @ ..] if set_apart => {
                *separator = b'\n';
                behind
            }
            room => room,
        };
        for (place, octet) in room.iter_mut().zip(line) {
            *place = if is_control(*octet) { b'?' } else { *octet };
        }
        self.end = self.end.wrapping_add(length as u16);
        true
    }

    /// Ends the growing text.
    fn end(&mut self) -> Range {
        let range = Range { from: self.used, to: self.end };
        self.used = self.end;
        range
    }
}

/// A control character of ASCII, but for LF.
fn is_control(octet: u8) -> bool {
    octet < b' ' && octet != b'\n' || octet == 0x7f
}

/// Whether a text is UTF-8 (RFC 3629 §4) without control characters outside of ASCII. The standard library's own answer to the
/// first half takes three times the flash.
fn is_printable(text: &[u8]) -> bool {
    if WIDE && text.is_ascii() {
        return true;
    }
    let (mut more, mut next) = (0_u8, 0x80..=0xbf);
    for octet in text {
        if more > 0 {
            if !next.contains(octet) {
                return false;
            }
            more = more.wrapping_sub(1);
            next = 0x80..=0xbf;
        } else if *octet > 0x7f {
            (more, next) = match octet {
                0xc2 => (1, 0xa0..=0xbf),
                0xc3..=0xdf => (1, next),
                0xe0 => (2, 0xa0..=0xbf),
                0xed => (2, 0x80..=0x9f),
                0xe1..=0xef => (2, next),
                0xf0 => (3, 0x90..=0xbf),
                0xf1..=0xf3 => (3, next),
                0xf4 => (3, 0x80..=0x8f),
                _ => return false,
            };
        }
    }
    more == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<'t>(texts: &'t Texts<'_>, range: Range) -> &'t str {
        core::str::from_utf8(range.of(texts.octets())).unwrap()
    }

    #[test]
    fn what_is_printable_is_what_the_standard_library_takes_but_for_control_characters() {
        let mut octets = [0; 4];
        let kinds = [
            0, b'a', 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xdf, 0xe0, 0xe1,
            0xec, 0xed,
        ]
        .into_iter()
        .chain(0xee..=0xff)
        .collect::<std::vec::Vec<u8>>();
        for number in 0..kinds.len().pow(4) {
            for (place, octet) in octets.iter_mut().enumerate() {
                *octet = kinds[number / kinds.len().pow(place as u32) % kinds.len()];
            }
            let control = octets.windows(2).any(|pair| matches!(pair, [0xc2, 0x80..=0x9f]));
            let expected = core::str::from_utf8(&octets).is_ok() && !control;
            assert_eq!(is_printable(&octets), expected, "{octets:x?}");
        }
        assert!(is_printable(b"") && !is_printable(b"\xc3") && !is_printable(b"a\xf0\x90\x80"));
    }

    #[test]
    fn texts_are_kept_side_by_side_and_made_safe() {
        let mut storage = [0; 64];
        let mut texts = Texts::new(&mut storage);
        texts.line(b"one");
        texts.line(b"t\x1bwo");
        let first = texts.end();
        texts.line("caf\u{e9}".as_bytes());
        let second = texts.end();
        texts.line(b"caf\xe9");
        let third = texts.end();
        texts.line("\u{9b}31m\u{e9}".as_bytes());
        texts.line(b"\x7f");
        let fourth = texts.end();
        assert_eq!(text(&texts, fourth), "??31m??\n?");
        assert_eq!(text(&texts, first), "one\nt?wo");
        assert_eq!(text(&texts, second), "caf\u{e9}");
        assert_eq!(text(&texts, third), "caf?");
    }

    #[test]
    fn a_text_that_does_not_fit_is_cut_between_characters_and_leaves_room() {
        let mut storage = [0; 8];
        let mut texts = Texts::new(&mut storage);
        texts.line("abc\u{e9}".as_bytes());
        let first = texts.end();
        texts.line(b"xyz");
        let second = texts.end();
        assert_eq!(text(&texts, first), "abc");
        assert_eq!(text(&texts, second), "xyz");
        // The same in ASCII, at the edge: half of 8 is 4, of what is left then 2, and the separator counts.
        let mut storage = [0; 8];
        let mut texts = Texts::new(&mut storage);
        texts.line(b"abcd");
        let first = texts.end();
        texts.line(b"xyz");
        let second = texts.end();
        texts.line(b"");
        texts.line(b"q");
        texts.line(b"rs");
        let third = texts.end();
        texts.line(b"\xa0\xa0");
        let fourth = texts.end();
        let texts = [first, second, third, fourth].map(|range| text(&texts, range));
        assert_eq!(texts, ["abcd", "xy", "q", "?"]);
        let mut none = Texts::new(&mut []);
        none.line(b"abc");
        let empty = none.end();
        assert_eq!(text(&none, empty), "");
    }
}
