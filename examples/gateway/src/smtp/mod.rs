//! The SMTP door: the relay's, with the gateway's own configuration and journal.

#[path = "../../../relay/answer.rs"]
mod answer;
pub(crate) mod config;
#[path = "../../../relay/hops.rs"]
mod hops;
mod journal;
#[path = "../../../relay/next_hop.rs"]
pub(crate) mod next_hop;
#[path = "../../../relay/offers.rs"]
pub(crate) mod offers;
#[path = "../../../relay/passed.rs"]
pub(crate) mod passed;
#[path = "../../../relay/patience.rs"]
pub(crate) mod patience;
#[path = "../../../relay/serve.rs"]
pub(crate) mod serve;
#[path = "../../../relay/session.rs"]
pub(crate) mod session;
#[path = "../../../relay/stream.rs"]
pub(crate) mod stream;
#[path = "../../../relay/trace.rs"]
mod trace;
