//! What a session takes of memory besides the lent buffers.

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::Password;
use embedded_smtp::server::Server;
use embedded_smtp::submission::{Recipient, Submission};
use embedded_smtp::{Error, client, session};

#[test]
fn the_client_takes_at_most_160_octets_besides_its_two_slices() {
    let slices = 2 * size_of::<&mut [u8]>();
    let client = size_of::<Client<'_>>();
    let sizes = [
        ("Client, besides its slices", client - slices),
        ("Client", client),
        ("Server, besides its slices", size_of::<Server<'_, '_>>() - slices),
        ("Submission of a slice, no login", size_of::<Submission<'_, '_, '_, Slice<'_>>>()),
        (
            "Submission of a slice, with a password",
            size_of::<Submission<'_, '_, '_, Slice<'_>, Password<'_>>>(),
        ),
        ("Recipient", size_of::<Recipient<'_>>()),
        ("client::Event", size_of::<client::Event<'_>>()),
        ("Want", size_of::<session::Want>()),
        ("Error", size_of::<Error>()),
    ];
    for (name, size) in sizes {
        println!("{size:4} octets: {name}");
    }
    assert!(client - slices <= 160, "{client}");
    assert!(sizes[2].1 <= 256);
    // what firmware puts on its stack, on a 64-bit host; half of the pointers on a small one
    assert!(sizes[4].1 <= 512 && sizes[5].1 <= 64 && sizes[6].1 <= 64);
    assert_eq!(size_of::<session::Want>(), 1);
}
