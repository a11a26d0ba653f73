//! The known attacks on SMTP software, by class; README.md beside this file lists them with the public records of each, and the names
//! of the tests here and elsewhere. All are tried whole, octet by octet and cut at every place.

#[path = "../random/mod.rs"]
mod random;
#[path = "../sasl_support/mod.rs"]
mod sasl_support;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/mod.rs"]
mod support;

mod argument_injection;
mod bdat;
mod closing;
mod sasl_mechanisms;
mod smuggling;
mod starttls_server;
mod time;
