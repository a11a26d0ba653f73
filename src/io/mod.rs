//! Layer 5, adapters: each moves octets between an engine and a stream, and holds no protocol knowledge.

#[cfg(any(feature = "embedded-io", feature = "embedded-io-async"))]
mod error;

#[cfg(feature = "embedded-io")]
#[cfg_attr(docsrs, doc(cfg(feature = "embedded-io")))]
pub mod blocking;

#[cfg(any(feature = "embedded-io", feature = "embedded-io-async"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "embedded-io", feature = "embedded-io-async"))))]
pub use error::ConnectionError;
