//! Layer 5, adapters: each moves octets between an engine and a stream, and holds no protocol knowledge.

#[cfg(any(feature = "embedded-io", feature = "embedded-io-async", feature = "smoltcp"))]
mod error;
#[cfg(any(feature = "embedded-io", feature = "embedded-io-async"))]
mod link;

#[cfg(feature = "embedded-io-async")]
#[cfg_attr(docsrs, doc(cfg(feature = "embedded-io-async")))]
pub mod asynch;
#[cfg(feature = "embedded-io")]
#[cfg_attr(docsrs, doc(cfg(feature = "embedded-io")))]
pub mod blocking;
#[cfg(feature = "smoltcp")]
#[cfg_attr(docsrs, doc(cfg(feature = "smoltcp")))]
pub mod smoltcp;

#[cfg(any(feature = "embedded-io", feature = "embedded-io-async", feature = "smoltcp"))]
pub use error::ConnectionError;
#[cfg(any(feature = "embedded-io", feature = "embedded-io-async"))]
pub use link::Flush;
