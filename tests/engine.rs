//! The bare client, at random: whatever the server says and the caller asks, what goes out is exactly the
//! commands that were accepted.

mod random;
mod support;

use embedded_smtp::client::{Client, Event};
use embedded_smtp::sasl::{Credentials, Login, Plain};
use embedded_smtp::session::{Phase, TimerKind, Want};
use embedded_smtp::wire::{Extension, ForwardPath, HelloName, ReversePath, Text, Verb};
use embedded_smtp::{Error, Misuse};
use random::Random;
use support::verbs::VERBS;

/// What should go out, by the rules, beside what does.
#[derive(Default)]
struct Model {
    /// All that was accepted, as octets.
    expected: Vec<u8>,
    /// All that was written.
    written: Vec<u8>,
    /// The content behind DATA that was taken, as it was given.
    content: Vec<u8>,
    /// Given, but not taken yet.
    left: Vec<u8>,
    /// Octets that the open chunk still wants.
    chunk: usize,
    /// A piece that is written from the caller's memory.
    in_place: Vec<u8>,
    /// Whether the content has begun and its end has not been accepted.
    open: bool,
}

/// What a caller can say: neither the greeting nor XCLIENT.
const EVERY: &[Verb] = VERBS.split_at(19).0.split_at(1).1;

/// Dots doubled, an end put behind it: the content has line ends of CRLF only.
fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in content.split_inclusive(|octet| *octet == b'\n') {
        out.extend_from_slice(if line.starts_with(b".") { b"." } else { b"" });
        out.extend_from_slice(line);
    }
    if !content.is_empty() && !content.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

/// Everything of a client that a command which was refused must not have changed.
fn snapshot(client: &Client<'_>) -> (Phase, usize, Vec<u8>, usize, bool, bool, Vec<bool>) {
    (
        client.phase(),
        client.in_flight(),
        client.transmit().to_vec(),
        client.body_pending(),
        client.is_tls(),
        client.in_doubt(),
        EVERY.iter().map(|verb| client.permits(*verb)).collect(),
    )
}

impl Model {
    /// Gives a command, by its number.
    fn command(&mut self, client: &mut Client<'_>, number: usize, random: &mut Random) {
        let name = HelloName::new("c.example").unwrap();
        let text = Text::new("who").unwrap();
        let credentials = Credentials::new("u", "p").unwrap();
        let verb = EVERY[number];
        let permitted = client.permits(verb);
        let before = snapshot(client);
        let size = random.below(40);
        let (result, line) = match verb {
            Verb::Ehlo => (client.ehlo(name), "EHLO c.example\r\n".to_owned()),
            Verb::Helo => (client.helo(name), "HELO c.example\r\n".to_owned()),
            Verb::Lhlo => (client.lhlo(name), "LHLO c.example\r\n".to_owned()),
            Verb::Mail => (client.mail(&ReversePath::Null, &()), "MAIL FROM:<>\r\n".to_owned()),
            Verb::Rcpt => {
                (client.rcpt(&ForwardPath::new("a@b").unwrap(), &()), "RCPT TO:<a@b>\r\n".to_owned())
            }
            Verb::Data => (client.data(), "DATA\r\n".to_owned()),
            Verb::EndOfData if !self.left.is_empty() => return,
            Verb::EndOfData => (client.end_of_body(), String::new()),
            Verb::Bdat => (client.bdat(size as u64, false), format!("BDAT {size}\r\n")),
            Verb::BdatLast => (client.bdat(size as u64, true), format!("BDAT {size} LAST\r\n")),
            Verb::Rset => (client.rset(), "RSET\r\n".to_owned()),
            Verb::Noop => (client.noop(), "NOOP\r\n".to_owned()),
            Verb::Quit => (client.quit(), "QUIT\r\n".to_owned()),
            Verb::Vrfy => (client.vrfy(text), "VRFY who\r\n".to_owned()),
            Verb::Expn => (client.expn(text), "EXPN who\r\n".to_owned()),
            Verb::Help => (client.help(None), "HELP\r\n".to_owned()),
            Verb::StartTls => (client.starttls(), "STARTTLS\r\n".to_owned()),
            Verb::Auth => (client.auth(&mut Plain::new(credentials)), "AUTH PLAIN AHUAcA==\r\n".to_owned()),
            _ => match random.below(3) {
                0 => (client.auth_cancel(), "*\r\n".to_owned()),
                _ => (client.auth_respond(&mut Login::new(credentials)), "?".to_owned()),
            },
        };
        match result {
            Ok(()) => {
                assert!(permitted, "{verb:?} was not permitted and happened");
                match (verb, line.as_str()) {
                    (Verb::EndOfData, _) => {
                        let content = std::mem::take(&mut self.content);
                        self.expected.extend_from_slice(&stuffed(&content));
                        self.open = false;
                    }
                    // what the mechanism says depends on how often it was asked: one line, at any rate
                    (_, "?") => {
                        let said = &client.transmit()[before.2.len()..];
                        assert!([&b"dQ==\r\n"[..], b"cA==\r\n", b"*\r\n"].contains(&said), "{said:?}");
                        self.expected.extend_from_slice(said);
                    }
                    _ => self.expected.extend_from_slice(line.as_bytes()),
                }
                if matches!(verb, Verb::Bdat | Verb::BdatLast) {
                    self.chunk = size;
                }
                // LMTP owes no reply to a mail for nobody
                assert!(client.in_flight() == before.1 + 1 || verb == Verb::EndOfData);
            }
            Err(Error::Protocol(_)) => {}
            Err(error) => {
                assert_eq!(snapshot(client), before, "{verb:?}: {error}");
                assert!(
                    permitted || matches!(error, Error::Misuse(_)),
                    "{verb:?} is not permitted, and it says {error}"
                );
                assert!(
                    !permitted
                        || !matches!(error, Error::Misuse(Misuse::OutOfOrder(_)))
                        || verb == Verb::Auth,
                    "{verb:?} is permitted, and it says {error}"
                );
            }
        }
    }

    /// Gives some content, if it may be.
    fn body(&mut self, client: &mut Client<'_>, random: &mut Random) {
        if self.left.is_empty() {
            let words = [
                &b"ab"[..],
                b".",
                b"..",
                b"\r\n",
                b"\r\n.",
                b"a long run of octets without any line end in it",
            ];
            for _ in 0..=random.below(8) {
                self.left.extend_from_slice(words[random.below(words.len())]);
            }
            // no CRLF is made of what meets here
            if self.chunk > 0 {
                self.left.truncate(self.chunk);
            }
        }
        let in_place = random.below(3) == 0;
        let before = snapshot(client);
        let result = if in_place { client.body_in_place(&self.left) } else { client.body(&self.left) };
        let Ok(taken) = result else {
            assert_eq!(snapshot(client), before);
            if !self.open {
                self.left.clear();
            }
            return;
        };
        let taken: Vec<u8> = self.left.drain(..taken).collect();
        if in_place && !taken.is_empty() {
            assert_eq!(client.body_pending(), taken.len());
            self.in_place.clone_from(&taken);
        }
        if self.chunk > 0 {
            self.chunk -= taken.len();
            self.expected.extend_from_slice(&taken);
        } else {
            self.content.extend_from_slice(&taken);
        }
    }

    fn write(&mut self, client: &mut Client<'_>, random: &mut Random) {
        let pending = client.body_pending();
        let waiting = if pending > 0 { self.in_place.clone() } else { client.transmit().to_vec() };
        assert_eq!(pending, self.in_place.len());
        if !waiting.is_empty() {
            let taken = 1 + random.below(waiting.len());
            self.written.extend_from_slice(&waiting[..taken]);
            if pending > 0 {
                self.in_place.drain(..taken);
            }
            client.transmitted(taken);
        }
    }

    /// What went out and what waits is what was accepted, and in order.
    fn check(&self, client: &Client<'_>, over: bool) {
        let mut out = self.written.clone();
        out.extend_from_slice(&self.in_place);
        out.extend_from_slice(client.transmit());
        let mut expected = self.expected.clone();
        if self.open {
            // its last octets may still be to come: inserted dots, a CRLF
            expected.extend_from_slice(&stuffed(&self.content));
            assert!(expected.starts_with(&out), "{:?}\n{:?}", text(&out), text(&expected));
        } else if over {
            assert!(expected.starts_with(&self.written), "{:?}\n{:?}", text(&self.written), text(&expected));
        } else {
            assert_eq!(text(&out), text(&expected));
        }
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// What the server says next: mostly replies, sometimes nonsense.
fn said(random: &mut Random, nonsense: bool, awaited: Option<TimerKind>) -> Vec<u8> {
    let mut out = Vec::new();
    if nonsense && random.below(8) == 0 {
        for _ in 0..random.below(20) {
            out.push(if random.below(3) == 0 {
                b"\r\n25-0 \0"[random.below(8)]
            } else {
                random.below(256) as u8
            });
        }
        return out;
    }
    let any = ["250", "250", "220", "235", "550", "450", "503", "354", "334", "221", "421"];
    let code = match awaited {
        Some(TimerKind::DataReply) if random.below(4) > 0 => "354",
        _ if random.below(5) > 0 => "250",
        _ => any[random.below(if nonsense { any.len() } else { 7 })],
    };
    let keywords = ["PIPELINING", "CHUNKING", "AUTH PLAIN LOGIN", "STARTTLS", "SIZE 1", "", "x y z"];
    for _ in 0..random.below(5) {
        out.extend_from_slice(format!("{code}-{}\r\n", keywords[random.below(keywords.len())]).as_bytes());
    }
    out.extend_from_slice(format!("{code} {}\r\n", keywords[random.below(keywords.len())]).as_bytes());
    out
}

#[test]
#[allow(clippy::too_many_lines, reason = "one walk")]
fn at_random_what_goes_out_is_what_was_accepted_and_nothing_panics() {
    let mut random = Random::new(0xc0_ffee);
    let (mut events, mut errors, mut sessions, mut mails, mut replies) = (0, 0, 0, 0, 0);
    for round in 0..3000 {
        let (mut rx, mut tx) = (vec![0; 64 + random.below(100)], vec![0; 20 + random.below(100)]);
        let mut client = Client::new(&mut rx, &mut tx).allow_clear_text_auth();
        let mut model = Model::default();
        let mut coming: Vec<u8> = b"220 hi\r\n".to_vec();
        let nonsense = round % 3 == 0;
        let mut over = false;
        for _ in 0..400 {
            match random.below(8) {
                0 if random.below(2) == 0 => {
                    let any = random.below(EVERY.len());
                    if EVERY[any] != Verb::Quit || random.below(20) == 0 {
                        model.command(&mut client, any, &mut random);
                    }
                }
                0..=3 => {
                    // what leads on, so that sessions get far
                    let next = [Verb::Ehlo, Verb::Mail, Verb::Rcpt, Verb::Rcpt, Verb::Data, Verb::EndOfData];
                    for verb in next {
                        let at = EVERY.iter().position(|known| *known == verb).unwrap();
                        let first = verb != Verb::Ehlo || client.phase() == Phase::Greeted;
                        if client.permits(verb) && first && random.below(2) == 0 {
                            model.command(&mut client, at, &mut random);
                        }
                    }
                }
                4 => model.body(&mut client, &mut random),
                5 => model.write(&mut client, &mut random),
                6 => {
                    let all_said = client.transmit().is_empty() && model.chunk + client.body_pending() == 0;
                    if coming.is_empty() && client.in_flight() > 0 && (all_said || nonsense) {
                        coming = said(&mut random, nonsense, client.timer().map(|timer| timer.kind()));
                    }
                    let room = client.receive_buffer();
                    let octets = coming.len().min(room.len());
                    let octets = if random.below(2) == 0 { octets } else { octets.min(1 + random.below(20)) };
                    room[..octets].copy_from_slice(&coming[..octets]);
                    coming.drain(..octets);
                    client.received(octets);
                }
                _ => {
                    if nonsense && random.below(400) == 0 {
                        client.received_eof();
                    }
                    if nonsense && random.below(400) == 0 {
                        client.timed_out();
                    }
                }
            }
            if client.phase() == Phase::Data && !model.open && client.in_flight() == 0 && !over {
                model.open = true;
                mails += 1;
            }
            match client.poll() {
                Ok(Want::Event) => {
                    events += 1;
                    match client.event() {
                        Some(Event::StartTls) => {
                            client.tls_established().unwrap();
                            assert!(client.is_tls());
                        }
                        Some(Event::Reply { .. }) => replies += 1,
                        Some(_) => {}
                        None => panic!("an event that is none"),
                    }
                    if client.phase() == Phase::Data && client.in_flight() == 0 && !model.open {
                        model.open = true;
                        mails += 1;
                    }
                }
                Ok(Want::Read) => assert!(client.transmit().is_empty() && client.body_pending() == 0),
                Ok(Want::Write) => assert!(!client.transmit().is_empty() || client.body_pending() > 0),
                Ok(Want::Closed) => over = true,
                Err(_) => {
                    errors += 1;
                    over = true;
                }
            }
            over |= client.phase() == Phase::Closing;
            if over {
                assert!(EVERY.iter().all(|verb| !client.permits(*verb)));
                model.in_place.clear();
                model.open = false;
                model.content.clear();
            }
            assert!(client.in_flight() <= 1 || client.capabilities().has(Extension::Pipelining));
            if !over {
                model.check(&client, over);
            }
            if over && random.below(4) == 0 {
                client.restart(random.below(2) == 0);
                sessions += 1;
                model = Model::default();
                coming = b"220 hi\r\n".to_vec();
                over = false;
            }
        }
    }
    println!(
        "{events} events, {replies} replies, {errors} errors, {sessions} more sessions, {mails} contents"
    );
    assert!(replies > 5000 && errors > 100 && sessions > 100 && mails > 100);
}
