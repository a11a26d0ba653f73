//! A line that is longer than the receive buffer costs no more reads than it must: a quarter of the buffer takes what is dropped.

use embedded_smtp::client::Client;
use embedded_smtp::session::Want;

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
