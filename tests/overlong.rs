//! A line that is longer than the receive buffer costs no more reads than it must: a quarter of the buffer takes what is dropped.

#[path = "support/server.rs"]
mod server;

use embedded_smtp::client::Client;
use embedded_smtp::session::Want;
use server::{Setup, policy};

#[test]
fn behind_the_kept_front_of_an_overlong_line_a_quarter_of_the_buffer_is_free() {
    for size in 64..200 {
        let (mut rx, mut tx) = (vec![0; size], [0; 64]);
        let mut client = Client::new(&mut rx, &mut tx);
        for round in 0..3 {
            let room = client.receive_buffer();
            let expected = if round == 0 { size } else { size / 4 - 1 };
            assert_eq!(room.len(), expected, "{size} octets, read {round}");
            room.fill(b'2');
            client.received(expected);
            assert_eq!(client.poll(), Ok(Want::Read));
        }
    }
}

#[test]
fn the_rest_of_an_overlong_line_is_no_command_wherever_its_front_was_dropped() {
    let policy = policy();
    for command in ["MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n", "DATA\r\n"] {
        for front in 1..600 {
            let front = vec![b'x'; front];
            let reads: [&[u8]; 4] = [b"EHLO c\r\n", &front, command.as_bytes(), b"QUIT\r\n"];
            let trace = Setup::new(&policy).rx(150).run(&reads, &[]);
            assert_eq!(trace.told[1..], ["Quit"], "{command:?} behind {} octets", front.len());
            let replies = trace.behind_hello();
            assert!(replies.starts_with("500 5.5.") && replies.ends_with(", 221 2.0.0"), "{replies}");
            assert_eq!(replies.matches(", ").count(), 1, "{replies}");
        }
    }
}
