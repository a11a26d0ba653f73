//! STARTTLS in the server (RFC 3207): nothing that came before TLS is read behind it.
//!
//! Class: command injection across STARTTLS (server). Records: CVE-2011-0411, CVE-2011-1431, CVE-2014-3556,
//! CVE-2021-33515, CVE-2024-34083.

use super::server::{Setup, policy};
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::{Phase, TimerKind, Want};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension};
use embedded_smtp::{Error, Misuse, Protocol};

fn tls_policy() -> Policy<'static> {
    let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::CramMd5);
    policy().offer(Extension::StartTls).auth(mechanisms)
}

const INJECTED: &[&str] = &[
    "E",
    "\r\n",
    "\n",
    "\0",
    "RSET\r\n",
    "EHLO evil\r\nMAIL FROM:<evil@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\n",
    "AUTH PLAIN AHVzZXIAcGFzcw==\r\n",
];

#[test]
fn octets_behind_starttls_in_the_same_read_are_a_hard_error_and_never_acted_on() {
    let policy = tls_policy();
    for injected in INJECTED {
        for before in ["EHLO c\r\n", "EHLO c\r\nNOOP\r\nMAIL FROM:<>\r\nRSET\r\n"] {
            let says = format!("{before}STARTTLS\r\n{injected}");
            let last = says.len() - injected.len();
            // In one read, and cut anywhere before the injected octets.
            for cut in 0..last {
                let (front, back) = says.split_at(cut);
                let trace = Setup::new(&policy).run(&[front.as_bytes(), back.as_bytes()], &[b"EHLO c\r\n"]);
                assert_eq!(
                    trace.error,
                    Some(Error::Protocol(Protocol::InputBeforeTls)),
                    "{injected:?} {cut}"
                );
                assert!(!trace.text().contains("220 2.0.0"), "not even accepted");
                let harmless = |told: &String| ["EHLO c", "MAIL <>", "Reset"].contains(&told.as_str());
                assert!(trace.told.iter().all(harmless), "{:?}", trace.told);
            }
        }
    }
}

/// Feeds one read.
fn read(server: &mut Server<'_, '_>, octets: &[u8]) {
    server.receive_buffer()[..octets.len()].copy_from_slice(octets);
    server.received(octets.len());
}

fn write(server: &mut Server<'_, '_>) -> String {
    let text = String::from_utf8(server.transmit().to_vec()).unwrap();
    server.transmitted(text.len());
    text
}

/// Up to the moment at which 220 waits to be written.
fn asked<'b, 'p>(rx: &'b mut [u8], tx: &'b mut [u8], policy: &'p Policy<'p>) -> Server<'b, 'p> {
    let mut server = Server::new(rx, tx, policy);
    read(&mut server, b"EHLO c\r\n");
    assert_eq!(server.poll(), Ok(Want::Event));
    server.accept().unwrap();
    assert_eq!(server.poll(), Ok(Want::Write));
    write(&mut server);
    read(&mut server, b"STARTTLS\r\n");
    assert_eq!(server.poll(), Ok(Want::Write));
    server
}

#[test]
fn nothing_is_read_between_220_and_the_handshake() {
    let policy = tls_policy();
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = asked(&mut rx, &mut tx, &policy);
    assert!(server.receive_buffer().is_empty());
    assert_eq!(server.tls_established(), Err(Misuse::TlsState.into()), "220 is not written");
    server.transmitted(3);
    assert_eq!(server.poll(), Ok(Want::Write));
    assert!(server.receive_buffer().is_empty());
    assert_eq!(write(&mut server), " 2.0.0 Ready to start TLS\r\n");
    for _ in 0..2 {
        assert_eq!(server.poll(), Ok(Want::Event));
        assert!(matches!(server.event(), Some(Event::StartTls)), "told until it happens");
    }
    assert!(server.receive_buffer().is_empty());
    assert_eq!(server.accept(), Err(Misuse::NoReplyOwed.into()));
    assert!(!server.is_tls());
    server.tls_established().unwrap();
    assert!(server.is_tls() && server.event().is_none());
    assert_eq!(server.tls_established(), Err(Misuse::TlsState.into()));
    assert_eq!(server.poll(), Ok(Want::Read));
    assert_eq!(server.transmit(), b"", "no second greeting");
}

#[test]
fn octets_that_come_in_the_next_read_but_before_tls_are_a_hard_error() {
    let policy = tls_policy();
    for written in [0, 5, usize::MAX] {
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut server = asked(&mut rx, &mut tx, &policy);
        server.transmitted(written);
        // A driver that reads regardless of what it is lent.
        server.received(6);
        let mut polled = server.poll();
        if polled == Ok(Want::Write) {
            write(&mut server);
            assert_eq!(server.tls_established(), Err(Misuse::TlsState.into()));
            polled = server.poll();
        }
        assert_eq!(polled, Err(Error::Protocol(Protocol::InputBeforeTls)), "{written}");
        assert_eq!(server.poll(), Err(Error::Protocol(Protocol::InputBeforeTls)), "{written}");
        assert_eq!(server.tls_established(), Err(Misuse::TlsState.into()));
        assert_eq!(server.transmit(), b"");
        assert!(server.event().is_none());
    }
}

#[test]
fn behind_an_injection_nothing_is_said_and_nothing_of_it_is_kept() {
    let policy = tls_policy();
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    read(&mut server, b"NOOP\r\nEHLO c\r\n");
    assert_eq!(server.poll(), Ok(Want::Event));
    server.accept().unwrap();
    read(&mut server, b"STARTTLS\r\nAUTH PLAIN AHVzZXIAcGFzcw");
    assert_eq!(server.poll(), Err(Error::Protocol(Protocol::InputBeforeTls)));
    assert_eq!(server.transmit(), b"");
    assert!(rx.iter().all(|octet| *octet == 0));
}

#[test]
fn behind_tls_the_session_begins_anew() {
    let policy = tls_policy();
    let setup = Setup::new(&policy);
    let before = b"EHLO before\r\nSTARTTLS\r\n";
    for (under_tls, codes) in [
        ("NOOP\r\n", "250 2.0.0"),
        ("MAIL FROM:<>\r\n", "503 5.5.1"),
        ("AUTH PLAIN AHVzZXIAcGFzcw==\r\n", "503 5.5.1"),
        ("STARTTLS\r\n", "503 5.5.1"),
        ("EHLO c\r\nSTARTTLS\r\n", "250, 503 5.5.1"),
        ("EHLO c\r\nAUTH PLAIN AHVzZXIAcGFzcw==\r\nMAIL FROM:<>\r\n", "250, 235 2.7.0, 250 2.1.0"),
    ] {
        for cut in 1..under_tls.len() {
            let (front, back) = under_tls.split_at(cut);
            let trace = setup.run(&[before], &[front.as_bytes(), back.as_bytes()]);
            assert_eq!(trace.behind_hello(), format!("220 2.0.0, {codes}"), "{under_tls:?}");
            assert_eq!(trace.error, None);
        }
    }
    let text = setup.run(&[before], &[b"EHLO c\r\n"]).text();
    let (clear, tls) = text.split_once("220 2.0.0").unwrap();
    assert!(clear.contains("250-STARTTLS\r\n") && clear.contains("250-AUTH CRAM-MD5\r\n"), "{clear}");
    assert!(!tls.contains("STARTTLS") && tls.contains("250-AUTH PLAIN CRAM-MD5\r\n"), "{tls}");
}

#[test]
fn a_login_before_tls_is_forgotten_behind_it() {
    let policy = tls_policy().require_auth();
    let before = b"EHLO c\r\nAUTH CRAM-MD5\r\neWVz\r\nSTARTTLS\r\n";
    let trace = Setup::new(&policy).run(&[before], &[b"EHLO c\r\nMAIL FROM:<>\r\n"]);
    assert_eq!(trace.behind_hello(), "334, 235 2.7.0, 220 2.0.0, 250, 530 5.7.0");
    assert!(!trace.authenticated);
}

#[test]
fn starttls_is_refused_where_it_may_not_be_and_what_follows_is_served() {
    let policy = tls_policy();
    let trace = Setup::new(&policy).every_split(b"EHLO c\r\nMAIL FROM:<>\r\nSTARTTLS\r\nRCPT TO:<a@b>\r\n");
    assert_eq!(trace.behind_hello(), "250 2.1.0, 503 5.5.1, 250 2.1.5");
    let trace = Setup::new(&policy).every_split(b"STARTTLS\r\nEHLO c\r\nSTARTTLS now\r\nNOOP\r\n");
    assert_eq!(trace.codes()[1..], ["503 5.5.1", "250", "501 5.5.4", "250 2.0.0"]);
}

#[test]
fn nothing_is_said_in_clear_once_the_handshake_may_have_begun() {
    let policy = tls_policy();
    for time_out in [true, false] {
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut server = asked(&mut rx, &mut tx, &policy);
        write(&mut server);
        assert_eq!(server.poll(), Ok(Want::Event));
        assert_eq!(server.timer().map(|timer| timer.kind()), Some(TimerKind::Command));
        if time_out {
            server.timed_out();
        } else {
            server.shut_down();
        }
        assert_eq!(server.transmit(), b"");
        assert_eq!(server.poll(), Ok(Want::Closed));
        assert_eq!(server.phase(), Phase::Closing);
    }
}
