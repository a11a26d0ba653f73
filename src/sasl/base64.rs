//! Base64 (RFC 4648 §4) in small steps, so that neither side of it needs a buffer of its own.
//!
//! The `base64` crate's codec takes 3 KiB of flash and can panic as far as the optimiser sees, and its alphabet is a table of 64
//! octets; so there is neither here, but the tests hold this one against both.

use crate::wire::Writer;

/// Encodes what is put into it, straight into a [`Writer`]. Not `Debug`: it holds secrets.
pub(crate) struct Encoder<'w, 'b> {
    out: &'w mut Writer<'b>,
    /// Up to two octets that are not written, behind a bit that is set: with a third one it has reached the top octet.
    held: u32,
}

impl<'w, 'b> Encoder<'w, 'b> {
    pub(crate) fn new(out: &'w mut Writer<'b>) -> Self {
        Self { out, held: 1 }
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn put(&mut self, octets: &[u8]) {
        let mut held = self.held;
        for octet in octets {
            held = held << 8 | u32::from(*octet);
            if held >> 24 == 0 {
                continue;
            }
            for _ in 0..4 {
                held = held.rotate_left(6);
                self.out.byte(letter(held >> 24 & 63));
            }
            held = 1;
        }
        self.held = held;
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(crate) fn nul(&mut self) {
        self.put(&[0]);
    }

    /// Writes what is held, filled up with zeros, whose letters give way to the padding.
    pub(crate) fn finish(&mut self) {
        let mut missing = 0_usize;
        while self.held != 1 {
            self.nul();
            missing = missing.wrapping_add(1);
        }
        self.out.truncate(self.out.wanted().wrapping_sub(missing));
        for _ in 0..missing {
            self.out.byte(b'=');
        }
    }
}

/// The letters of the first `count` octets, padded.
#[cfg(feature = "scram")]
fn letters([first, second, third]: [u8; 3], count: u8) -> [u8; 4] {
    let group = u32::from_be_bytes([0, first, second, third]);
    let letter = |place: u8, shift: u8| if place > count { b'=' } else { letter(group >> shift & 63) };
    [letter(0, 18), letter(1, 12), letter(2, 6), letter(3, 0)]
}

/// The alphabet, as steps between its five runs.
fn letter(sextet: u32) -> u8 {
    let behind = |first: u32, step: u8| if sextet >= first { step } else { 0 };
    (sextet as u8)
        .wrapping_add(b'A')
        .wrapping_add(behind(26, b'a' - b'Z' - 1))
        .wrapping_add(behind(52, b'0'.wrapping_sub(b'z' + 1)))
        .wrapping_add(behind(62, b'+'.wrapping_sub(b'9' + 1)))
        .wrapping_add(behind(63, b'/' - b'+' - 1))
}

fn sextet(other: u8) -> Option<u32> {
    (0..64).find(|sextet| letter(*sextet) == other)
}

/// Encodes the parts as one.
#[cfg(feature = "scram")]
#[inline(never)] // once in flash, not at each place of use
pub(crate) fn encode_parts(parts: &[&[u8]], put: &mut dyn FnMut(&[u8])) {
    let mut octets = parts.iter().copied().flatten().copied();
    loop {
        let (mut held, mut count) = ([0; 3], 0_u8);
        for (place, octet) in held.iter_mut().zip(octets.by_ref()) {
            *place = octet;
            count = count.wrapping_add(1);
        }
        if count > 0 {
            put(&letters(held, count));
        }
        if count < 3 {
            return;
        }
    }
}

/// Decodes in pieces, as strictly as [`decode_in_place`]; whether it was base64. What is put before that is known is of no meaning.
#[cfg(feature = "scram")]
pub(crate) fn decode_pieces(text: &[u8], put: &mut dyn FnMut(&[u8])) -> bool {
    let mut ended = false;
    for group in text.chunks(4) {
        let mut room = [0; 4];
        room.iter_mut().zip(group).for_each(|(place, letter)| *place = *letter);
        match room.get_mut(..group.len()).and_then(decode_in_place) {
            Some(octets) if !ended => {
                // only the last group may be padded
                ended = octets.len() < 3;
                put(octets);
            }
            _ => return false,
        }
    }
    true
}

/// Octets that `length` octets take when they are encoded.
#[cfg(any(test, feature = "scram"))]
pub(crate) const fn encoded_length(length: usize) -> usize {
    (length.saturating_add(2) / 3).saturating_mul(4)
}

/// Decodes `text` where it stands, strictly (padding demanded, no stray bits, no line breaks).
///
/// Returns the decoded front of `text`; `None` when it is not base64.
pub(crate) fn decode_in_place(text: &mut [u8]) -> Option<&mut [u8]> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let padding = text.iter().rev().take(2).take_while(|letter| **letter == b'=').count();
    let letters = text.len().saturating_sub(padding);
    let (mut group, mut held, mut written) = (0_u32, 0_u8, 0_usize);
    for index in 0..letters {
        group = group << 6 | sextet(*text.get(index)?)?;
        held = held.wrapping_add(6);
        if held >= 8 {
            held = held.wrapping_sub(8);
            *text.get_mut(written)? = (group >> held) as u8;
            written = written.wrapping_add(1);
        }
    }
    // What is left of the last letter must be zeros (RFC 4648 §3.5).
    let stray = group & (1_u32 << held).wrapping_sub(1);
    if stray == 0 { text.get_mut(..written) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648_go_both_ways() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            let mut buffer = [0; 16];
            let mut out = Writer::new(&mut buffer);
            let mut encoder = Encoder::new(&mut out);
            let (front, back) = plain.as_bytes().split_at(plain.len() / 2);
            encoder.put(front);
            encoder.put(back);
            encoder.finish();
            let length = out.finish().unwrap();
            assert_eq!(&buffer[..length], encoded.as_bytes());
            assert_eq!(encoded_length(plain.len()), encoded.len());
            assert_eq!(decode_in_place(&mut buffer[..length]).unwrap(), plain.as_bytes());
        }
    }

    #[test]
    fn the_crates_own_codec_agrees() {
        use base64::Engine as _;
        for length in 0..=12 {
            for seed in 0..=255_u8 {
                let mut plain = [0; 12];
                plain
                    .iter_mut()
                    .zip(1..)
                    .for_each(|(octet, at)| *octet = seed.wrapping_mul(at).rotate_left(u32::from(at)));
                let plain = &plain[..length];
                let mut reference = [0; 16];
                let expected =
                    base64::engine::general_purpose::STANDARD.encode_slice(plain, &mut reference).unwrap();
                let mut buffer = [0; 16];
                let mut out = Writer::new(&mut buffer);
                let mut encoder = Encoder::new(&mut out);
                encoder.put(plain);
                encoder.finish();
                assert_eq!(out.finish(), Ok(expected));
                assert_eq!(buffer, reference);
                assert_eq!(decode_in_place(&mut buffer[..expected]).unwrap(), plain);
            }
        }
    }

    /// Every text of four octets out of a set that has all kinds: letters, padding, and neither.
    #[test]
    fn the_crates_own_codec_refuses_the_same() {
        use base64::Engine as _;
        const KINDS: &[u8; 12] = b"AZaz09+/=Q-\n";
        for number in 0..12_usize.pow(4) {
            let at = |power| KINDS[number / 12_usize.pow(power) % 12];
            let text = [at(3), at(2), at(1), at(0)];
            let mut reference = [0; 3];
            let expected = base64::engine::general_purpose::STANDARD.decode_slice(text, &mut reference).ok();
            let mut decoded = text;
            let decoded = decode_in_place(&mut decoded).map(|decoded| &*decoded);
            assert_eq!(decoded, expected.map(|length| &reference[..length]), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_strictly_base64_is_refused() {
        for text in ["Z", "Zg", "Zg=", "Zh==", "Zm9v\n", "Zg==Zg==", "====", "Zm9-", "Zm 9", "Z===", "*"] {
            let mut buffer = [0; 16];
            buffer[..text.len()].copy_from_slice(text.as_bytes());
            assert!(decode_in_place(&mut buffer[..text.len()]).is_none(), "{text}");
        }
    }

    #[cfg(feature = "scram")]
    #[test]
    fn pieces_are_the_whole() {
        let octets: std::vec::Vec<u8> = (0..=255).collect();
        for (from, to) in [(0, 0), (0, 1), (0, 2), (0, 3), (250, 256), (0, 256), (100, 140)] {
            let plain = &octets[from..to];
            let (front, back) = plain.split_at(plain.len() / 3);
            let mut text = std::vec::Vec::new();
            encode_parts(&[front, b"", back], &mut |part| text.extend_from_slice(part));
            let mut decoded = std::vec::Vec::new();
            assert!(decode_pieces(&text, &mut |piece| decoded.extend_from_slice(piece)));
            assert_eq!(decoded, plain);
            assert_eq!(decode_in_place(&mut text).unwrap(), plain);
        }
        for text in ["Z", "Zg", "Zg=", "Zh==", "Zg==Zg==", "Zm8=Zm9v", "====", "Z===", "Zm9vZ"] {
            assert!(!decode_pieces(text.as_bytes(), &mut |_| {}), "{text}");
        }
    }
}
