//! The known attacks on SMTP software, by class; README.md beside this file lists them with the public records of each, and the names
//! of the tests here and elsewhere. They are tried whole, octet by octet and cut at every place; README.md says how.

#[path = "../random/mod.rs"]
mod random;
#[path = "../sasl_support/mod.rs"]
mod sasl_support;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/mod.rs"]
mod support;

mod argument_injection;
mod arguments;
mod bdat;
mod closing;
mod half_reset;
mod injection_through_server;
mod list;
mod lmtp;
mod numbers;
mod pipelining;
mod reply_parser;
mod sasl_mechanisms;
mod sasl_server;
mod smuggling;
mod starttls_client;
mod starttls_server;
mod stripping;
mod stuffing;
mod time;
mod unbounded;
