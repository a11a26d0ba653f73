//! A long random walk over the server: octets that look like SMTP or do not, in any pieces, and a caller who
//! says anything. Nothing may break, and each command line gets exactly one reply.

mod random;
#[path = "support/server.rs"]
mod server;

use embedded_smtp::server::{Event, Server};
use embedded_smtp::session::{Phase, Want};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Code, Extension, Response, Severity};
use embedded_smtp::{Error, Misuse, Protocol};
use random::Random;
use server::{codes, policy};

const WORDS: &[&[u8]] = &[
    b"EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\ntext\r\n.\r\n",
    b"LHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nRCPT TO:<c@d>\r\nDATA\r\n..\r\n.\r\n",
    b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 3\r\nabcBDAT 1 LAST\r\n.",
    b"EHLO c\r\n",
    b"HELO c\r\n",
    b"LHLO c\r\n",
    b"MAIL FROM:<a@b>\r\n",
    b"MAIL FROM:<> BODY=8BITMIME\r\n",
    b"MAIL FROM:<> SIZE=9999\r\n",
    b"MAIL FROM:<> BODY=BINARYMIME\r\n",
    b"RCPT TO:<c@d>\r\n",
    b"RCPT TO:<x@y>\r\n",
    b"RCPT TO:<c@d>\r\n",
    b"DATA\r\n",
    b"DATA\r\n",
    b".\r\n",
    b"\r\n.\r\n",
    b"\r\n.\r\n",
    b"\n.\n",
    b"..\r\n",
    b"text\r\n",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"BDAT 3 LAST\r\nabc",
    b"BDAT 5\r\nabcde",
    b"BDAT 2000\r\n",
    b"BDAT 0\r\n",
    b"BDAT x\r\n",
    b"VRFY a\r\n",
    b"EXPN a\r\n",
    b"HELP\r\n",
    b"AUTH PLAIN AHVzZXIAcGFzcw==\r\n",
    b"AUTH LOGIN\r\n",
    b"dXNlcg==\r\n",
    b"AUTH CRAM-MD5\r\n",
    b"*\r\n",
    b"STARTTLS\r\n",
    b"QUIT\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"=",
    b"<",
    b"\xff",
    b"MAIL",
    b"FROM:",
    b"\"",
];

#[test]
#[allow(clippy::too_many_lines, reason = "one step is one arm")]
fn nothing_breaks_on_a_long_random_walk() {
    let mechanisms = AuthMechanisms::NONE
        .with(AuthMechanism::Plain)
        .with(AuthMechanism::Login)
        .with(AuthMechanism::CramMd5);
    let full = policy()
        .auth(mechanisms)
        .allow_clear_text_auth()
        .offer(Extension::StartTls)
        .max_size(12)
        .max_errors(40)
        .max_mails(9)
        .max_recipients(5);
    let policies = [full, full.lmtp(), full.ask_vrfy().max_errors(3), full.without(Extension::Chunking)];
    let texts = ["ok", "", "two\nlines", "caf\u{e9}"];
    let mut random = Random::new(20);
    let (mut sessions, mut steps, mut replies, mut mails) = (0, 0, 0, 0);
    let mut phases = std::collections::HashSet::new();
    while steps < 200_000 {
        sessions += 1;
        let policy = policies[random.below(policies.len())];
        let (mut rx, mut tx) = (vec![0; 64 + random.below(700)], vec![0; 400 + random.below(500)]);
        let mut server = Server::new(&mut rx, &mut tx, &policy);
        let mut input: Vec<u8> = Vec::new();
        let mut out: Vec<u8> = Vec::new();
        for _ in 0..50 + random.below(400) {
            steps += 1;
            phases.insert(server.phase() as u8);
            match random.below(if steps % 7 == 0 { 40 } else { 11 + steps % 2 }) {
                0..=3 => {
                    while input.len() < 40 {
                        input.extend_from_slice(WORDS[random.below(WORDS.len())]);
                    }
                    let room = server.receive_buffer();
                    let octets = room.len().min(1 + random.below(40)).min(input.len());
                    room[..octets].copy_from_slice(&input[..octets]);
                    input.drain(..octets);
                    server.received(octets);
                }
                4..=7 => match server.poll() {
                    Ok(Want::Event) => {
                        let event = server.event().expect("an event");
                        let _ = server::told(&event);
                        mails += usize::from(matches!(event, Event::EndOfData { .. }));
                        if matches!(event, Event::StartTls) && random.below(2) == 0 {
                            server.tls_established().unwrap();
                            input.clear();
                        }
                    }
                    Ok(Want::Write) => assert!(!server.transmit().is_empty()),
                    Ok(Want::Read) => assert!(!server.receive_buffer().is_empty()),
                    Ok(Want::Closed) | Err(Error::Protocol(Protocol::InputBeforeTls)) => break,
                    Err(error) => panic!("{error:?}"),
                },
                8 | 9 => {
                    let waiting = server.transmit();
                    let octets = waiting.len().min(1 + random.below(200));
                    out.extend_from_slice(&waiting[..octets]);
                    server.transmitted(octets);
                }
                10 => {
                    let owed = server.reply_owed().is_some();
                    match server.accept() {
                        Ok(()) => assert!(owed),
                        Err(Error::Capacity(_)) => assert!(!server.transmit().is_empty()),
                        Err(error) => assert!(!owed && error == Misuse::NoReplyOwed.into(), "{error:?}"),
                    }
                }
                11 => {
                    let code = Code::new([250, 354, 235, 450, 550, 535, 502][random.below(7)]).unwrap();
                    let response = Response::new(code, texts[random.below(texts.len())]).unwrap();
                    let owed = server.reply_owed();
                    match server.reply(&response) {
                        Ok(()) => assert!(owed.is_some()),
                        Err(Error::Misuse(Misuse::NoReplyOwed)) => assert!(owed.is_none()),
                        Err(Error::Misuse(Misuse::WrongReply)) => {
                            assert!(code.severity() != Severity::Transient);
                        }
                        Err(Error::Capacity(_)) => assert!(!server.transmit().is_empty()),
                        Err(error) => panic!("{error:?}"),
                    }
                }
                12 => {
                    let _ = server.challenge(b"challenge");
                }
                13 if random.below(20) == 0 => server.timed_out(),
                14 if random.below(20) == 0 => server.shut_down(),
                15 if random.below(20) == 0 => server.received_eof(),
                16 if random.below(20) == 0 => {
                    server.restart(false);
                    break;
                }
                _ => {
                    if let Err(error) = server.tls_established() {
                        assert_eq!(error, Misuse::TlsState.into());
                    }
                }
            }
        }
        // Half a reply may be missing at the end, nothing else.
        let end = out.windows(2).rposition(|two| two == b"\r\n").map_or(0, |at| at + 2);
        let text = String::from_utf8(out[..end].to_vec()).unwrap();
        let lines: Vec<&str> = text.split_inclusive("\r\n").collect();
        let last = lines.iter().rposition(|line| line.as_bytes()[3] == b' ').map_or(0, |at| at + 1);
        let whole = lines[..last].concat();
        replies += codes(whole.as_bytes()).len();
    }
    assert!(sessions > 400 && replies > 8_000 && mails > 100, "{sessions} {replies} {mails}");
    assert!(phases.len() >= 9, "{phases:?}");
    assert!(!phases.contains(&(Phase::Refused as u8)));
}

/// Whole units that a client sends at once; each is worth one reply, but for content.
const UNITS: &[&[u8]] = &[
    b"EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n",
    b"LHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n",
    b"EHLO c\r\n",
    b"LHLO c\r\n",
    b"EHLO\r\n",
    b"MAIL FROM:<a@b>\r\n",
    b"MAIL FROM:<a@b>\r\n",
    b"MAIL FROM:<a@b\r\n",
    b"RCPT TO:<c@d>\r\n",
    b"RCPT TO:<c@d>\r\n",
    b"RCPT TO:<c@d> X=Y\r\n",
    b"DATA\r\n",
    b"DATA\r\n",
    b"BDAT 7\r\nNOOP\r\nN",
    b"BDAT 6 LAST\r\nQUIT\r\n",
    b"BDAT 0 LAST\r\n",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"VRFY a\r\n",
    b"HELP\r\n",
    b"FOO\r\n",
    b"\r\n",
    b"\0\r\n",
    b"AUTH PLAIN AHVzZXIAcGFzcw==\r\n",
    b"AUTH PLAIN\r\n",
    b"AUTH LOGIN\r\n",
    b"AUTH CRAM-MD5\r\n",
    b"AHVzZXIAcGFzcw==\r\n",
    b"*\r\n",
    b"STARTTLS\r\n",
    b"text\r\n",
    b".\r\n",
    b".\r\n",
    b".\r\n",
];

#[test]
fn every_command_line_gets_exactly_one_reply() {
    let mechanisms = AuthMechanisms::NONE
        .with(AuthMechanism::Plain)
        .with(AuthMechanism::Login)
        .with(AuthMechanism::CramMd5);
    let full = policy()
        .auth(mechanisms)
        .allow_clear_text_auth()
        .offer(Extension::StartTls)
        .max_errors(30)
        .max_recipients(3)
        .max_size(10);
    let policies = [full, full.lmtp(), full.ask_vrfy()];
    let mut random = Random::new(4);
    let mut counts = std::collections::HashMap::new();
    for _ in 0..1500 {
        let policy = policies[random.below(policies.len())];
        let (mut rx, mut tx) = ([0; 128], [0; 512]);
        let mut server = Server::new(&mut rx, &mut tx, &policy);
        let mut accepted = 0;
        let _ = settle(&mut server, &mut random, &mut accepted);
        for _ in 0..60 {
            let unit = UNITS[random.below(UNITS.len())];
            let (phase, recipients) = (server.phase(), accepted);
            // There it would be more lines than one.
            if unit.starts_with(b"BDAT") && matches!(phase, Phase::Auth | Phase::Data) {
                continue;
            }
            let room = server.receive_buffer();
            room[..unit.len()].copy_from_slice(unit);
            server.received(unit.len());
            let mut found = settle(&mut server, &mut random, &mut accepted);
            let lines = unit.split(|octet| *octet == b'\n').count() - 1;
            if server.phase() == Phase::Closing {
                assert!(found.pop().is_some_and(|code| code.starts_with("421")));
                assert!(found.len() <= lines.max(recipients), "{found:?}");
                break;
            }
            let ends =
                unit == b".\r\n" && phase == Phase::Data || unit.windows(6).any(|six| six == b" LAST\r");
            let expected = match phase {
                Phase::Data if !ends => 0,
                Phase::Data | Phase::Rcpt | Phase::Chunks | Phase::Spoiled if ends && is_lmtp(&server) => {
                    recipients.max(1)
                }
                _ if unit.starts_with(b"BDAT") => 1,
                _ => lines,
            };
            assert_eq!(found.len(), expected, "{:?} in {phase:?}: {found:?}", String::from_utf8_lossy(unit));
            *counts.entry(phase as u8).or_insert(0) += 1;
        }
    }
    assert!(counts.len() >= 8 && counts.values().all(|count| *count > 20), "{counts:?}");
}

fn is_lmtp(server: &Server<'_, '_>) -> bool {
    format!("{server:?}").contains("lmtp: true")
}

/// Lets the server come to rest, with a caller who says this or that; the codes of the replies.
fn settle(server: &mut Server<'_, '_>, random: &mut Random, accepted: &mut usize) -> Vec<String> {
    let mut out = Vec::new();
    loop {
        match server.poll().unwrap() {
            Want::Event => {
                let event = server.event().unwrap();
                let rcpt = matches!(event, Event::Rcpt { .. });
                if matches!(event, Event::Mail { .. }) {
                    *accepted = 0;
                }
                if matches!(event, Event::StartTls) {
                    server.tls_established().unwrap();
                } else if server.reply_owed().is_some() {
                    if matches!(event, Event::AuthMessage(_)) && random.below(3) > 0 {
                        server.challenge(b"x").unwrap();
                    } else if random.below(4) == 0 {
                        let code = Code::new([450, 550][random.below(2)]).unwrap();
                        server.reply(&Response::new(code, "no").unwrap()).unwrap();
                    } else {
                        server.accept().unwrap();
                        *accepted += usize::from(rcpt);
                    }
                }
            }
            Want::Write => {
                out.extend_from_slice(server.transmit());
                server.transmitted(usize::MAX);
            }
            Want::Read | Want::Closed => return codes(&out),
        }
    }
}
