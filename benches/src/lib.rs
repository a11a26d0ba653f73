//! The same work by this crate, by the least code that does it, and by others, on the same octets.
//!
//! `cargo run --release --bin instructions` counts instructions (callgrind) and holds them against `budget.toml`; CI runs
//! that. `--features peers --bin table` prints the table of all of them. See `README.md`.

pub mod alloc;
pub mod callgrind;
pub mod corpus;
pub mod limits;
#[cfg(feature = "loopback")]
pub mod loopback;
pub mod machine;
pub mod ours;
#[cfg(feature = "peers")]
pub mod peers;
pub mod row;
pub mod session;
