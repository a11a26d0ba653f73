//! How large the types are.

#![no_std]
#![no_main]

use cortex_m_images::{done, entry, report};
use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::Password;
use embedded_smtp::server::{Policy, Server};
use embedded_smtp::submission::{Recipient, Submission};

#[entry]
fn main() -> ! {
    report("Client", size_of::<Client<'_>>() as u32);
    report("Submission", size_of::<Submission<'_, '_, '_, Slice<'_>, Password<'_>>>() as u32);
    report("Recipient", size_of::<Recipient<'_>>() as u32);
    report("Server", size_of::<Server<'_, '_>>() as u32);
    report("Policy", size_of::<Policy<'_>>() as u32);
    done()
}
