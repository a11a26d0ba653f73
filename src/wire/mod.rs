//! Layer 1, the grammar: octets to values to octets, without state.

mod capability;
mod code;
mod mechanism;
mod reply;
pub(crate) mod syntax;
mod verb;
pub(crate) mod writer;

pub use capability::{Capabilities, Extension, Limits, SizeLimit};
pub use code::{Code, EnhancedCode, Severity};
pub use mechanism::{AuthMechanism, AuthMechanisms};
pub use reply::Reply;
pub use syntax::{Fault, Syntax};
pub use verb::Verb;
pub use writer::{Emit, Writer};
