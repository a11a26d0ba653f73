//! Layer 1, the grammar: octets to values to octets, without state.

pub(crate) mod syntax;
pub(crate) mod writer;

pub use syntax::{Fault, Syntax};
pub use writer::{Emit, Writer};
