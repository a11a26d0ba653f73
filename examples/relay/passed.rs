//! What there is to say of a mail when it is done with.

/// A mail that is done with.
#[derive(Debug)]
pub(crate) struct Passed<'a> {
    pub(crate) id: u64,
    pub(crate) from: &'a str,
    pub(crate) recipients: usize,
    pub(crate) accepted: usize,
    pub(crate) octets: u64,
    pub(crate) seconds: f64,
    /// The reply that decided, or why there is none.
    pub(crate) outcome: &'a str,
}
