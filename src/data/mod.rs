//! Layer 1, the mail's content on its way: where it comes from, stuffing, unstuffing, chunks.

mod bare;
pub(crate) mod body;
pub(crate) mod chunking;
mod scan;
mod steps;
pub(crate) mod stuffing;
pub(crate) mod unstuffing;

pub(crate) use bare::first_bare;
pub use body::{Body, Needs, Slice};
pub use chunking::Chunk;
pub use stuffing::{BareLineEnd, LineEnds, Piece, Stuffer};
pub use unstuffing::{BareLineEnds, Step, Then, Unstuffer};
