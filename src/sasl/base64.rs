//! Base64 (RFC 4648 §4) in small steps, so that neither side of it needs a buffer of its own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::wire::Writer;

/// Encodes what is put into it, straight into a [`Writer`]. Not `Debug`: it holds secrets.
pub(crate) struct Encoder<'w, 'b> {
    out: &'w mut Writer<'b>,
    held: [u8; 3],
    count: u8,
}

impl<'w, 'b> Encoder<'w, 'b> {
    pub(crate) fn new(out: &'w mut Writer<'b>) -> Self {
        Self { out, held: [0; 3], count: 0 }
    }

    pub(crate) fn put(&mut self, octets: &[u8]) {
        for octet in octets {
            if let Some(place) = self.held.get_mut(usize::from(self.count)) {
                *place = *octet;
            }
            self.count += 1;
            if self.count == 3 {
                self.flush();
            }
        }
    }

    /// Writes the last group, padded.
    pub(crate) fn finish(mut self) {
        if self.count > 0 {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let mut group = [0; 4];
        let held = self.held.get(..usize::from(self.count)).unwrap_or_default();
        if STANDARD.encode_slice(held, &mut group).is_ok() {
            self.out.put(&group);
        }
        self.held = [0; 3];
        self.count = 0;
    }
}

/// Encodes the parts as one, in small steps.
#[cfg(feature = "scram")]
pub(crate) fn encode_parts(parts: &[&[u8]], put: &mut dyn FnMut(&[u8])) {
    let mut octets = parts.iter().copied().flatten().copied();
    loop {
        let mut held = [0; 3];
        let mut count = 0_usize;
        for (place, octet) in held.iter_mut().zip(octets.by_ref()) {
            *place = octet;
            count = count.saturating_add(1);
        }
        let mut group = [0; 4];
        let length =
            STANDARD.encode_slice(held.get(..count).unwrap_or_default(), &mut group).unwrap_or_default();
        put(group.get(..length).unwrap_or_default());
        if count < held.len() {
            return;
        }
    }
}

/// Octets that `length` octets take when they are encoded.
pub(crate) const fn encoded_length(length: usize) -> usize {
    length.div_ceil(3).saturating_mul(4)
}

/// Decodes `text` where it stands, strictly (padding demanded, no stray bits, no line breaks).
///
/// Returns the decoded front of `text`; `None` when it is not base64.
pub(crate) fn decode_in_place(text: &mut [u8]) -> Option<&mut [u8]> {
    let groups = text.len() / 4;
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let mut written = 0_usize;
    for index in 0..groups {
        let mut decoded = [0; 3];
        let from = index.checked_mul(4)?;
        let group = text.get(from..from.checked_add(4)?)?;
        let length = STANDARD.decode_slice(group, &mut decoded).ok()?;
        // only the last group may be padded
        if length < 3 && index.checked_add(1)? != groups {
            return None;
        }
        let to = written.checked_add(length)?;
        text.get_mut(written..to)?.copy_from_slice(decoded.get(..length)?);
        written = to;
    }
    text.get_mut(..written)
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
    fn what_is_not_strictly_base64_is_refused() {
        for text in ["Z", "Zg", "Zg=", "Zh==", "Zm9v\n", "Zg==Zg==", "====", "Zm9-", "Zm 9", "Z===", "*"] {
            let mut buffer = [0; 16];
            buffer[..text.len()].copy_from_slice(text.as_bytes());
            assert!(decode_in_place(&mut buffer[..text.len()]).is_none(), "{text}");
        }
    }
}
