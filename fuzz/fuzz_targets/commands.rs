//! A bare client that is asked for anything, in any order, while the server says anything: what goes out is the
//! lines of the commands that it accepted, and the content, to the octet and in order. So no line leaves that was not asked
//! for, whatever the arguments hold.
#![no_main]

use arbitrary::Arbitrary;
use embedded_smtp::client::{Client, Event};
use embedded_smtp::data::LineEnds;
use embedded_smtp::session::Want;
use embedded_smtp_fuzz::acts::{Act, Model};
use embedded_smtp_fuzz::{Cuts, feed};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Case<'a> {
    acts: Vec<Act<'a>>,
    sizes: &'a [u8],
    tx: u8,
    tls: bool,
    reject: bool,
    server: &'a [u8],
}

fuzz_target!(|case: Case<'_>| run(&case));

fn run(case: &Case<'_>) {
    let (mut rx, mut tx) = ([0; 128], [0; 300]);
    let mut client = Client::new(&mut rx, &mut tx[..45 + usize::from(case.tx)]).allow_clear_text_auth();
    if case.tls {
        client = client.over_tls();
    }
    if case.reject {
        client = client.line_ends(LineEnds::Reject);
    }
    let mut model = Model::default();
    let (mut written, mut rest) = (Vec::new(), case.server);
    let mut cuts = Cuts::new(case.sizes);
    let mut acts = case.acts.iter().peekable();
    for _ in 0..10_000 {
        let want = client.poll();
        model.follow(&client);
        match want {
            Ok(Want::Closed) | Err(_) => break,
            Ok(Want::Event) if matches!(client.event(), Some(Event::StartTls)) => {
                client.tls_established().expect("a handshake was due");
                continue;
            }
            Ok(_) => {}
        }
        // Something is asked for whenever there is something to ask; else the octets move.
        if let Some(act) = acts.peek()
            && model.act(&mut client, act, false)
        {
            acts.next();
        }
        model.follow(&client);
        let size = cuts.next_size();
        if !model.in_place.is_empty() {
            let (front, left) = model.in_place.split_at(size.min(model.in_place.len()));
            written.extend_from_slice(front);
            model.in_place = left;
            client.transmitted(front.len());
        } else if !client.transmit().is_empty() {
            let size = size.min(client.transmit().len());
            written.extend_from_slice(&client.transmit()[..size]);
            client.transmitted(size);
        } else if want == Ok(Want::Read) {
            feed(&mut client, &mut rest, &mut cuts);
        }
    }
    let expected = model.outgoing();
    assert!(
        expected.starts_with(&written),
        "sent: {}\nasked for: {}",
        written.escape_ascii(),
        expected.escape_ascii()
    );
    if client.is_open() && !model.open {
        let all = [&written, model.in_place, client.transmit()].concat();
        assert_eq!(all.escape_ascii().to_string(), expected.escape_ascii().to_string());
    }
}
