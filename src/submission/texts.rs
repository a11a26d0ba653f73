//! The server's words, kept in memory that the caller lends: as much as fits, made safe to print.

/// Where a kept text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub(super) struct Range {
    from: u16,
    to: u16,
}

/// A lent buffer that fills up with texts.
#[derive(Debug)]
pub(super) struct Texts<'s> {
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
    /// free, so that the last one finds room too.
    pub(super) fn add(&mut self, line: &[u8]) {
        let control = |pair: &[u8]| matches!(pair, [0xc2, 0x80..=0x9f]);
        let utf8 = core::str::from_utf8(line).is_ok() && !line.windows(2).any(control);
        let free = self.storage.len().saturating_sub(usize::from(self.used));
        let limit = usize::from(self.used).saturating_add(free.div_ceil(2));
        let separator = (self.end > self.used).then_some(b'\n');
        let safe =
            |octet: u8| if octet < b' ' || octet == 0x7f || (!utf8 && octet > 0x7f) { b'?' } else { octet };
        for octet in separator.into_iter().chain(line.iter().map(|octet| safe(*octet))) {
            let at = usize::from(self.end);
            let Some(place) = self.storage.get_mut(at).filter(|_| at < limit) else { break };
            *place = octet;
            self.end = self.end.saturating_add(1);
        }
    }

    /// Ends the growing text, on a boundary between characters.
    pub(super) fn finish(&mut self) -> Range {
        let (from, to) = (usize::from(self.used), usize::from(self.end));
        let text = self.storage.get(from..to).unwrap_or_default();
        let valid = core::str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len);
        let range = Range { from: self.used, to: self.used.saturating_add(valid as u16) };
        self.used = range.to;
        self.end = range.to;
        range
    }

    pub(super) fn text(&self, range: Range) -> &str {
        let text = self.storage.get(usize::from(range.from)..usize::from(range.to)).unwrap_or_default();
        core::str::from_utf8(text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_kept_side_by_side_and_made_safe() {
        let mut storage = [0; 64];
        let mut texts = Texts::new(&mut storage);
        texts.add(b"one");
        texts.add(b"t\x1bwo");
        let first = texts.finish();
        texts.add("caf\u{e9}".as_bytes());
        let second = texts.finish();
        texts.add(b"caf\xe9");
        let third = texts.finish();
        texts.add("\u{9b}31m\u{e9}".as_bytes());
        let fourth = texts.finish();
        assert_eq!(texts.text(fourth), "??31m??");
        assert_eq!(texts.text(first), "one\nt?wo");
        assert_eq!(texts.text(second), "caf\u{e9}");
        assert_eq!(texts.text(third), "caf?");
    }

    #[test]
    fn a_text_that_does_not_fit_is_cut_between_characters_and_leaves_room() {
        let mut storage = [0; 8];
        let mut texts = Texts::new(&mut storage);
        texts.add("abc\u{e9}".as_bytes());
        let first = texts.finish();
        texts.add(b"xyz");
        let second = texts.finish();
        assert_eq!(texts.text(first), "abc");
        assert_eq!(texts.text(second), "xyz");
        let mut none = Texts::new(&mut []);
        none.add(b"abc");
        let empty = none.finish();
        assert_eq!(none.text(empty), "");
    }
}
