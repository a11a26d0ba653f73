//! Layer 1, the mail's content on its way: where it comes from, stuffing, unstuffing, chunks.

pub(crate) mod body;

pub use body::{Body, Needs, Slice};
