//! How large the types are.

#![no_std]
#![no_main]

use cortex_m_images::{done, entry, report};
use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::message::{
    Attachment, Message, MessageBody, MessageWriter, Multipart, Reader, Stream, Text,
};
use embedded_smtp::sasl::Password;
use embedded_smtp::server::{Policy, Server};
use embedded_smtp::submission::{Recipient, Submission};

/// A mail with a file from a reader, whose own size is the caller's.
type Content<'a> = Multipart<Text<'a>, [Attachment<'a, Stream<&'a mut dyn Reader>>; 1]>;

#[entry]
fn main() -> ! {
    report("Client", size_of::<Client<'_>>() as u32);
    report("Submission", size_of::<Submission<'_, '_, '_, Slice<'_>, Password<'_>>>() as u32);
    report("Recipient", size_of::<Recipient<'_>>() as u32);
    report("Server", size_of::<Server<'_, '_>>() as u32);
    report("Policy", size_of::<Policy<'_>>() as u32);
    report("MessageWriter", size_of::<MessageWriter<'_, '_, Content<'_>>>() as u32);
    report("MessageBody", size_of::<MessageBody<'_, '_, Content<'_>>>() as u32);
    report("TextMessage", size_of::<Message<'_, Text<'_>>>() as u32);
    report("Message", size_of::<Message<'_, Content<'_>>>() as u32);
    done()
}
