//! Replies as servers really send them, at every split: what is taken, what is refused, and what is endless.

mod support;

use embedded_smtp::client::{Client, Event};
use embedded_smtp::session::{Endpoint, MAX_REPLY, MIN_RX, Want};
use embedded_smtp::submission::{Status, Verdict};
use embedded_smtp::wire::{Extension, HelloName, SizeLimit};
use embedded_smtp::{Buffer, Capacity, Error, Misuse, Protocol};
use support::client::{mail, with_settings};
use support::feed::{events, feed, hello, ready, sent};

/// What an engine that waits for the reply to NOOP makes of these reads.
fn noop_answered(reads: &[&[u8]], rx: usize) -> Vec<String> {
    let (mut rx, mut tx) = (vec![0; rx], [0; 64]);
    let mut client = ready(&mut rx, &mut tx, &[]);
    client.noop().unwrap();
    assert_eq!(sent(&mut client), "NOOP\r\n");
    let mut told = Vec::new();
    for read in reads {
        let mut left = *read;
        while !left.is_empty() {
            let room = client.receive_buffer();
            assert!(!room.is_empty(), "there is always room to read");
            let octets = left.len().min(room.len());
            feed(&mut client, &left[..octets]);
            left = &left[octets..];
            told.extend(events(&mut client));
            let over = |last: &String| last == "closed" || last.starts_with("the peer broke");
            if told.last().is_some_and(over) {
                // It stays so.
                assert_eq!(events(&mut client), told[told.len() - 1..]);
                return told;
            }
        }
    }
    told
}

/// Demands the same at every split.
fn check(input: &[u8], expected: &[&str]) {
    let place = String::from_utf8_lossy(input).into_owned();
    for rx in [MIN_RX, 512] {
        assert_eq!(noop_answered(&[input], rx), expected, "{place:?}");
        assert_eq!(noop_answered(&input.chunks(1).collect::<Vec<_>>(), rx), expected, "{place:?}");
        for at in 1..input.len() {
            let (front, back) = input.split_at(at);
            assert_eq!(noop_answered(&[front, back], rx), expected, "{place:?} cut at {at}");
        }
    }
}

#[test]
fn a_line_that_is_shown_stays_when_there_is_made_room_for_more() {
    for (first, second) in
        [("one", "two".to_owned()), ("one", "x".repeat(80)), (&*"x".repeat(80), "two".to_owned())]
    {
        let (mut rx, mut tx) = ([0; MIN_RX], [0; 64]);
        let mut client = ready(&mut rx, &mut tx, &[]);
        client.noop().unwrap();
        sent(&mut client);
        for octet in format!("250-{first}\r\n250 {second}\r\n").into_bytes() {
            feed(&mut client, &[octet]);
            while client.poll() == Ok(Want::Event) {
                let before = format!("{:?}", client.event());
                // What is in front of the line is used up, so the line moves.
                assert!(!client.receive_buffer().is_empty());
                assert_eq!(format!("{:?}", client.event()), before);
            }
        }
    }
}

#[test]
fn replies_of_the_field_are_taken_at_every_split() {
    let table: &[(&[u8], &[&str])] = &[
        (b"250\r\n", &["Noop 250"]),
        (b"250 \r\n", &["Noop 250"]),
        (b"250-\r\n250 \r\n", &["Line Noop 250", "Noop 250"]),
        (b"250-\r\n250-\r\n250\r\n", &["Line Noop 250", "Line Noop 250", "Noop 250"]),
        (b"250 2.0.0 ok\r\n", &["Noop 250 2.0.0 ok"]),
        (b"250 2.0.0\r\n", &["Noop 250 2.0.0"]),
        (b"550 5.123.999 x\r\n", &["Noop 550 5.123.999 x"]),
        (b"250 Gr\xc3\xbc\xc3\x9fe\r\n", &["Noop 250 Gr\u{fc}\u{df}e"]),
        (b"250 caf\xe9\r\n", &["Noop 250 caf\u{fffd}"]),
        (b"250 \x1b[2J\0\x07\r\n", &["Noop 250 \x1b[2J\0\x07"]),
        (b"252 2.1.5 maybe\r\n", &["Noop 252 2.1.5 maybe"]),
        (b"299 its own\r\n", &["Noop 299 its own"]),
        (b"450 greylisted\r\n", &["Noop 450 greylisted"]),
        (b"334 \r\n", &["Noop 334"]),
        // not yet a reply
        (b"250", &[]),
        (b"250 ok", &[]),
        (b"250 ok\r", &[]),
        (b"250-ok\r\n", &["Line Noop 250 ok"]),
        (b"250-ok\r\n250", &["Line Noop 250 ok"]),
        // one stray octet behind a reply is the front of the next one
        (b"250 ok\r\nx", &["Noop 250 ok"]),
        (b"250 ok\r\n\0", &["Noop 250 ok"]),
    ];
    for (input, expected) in table {
        check(input, expected);
    }
}

#[test]
fn what_breaks_the_structure_is_refused_at_every_split() {
    let broken = |what: &str| format!("the peer broke the protocol: {what}");
    let bare = broken("a line ended by LF without CR");
    let table: &[(&[u8], &[&str], &str)] = &[
        (b"250 ok\n", &[], &bare),
        (b"\n250 ok\r\n", &[], &bare),
        (b"250-ok\n250 ok\r\n", &[], &bare),
        (b"250 o\nk\r\n", &[], &bare),
        (b"250-a\r\n550 b\r\n", &["Line Noop 250 a"], "changed its code to 550"),
        (b"250-a\r\n421 b\r\n", &["Line Noop 250 a"], "changed its code to 421"),
        (b"250-a\r\n25 b\r\n", &["Line Noop 250 a"], "not a reply"),
        (b"2500 ok\r\n", &[], "not a reply: 0x30 at octet 3"),
        (b"25\r\n", &[], "not a reply"),
        (b"\r\n", &[], "not a reply"),
        (b" \r\n", &[], "not a reply"),
        (b"ok\r\n", &[], "not a reply: 0x6f at octet 0"),
        (b"x250 ok\r\n", &[], "not a reply"),
        (b"250_ok\r\n", &[], "not a reply"),
        (b"250\tok\r\n", &[], "not a reply"),
        (b"150 wait\r\n", &[], "not a reply"),
        (b"600 what\r\n", &[], "not a reply"),
        (b"000 what\r\n", &[], "not a reply"),
        (b"-50 what\r\n", &[], "not a reply"),
        (b"\xb2\xb5\xb0 ok\r\n", &[], "not a reply"),
        (b"250 o\rk\r\n", &[], "not a reply: 0x0d at octet 5"),
        (b"250 ok\r\r\n", &[], "not a reply: 0x0d at octet 6"),
        (b"250\r\r\n", &[], "not a reply"),
    ];
    for (input, before, error) in table {
        let place = String::from_utf8_lossy(input).into_owned();
        for at in 0..input.len() {
            let (front, back) = input.split_at(at);
            let told = noop_answered(&[front, back], MIN_RX);
            let (last, front) = told.split_last().expect(&place);
            assert_eq!(front, *before, "{place:?} cut at {at}");
            assert!(last.contains(error), "{place:?} cut at {at}: {last}");
        }
    }
}

#[test]
fn a_421_in_front_of_the_next_reply_is_an_event() {
    check(b"250 a\r\n421 b\r\n", &["Noop 250 a", "Closing - 421 b", "closed"]);
    check(b"250 a\r\n421-b\r\n421 c\r\n", &["Noop 250 a", "Line - 421 b", "Closing - 421 c", "closed"]);
    check(b"421 4.3.2 b\r\n", &["Closing Noop 421 4.3.2 b", "closed"]);
    // behind it nothing counts any more
    check(b"421 b\r\n250 a\r\n\n", &["Closing Noop 421 b", "closed"]);
}

#[test]
fn a_reply_that_nobody_asked_for_is_refused() {
    for reply in ["250 a", "354 go on", "550 no", "334 "] {
        let (front, code) = (format!("250 ok\r\n{reply}\r\n"), &reply[..3]);
        let error = format!("the peer broke the protocol: a reply ({code}) that nothing was asked for");
        check(front.as_bytes(), &["Noop 250 ok", &error]);
    }
    // nor does one count that was there before the command, however long the reply in front of it is
    for greeting in ["220 hi\r\n", "220 hello\r\n", "220 mail.example ESMTP ready\r\n"] {
        let (mut rx, mut tx) = ([0; 128], [0; 64]);
        let mut client = Client::new(&mut rx, &mut tx);
        feed(&mut client, format!("{greeting}250 early\r\n").as_bytes());
        assert_eq!(client.poll(), Ok(Want::Event));
        client.ehlo(HelloName::new("c").unwrap()).unwrap();
        assert_eq!(
            client.poll().map_err(|error| error.to_string()).unwrap_err().split('(').nth(1),
            Some("250) that nothing was asked for"),
            "{greeting}"
        );
        assert!(client.transmit().is_empty(), "nothing goes to such a server any more");
    }
}

#[test]
fn the_front_of_an_early_reply_makes_all_of_it_early() {
    for at in 1..b"250 early\r\n".len() {
        let (front, back) = b"250 early\r\n".split_at(at);
        let (mut rx, mut tx) = ([0; 128], [0; 64]);
        let mut client = ready(&mut rx, &mut tx, &[]);
        feed(&mut client, front);
        let before = client.poll();
        let given = client.noop();
        feed(&mut client, back);
        let error = client.poll().expect_err("early");
        assert!(matches!(error, Error::Protocol(Protocol::Unasked(_))), "{at} {before:?} {given:?} {error}");
    }
}

#[test]
fn greetings_come_in_pieces_and_several_lines() {
    let greeting = b"220-one\r\n220-\r\n220 ready\r\n";
    for at in 0..greeting.len() {
        let (mut rx, mut tx) = ([0; 64], [0; 64]);
        let mut client = Client::new(&mut rx, &mut tx);
        let mut told = Vec::new();
        for piece in [&greeting[..at], &greeting[at..]] {
            feed(&mut client, piece);
            told.extend(events(&mut client));
        }
        assert_eq!(told, ["Line Greeting 220 one", "Line Greeting 220", "Greeting 220 ready"], "{at}");
    }
    let (mut rx, mut tx) = ([0; 64], [0; 64]);
    let mut client = Client::new(&mut rx, &mut tx);
    feed(&mut client, b"2");
    assert_eq!(client.poll(), Ok(Want::Read));
    feed(&mut client, b"20 ready\r\n");
    assert_eq!(events(&mut client), ["Greeting 220 ready"]);
}

#[test]
fn an_ehlo_reply_offers_the_same_wherever_it_is_cut() {
    let reply = b"250-my_host hi\r\n250- \r\n250-AUTH=LOGIN PLAIN\r\n250-size 99999999999999999999999\r\n\
        250-x-y\r\n250-PIPELINING\r\n250-pipelining\r\n250-LIMITS RCPTMAX=20\r\n250 SMTPUTF8\r\n";
    let offered = |cut: usize| {
        let (mut rx, mut tx) = ([0; MIN_RX], [0; 64]);
        let mut client = Client::new(&mut rx, &mut tx).read_limits();
        feed(&mut client, b"220 hi\r\n");
        events(&mut client);
        client.ehlo(HelloName::new("c").unwrap()).unwrap();
        sent(&mut client);
        let mut last = Vec::new();
        for piece in [&reply[..cut], &reply[cut..]] {
            for piece in piece.chunks(MIN_RX / 4) {
                feed(&mut client, piece);
                last = [last, events(&mut client)].concat();
            }
        }
        assert_eq!(last.last().map(String::as_str), Some("Ehlo 250 SMTPUTF8"));
        *client.capabilities()
    };
    let whole = offered(0);
    assert!(whole.has(Extension::Pipelining) && whole.has(Extension::SmtpUtf8) && whole.has(Extension::Auth));
    assert_eq!(whole.size(), SizeLimit::Beyond);
    assert_eq!(whole.limits().recipients(), Some(20));
    for cut in 0..reply.len() {
        assert_eq!(offered(cut), whole, "{cut}");
    }
}

#[test]
fn the_last_greeting_that_was_accepted_says_what_is_offered_and_helo_offers_nothing() {
    let name = HelloName::new("c").unwrap();
    for (helo, reply, size, pipelining) in [
        (false, "250-hi\r\n250-PIPELINING\r\n250 HELP\r\n", false, true),
        (false, "250 hi\r\n", false, false),
        (false, "550-no\r\n550-PIPELINING\r\n550 no\r\n", true, false),
        (false, "550 no\r\n", true, false),
        (true, "250-hi\r\n250-PIPELINING\r\n250 SIZE\r\n", false, false),
        (true, "550-hi\r\n550 PIPELINING\r\n", true, false),
    ] {
        let (mut rx, mut tx) = ([0; 128], [0; 64]);
        let mut client = ready(&mut rx, &mut tx, &["SIZE"]);
        if helo { client.helo(name) } else { client.ehlo(name) }.unwrap();
        sent(&mut client);
        feed(&mut client, reply.as_bytes());
        events(&mut client);
        let offered = client.capabilities();
        let has = (offered.has(Extension::Size), offered.has(Extension::Pipelining));
        assert_eq!(has, (size, pipelining), "{reply}");
    }
}

#[test]
fn a_line_of_any_length_is_cut_to_the_buffer_and_the_next_one_is_whole() {
    for length in 0..400 {
        for read in [1, 7, 64, 999] {
            let (mut rx, mut tx) = ([0; MIN_RX], [0; 64]);
            let mut client = ready(&mut rx, &mut tx, &["PIPELINING"]);
            client.rset().unwrap();
            client.noop().unwrap();
            sent(&mut client);
            let line = format!("250 {}\r\n550 5.0.0 next\r\n", "x".repeat(length));
            let mut left = line.as_bytes();
            let mut told = Vec::new();
            while !left.is_empty() {
                let octets = client.receive_buffer().len().min(left.len()).min(read);
                assert!(octets > 0, "room for {length}");
                feed(&mut client, &left[..octets]);
                left = &left[octets..];
                while client.poll() == Ok(Want::Event) {
                    let Some(Event::Reply { reply, .. }) = client.event() else { panic!() };
                    told.push((reply.code.number(), reply.text.len(), reply.truncated));
                }
            }
            assert_eq!(told.len(), 2, "{length} {read}");
            let (code, kept, truncated) = told[0];
            assert_eq!((code, truncated), (250, kept < length), "{length} {read}");
            assert!(kept == length || kept >= MIN_RX / 2, "{length} {read}: {kept}");
            assert_eq!(told[1], (550, 4, false), "{length} {read}");
        }
    }
}

/// Feeds `more` again and again behind EHLO; the octets that went in before the engine said no.
fn endless(more: &[u8], rx: usize) -> u64 {
    let (mut rx, mut tx) = (vec![0; rx], [0; 64]);
    let mut client = Client::new(&mut rx, &mut tx);
    feed(&mut client, b"220 hi\r\n");
    events(&mut client);
    client.ehlo(HelloName::new("c").unwrap()).unwrap();
    sent(&mut client);
    let mut fed = 0;
    let mut at = 0;
    while fed < 64 << 20 {
        let room = client.receive_buffer();
        for place in &mut *room {
            *place = more[at];
            at = (at + 1) % more.len();
        }
        let octets = room.len();
        assert!(octets > 0, "room");
        client.received(octets);
        fed += octets as u64;
        loop {
            match client.poll() {
                Ok(Want::Event) => {}
                Ok(want) => {
                    assert_eq!(want, Want::Read);
                    break;
                }
                Err(error) => {
                    assert_eq!(error, Protocol::ReplyTooLong.into());
                    // It says so for ever, and takes no more memory.
                    for _ in 0..1000 {
                        let room = client.receive_buffer().len();
                        client.received(room);
                        assert_eq!(client.poll(), Err(error));
                    }
                    return fed;
                }
            }
        }
    }
    fed
}

#[test]
fn what_never_ends_is_ended_within_the_limit_and_the_buffer() {
    for rx in [MIN_RX, 100, 512, 4096, 65_535, 100_000] {
        for more in [
            &b"250-x\r\n"[..],
            b"250-\r\n",
            b"250-an extension with a longer line, as servers like to send them, and then some more\r\n",
            b"x",
            b"250 ",
            b"250 \r",
            b"\0",
        ] {
            let fed = endless(if more[0] == b'2' { more } else { b"250-" }, rx);
            let most = u64::from(MAX_REPLY) + 2 * rx as u64;
            assert!(fed <= most, "{more:?} {rx}: {fed}");
            // one line that is a reply's front, and then anything
            let long = [b"250-", more.repeat(20_000).as_slice()].concat();
            let fed = endless(if more[0] == b'2' { more } else { &long }, rx);
            assert!(fed <= most, "{more:?} {rx}: {fed}");
        }
    }
}

#[test]
fn a_reply_may_have_as_many_octets_as_the_limit_says_and_not_one_more() {
    for more in [0, 1] {
        for last in ["250 ok\r\n", "250-ok\r\n"] {
            let (mut rx, mut tx) = ([0; 64], [0; 64]);
            let mut client = ready(&mut rx, &mut tx, &[]);
            client.noop().unwrap();
            sent(&mut client);
            let rest = usize::from(MAX_REPLY) - last.len() + more;
            let (line, lines) = ("250-1234567890\r\n", rest / 16 - 1);
            // What is left is a line, too.
            let odd = format!("250-{}\r\n", "x".repeat(rest - 16 * lines - 6));
            for line in std::iter::repeat_n(line, lines).chain([odd.as_str()]) {
                feed(&mut client, line.as_bytes());
                assert_eq!(events(&mut client).len(), 1);
            }
            feed(&mut client, last.as_bytes());
            let told = events(&mut client);
            assert_eq!(told.len(), 1);
            let taken = client.poll() == Ok(Want::Read);
            assert_eq!(taken, more == 0, "{told:?}");
            if taken && last == "250 ok\r\n" {
                // The next reply has as many again.
                client.noop().unwrap();
                sent(&mut client);
                feed(&mut client, b"250 ok\r\n");
                assert_eq!(events(&mut client), ["Noop 250 ok"]);
            } else if taken {
                feed(&mut client, b"2");
                assert_eq!(client.poll(), Err(Protocol::ReplyTooLong.into()));
            }
        }
    }
}

#[test]
fn a_million_lines_in_many_replies_are_no_trouble() {
    let (mut rx, mut tx) = ([0; MIN_RX], [0; 64]);
    let mut client = ready(&mut rx, &mut tx, &[]);
    let reply = "214-x\r\n".repeat(4000) + "214 end\r\n";
    let mut lines = 0;
    for _ in 0..250 {
        client.help(None).unwrap();
        sent(&mut client);
        let mut left = reply.as_bytes();
        while !left.is_empty() {
            let octets = client.receive_buffer().len().min(left.len());
            feed(&mut client, &left[..octets]);
            left = &left[octets..];
            while client.poll().unwrap() == Want::Event {
                lines += 1;
            }
        }
    }
    assert_eq!(lines, 4001 * 250);
}

#[test]
fn a_buffer_below_the_least_is_told_before_anything_is_read() {
    for length in [0, 1, MIN_RX - 1] {
        let (mut rx, mut tx) = (vec![0; length], [0; 64]);
        let Err(Error::Capacity(short)) = Client::new(&mut rx, &mut tx).poll() else { panic!("{length}") };
        assert_eq!(short, Capacity::new(Buffer::Rx, MIN_RX));
    }
}

#[test]
fn a_reply_to_the_content_before_its_last_octet_is_never_a_delivery() {
    let transcript = support::transcript("02");
    let part = &transcript.parts[0];
    let content = "Subject: alarm\r\n\r\nThe pump has stopped.\r\n.\r\n";
    for (reply, after_all) in [
        ("250 queued\r\n", Verdict::Delivered),
        ("554 no\r\n", Verdict::Rejected),
        ("451 no\r\n", Verdict::RetryLater),
    ] {
        for written in 0..=content.len() {
            for tx in [1024, 40] {
                let (mut rx, mut tx) = ([0; 256], vec![0; tx]);
                let mut client = with_settings(part, &mut rx, &mut tx);
                let verdict = mail(part, &mut client, 1000, |submission| {
                    for (answer, command) in [
                        ("220 hi\r\n", "EHLO client.example.test\r\n"),
                        ("250 hi\r\n", "MAIL FROM:<a@client.example.test>\r\n"),
                        ("250 ok\r\n", "RCPT TO:<b@server.example.test>\r\n"),
                        ("250 ok\r\n", "DATA\r\n"),
                        ("354 go\r\n", ""),
                    ] {
                        submission.poll().unwrap();
                        feed(submission, answer.as_bytes());
                        submission.poll().unwrap();
                        if !command.is_empty() {
                            assert_eq!(sent(submission), command);
                        }
                    }
                    for octet in content[..written].bytes() {
                        assert_eq!(submission.poll(), Ok(Want::Write));
                        assert_eq!(submission.transmit().first(), Some(&octet));
                        submission.transmitted(1);
                    }
                    feed(submission, reply.as_bytes());
                    let _ = submission.poll();
                    let report = submission.report();
                    assert!(written == content.len() || report.recipients()[0].status() != Status::Delivered);
                    report.verdict()
                });
                let expected = match (written == content.len(), after_all) {
                    (true, verdict) | (false, verdict @ (Verdict::Rejected | Verdict::RetryLater)) => verdict,
                    // the server is confused: it cannot have the mail
                    (false, _) => Verdict::RetryLater,
                };
                assert_eq!(verdict, expected, "{reply:?} after {written} octets");
            }
        }
    }
}

#[test]
fn octets_behind_the_220_to_starttls_are_an_injection() {
    let injected = b"220 go on\r\n250-evil\r\n250 AUTH PLAIN\r\n";
    for behind in 12..=injected.len() {
        for cut in 0..=11 {
            let (mut rx, mut tx) = ([0; 128], [0; 64]);
            let mut client = ready(&mut rx, &mut tx, &["STARTTLS", "AUTH PLAIN"]);
            client.starttls().unwrap();
            sent(&mut client);
            feed(&mut client, &injected[..cut]);
            let before = events(&mut client);
            if cut == 11 {
                // The next read belongs to TLS: there is no room to read in clear.
                assert_eq!(before, ["StartTls 220 go on", "StartTls"]);
                assert!(client.receive_buffer().is_empty());
                client.tls_established().unwrap();
                assert!(!client.capabilities().has(Extension::Auth) && client.is_tls());
                assert!(!client.permits(embedded_smtp::wire::Verb::Mail));
                continue;
            }
            assert_eq!(before, [""; 0]);
            feed(&mut client, &injected[cut..behind]);
            assert_eq!(
                events(&mut client),
                ["StartTls 220 go on", &format!("{}", Error::from(Protocol::InputBeforeTls))]
            );
            assert!(client.tls_established().is_err() && !client.is_tls());
            assert!(client.ehlo(HelloName::new("c").unwrap()).is_err());
        }
    }
}

#[test]
fn starttls_is_said_where_it_is_offered_and_not_under_tls() {
    let missing = Misuse::NotOffered(Extension::StartTls);
    for (offered, tls, error) in
        [(false, false, Some(missing)), (true, true, Some(Misuse::TlsState)), (true, false, None)]
    {
        let (mut rx, mut tx) = ([0; 128], [0; 64]);
        let mut client = Client::new(&mut rx, &mut tx);
        client.restart(tls);
        hello(&mut client, b"220 hi\r\n", if offered { &["STARTTLS"] } else { &["SIZE"] });
        assert_eq!(client.starttls(), error.map_or(Ok(()), |misuse| Err(misuse.into())));
        assert_eq!(sent(&mut client), if error.is_some() { "" } else { "STARTTLS\r\n" });
    }
}

#[test]
fn tls_cannot_be_claimed_while_clear_octets_are_unread() {
    let (mut rx, mut tx) = ([0; 128], [0; 64]);
    let mut client = ready(&mut rx, &mut tx, &["STARTTLS"]);
    assert!(client.tls_established().is_err());
    client.starttls().unwrap();
    assert!(client.tls_established().is_err());
    sent(&mut client);
    feed(&mut client, b"220 go on\r\n250 evil\r\n");
    assert_eq!(client.poll(), Ok(Want::Event));
    // between the event and the next poll
    assert!(client.tls_established().is_err() && !client.is_tls());
    // a 220 that came before STARTTLS went out answers somebody else, and what waits must not go out under TLS
    for written in 0..10 {
        let (mut rx, mut tx) = ([0; 128], [0; 64]);
        let mut client = ready(&mut rx, &mut tx, &["STARTTLS"]);
        client.starttls().unwrap();
        client.transmitted(written);
        feed(&mut client, b"220 go on\r\n");
        assert_eq!(client.poll(), Ok(Want::Event));
        assert!(client.tls_established().is_err());
        assert_eq!(client.poll(), Err(Protocol::InputBeforeTls.into()));
        assert!(client.tls_established().is_err() && !client.is_tls());
    }
    // 454 leads to no handshake either
    let (mut rx, mut tx) = ([0; 128], [0; 64]);
    let mut client = ready(&mut rx, &mut tx, &["STARTTLS"]);
    client.starttls().unwrap();
    sent(&mut client);
    feed(&mut client, b"454 not now\r\n");
    assert_eq!(events(&mut client), ["StartTls 454 not now"]);
    assert!(client.tls_established().is_err() && client.starttls().is_ok());
}

#[test]
fn after_tls_all_is_as_in_a_fresh_session() {
    let (mut rx, mut tx) = ([0; 256], [0; 64]);
    let mut client = ready(&mut rx, &mut tx, &["STARTTLS", "PIPELINING", "SIZE 10", "AUTH PLAIN"]);
    client.starttls().unwrap();
    sent(&mut client);
    feed(&mut client, b"220 go on\r\n");
    assert_eq!(events(&mut client).last().unwrap(), "StartTls");
    client.tls_established().unwrap();
    assert_eq!(client.event(), None, "the handshake is asked for once");
    assert_eq!(*client.capabilities(), embedded_smtp::wire::Capabilities::NONE);
    assert!(client.starttls().is_err(), "not twice");
    hello(&mut client, b"", &["STARTTLS"]);
    assert!(client.starttls().is_err(), "not twice, even if it is offered");
    assert!(!client.capabilities().has(Extension::Pipelining));
}
