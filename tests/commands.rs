//! The bare client's commands: all or nothing, whatever is wrong; chunks; a new connection with the same buffers.

mod support;

use embedded_smtp::client::{Client, Event, Transfer};
use embedded_smtp::data::LineEnds;
use embedded_smtp::session::{Phase, Want};
use embedded_smtp::wire::{
    BodyType, By, ByMode, Extension, ForwardPath, HelloName, Notify, Other, Param, Params, Ret, ReversePath,
    Text, Verb,
};
use embedded_smtp::{Buffer, Capacity, Error, Misuse};
use support::feed::{events, feed, hello, lmtp, ready, sent};
use support::verbs::VERBS;

const NULL: ReversePath<'_> = ReversePath::Null;

/// In the middle of a transaction, with a recipient, everything sent and answered.
fn addressed(client: &mut Client<'_>) {
    client.mail(&NULL, &()).unwrap();
    sent(client);
    feed(client, b"250 ok\r\n");
    events(client);
    client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
    sent(client);
    feed(client, b"250 ok\r\n");
    events(client);
}

/// Parameters, what the server offers, and what goes out.
type Row<'t> = (&'t [Param<'t>], &'t [&'t str], Result<&'t str, Misuse>);

#[test]
fn a_parameter_goes_to_its_command_and_to_servers_that_know_it_or_nothing_happens() {
    let by = By::new(60, ByMode::Notify, false).unwrap();
    let table: [Row<'_>; 12] = [
        (&[Param::Size(5)], &["SIZE"], Ok("MAIL FROM:<> SIZE=5\r\n")),
        (&[Param::Size(5)], &[], Err(Misuse::NotOffered(Extension::Size))),
        (&[Param::Body(BodyType::BinaryMime)], &["8BITMIME"], Err(Misuse::NotOffered(Extension::BinaryMime))),
        (&[Param::Body(BodyType::EightBitMime)], &["8BITMIME"], Ok("MAIL FROM:<> BODY=8BITMIME\r\n")),
        (&[Param::Ret(Ret::Full), Param::By(by)], &["DSN"], Err(Misuse::NotOffered(Extension::DeliverBy))),
        (
            &[Param::Ret(Ret::Full), Param::RequireTls],
            &["DSN"],
            Err(Misuse::NotOffered(Extension::RequireTls)),
        ),
        // The first that cannot be is told of.
        (&[Param::Notify(Notify::NEVER), Param::Size(5)], &["DSN"], Err(Misuse::Parameter)),
        (&[Param::Size(5), Param::Notify(Notify::NEVER)], &["DSN"], Err(Misuse::NotOffered(Extension::Size))),
        // RFC 8689 §3: not in clear, whatever the server says.
        (&[Param::RequireTls], &["REQUIRETLS"], Err(Misuse::NotOffered(Extension::RequireTls))),
        (&[Param::Notify(Notify::NEVER)], &["DSN"], Err(Misuse::Parameter)),
        (&[Param::SmtpUtf8], &[], Err(Misuse::NotOffered(Extension::SmtpUtf8))),
        (&[Param::Other(Other::new("X-A", Some("b")).unwrap())], &[], Ok("MAIL FROM:<> X-A=b\r\n")),
    ];
    for (parameters, keywords, expected) in table {
        let (mut rx, mut tx) = ([0; 128], [0; 128]);
        let mut client = ready(&mut rx, &mut tx, keywords);
        let result = client.mail(&NULL, &parameters);
        assert_eq!(result, expected.map(drop).map_err(Error::from), "{parameters:?}");
        assert_eq!(sent(&mut client), expected.unwrap_or_default(), "{parameters:?}");
        assert_eq!(client.in_flight(), usize::from(expected.is_ok()));
    }
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx).over_tls();
    hello(&mut client, b"220 ready\r\n", &["DSN", "REQUIRETLS"]);
    assert_eq!(client.mail(&NULL, &[Param::Ret(Ret::Full), Param::RequireTls]), Ok(()));
    assert_eq!(sent(&mut client), "MAIL FROM:<> RET=FULL REQUIRETLS\r\n");

    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = ready(&mut rx, &mut tx, &["SIZE", "DSN"]);
    addressed(&mut client);
    let to = ForwardPath::Postmaster;
    assert_eq!(client.rcpt(&to, &[Param::Size(1)]), Err(Misuse::Parameter.into()));
    assert_eq!(client.rcpt(&to, &Transfer::default()), Err(Misuse::Parameter.into()));
    assert_eq!(client.rcpt(&to, &[Param::Notify(Notify::SUCCESS.and(Notify::DELAY))]), Ok(()));
    assert_eq!(sent(&mut client), "RCPT TO:<Postmaster> NOTIFY=SUCCESS,DELAY\r\n");
}

#[test]
fn of_two_lists_of_parameters_one_stands_behind_the_other_and_both_are_held_to_the_rules() {
    let size = Transfer { size: Some(5), ..Transfer::default() };
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = ready(&mut rx, &mut tx, &["SIZE", "DSN"]);
    let not_offered = Err(Misuse::NotOffered(Extension::RequireTls).into());
    assert_eq!(client.mail_with(&NULL, &size, &[Param::RequireTls]), not_offered);
    assert_eq!(client.mail_with(&NULL, &[Param::RequireTls], &size), not_offered);
    assert_eq!((client.in_flight(), client.transmit()), (0, &b""[..]));
    client.mail_with(&NULL, &size, &[Param::Ret(Ret::Full)]).unwrap();
    assert_eq!(sent(&mut client), "MAIL FROM:<> SIZE=5 RET=FULL\r\n");
}

#[test]
fn octets_above_127_go_only_to_servers_that_offer_smtputf8() {
    let (from, to) = (ReversePath::new("j\u{fc}@c").unwrap(), ForwardPath::new("b@\u{fc}.example").unwrap());
    let text = Text::new("j\u{fc}").unwrap();
    for offered in [false, true] {
        let (mut rx, mut tx) = ([0; 128], [0; 128]);
        let mut client = ready(&mut rx, &mut tx, if offered { &["SMTPUTF8"] } else { &[] });
        assert_eq!(client.mail(&from, &()), Err(Misuse::NeedsSmtpUtf8.into()));
        let name = HelloName::new("\u{fc}.example").unwrap();
        for hello in [client.ehlo(name), client.helo(name), client.lhlo(name)] {
            assert_eq!(hello, Err(Misuse::NeedsSmtpUtf8.into()), "never in a greeting");
        }
        addressed(&mut client);
        let missing = Err(Misuse::NotOffered(Extension::SmtpUtf8).into());
        assert_eq!(client.rcpt(&to, &()), Err(Misuse::NeedsSmtpUtf8.into()), "MAIL did not say so");
        let result = |result| if offered { assert_eq!(result, Ok(())) } else { assert_eq!(result, missing) };
        for command in 1..4 {
            result(match command {
                1 => client.vrfy(text),
                2 => client.expn(text),
                _ => client.help(Some(text)),
            });
            assert_eq!(sent(&mut client).is_empty(), !offered);
            feed(&mut client, if offered { b"250 ok\r\n" } else { b"" });
            events(&mut client);
            // Nor does a look-up.
            assert_eq!(client.rcpt(&to, &()), Err(Misuse::NeedsSmtpUtf8.into()));
        }
        let smtputf8 = Transfer { smtputf8: true, ..Transfer::default() };
        client.rset().unwrap();
        sent(&mut client);
        feed(&mut client, b"250 ok\r\n");
        events(&mut client);
        result(client.mail(&from, &smtputf8));
    }
}

#[test]
fn values_outside_ascii_go_only_in_a_transaction_that_mail_has_put_under_smtputf8() {
    let other = Param::Other(Other::new("X-A", Some("\u{fc}")).unwrap());
    // As a gateway has it from the peer; RFC 6533 §3.
    let raw = Params::parse("ORCPT=utf-8;j\u{fc}@c".as_bytes()).unwrap().iter().next().unwrap();
    let encoded = Params::parse(b"ORCPT=utf-8;j\\x{FC}@c").unwrap().iter().next().unwrap();
    let path = ForwardPath::new("j\u{fc}@c").unwrap();
    let needed = Err(Misuse::NeedsSmtpUtf8.into());
    for smtputf8 in [false, true] {
        let (mut rx, mut tx) = ([0; 128], [0; 128]);
        let mut client = ready(&mut rx, &mut tx, &["SMTPUTF8", "DSN"]);
        let result = |result| assert_eq!(result, if smtputf8 { Ok(()) } else { needed });
        for round in 0..2 {
            let said = if smtputf8 {
                let either = [[other, Param::SmtpUtf8], [Param::SmtpUtf8, other]];
                client.mail(&NULL, &either[round])
            } else {
                assert_eq!(client.mail(&NULL, &[other]), needed, "and nothing has happened");
                client.mail(&NULL, &())
            };
            assert_eq!(said, Ok(()));
            for command in 0..5 {
                sent(&mut client);
                let awaited = client.in_flight() > 0;
                feed(&mut client, if awaited { b"250 ok\r\n" } else { b"" });
                events(&mut client);
                match command {
                    0 => result(client.rcpt(&ForwardPath::Postmaster, &[raw])),
                    1 => result(client.rcpt(&ForwardPath::Postmaster, &[other])),
                    2 => result(client.rcpt(&path, &())),
                    3 => assert_eq!(client.rcpt(&ForwardPath::Postmaster, &[encoded]), Ok(())),
                    _ => client.rset().unwrap(),
                }
            }
            sent(&mut client);
            feed(&mut client, b"250 ok\r\n");
            events(&mut client);
        }
        // It does not outlive its transaction.
        client.mail(&NULL, &()).unwrap();
        sent(&mut client);
        feed(&mut client, b"250 ok\r\n");
        events(&mut client);
        assert_eq!(client.rcpt(&path, &()), needed);
    }
}

/// RFC 3030 §3.
#[test]
fn a_mail_declared_binary_never_goes_behind_data() {
    let binary = Transfer { binary: true, ..Transfer::default() };
    for by_hand in [false, true] {
        let (mut rx, mut tx) = ([0; 128], [0; 128]);
        let mut client = ready(&mut rx, &mut tx, &["BINARYMIME", "CHUNKING"]);
        for round in 0..2 {
            let said = match (round, by_hand) {
                (1, _) => client.mail(&NULL, &()),
                (_, true) => client.mail(&NULL, &[Param::Body(BodyType::BinaryMime)]),
                (_, false) => client.mail(&NULL, &binary),
            };
            assert_eq!(said, Ok(()));
            for command in 0..3 {
                sent(&mut client);
                feed(&mut client, b"250 ok\r\n");
                events(&mut client);
                match command {
                    0 => client.rcpt(&ForwardPath::Postmaster, &()).unwrap(),
                    1 if round == 0 => {
                        assert_eq!(client.data(), Err(Misuse::OutOfOrder(Verb::Data).into()));
                        assert_eq!((client.in_flight(), sent(&mut client)), (0, String::new()));
                        client.rset().unwrap();
                    }
                    1 => assert_eq!(client.data(), Ok(()), "this mail is not"),
                    _ => {}
                }
            }
        }
    }
}

#[test]
fn a_command_that_does_not_fit_says_by_how_much_and_has_not_happened() {
    let line = "MAIL FROM:<> SIZE=12345\r\n".len();
    for size in 9..=line + 9 {
        let (mut rx, mut tx) = ([0; 128], vec![0; size]);
        let mut client = ready(&mut rx, &mut tx, &["SIZE", "PIPELINING"]);
        client.rset().unwrap();
        client.transmitted(3);
        let free = size - 3;
        let result = client.mail(&NULL, &[Param::Size(12345)]);
        if free >= line {
            assert_eq!(result, Ok(()));
            assert_eq!(sent(&mut client), "T\r\nMAIL FROM:<> SIZE=12345\r\n");
        } else {
            let short = Capacity::new(Buffer::Tx, line);
            assert_eq!(result, Err(short.into()), "{size}");
            assert_eq!((sent(&mut client), client.in_flight()), ("T\r\n".to_owned(), 1));
        }
    }
}

#[test]
fn doubt_about_a_chunked_mail_begins_with_its_last_octet() {
    for (size, in_place) in [(0_usize, false), (1, false), (30, false), (200, false), (200, true)] {
        let content = vec![b'x'; size];
        let (mut rx, mut tx) = ([0; 128], [0; 64]);
        let mut client = ready(&mut rx, &mut tx, &["CHUNKING"]);
        addressed(&mut client);
        client.bdat(size as u64, true).unwrap();
        let whole = format!("BDAT {size} LAST\r\n").len() + size;
        let mut left = &content[..];
        for written in 0..whole {
            assert!(!client.in_doubt(), "{written} of {whole}");
            if !left.is_empty() && client.body_pending() == 0 {
                let taken = match if in_place { client.body_in_place(left).unwrap() } else { 0 } {
                    0 => client.body(left).unwrap(),
                    taken => taken,
                };
                left = &left[taken..];
            }
            assert!(client.body_pending() > 0 || !client.transmit().is_empty());
            client.transmitted(1);
        }
        assert!(client.in_doubt() && left.is_empty(), "{size}");
        feed(&mut client, b"250 ok");
        assert_eq!((client.poll(), client.in_doubt()), (Ok(Want::Read), true));
        feed(&mut client, b"\r\n");
        assert_eq!(events(&mut client), ["BdatLast 250 ok"]);
        assert!(!client.in_doubt());
    }
}

#[test]
fn a_chunk_takes_its_octets_and_not_one_more() {
    let (mut rx, mut tx) = ([0; 128], [0; 64]);
    let mut client = ready(&mut rx, &mut tx, &["CHUNKING", "PIPELINING"]);
    assert!(client.body(b"x").is_err() && client.bdat(3, false).is_err());
    addressed(&mut client);
    client.bdat(3, false).unwrap();
    assert_eq!(client.body(b"four"), Err(Misuse::ChunkLength.into()));
    assert_eq!(client.body_in_place(&[b'x'; 99]), Ok(0), "tx is to be written first");
    sent(&mut client);
    assert_eq!(client.body_in_place(&[b'x'; 99]), Err(Misuse::ChunkLength.into()));
    assert_eq!(client.body(b".\r"), Ok(2));
    for verb in [Verb::Bdat, Verb::Mail, Verb::Rset, Verb::Quit, Verb::Noop] {
        assert!(!client.permits(verb), "{verb:?} inside a chunk");
    }
    assert_eq!(client.bdat(1, true), Err(Misuse::OutOfOrder(Verb::BdatLast).into()));
    assert_eq!(client.body(b"\n"), Ok(1));
    assert!(client.body(b"x").is_err(), "the chunk is full");
    assert!(client.permits(Verb::BdatLast) && !client.permits(Verb::Data) && !client.permits(Verb::Mail));
    client.bdat(2, true).unwrap();
    assert_eq!(client.body(b"ab"), Ok(2));
    assert!(!client.permits(Verb::Bdat), "the mail has its end");
    assert_eq!(sent(&mut client), ".\r\nBDAT 2 LAST\r\nab");
}

/// On machines without a vector unit nothing goes in place.
#[test]
fn a_piece_goes_in_place_when_tx_could_not_hold_more_and_nothing_else_does_until_it_is_written() {
    let narrow = cfg!(any(
        embedded_smtp_narrow,
        not(any(target_feature = "sse2", target_feature = "neon", target_feature = "simd128"))
    ));
    for chunked in [false, true] {
        for size in [1, 63, 64, 65, 200] {
            let (mut rx, mut tx) = ([0; 128], [0; 64]);
            let mut client = ready(&mut rx, &mut tx, &["CHUNKING", "PIPELINING"]);
            addressed(&mut client);
            if chunked { client.bdat(300, true) } else { client.data() }.unwrap();
            let content = vec![b'x'; size];
            assert_eq!(client.body_in_place(&content).unwrap_or(0), 0, "tx is to be written first");
            sent(&mut client);
            if !chunked {
                feed(&mut client, b"354 go\r\n");
                events(&mut client);
                // A bare LF wants a CR before it.
                let lines = [&content, &b"\n"[..], &[b'y'; 99]].concat();
                let placed = if narrow || size < 64 { 0 } else { size };
                assert_eq!(client.body_in_place(&lines), Ok(placed));
                client.transmitted(placed);
            }
            let placed = if narrow || size < 64 { 0 } else { size };
            assert_eq!((client.body_in_place(&content), client.body_pending()), (Ok(placed), placed));
            if placed == 0 {
                assert_eq!(client.body(&content), Ok(size.min(64)), "it travels by way of tx");
                continue;
            }
            for written in 0..placed {
                assert_eq!(client.body_pending(), placed - written);
                assert_eq!((client.body(b"z"), client.body_in_place(&[b'z'; 64])), (Ok(0), Ok(0)));
                assert_eq!(client.noop(), Err(Misuse::BodyPending.into()));
                assert_eq!(client.end_of_body(), Err(Misuse::BodyPending.into()));
                assert_eq!((client.poll(), client.transmit()), (Ok(Want::Write), &b""[..]));
                client.transmitted(1);
            }
            assert_eq!(client.poll(), Ok(Want::Read));
            assert_eq!(client.body(b"z"), Ok(1));
            assert_eq!(sent(&mut client), "z");
        }
    }
}

#[test]
fn a_refused_chunk_is_still_given_and_the_mail_is_lost_until_rset() {
    let (mut rx, mut tx) = ([0; 128], [0; 64]);
    let mut client = ready(&mut rx, &mut tx, &["CHUNKING", "PIPELINING"]);
    addressed(&mut client);
    client.bdat(5, false).unwrap();
    sent(&mut client);
    feed(&mut client, b"552 too much\r\n");
    assert_eq!(events(&mut client), ["Bdat 552 too much"]);
    assert_eq!(client.phase(), Phase::Spoiled);
    // The server reads what was announced, and would take it for commands if it did not come.
    assert!(!client.permits(Verb::Rset));
    assert_eq!(client.body(b"12345"), Ok(5));
    assert!(client.permits(Verb::Rset) && !client.permits(Verb::Bdat) && !client.permits(Verb::Mail));
    client.rset().unwrap();
    assert_eq!(sent(&mut client), "12345RSET\r\n");
    feed(&mut client, b"250 ok\r\n");
    events(&mut client);
    assert!(client.permits(Verb::Mail));
}

#[test]
fn chunks_are_opened_only_where_they_are_offered() {
    let (mut rx, mut tx) = ([0; 128], [0; 64]);
    let mut client = ready(&mut rx, &mut tx, &["BINARYMIME"]);
    addressed(&mut client);
    for last in [false, true] {
        assert_eq!(client.bdat(3, last), Err(Misuse::NotOffered(Extension::Chunking).into()));
    }
    assert!(client.transmit().is_empty() && client.chunk_left() == 0);
}

/// Of two mails whose end is out, nobody could tell which of them is in doubt.
#[test]
fn no_chunk_of_the_next_mail_follows_the_last_chunk_of_one_that_is_not_answered() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = ready(&mut rx, &mut tx, &["CHUNKING", "PIPELINING"]);
    addressed(&mut client);
    client.bdat(2, true).unwrap();
    client.body(b"ab").unwrap();
    client.mail(&NULL, &()).unwrap();
    client.rcpt(&ForwardPath::Postmaster, &()).unwrap();
    sent(&mut client);
    for (verb, last) in [(Verb::Bdat, false), (Verb::BdatLast, true)] {
        assert!(!client.permits(verb));
        assert_eq!(client.bdat(1, last), Err(Misuse::OutOfOrder(verb).into()));
    }
    assert!(client.in_doubt() && client.permits(Verb::Data) && client.permits(Verb::Rcpt));
    feed(&mut client, b"250 ok\r\n");
    assert_eq!(events(&mut client), ["BdatLast 250 ok"]);
    assert!(!client.in_doubt() && client.permits(Verb::Bdat) && client.permits(Verb::BdatLast));
    client.bdat(1, true).unwrap();
    client.body(b"c").unwrap();
    assert_eq!(sent(&mut client), "BDAT 1 LAST\r\nc");
}

#[test]
fn behind_the_end_of_a_mail_no_more_of_it_is_taken_and_the_next_one_begins_at_a_line() {
    for first in [&b""[..], b".", b"x", b"x\r", b"x\r\n"] {
        let (mut rx, mut tx) = ([0; 128], [0; 64]);
        let mut client = ready(&mut rx, &mut tx, &[]);
        for content in [first, b".x"] {
            addressed(&mut client);
            client.data().unwrap();
            sent(&mut client);
            feed(&mut client, b"354 go\r\n");
            events(&mut client);
            assert_eq!(client.body(content), Ok(content.len()));
            client.end_of_body().unwrap();
            let ended = sent(&mut client);
            assert!(ended.ends_with(".\r\n") && (content == first || ended == "..x\r\n.\r\n"), "{ended:?}");
            let refused = Err(Misuse::OutOfOrder(Verb::EndOfData).into());
            assert_eq!((client.body(b"y"), client.body_in_place(&[b'y'; 99])), (refused, refused));
            assert!(client.transmit().is_empty() && client.body_pending() == 0 && client.in_doubt());
            feed(&mut client, b"250 ok\r\n");
            assert_eq!(events(&mut client), ["EndOfData 250 ok"]);
        }
    }
}

#[test]
fn content_behind_a_bare_line_end_is_not_ended() {
    for content in [&b"ab\ncd"[..], b"ab\rcd", b"\n", b"ab\r\n.\n"] {
        let (mut rx, mut tx) = ([0; 128], [0; 64]);
        let mut client = Client::new(&mut rx, &mut tx).line_ends(LineEnds::Reject);
        hello(&mut client, b"220 hi\r\n", &[]);
        addressed(&mut client);
        client.data().unwrap();
        sent(&mut client);
        feed(&mut client, b"354 go\r\n");
        events(&mut client);
        assert_eq!(client.body(b"fine\r\n"), Ok(6));
        assert_eq!(client.body(content), Err(Misuse::BareLineEnd.into()));
        assert!(
            client.end_of_body().is_err() && client.body(b"more").is_err() && client.transmit().is_empty()
        );
        assert_eq!(client.poll(), Ok(Want::Closed));
        assert!(!client.in_doubt());
    }
    // A CR at the very end waits for its LF.
    let (mut rx, mut tx) = ([0; 128], [0; 64]);
    let mut client = Client::new(&mut rx, &mut tx).line_ends(LineEnds::Reject);
    hello(&mut client, b"220 hi\r\n", &[]);
    addressed(&mut client);
    client.data().unwrap();
    sent(&mut client);
    feed(&mut client, b"354 go\r\n");
    events(&mut client);
    assert_eq!(client.body(b"fine\r"), Ok(5));
    assert_eq!(client.end_of_body(), Err(Misuse::BareLineEnd.into()));
    assert_eq!(client.body(b"\n"), Ok(1));
    client.end_of_body().unwrap();
    assert_eq!(sent(&mut client), "fine\r\n.\r\n");
}

type Break = fn(&mut Client<'_>);

#[test]
fn another_connection_begins_anew_with_the_same_buffers_and_settings() {
    let (mut rx, mut tx) = ([0; 128], [0; 128]);
    let mut client = Client::new(&mut rx, &mut tx).allow_clear_text_auth().line_ends(LineEnds::Reject);
    let breaks: [Break; 9] = [
        |client| feed(client, b"garbage\r\n"),
        |client| client.received_eof(),
        |client| client.timed_out(),
        |client| feed(client, b"421 bye\r\n"),
        |client| feed(client, b"250-half a reply\r\n250-and"),
        |client| {
            client.bdat(500, true).unwrap();
            sent(client);
            client.body_in_place(&[b'x'; 500]).unwrap();
            client.transmitted(50);
        },
        // A chunk is open, ...
        |client| {
            client.bdat(500, true).unwrap();
            assert_eq!(client.body(b"front"), Ok(5));
        },
        // ... the whole of a mail is out, ...
        |client| {
            client.bdat(3, true).unwrap();
            assert_eq!(client.body(b"all"), Ok(3));
            sent(client);
            assert!(client.in_doubt());
        },
        // ... and so much was to come behind a reply.
        |client| client.rset().unwrap(),
    ];
    for (index, break_it) in breaks.into_iter().enumerate() {
        hello(&mut client, b"220 hi\r\n", &["CHUNKING", "SIZE 5", "PIPELINING"]);
        addressed(&mut client);
        if index < 5 {
            client.noop().unwrap();
        }
        break_it(&mut client);
        let _ = client.poll();
        client.restart(index == 2);
        assert_eq!((client.phase(), client.in_flight()), (Phase::Connected, 1));
        let permitted = VERBS.into_iter().filter(|verb| client.permits(*verb));
        assert_eq!(permitted.collect::<Vec<_>>(), [Verb::Greeting], "it is awaited");
        assert_eq!(client.body(b"rest"), Err(Misuse::OutOfOrder(Verb::EndOfData).into()));
        assert_eq!(client.is_tls(), index == 2);
        assert!(client.transmit().is_empty() && client.body_pending() == 0 && !client.in_doubt());
        assert!(!client.capabilities().has(Extension::Size) && client.event().is_none());
        assert!(client.may_reveal_secrets());
        assert_eq!(client.poll(), Ok(Want::Read));
    }
    hello(&mut client, b"220 hi\r\n", &[]);
    client.quit().unwrap();
    sent(&mut client);
    feed(&mut client, b"221 bye\r\n");
    assert_eq!(client.poll(), Ok(Want::Event));
    assert!(matches!(client.event(), Some(Event::Reply { to: Verb::Quit, .. })));
    assert_eq!(client.poll(), Ok(Want::Closed));
}

#[test]
fn lmtp_waits_for_as_many_replies_as_were_accepted_and_not_longer_than_lmtp_lasts() {
    let (mut rx, mut tx) = ([0; 256], [0; 256]);
    let mut client = Client::new(&mut rx, &mut tx);
    feed(&mut client, b"220 hi\r\n");
    events(&mut client);
    for (lmtp, replies) in [(true, 3), (false, 1), (true, 3)] {
        let name = HelloName::new("c").unwrap();
        if lmtp { client.lhlo(name) } else { client.ehlo(name) }.unwrap();
        sent(&mut client);
        feed(&mut client, b"250-hi\r\n250 PIPELINING\r\n");
        events(&mut client);
        assert_eq!(client.is_lmtp(), lmtp);
        // What was accepted in a transaction that is given up does not count.
        for given_up in [true, false] {
            client.mail(&NULL, &()).unwrap();
            (0..4).for_each(|_| client.rcpt(&ForwardPath::Postmaster, &()).unwrap());
            if given_up { client.rset() } else { client.data() }.unwrap();
            sent(&mut client);
            feed(&mut client, b"250 ok\r\n250 ok\r\n550 no\r\n250 ok\r\n250 ok\r\n");
            feed(&mut client, if given_up { b"250 ok\r\n" } else { b"354 go\r\n" });
            assert_eq!(events(&mut client).len(), 6);
        }
        client.end_of_body().unwrap();
        sent(&mut client);
        for left in (0..replies).rev() {
            assert_eq!(client.in_flight(), 1);
            feed(&mut client, b"250 ok\r\n");
            assert_eq!(events(&mut client), ["EndOfData 250 ok"]);
            assert_eq!(client.in_doubt(), left > 0);
        }
        assert_eq!(client.in_flight(), 0);
    }
    client.helo(HelloName::new("c").unwrap()).unwrap();
    sent(&mut client);
    feed(&mut client, b"250 hi\r\n");
    events(&mut client);
    assert!(!client.is_lmtp(), "HELO ends it as EHLO does");
}

#[test]
fn lmtp_counts_more_recipients_than_sixteen_bits_hold() {
    let (mut rx, mut tx) = ([0; 512], [0; 1024]);
    let mut client = lmtp(&mut rx, &mut tx);
    client.mail(&NULL, &()).unwrap();
    sent(&mut client);
    feed(&mut client, b"250 ok\r\n");
    events(&mut client);
    for _ in 0..65_552 / 16 {
        (0..16).for_each(|_| client.rcpt(&ForwardPath::Postmaster, &()).unwrap());
        sent(&mut client);
        feed(&mut client, &b"250 ok\r\n".repeat(16));
        assert_eq!(events(&mut client).len(), 16);
    }
    client.data().unwrap();
    sent(&mut client);
    feed(&mut client, b"354 go\r\n");
    events(&mut client);
    client.end_of_body().unwrap();
    sent(&mut client);
    for left in (0..65_552 / 16).rev() {
        feed(&mut client, &b"250 ok\r\n".repeat(16));
        assert_eq!(events(&mut client), ["EndOfData 250 ok"; 16], "{left}");
        assert_eq!(client.in_doubt(), left > 0);
    }
}
