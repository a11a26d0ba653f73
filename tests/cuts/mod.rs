//! Ways to cut an input into reads, and inputs worth cutting.
#![allow(dead_code, reason = "each test binary uses its share")]

/// Calls `test` with `input` whole, byte by byte, and cut into two and three pieces everywhere.
pub(crate) fn few_pieces(input: &[u8], mut test: impl FnMut(&[&[u8]])) {
    test(&[input]);
    test(&input.chunks(1).collect::<Vec<_>>());
    for second in 0..=input.len() {
        let (head, tail) = input.split_at(second);
        for first in 0..=second {
            let (front, middle) = head.split_at(first);
            test(&[front, middle, tail]);
        }
    }
}

/// Calls `test` with `input` cut in every way there is: 2^(n-1) of them.
pub(crate) fn all_ways(input: &[u8], mut test: impl FnMut(&[&[u8]])) {
    for mask in 0..1_u32 << input.len().saturating_sub(1) {
        let mut pieces = Vec::new();
        let mut from = 0;
        for at in 1..input.len() {
            if mask >> (at - 1) & 1 == 1 {
                pieces.push(&input[from..at]);
                from = at;
            }
        }
        pieces.push(&input[from..]);
        test(&pieces);
    }
}

/// Calls `test` with every input of up to `longest` octets out of the five that can matter.
pub(crate) fn every_input(longest: usize, mut test: impl FnMut(&[u8])) {
    let alphabet = b"a.\r\n\0";
    for length in 0..=longest {
        for number in 0..alphabet.len().pow(length as u32) {
            let mut rest = number;
            let input: Vec<u8> = (0..length)
                .map(|_| {
                    let octet = alphabet[rest % alphabet.len()];
                    rest /= alphabet.len();
                    octet
                })
                .collect();
            test(&input);
        }
    }
}

/// Octets that repeat with the seed (xorshift64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % bound
    }

    /// Up to `longest` octets: text in which about one place in `rarity` needs attention.
    pub(crate) fn text(&mut self, longest: usize, rarity: usize) -> Vec<u8> {
        let odd =
            [&b"\r\n"[..], b"\r\n.", b"\r\n..", b"\n", b"\r", b".", b"\r\r\n", b"\n.\n", b"\r\n.\r", b"\0"];
        let length = self.below(longest + 1);
        let mut text = Vec::new();
        while text.len() < length {
            match self.below(rarity) {
                0 => text.extend_from_slice(odd[self.below(odd.len())]),
                _ => text.push(b'a'),
            }
        }
        text
    }

    /// Cuts `input` into pieces of 1 to `longest` octets.
    pub(crate) fn cut<'a>(&mut self, mut input: &'a [u8], longest: usize) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        while !input.is_empty() {
            let (piece, rest) = input.split_at((1 + self.below(longest)).min(input.len()));
            pieces.push(piece);
            input = rest;
        }
        pieces
    }
}
