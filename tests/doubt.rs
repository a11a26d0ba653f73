//! When a bare client holds a mail for delivered, refused or in doubt: only what answers its end tells, and nothing is left of it behind the
//! answer.

mod support;

use embedded_smtp::client::Client;
use embedded_smtp::session::{Phase, Want};
use embedded_smtp::wire::{ForwardPath, ReversePath};
use embedded_smtp::{Error, Protocol};
use support::feed::{addressed, events, feed, lmtp, sent};

/// Gives its end, behind DATA or in a chunk of five octets.
fn end(client: &mut Client<'_>, chunked: bool) {
    if chunked {
        client.bdat(5, true).unwrap();
        assert_eq!(client.body(b"a\r\nb\n"), Ok(5));
    } else {
        client.end_of_body().unwrap();
    }
}

/// DATA and its 354, where the mail does not go in chunks.
fn begin(client: &mut Client<'_>, chunked: bool) {
    if !chunked {
        client.data().unwrap();
        sent(client);
        feed(client, b"354 go\r\n");
        events(client);
    }
}

#[test]
fn what_had_come_before_the_end_was_given_is_no_answer_to_it() {
    for chunked in [false, true] {
        for (early, closes) in [("250 queued\r\n", false), ("354 go\r\n", false), ("554 no\r\n", !chunked)] {
            for front in 1..=early.len() {
                let (mut rx, mut tx) = ([0; 128], [0; 128]);
                let mut client = addressed(&mut rx, &mut tx);
                begin(&mut client, chunked);
                feed(&mut client, &early.as_bytes()[..front]);
                end(&mut client, chunked);
                sent(&mut client);
                assert!(client.in_doubt());
                feed(&mut client, &early.as_bytes()[front..]);
                let told = events(&mut client);
                if closes {
                    // The server refuses in the middle, and reads no more.
                    assert_eq!((told.len(), client.phase()), (2, Phase::Closing), "{told:?}");
                } else {
                    let Err(Error::Protocol(error)) = client.poll() else { panic!("{early}: {told:?}") };
                    assert!(matches!(error, Protocol::Unasked(_)), "{early}: {error}");
                    assert!(client.in_doubt(), "{early}: whether the server has it is not known");
                }
            }
        }
    }
}

#[test]
fn what_comes_before_all_of_it_is_written_is_no_delivery() {
    for chunked in [false, true] {
        for all in [false, true] {
            for (reply, error) in [("250 queued\r\n", !all), ("354 go\r\n", true), ("554 no\r\n", false)] {
                let (mut rx, mut tx) = ([0; 128], [0; 128]);
                let mut client = addressed(&mut rx, &mut tx);
                begin(&mut client, chunked);
                end(&mut client, chunked);
                let octets = client.transmit().len();
                client.transmitted(if all { octets } else { octets - 1 });
                assert_eq!(client.in_doubt(), all);
                feed(&mut client, reply.as_bytes());
                assert_eq!(client.poll().is_err(), error, "{reply} {chunked} {all}");
                // A refusal in the middle ends the session.
                assert_eq!(client.is_open(), all && !error, "{reply} {chunked} {all}");
            }
        }
    }
}

#[test]
fn behind_421_nothing_is_awaited_and_nothing_in_doubt() {
    for chunked in [false, true] {
        let (mut rx, mut tx) = ([0; 128], [0; 128]);
        let mut client = addressed(&mut rx, &mut tx);
        begin(&mut client, chunked);
        end(&mut client, chunked);
        client.rset().unwrap();
        sent(&mut client);
        assert_eq!((client.in_flight(), client.in_doubt()), (2, true));
        feed(&mut client, b"421 bye\r\n");
        assert_eq!(client.poll(), Ok(Want::Event));
        assert_eq!((client.in_flight(), client.in_doubt(), client.timer()), (0, false, None));
        assert_eq!(client.poll(), Ok(Want::Closed));
    }
}

#[test]
fn what_nobody_was_accepted_for_is_in_doubt_for_nobody() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = lmtp(&mut rx, &mut tx);
    client.mail(&ReversePath::Null, &()).unwrap();
    client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
    client.data().unwrap();
    sent(&mut client);
    feed(&mut client, b"250 ok\r\n550 no\r\n354 go\r\n");
    events(&mut client);
    client.end_of_body().unwrap();
    assert_eq!(sent(&mut client), ".\r\n");
    assert_eq!((client.in_doubt(), client.in_flight(), client.timer()), (false, 0, None));
}

/// Nothing is heard behind the end of the stream.
#[test]
fn a_session_whose_stream_has_ended_is_closed_whatever_else_is_read() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = addressed(&mut rx, &mut tx);
    client.received_eof();
    assert_eq!(client.poll(), Ok(Want::Closed));
    feed(&mut client, b"250 late\r\n");
    assert_eq!((client.poll(), client.event()), (Ok(Want::Closed), None));
}
