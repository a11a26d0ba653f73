//! Time without a clock: what is waited for, how long, and when the clock starts anew.

mod support;

use embedded_smtp::Misuse;
use embedded_smtp::client::Client;
use embedded_smtp::session::{Endpoint, Timer, TimerKind, Want};
use embedded_smtp::submission::{Event, Verdict};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath, Verb};
use support::client::{mail, with_settings};
use support::feed::{addressed, events, feed, ready, sent};

fn kind(timer: Option<Timer>) -> Option<(TimerKind, u64)> {
    timer.map(|timer| (timer.kind(), timer.after().as_secs()))
}

type Step<'s> = (&'s str, fn(&mut Client<'_>, &ForwardPath<'_>), Option<(TimerKind, u64)>);

#[test]
fn each_phase_waits_as_long_as_rfc_5321_says() {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut client = Client::new(&mut rx, &mut tx);
    let path = ForwardPath::new("b@c").unwrap();
    let mut epochs = Vec::new();
    let steps: [Step<'_>; 9] = [
        ("", |_, _| {}, Some((TimerKind::Greeting, 300))),
        ("220 hi\r\n", |_, _| {}, None),
        ("", |client, _| client.ehlo(HelloName::new("c").unwrap()).unwrap(), Some((TimerKind::Reply, 300))),
        (
            "250 hi\r\n",
            |client, _| client.mail(&ReversePath::Null, &()).unwrap(),
            Some((TimerKind::Reply, 300)),
        ),
        ("250 ok\r\n", |client, path| client.rcpt(path, &()).unwrap(), Some((TimerKind::Reply, 300))),
        ("250 ok\r\n", |client, _| client.data().unwrap(), Some((TimerKind::DataReply, 120))),
        (
            "354 go\r\n",
            |client, _| assert_eq!(client.body(b"text"), Ok(4)),
            Some((TimerKind::DataBlock, 180)),
        ),
        ("", |client, _| client.end_of_body().unwrap(), Some((TimerKind::EndOfData, 600))),
        ("250 ok\r\n", |client, _| client.quit().unwrap(), Some((TimerKind::Reply, 300))),
    ];
    for (reply, command, expected) in steps {
        feed(&mut client, reply.as_bytes());
        events(&mut client);
        command(&mut client, &path);
        assert_eq!(kind(client.timer()), expected, "behind {reply:?}");
        sent(&mut client);
        if let Some(timer) = client.timer() {
            epochs.push(timer.epoch());
        }
    }
    epochs.dedup();
    assert_eq!(epochs.len(), 8, "each wait has a clock of its own: {epochs:?}");
    feed(&mut client, b"221 bye\r\n");
    events(&mut client);
    assert_eq!(client.timer(), None);
}

#[test]
fn a_reply_that_drips_does_not_start_the_clock_anew() {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut client = Client::new(&mut rx, &mut tx);
    let epoch = |client: &Client<'_>| client.timer().map(|timer| timer.epoch());
    for reply in [
        "220-hello\r\n220-there\r\n220 hi\r\n",
        "250-hi\r\n250-SIZE 5\r\n250 HELP\r\n",
        "250-ok\r\n250 ok\r\n",
    ] {
        let before = epoch(&client);
        assert!(before.is_some());
        let (last, front) = reply.as_bytes().split_last().unwrap();
        for octet in front {
            feed(&mut client, &[*octet]);
            events(&mut client);
            assert_eq!(epoch(&client), before, "{reply:?}");
        }
        feed(&mut client, &[*last]);
        events(&mut client);
        match reply.as_bytes()[0..3] {
            [b'2', b'2', b'0'] => client.ehlo(HelloName::new("c").unwrap()).unwrap(),
            _ => client.noop().unwrap(),
        }
        assert_ne!(epoch(&client), before, "the next wait begins");
        sent(&mut client);
    }
}

#[test]
fn pipelined_replies_have_their_time_one_by_one_and_commands_behind_others_start_nothing() {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut client = ready(&mut rx, &mut tx, &["PIPELINING"]);
    let epoch = |client: &Client<'_>| client.timer().map(|timer| timer.epoch());
    client.mail(&ReversePath::Null, &()).unwrap();
    let first = epoch(&client);
    client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
    client.data().unwrap();
    assert_eq!(epoch(&client), first);
    sent(&mut client);
    assert_eq!(epoch(&client), first, "commands are waited for as a whole");
    let mut seen = vec![first];
    for (reply, next) in [
        ("250 ok\r\n", TimerKind::Reply),
        ("250 ok\r\n", TimerKind::DataReply),
        ("354 go\r\n", TimerKind::DataBlock),
    ] {
        feed(&mut client, reply.as_bytes());
        events(&mut client);
        assert!(!seen.contains(&epoch(&client)));
        seen.push(epoch(&client));
        assert_eq!(client.timer().map(|timer| timer.kind()), Some(next));
    }
}

/// RFC 5321 §4.5.3.2.5: the time is that of a whole piece. Behind each octet it would be no time at all, and a peer that takes one now
/// and then would hold the session for ever.
#[test]
fn the_clock_starts_anew_when_a_piece_of_the_content_is_taken_and_not_at_each_octet() {
    let content = [b'x'; 6000];
    let epoch = |client: &Client<'_>| client.timer().map(|timer| timer.epoch());
    for (chunked, last, in_place) in [
        (false, true, false),
        (false, true, true),
        (true, false, false),
        (true, true, false),
        (true, false, true),
        (true, true, true),
    ] {
        let (mut rx, mut tx) = ([0; 256], [0; 2500]);
        let mut client = addressed(&mut rx, &mut tx);
        if chunked {
            client.bdat(6000, last).unwrap();
        } else {
            client.data().unwrap();
            sent(&mut client);
            feed(&mut client, b"354 go\r\n");
            events(&mut client);
        }
        sent(&mut client);
        let mut left = &content[..];
        while !left.is_empty() {
            // Where there is no vector unit nothing goes in place.
            let placed = if in_place { client.body_in_place(left).unwrap() } else { 0 };
            let taken = if placed > 0 { placed } else { client.body(left).unwrap() };
            let mut waiting = if placed > 0 { client.body_pending() } else { client.transmit().len() };
            assert!(taken > 0 && waiting > 0);
            left = &left[taken..];
            // Octets since the clock was started, and how often it may be.
            let (mut held, mut starts, most) = (0, 0, waiting / 1024 + 1);
            while waiting > 0 {
                let before = epoch(&client);
                client.transmitted(waiting.min(5));
                held += waiting.min(5);
                waiting = waiting.saturating_sub(5);
                let anew = epoch(&client) != before;
                assert!(
                    anew || waiting > 0 && held < 1024 + 5,
                    "{chunked} {last} {in_place}: {waiting} left"
                );
                starts += usize::from(anew);
                assert!(starts <= most, "{chunked} {last} {in_place}: {starts} times");
                held = if anew { 0 } else { held };
            }
        }
    }
}

#[test]
fn a_timer_that_runs_out_leaves_no_doubt_but_behind_the_whole_content() {
    let transcript = support::transcript("02");
    let part = &transcript.parts[0];
    for turns in 0..6 {
        let (mut rx, mut tx) = ([0; 256], [0; 256]);
        let mut client = with_settings(part, &mut rx, &mut tx);
        mail(part, &mut client, 1000, |submission| {
            for reply in ["220 a", "250 a", "250 a", "250 a", "354 a", ""].iter().take(turns) {
                submission.poll().unwrap();
                sent(submission);
                if !reply.is_empty() {
                    feed(submission, format!("{reply}\r\n").as_bytes());
                }
            }
            submission.poll().unwrap();
            sent(submission);
            assert!(submission.timer().is_some());
            submission.timed_out();
            assert_eq!(submission.poll(), Ok(Want::Event));
            assert_eq!(submission.event(), Some(Event::Done));
            assert!(submission.transmit().is_empty());
            let expected = if turns >= 5 { Verdict::Unknown } else { Verdict::RetryLater };
            assert_eq!(submission.report().verdict(), expected, "{turns}");
        });
    }
}

/// As adapters see it.
#[test]
fn a_client_is_an_endpoint_that_waits_and_ends_as_the_client_itself() {
    fn ends(endpoint: &mut impl Endpoint, by_time: bool) -> Option<(TimerKind, u64)> {
        let timer = kind(endpoint.timer());
        if by_time {
            endpoint.timed_out();
        } else {
            endpoint.received_eof();
        }
        assert_eq!(endpoint.poll(), Ok(Want::Closed));
        timer
    }
    for by_time in [false, true] {
        let (mut rx, mut tx) = ([0; 256], [0; 256]);
        let mut client = ready(&mut rx, &mut tx, &[]);
        client.noop().unwrap();
        sent(&mut client);
        assert_eq!(ends(&mut client, by_time), Some((TimerKind::Reply, 300)));
        assert!(!client.is_open());
    }
}

#[test]
fn a_client_that_timed_out_is_closed_until_it_is_restarted() {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut client = ready(&mut rx, &mut tx, &[]);
    client.noop().unwrap();
    client.timed_out();
    assert_eq!(client.poll(), Ok(Want::Closed));
    assert!(client.transmit().is_empty() && client.noop().is_err() && client.quit().is_err());
    for _ in 0..2 {
        // The greeting may have been awaited before; its time begins anew.
        let before = client.timer().map(|timer| timer.epoch());
        client.timed_out();
        client.restart(false);
        assert_eq!(kind(client.timer()), Some((TimerKind::Greeting, 300)));
        assert_ne!(client.timer().map(|timer| timer.epoch()), before);
    }
    support::feed::hello(&mut client, b"220 hi\r\n", &[]);
    assert!(client.noop().is_ok());
}

#[test]
fn of_a_piece_and_a_chunk_nothing_is_left_when_the_time_is_over() {
    let (mut rx, mut tx) = ([0; 256], [0; 64]);
    let mut client = addressed(&mut rx, &mut tx);
    client.bdat(500, true).unwrap();
    assert_eq!(kind(client.timer()), Some((TimerKind::EndOfData, 600)));
    sent(&mut client);
    client.body_in_place(&[b'x'; 300]).unwrap();
    client.transmitted(50);
    client.timed_out();
    assert_eq!((client.body_pending(), client.chunk_left()), (0, 0));
    assert_eq!(client.body(b"x"), Err(Misuse::OutOfOrder(Verb::EndOfData).into()));
    assert!(client.transmit().is_empty() && !client.in_doubt());
}

#[test]
fn the_end_of_a_mail_has_its_time_as_soon_as_it_is_given() {
    let (mut rx, mut tx) = ([0; 256], [0; 64]);
    let mut client = addressed(&mut rx, &mut tx);
    client.data().unwrap();
    sent(&mut client);
    feed(&mut client, b"354 go\r\n");
    events(&mut client);
    let block = client.timer().unwrap();
    client.end_of_body().unwrap();
    let end = client.timer().unwrap();
    assert_eq!((block.kind(), end.kind()), (TimerKind::DataBlock, TimerKind::EndOfData));
    assert_ne!(block.epoch(), end.epoch());
}

/// A chunk that was answered before all of it had come is given wholly, and who stops reading it is not waited for without end.
#[test]
fn the_rest_of_a_chunk_that_was_answered_early_has_its_time_too() {
    for (last, in_place) in [(false, false), (false, true), (true, false), (true, true)] {
        let (mut rx, mut tx) = ([0; 256], [0; 2048]);
        let mut client = addressed(&mut rx, &mut tx);
        client.bdat(8000, last).unwrap();
        sent(&mut client);
        let content = [b'x'; 8000];
        let mut given = client.body(&content[..2000]).unwrap();
        feed(&mut client, b"554 5.6.0 no\r\n");
        events(&mut client);
        if !client.is_open() {
            // A refusal in the midst of the last chunk ends the session.
            assert!(last && client.timer().is_none());
            continue;
        }
        assert_eq!(kind(client.timer()), Some((TimerKind::DataBlock, 180)), "{last} {in_place}");
        let mut epochs = vec![client.timer().unwrap().epoch()];
        while client.chunk_left() > 0 || !client.transmit().is_empty() || client.body_pending() > 0 {
            let waiting =
                if client.body_pending() > 0 { client.body_pending() } else { client.transmit().len() };
            if waiting > 0 {
                client.transmitted(waiting.min(1100));
                epochs.extend(client.timer().map(|timer| timer.epoch()));
                continue;
            }
            assert_eq!(kind(client.timer()), Some((TimerKind::DataBlock, 180)), "{last} {in_place}");
            let rest = &content[given..];
            let taken = if in_place { client.body_in_place(rest).unwrap() } else { 0 };
            given += if taken > 0 { taken } else { client.body(rest).unwrap() };
        }
        assert!(
            epochs.len() > 2 && epochs.windows(2).all(|two| two[0] != two[1]),
            "{last} {in_place}: {epochs:?}"
        );
        assert_eq!(kind(client.timer()), None, "the caller's next command is awaited");
    }
}
