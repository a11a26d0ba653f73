//! Human text in header fields: plain where it can be, encoded words where it must (RFC 2047).

use super::coding::{base64, base64_length};
use super::ink::{Ink, WIDTH};
use crate::wire::{Fault, Syntax};

/// Longest word that still can be folded into a line, with the space in front of it.
const FOLDABLE: usize = WIDTH - 1;

/// Longest word of raw UTF-8: scripts without spaces give no place to fold, and 998 is the end
/// (RFC 6532 §3.4), with each character escaped.
const UNFOLDABLE: usize = 450;

/// Text for people: a subject, a comment. Any Unicode text on one line, without control characters.
///
/// It goes out as it is where it is ASCII (or the transport takes UTF-8), with single spaces and
/// short words; otherwise in encoded words, which give the reader exactly the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct HeaderText<'a>(&'a str);

impl<'a> HeaderText<'a> {
    /// Checks `text`.
    ///
    /// # Errors
    /// At the first control character (C0, DEL, C1), and so at every CR, LF and NUL.
    pub fn new(text: &'a str) -> Result<Self, Syntax> {
        let octets = text.as_bytes();
        let mut last = 0;
        for (at, octet) in octets.iter().enumerate() {
            let fault = match octet {
                b'\r' | b'\n' | 0 => Fault::LineBreak,
                0x01..=0x1f | 0x7f => Fault::Unexpected,
                // C1 in UTF-8: C2 80 to C2 9F
                0x80..=0x9f if last == 0xc2 => Fault::Unexpected,
                _ => {
                    last = *octet;
                    continue;
                }
            };
            return Err(Syntax::new(fault, octets, at));
        }
        Ok(Self(text))
    }

    /// The text as it was given.
    pub fn as_str(&self) -> &'a str {
        self.0
    }

    /// Appends the text behind the field's name.
    pub(crate) fn emit(&self, utf8: bool, ink: &mut Ink<'_>) {
        let first = first_word(self.0.as_bytes());
        let fits = first.len() < ink.room() || !first.is_ascii();
        if fits && is_plain(self.0, utf8, FOLDABLE) {
            value(self.0.as_bytes(), ink);
        } else {
            encoded_words(self.0, false, ink);
        }
    }
}

/// Whether `text` reads the same when it stands in a header field as it is: words of at most
/// `longest` octets with one space between, and nothing that looks like an encoded word.
pub(crate) fn is_plain(text: &str, utf8: bool, longest: usize) -> bool {
    let mut word = 0_usize;
    let mut wide = false;
    let mut last = b' ';
    for octet in text.bytes() {
        if octet == b' ' {
            if last == b' ' {
                return false;
            }
            word = 0;
            wide = false;
        } else {
            wide |= !octet.is_ascii();
            word = word.saturating_add(1);
            let longest = if wide { UNFOLDABLE } else { longest };
            if word > longest || (wide && !utf8) || (last == b'=' && octet == b'?') {
                return false;
            }
        }
        last = octet;
    }
    last != b' ' || text.is_empty()
}

/// Appends the words of a field's value. There is no fold in front of the first, because some readers
/// take its space for a part of the value.
pub(crate) fn value(text: &[u8], ink: &mut Ink<'_>) {
    let first = first_word(text);
    ink.byte(b' ');
    ink.put(first);
    if let Some(rest) = text.get(first.len().saturating_add(1)..) {
        words(rest, ink);
    }
}

fn first_word(text: &[u8]) -> &[u8] {
    text.split(|octet| *octet == b' ').next().unwrap_or_default()
}

/// Appends the words of `text`, each with a space or a fold in front of it.
pub(crate) fn words(text: &[u8], ink: &mut Ink<'_>) {
    for word in text.split(|octet| *octet == b' ') {
        ink.space(word.len());
        ink.put(word);
    }
}

/// Appends `text` in encoded words of at most 75 characters, cut between characters, in B or Q by
/// which is shorter. In a phrase they begin on a new line if that saves the cut: some readers see a
/// space there.
///
/// ```abnf
/// encoded-word = "=?" charset "?" encoding "?" encoded-text "?="
/// ```
pub(crate) fn encoded_words(text: &str, phrase: bool, ink: &mut Ink<'_>) {
    const FRAME: usize = 12;
    const MOST: usize = WIDTH - FRAME - 1;
    // Four octets in Q: no place for less than one character.
    const LEAST: usize = 12;
    let mut rest = text.as_bytes();
    let q_length = rest.iter().map(|octet| q_width(*octet)).fold(0_usize, usize::saturating_add);
    let b_length = base64_length(rest.len());
    let quoted = q_length <= b_length;
    let length = q_length.min(b_length);
    let least = if phrase && length <= MOST { length } else { LEAST };
    while !rest.is_empty() {
        let mut room = ink.room().saturating_sub(FRAME + 1);
        if room < least {
            ink.line_end();
            room = MOST;
        }
        let (word, behind) = split(rest, room, quoted);
        rest = behind;
        ink.put(if quoted { b" =?utf-8?Q?" } else { b" =?utf-8?B?" });
        if quoted {
            q(word, ink);
        } else {
            b(word, ink);
        }
        ink.put(b"?=");
    }
}

/// As many characters from the front as take at most `room` columns when encoded.
fn split(text: &[u8], room: usize, quoted: bool) -> (&[u8], &[u8]) {
    let mut width = 0_usize;
    let mut end = 0_usize;
    for (at, octet) in text.iter().enumerate() {
        if !is_inner(*octet) {
            end = at;
        }
        width =
            if quoted { width.saturating_add(q_width(*octet)) } else { base64_length(at.saturating_add(1)) };
        if width > room {
            return text.split_at_checked(end).unwrap_or((text, b""));
        }
    }
    (text, b"")
}

/// Whether the octet belongs to the character of the one before it.
pub(crate) fn is_inner(octet: u8) -> bool {
    octet & 0xc0 == 0x80
}

/// What the Q encoding takes as it is everywhere, phrases included (RFC 2047 §5 (3)).
fn is_q_literal(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'!' | b'*' | b'+' | b'-' | b'/')
}

fn q_width(octet: u8) -> usize {
    if is_q_literal(octet) || octet == b' ' { 1 } else { 3 }
}

fn q(text: &[u8], ink: &mut Ink<'_>) {
    for octet in text {
        match *octet {
            b' ' => ink.byte(b'_'),
            octet if is_q_literal(octet) => ink.byte(octet),
            octet => ink.escape(b'=', octet),
        }
    }
}

fn b(text: &[u8], ink: &mut Ink<'_>) {
    let mut characters = [0; WIDTH];
    base64(text, &mut characters);
    ink.put(characters.get(..base64_length(text.len())).unwrap_or_default());
}
