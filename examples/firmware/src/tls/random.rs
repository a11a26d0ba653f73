//! Random numbers.
//!
//! The board has no source of randomness, so the host of QEMU is asked for a seed, through the debugger (semihosting). **A real
//! device must ask its hardware instead**, here and nowhere else: with a seed that can be guessed, or comes twice, TLS
//! protects nothing.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{CryptoRngCore, RngCore, SeedableRng};

/// A generator with a fresh seed.
pub struct Random(ChaCha20Rng);

impl Random {
    /// `None` when there is no seed; then there must be no TLS.
    pub fn new() -> Option<Self> {
        let mut seed = [0; 32];
        semihosting::experimental::random::fill_bytes(&mut seed).ok()?;
        Some(Self(ChaCha20Rng::from_seed(seed)))
    }

    /// For embedded-tls.
    pub fn generator(&mut self) -> impl CryptoRngCore {
        &mut self.0
    }

    /// As many octets as are asked for.
    #[cfg_attr(not(feature = "scram"), expect(dead_code, reason = "only SCRAM has a nonce"))]
    pub fn octets<const N: usize>(&mut self) -> [u8; N] {
        let mut octets = [0; N];
        self.0.fill_bytes(&mut octets);
        octets
    }
}
