//! Time: a client that drips wins none, and a session that is over says so.
//!
//! Class: unbounded input and endless sessions (client, server). Records: CVE-2026-67445.

use super::server::{codes, policy, told};
use embedded_smtp::server::{Policy, Server};
use embedded_smtp::session::{Phase, TimerKind, Want};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms};

/// A server, a clock that the driver keeps by the timer's epochs, and all that was written.
struct Clocked<'b, 'p> {
    server: Server<'b, 'p>,
    epoch: Option<u8>,
    seconds: u64,
    out: Vec<u8>,
    told: Vec<String>,
}

impl<'b, 'p> Clocked<'b, 'p> {
    fn new(rx: &'b mut [u8], tx: &'b mut [u8], policy: &'p Policy<'p>) -> Self {
        let server = Server::new(rx, tx, policy);
        let mut clocked = Self { server, epoch: None, seconds: 0, out: Vec::new(), told: Vec::new() };
        clocked.turn();
        clocked
    }

    /// Polls until there is nothing to do, accepting everything.
    fn turn(&mut self) -> Want {
        loop {
            match self.server.poll().unwrap() {
                Want::Event => {
                    self.told.push(told(&self.server.event().unwrap()));
                    if self.server.reply_owed().is_some() {
                        self.server.accept().unwrap();
                    }
                }
                Want::Write => {
                    self.out.extend_from_slice(self.server.transmit());
                    self.server.transmitted(usize::MAX);
                }
                want => return want,
            }
        }
    }

    fn says(&mut self, octets: &[u8]) {
        for piece in octets.chunks(32) {
            self.server.receive_buffer()[..piece.len()].copy_from_slice(piece);
            self.server.received(piece.len());
            self.turn();
        }
    }

    /// Time goes by; says whether the timer ran out.
    fn waits(&mut self, seconds: u64) -> bool {
        let timer = self.server.timer().unwrap();
        if self.epoch != Some(timer.epoch()) {
            self.epoch = Some(timer.epoch());
            self.seconds = 0;
        }
        self.seconds += seconds;
        self.seconds >= timer.after().as_secs()
    }

    /// Drips one octet a minute; says after how many the timer ran out.
    fn drips(&mut self, octets: &[u8]) -> Option<usize> {
        for (at, octet) in octets.iter().enumerate() {
            if self.waits(60) {
                return Some(at);
            }
            self.says(&[*octet]);
        }
        None
    }
}

const DATA: &[u8] = b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n";
const BDAT: &[u8] = b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nBDAT 100000\r\n";

#[test]
fn one_octet_a_minute_restarts_no_clock() {
    let policy =
        policy().auth(AuthMechanisms::NONE.with(AuthMechanism::Login)).allow_clear_text_auth().max_size(500);
    let refused = b"EHLO c\r\nBDAT 100000\r\n".as_slice();
    let too_large = b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nBDAT 100000\r\n".as_slice();
    for (before, drip, kind) in [
        (&b""[..], &b"EHLO client.example.test"[..], TimerKind::Command),
        (b"EHLO c\r\n", b"NOOP and more and more", TimerKind::Command),
        (b"NOOP\n", b"NOOP\nNOOP\nNOOP\nNOOP", TimerKind::Command),
        (b"EHLO c\r\nAUTH LOGIN\r\n", b"dXNlcgdXNlcgdXNlcg", TimerKind::Command),
        (b"EHLO c\r\nAUTH LOGIN dXNlcg==\r\n", b"dXNlcgdXNlcgdXNlcg", TimerKind::Command),
        (DATA, b"a line and another one", TimerKind::Content),
        (DATA, b"..\r\n..\r\n..\r\n..\r\n..\r\n", TimerKind::Content),
        (&[DATA, b"\n"].concat(), b"of a mail that is lost", TimerKind::Content),
        (refused, b"a chunk that is refused", TimerKind::Content),
        (too_large, b"a chunk that is too large", TimerKind::Content),
    ] {
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut clocked = Clocked::new(&mut rx, &mut tx, &policy);
        clocked.says(before);
        let timer = clocked.server.timer().unwrap();
        assert_eq!((timer.kind(), timer.after().as_secs()), (kind, 300), "{before:?}");
        assert_eq!(clocked.drips(drip), Some(4), "{before:?}");
    }
}

#[test]
fn content_restarts_the_clock_for_each_so_many_octets() {
    for (before, progress) in [(DATA, 10), (BDAT, 10), (DATA, 1)] {
        let policy = policy().patience(200, 600, progress);
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut clocked = Clocked::new(&mut rx, &mut tx, &policy);
        clocked.says(before);
        let epoch = |clocked: &Clocked<'_, '_>| clocked.server.timer().unwrap().epoch();
        assert_eq!(clocked.server.timer().unwrap().after().as_secs(), 600);
        let first = epoch(&clocked);
        for _ in 1..progress {
            clocked.says(b"x");
            assert_eq!(epoch(&clocked), first);
        }
        clocked.says(b"x");
        assert_ne!(epoch(&clocked), first);
    }
    // Ten a minute live, one a minute does not.
    let policy = policy().patience(300, 300, 10);
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut clocked = Clocked::new(&mut rx, &mut tx, &policy);
    clocked.says(DATA);
    for _ in 0..100 {
        assert!(!clocked.waits(60));
        clocked.says(b"ten octets");
    }
    assert_eq!(clocked.drips(b"one by one"), Some(4));
}

#[test]
fn each_reply_starts_the_clock_anew() {
    let policy = policy();
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut clocked = Clocked::new(&mut rx, &mut tx, &policy);
    let says = [
        &b"EHLO c\r\n"[..],
        b"NOOP\r\n",
        b"FOO\r\n",
        b"MAIL FROM:<>\r\n",
        b"RCPT TO:<a@b>\r\n",
        b"HELP\r\n",
        b"DATA\r\n",
        b".\r\n",
    ];
    for says in says {
        let before = clocked.server.timer().unwrap().epoch();
        clocked.says(says);
        assert_ne!(clocked.server.timer().unwrap().epoch(), before, "{says:?}");
    }
}

#[test]
fn a_timer_that_runs_out_says_421_once_and_the_second_time_drops_the_session() {
    let policy = policy();
    for before in [&b""[..], b"EHLO c\r\nNO", DATA, BDAT, b"EHLO c\r\nMAIL FROM:<>\r\n"] {
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut clocked = Clocked::new(&mut rx, &mut tx, &policy);
        clocked.says(before);
        let epoch = clocked.server.timer().unwrap().epoch();
        clocked.server.timed_out();
        assert_eq!(codes(clocked.server.transmit()), ["421 4.4.2"], "{before:?}");
        assert_eq!(clocked.server.phase(), Phase::Closing);
        assert_ne!(clocked.server.timer().unwrap().epoch(), epoch, "there is time to write it");
        // Nothing that comes now is read.
        let more = b"QUIT\r\n";
        clocked.server.receive_buffer()[..more.len()].copy_from_slice(more);
        clocked.server.received(more.len());
        assert_eq!(clocked.server.poll(), Ok(Want::Write), "{before:?}");
        clocked.server.transmitted(3);
        assert_eq!(clocked.server.poll(), Ok(Want::Write), "{before:?}");
        clocked.server.timed_out();
        assert_eq!(clocked.server.transmit(), b"", "{before:?}");
        assert_eq!(clocked.server.poll(), Ok(Want::Closed), "{before:?}");
        assert!(!clocked.told.iter().any(|told| told.starts_with("End") || told == "Quit"));
    }
}

#[test]
fn the_first_timeout_drops_no_reply_that_waits_even_where_421_has_no_room() {
    let policy = policy();
    let (mut rx, mut tx) = ([0; 512], [0; 36]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    assert_eq!(server.poll(), Ok(Want::Write));
    server.timed_out();
    assert_eq!(codes(server.transmit()), ["220"]);
    assert_eq!(server.poll(), Ok(Want::Write));
    server.transmitted(usize::MAX);
    assert_eq!(server.poll(), Ok(Want::Closed));
}

#[test]
fn a_server_that_goes_down_says_so_and_takes_no_reply_any_more() {
    let policy = policy();
    for (before, owed) in [(&b"EHLO c\r\n"[..], false), (DATA, false), (b"EHLO c\r\n", true)] {
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut clocked = Clocked::new(&mut rx, &mut tx, &policy);
        clocked.says(before);
        if owed {
            let says = b"MAIL FROM:<>\r\n";
            clocked.server.receive_buffer()[..says.len()].copy_from_slice(says);
            clocked.server.received(says.len());
            assert_eq!(clocked.server.poll(), Ok(Want::Event));
        }
        clocked.server.shut_down();
        clocked.server.shut_down();
        assert!(clocked.server.accept().is_err());
        assert_eq!(codes(clocked.server.transmit()), ["421 4.3.2"]);
        assert_eq!(clocked.turn(), Want::Closed);
    }
}

#[test]
fn a_session_can_be_restarted_and_remembers_nothing() {
    let policy = policy().max_errors(2).max_mails(1);
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut clocked = Clocked::new(&mut rx, &mut tx, &policy);
    for before in [DATA, BDAT, b"EHLO c\r\nMAIL FROM:<\xc3\xa4@b> SMTPUTF8\r\nx\n", b"x\r\nx\r\n", b"half"] {
        clocked.says(before);
        clocked.server.restart(false);
        clocked.out.clear();
        clocked.turn();
        let mail = b"EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n.x\r\n.\r\nfoo\r\nNOOP\r\n";
        clocked.says(mail);
        let expected = ["220", "250", "250 2.1.0", "250 2.1.5", "354", "250 2.6.0", "500 5.5.1", "250 2.0.0"];
        assert_eq!(codes(&clocked.out), expected, "{before:?}");
        clocked.server.restart(false);
        clocked.turn();
    }
}
