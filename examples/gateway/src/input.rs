//! What a whole message is read from.

use std::io::Read;

/// A text that can travel from one thread to another.
pub(crate) trait Source: Read + Send {}

impl<T: Read + Send> Source for T {}
