#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(test)]
extern crate std;

mod constant;
mod error;
mod log;

pub mod client;
pub mod data;
pub mod io;
pub mod message;
pub mod sasl;
pub mod server;
pub mod session;
pub mod submission;
pub mod wire;

pub use error::{Buffer, Capacity, Error, Misuse, Protocol};
