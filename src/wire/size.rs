//! Sizes of mails as they are kept. Callers and peers count in 64 bits; machines without a vector unit keep 32 of them, which
//! takes less flash: no mail beyond is theirs, and a larger limit is none to them.

use super::syntax::WIDE;

/// A number of octets.
#[cfg(all(
    not(embedded_smtp_narrow),
    any(target_feature = "sse2", target_feature = "neon", target_feature = "simd128")
))]
pub(crate) type Octets = u64;
#[cfg(not(all(
    not(embedded_smtp_narrow),
    any(target_feature = "sse2", target_feature = "neon", target_feature = "simd128")
)))]
pub(crate) type Octets = u32;

const _: () = assert!(WIDE == (Octets::BITS == 64));

/// What holds a product of two of them.
pub(crate) type Twice = <Octets as Doubled>::Twice;

/// A number of which there is one twice as wide.
pub(crate) trait Doubled {
    type Twice;
}

impl Doubled for u32 {
    type Twice = u64;
}

impl Doubled for u64 {
    type Twice = u128;
}

/// A size as callers have it.
#[allow(clippy::unnecessary_cast, clippy::cast_lossless, reason = "it has one of two types")]
pub(crate) const fn told(size: Octets) -> u64 {
    size as u64
}

/// A size in octets, if it can be kept.
pub(crate) fn counted(size: u64) -> Option<Octets> {
    Octets::try_from(size).ok()
}
