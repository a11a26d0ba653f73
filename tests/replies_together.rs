//! When replies leave, and what is owed to an event.

#[path = "support/server.rs"]
mod server;

use embedded_smtp::server::{Event, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{Code, Extension, Response, Verb};
use embedded_smtp::{Buffer, Capacity, Error, Misuse};
use server::{Setup, codes, policy, told};

const HELLO: &[u8] = b"EHLO c\r\n";
const GROUP: &[u8] = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<reject@d>\r\nRCPT TO:<e@f>\r\nDATA\r\n";

#[test]
fn the_replies_to_a_pipelined_group_leave_in_one_write() {
    let policy = policy();
    for tx in [512, 1024] {
        let trace = Setup::new(&policy).tx(tx).run(&[HELLO, GROUP, b"x\r\n.\r\nQUIT\r\n"], &[]);
        let writes: Vec<String> = trace.writes.iter().map(|write| codes(write).join(", ")).collect();
        let group = "250 2.1.0, 250 2.1.5, 550 5.1.1, 250 2.1.5, 354";
        // The greeting leaves by itself, for the client waits for it.
        assert_eq!(writes, ["220", "250", group, "250 2.6.0, 221 2.0.0"], "tx {tx}");
    }
}

#[test]
fn nothing_is_held_back_from_a_client_that_waits() {
    let policy = policy();
    let input = [HELLO, GROUP].concat();
    let single: Vec<_> = input.chunks(1).collect();
    let trace = Setup::new(&policy).run(&single, &[]);
    assert_eq!(trace.writes.len(), 7, "one write for each reply");
    // The reply to a whole line leaves although the next line has begun.
    let trace = Setup::new(&policy).run(&[HELLO, b"NOOP\r\nNO", b"OP\r\n"], &[]);
    assert_eq!(trace.writes.len(), 4);
}

#[test]
fn any_transmit_buffer_that_holds_the_longest_reply_gives_the_same_replies() {
    let policy = policy();
    let input =
        [HELLO, &GROUP[..GROUP.len() - 6], &b"RCPT TO:<x@y>\r\n".repeat(60), b"DATA\r\nx\r\n.\r\nQUIT\r\n"];
    let input = input.concat();
    let expected = Setup::new(&policy).tx(8192).whole(&input);
    assert_eq!(expected.error, None);
    let hello = 131;
    for tx in (hello..hello + 40).chain([255, 256, 511, 512, 600]) {
        for write in [1, 7, usize::MAX] {
            let mut setup = Setup::new(&policy).tx(tx);
            setup.write = write;
            let trace = setup.whole(&input);
            assert_eq!(trace.text(), expected.text(), "tx {tx}, writes of {write}");
            assert_eq!(trace.told, expected.told, "tx {tx}, writes of {write}");
        }
    }
}

/// A server that has been told `says`, and whose first event is due.
fn hearing(server: &mut Server<'_, '_>, says: &[u8]) {
    server.receive_buffer()[..says.len()].copy_from_slice(says);
    server.received(says.len());
    assert_eq!(server.poll(), Ok(Want::Event));
}

fn response(code: u16) -> Response<'static> {
    Response::new(Code::new(code).unwrap(), "text").unwrap()
}

#[test]
fn an_event_is_told_until_it_is_replied_to_and_then_a_reply_is_too_much() {
    let policy = policy();
    let (mut rx, mut tx) = ([0; 512], [0; 1024]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    assert_eq!(server.accept(), Err(Misuse::NoReplyOwed.into()));
    assert_eq!(server.reply(&response(250)), Err(Misuse::NoReplyOwed.into()));
    hearing(&mut server, b"EHLO c\r\nMAIL FROM:<a@b>\r\n");
    for _ in 0..3 {
        assert_eq!(server.poll(), Ok(Want::Event));
        assert_eq!(told(&server.event().unwrap()), "EHLO c");
        assert_eq!(server.reply_owed(), Some(Verb::Ehlo));
        assert_eq!(server.timer(), None, "the caller is waited for");
    }
    // Reading meanwhile does no harm.
    let more = b"NOOP\r\n";
    server.receive_buffer()[..more.len()].copy_from_slice(more);
    server.received(more.len());
    assert_eq!(told(&server.event().unwrap()), "EHLO c");
    server.accept().unwrap();
    assert_eq!(server.reply_owed(), None);
    assert_eq!(server.accept(), Err(Misuse::NoReplyOwed.into()));
    assert_eq!(server.poll(), Ok(Want::Event));
    assert_eq!(told(&server.event().unwrap()), "MAIL <a@b>");
    server.accept().unwrap();
    assert_eq!(server.challenge(b""), Err(Misuse::NoReplyOwed.into()));
    assert_eq!(server.poll(), Ok(Want::Write));
    assert_eq!(codes(server.transmit()), ["220", "250", "250 2.1.0", "250 2.0.0"]);
}

#[test]
fn a_reply_that_cannot_answer_the_command_is_refused_and_the_right_one_then_works() {
    let policy = policy().ask_vrfy();
    let mail = "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n";
    for (says, events, wrong) in [
        ("EHLO c\r\n".to_owned(), 1, &[250, 220, 354][..]),
        ("HELO c\r\n".to_owned(), 1, &[250, 354]),
        ("EHLO c\r\nMAIL FROM:<a@b>\r\n".to_owned(), 2, &[354]),
        (mail.to_owned(), 3, &[354]),
        (format!("{mail}DATA\r\n"), 4, &[250, 200]),
        (format!("{mail}BDAT 0 LAST\r\n"), 4, &[354]),
        ("EHLO c\r\nVRFY x\r\n".to_owned(), 2, &[354]),
    ] {
        let (mut rx, mut tx) = ([0; 512], [0; 1024]);
        let mut server = Server::new(&mut rx, &mut tx, &policy);
        hearing(&mut server, says.as_bytes());
        for _ in 1..events {
            server.accept().unwrap();
            assert_eq!(server.poll(), Ok(Want::Event));
        }
        let before = server.transmit().to_vec();
        for code in wrong {
            assert_eq!(server.reply(&response(*code)), Err(Misuse::WrongReply.into()), "{code} {says:?}");
            assert_eq!(server.transmit(), before);
        }
        assert!(server.reply_owed().is_some());
        server.reply(&response(451)).unwrap();
        let phase = server.phase();
        assert_eq!(server.poll(), Ok(Want::Write), "{says:?}");
        assert_eq!(codes(server.transmit()).len(), codes(&before).len() + 1, "{says:?} {phase:?}");
    }
}

#[test]
fn capacity_tells_how_much_is_needed_and_changes_nothing() {
    let policy = policy();
    let (mut rx, mut tx) = ([0; 512], [0; 100]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    hearing_with_writes(&mut server, b"EHLO c\r\n");
    let Err(Error::Capacity(short)) = server.accept() else {
        panic!("the list has no room in 100 octets");
    };
    assert!(short.buffer() == Buffer::Tx && short.needed() > 100, "{short}");
    assert_eq!(server.transmit(), b"");
    assert_eq!(server.poll(), Ok(Want::Event));
    assert_eq!(told(&server.event().unwrap()), "EHLO c");
    // A shorter one has room.
    server.reply(&response(450)).unwrap();
    assert_eq!(server.transmit(), b"450 text\r\n");

    // Room that writing makes: the same reply works then, once.
    let (mut rx, mut tx) = ([0; 512], [0; 560]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    hearing_with_writes(&mut server, b"EHLO c\r\nMAIL FROM:<>\r\n");
    server.accept().unwrap();
    assert_eq!(server.poll(), Ok(Want::Event));
    let text = "t".repeat(450);
    let long = Response::new(Code::new(250).unwrap(), &text).unwrap();
    let before = server.transmit().to_vec();
    assert!(matches!(server.reply(&long), Err(Error::Capacity(short)) if short.buffer() == Buffer::Tx));
    assert_eq!(server.transmit(), before);
    assert_eq!(server.reply_owed(), Some(Verb::Mail));
    // So that a driver which only does what `poll` says comes to make it, and then to the event again.
    while server.poll() == Ok(Want::Write) {
        assert!(server.timer().is_some(), "it is the client that is waited for");
        server.transmitted(10);
    }
    assert_eq!((server.poll(), server.transmit()), (Ok(Want::Event), &b""[..]));
    assert_eq!(told(&server.event().unwrap()), "MAIL <>");
    server.reply(&long).unwrap();
    assert_eq!(codes(server.transmit()), ["250 2.0.0"]);
    assert_eq!(server.reply_owed(), None);
}

fn hearing_with_writes(server: &mut Server<'_, '_>, says: &[u8]) {
    assert_eq!(server.poll(), Ok(Want::Write));
    server.transmitted(usize::MAX);
    hearing(server, says);
}

#[test]
fn a_421_of_the_callers_ends_the_session_and_the_rest_of_the_group_is_not_read() {
    let policy = policy();
    let setup = Setup::new(&policy).caller(|event| match event {
        Event::Rcpt { .. } => server::Say::Reply(421, (4, 3, 2), "going down"),
        _ => server::Say::Accept,
    });
    let trace = setup.every_split(b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\nNOOP\r\n");
    assert_eq!(trace.behind_hello(), "250 2.1.0, 421 4.3.2");
    assert_eq!(trace.told.len(), 3);
}

#[test]
fn receive_buffers_below_the_least_are_refused_and_the_least_serves() {
    let policy = policy().offer(Extension::StartTls);
    let trace = Setup::new(&policy).rx(63).whole(HELLO);
    assert_eq!(trace.error, Some(Error::Capacity(Capacity::new(Buffer::Rx, 64))));
    let trace = Setup::new(&policy).rx(64).every_split(&[HELLO, GROUP, b"x\r\n.\r\nQUIT\r\n"].concat());
    assert_eq!(trace.mails, [b"x\r\n"]);
}
