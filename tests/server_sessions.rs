//! How long a session lasts: what honest clients do does not end it, what brings nobody a mail does; and what is left of secrets in
//! the memory that was lent.

use embedded_smtp::Misuse;
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::{Phase, Want};
use embedded_smtp::wire::{
    AuthMechanism, AuthMechanisms, Code, EnhancedCode, Extension, HelloName, Response,
};

fn policy() -> Policy<'static> {
    Policy::new(HelloName::new("mx.example").unwrap())
}

fn with_logins() -> Policy<'static> {
    policy().auth(AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login))
}

/// The replies to what a client says at once; the caller refuses `sender` and `recipient`, and accepts the rest.
fn replies(server: &mut Server<'_, '_>, says: &[u8]) -> String {
    let mut out = String::new();
    let mut rest = says;
    loop {
        match server.poll().unwrap() {
            Want::Event => {
                let refused = match server.event() {
                    Some(Event::Mail { path, .. }) => path.as_str() == "refused@a.example",
                    Some(Event::Rcpt { path, .. }) => path.as_str() == "refused@b.example",
                    _ => false,
                };
                if refused {
                    let no = Response::new(Code::new(450).unwrap(), "not now").unwrap();
                    server.reply(&no).unwrap();
                } else if server.reply_owed().is_some() {
                    server.accept().unwrap();
                }
            }
            Want::Write => {
                out += std::str::from_utf8(server.transmit()).unwrap();
                server.transmitted(usize::MAX);
            }
            Want::Read if rest.is_empty() => return out,
            Want::Read => {
                let room = server.receive_buffer();
                let octets = room.len().min(rest.len());
                room[..octets].copy_from_slice(&rest[..octets]);
                server.received(octets);
                rest = &rest[octets..];
            }
            Want::Closed => return out + "closed",
        }
    }
}

fn ends(replies: &str) -> bool {
    replies.contains("421 ") || replies.contains("closed")
}

/// RFC 2920 §3.1: who pipelines says DATA before it knows that nobody is there to have the mail.
#[test]
fn mails_that_nobody_is_there_for_do_not_end_the_session_of_who_pipelines() {
    let policy = policy();
    let (mut rx, mut tx) = ([0; 2048], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    replies(&mut server, b"EHLO c\r\n");
    for round in 1..=50 {
        let good = replies(&mut server, b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nDATA\r\n");
        assert!(good.contains("354 "), "{round}: {good}");
        assert!(replies(&mut server, b"x\r\n.\r\n").starts_with("250 "), "{round}");
        let refused = b"MAIL FROM:<a@a.example>\r\nRCPT TO:<refused@b.example>\r\nDATA\r\nRSET\r\n";
        let refused = replies(&mut server, refused);
        assert!(refused.contains("\r\n503 ") && !ends(&refused), "{round}: {refused}");
    }
}

#[test]
fn what_was_pipelined_behind_a_refused_mail_is_no_error_of_the_client() {
    for (policy, mail) in [
        (policy().max_size(1000), "MAIL FROM:<a@a.example> SIZE=2000"),
        (policy(), "MAIL FROM:<refused@a.example>"),
        (policy().max_mails(0), "MAIL FROM:<a@a.example>"),
    ] {
        let (mut rx, mut tx) = ([0; 2048], [0; 2048]);
        let mut server = Server::new(&mut rx, &mut tx, &policy);
        let says = format!("EHLO c\r\n{mail}\r\n{}DATA\r\n", "RCPT TO:<b@b.example>\r\n".repeat(30));
        let said = replies(&mut server, says.as_bytes());
        assert_eq!(said.matches("\r\n503 ").count(), 31, "{mail}: {said}");
        assert!(!ends(&said), "{mail}: {said}");
    }
    // Without a MAIL it is one.
    let policy = policy();
    let (mut rx, mut tx) = ([0; 2048], [0; 2048]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let says = format!("EHLO c\r\n{}", "RCPT TO:<b@b.example>\r\n".repeat(30));
    assert!(ends(&replies(&mut server, says.as_bytes())));
}

/// RFC 3030 §2: chunks too are said before a client can know that an earlier one was refused.
#[test]
fn chunks_pipelined_behind_a_refused_one_are_no_errors_of_the_client() {
    let policy = policy().max_size(100);
    let (mut rx, mut tx) = ([0; 2048], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let chunk = format!("BDAT 60\r\n{}", "x".repeat(60));
    let envelope = "MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n";
    let says = format!("EHLO c\r\n{envelope}{}BDAT 0 LAST\r\nRSET\r\n", chunk.repeat(32));
    let out = replies(&mut server, says.as_bytes());
    assert_eq!((out.matches("552 5.3.4").count(), out.matches("503 5.5.1").count()), (1, 31));
    let out = replies(&mut server, format!("{envelope}BDAT 3 LAST\r\nx\r\n").as_bytes());
    assert!(out.ends_with("250 2.6.0 Message accepted\r\n"), "{out}");
    // But not without end.
    let out = replies(&mut server, format!("{envelope}{}", chunk.repeat(130)).as_bytes());
    assert!(ends(&out), "{out}");
}

/// What was deferred of a mail's recipients takes nothing from what is forgiven behind a refused chunk of it.
#[test]
fn recipients_beyond_the_limit_and_chunks_behind_a_refused_one_are_counted_apart() {
    let policy = policy().max_size(100);
    let chunk = format!("BDAT 60\r\n{}", "x".repeat(60));
    for more in [0, 50, 99, 150] {
        let (mut rx, mut tx) = ([0; 2048], [0; 512]);
        let mut server = Server::new(&mut rx, &mut tx, &policy);
        let many = "RCPT TO:<b@b.example>\r\n".repeat(100 + more);
        let says = format!("EHLO c\r\nMAIL FROM:<a@a.example>\r\n{many}{}BDAT 0 LAST\r\n", chunk.repeat(32));
        let out = replies(&mut server, says.as_bytes());
        assert_eq!((out.matches("503 5.5.1").count(), ends(&out)), (31, false), "{more}: {out}");
    }
}

#[test]
fn a_bad_address_now_and_then_does_not_end_a_session_that_brings_mails() {
    let policy = policy();
    let (mut rx, mut tx) = ([0; 2048], [0; 2048]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    replies(&mut server, b"EHLO c\r\n");
    for round in 1..=100 {
        let says =
            b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nRCPT TO:<a..b@b.example>\r\nDATA\r\n";
        let said = replies(&mut server, says);
        assert!(said.contains("\r\n501 ") && !ends(&said), "{round}: {said}");
        assert!(replies(&mut server, b"x\r\n.\r\n").starts_with("250 "), "{round}");
    }
}

/// RFC 5321 §4.5.3.1.10: the mail is for those that were accepted, and who has more comes again for them.
#[test]
fn a_mail_with_more_recipients_than_are_taken_is_taken_for_those_that_were() {
    let policy = policy();
    let (mut rx, mut tx) = ([0; 2048], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    replies(&mut server, b"EHLO c\r\n");
    for _ in 0..3 {
        let many = "RCPT TO:<x@b.example>\r\n".repeat(1000);
        let says = format!("MAIL FROM:<a@a.example>\r\n{many}DATA\r\nx\r\n.\r\n");
        let out = replies(&mut server, says.as_bytes());
        assert!(
            out.ends_with("354 End data with <CR><LF>.<CR><LF>\r\n250 2.6.0 Message accepted\r\n")
                && !ends(&out)
        );
        assert_eq!((out.matches("250 2.1.5").count(), out.matches("452 4.5.3").count()), (100, 900));
    }
}

/// Nor do those whom the caller has refused.
#[test]
fn a_thousand_recipients_beyond_the_limit_are_answered_however_many_were_refused() {
    for most in [100, 900, 1500] {
        let policy = policy().max_recipients(most).max_idle(20);
        let (mut rx, mut tx) = ([0; 2048], [0; 512]);
        let mut server = Server::new(&mut rx, &mut tx, &policy);
        let refused = "RCPT TO:<refused@b.example>\r\n".repeat(usize::from(most) - 1);
        // As many as may be accepted, and a thousand.
        let many = "RCPT TO:<b@b.example>\r\n".repeat(usize::from(most) - 1 + 1000);
        let says = format!(
            "EHLO c\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n{refused}{many}DATA\r\nx\r\n.\r\n"
        );
        let out = replies(&mut server, says.as_bytes());
        assert_eq!((out.matches("452 4.5.3").count(), ends(&out)), (1000, false), "{most}");
        assert!(out.ends_with("250 2.6.0 Message accepted\r\n"), "{most}");
    }
}

#[test]
fn mails_that_are_begun_by_a_chunk_and_taken_back_end_the_session() {
    let policy = policy();
    for back in ["RSET\r\n", "EHLO c\r\n"] {
        let (mut rx, mut tx) = ([0; 2048], [0; 2048]);
        let mut server = Server::new(&mut rx, &mut tx, &policy);
        replies(&mut server, b"EHLO c\r\n");
        let chunk = "x".repeat(1022);
        let idle = "NOOP\r\n".repeat(95);
        let says = format!(
            "MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\nBDAT 1024\r\n{chunk}\r\n{back}{idle}"
        );
        let ended = (1..5000).find(|_| ends(&replies(&mut server, says.as_bytes())));
        assert!(ended.is_some_and(|rounds| rounds <= 1002), "{back:?}: {ended:?}");
    }
}

/// Cut in two anywhere: what was read before is moved to the front of the memory, and must not stay where it was.
#[test]
fn nothing_of_a_login_stays_in_the_memory_wherever_it_is_cut() {
    let policy = with_logins();
    for says in [
        "EHLO client.example\r\nAUTH PLAIN AHVzZXIAcGFzcw==\r\n",
        "NOOP\r\nAUTH PLAIN AHVzZXIAcGFzcw==\r\n",
        "AUTH PLAIN\r\nAHVzZXIAcGFzcw==\r\n",
        "AUTH PLAIN\r\nAHVzZXIAcGFzcw=\r\n",
        "AUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\n",
        "RSET\r\nAUTH LOGIN dXNlcg==\r\ncGFzcw==\r\n",
    ] {
        for cut in 1..says.len() {
            let (mut rx, mut tx) = ([0; 512], [0; 512]);
            let mut server = Server::new(&mut rx, &mut tx, &policy).over_tls();
            replies(&mut server, b"EHLO c\r\n");
            let (front, back) = says.as_bytes().split_at(cut);
            replies(&mut server, front);
            let said = replies(&mut server, back);
            assert!(said.contains("235 ") || said.contains("501 "), "{said}");
            for secret in ["AHVz", "cGFz", "zZXI", "cw==", "pass"] {
                let left = rx.windows(4).any(|octets| octets == secret.as_bytes());
                assert!(!left, "{says:?} at {cut}: {secret}");
            }
        }
    }
}

/// Who pipelines its login behind AUTH cannot know yet that it is refused, and its secret is read as a command.
#[test]
fn nothing_of_a_login_behind_a_refused_auth_stays_in_the_memory() {
    let policy = with_logins();
    for says in [
        "EHLO c\r\nAUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\n",
        "EHLO c\r\nAUTH NONE\r\nAHVzZXIAcGFzcw==\r\nRSET\r\n",
        "AUTH PLAIN\r\nAHVzZXIAcGFzcw==\r\nEHLO c\r\n",
        "EHLO c\r\nAUTH PLAIN\r\nBDATAHVzZXIAcGFzcw==\r\n",
        "EHLO c\r\nAUTH PLAIN\r\ncGFz cw==\r\nQUIT\r\n",
    ] {
        for cut in 1..says.len() {
            let (mut rx, mut tx) = ([0; 512], [0; 512]);
            let mut server = Server::new(&mut rx, &mut tx, &policy);
            let (front, back) = says.as_bytes().split_at(cut);
            let mut said = replies(&mut server, front);
            said += &replies(&mut server, back);
            assert!(said.contains("538 ") || said.contains("50"), "{said}");
            for secret in ["AHVz", "cGFz", "zZXI", "cw==", "dXNl"] {
                let left = rx.windows(4).any(|octets| octets == secret.as_bytes());
                assert!(!left, "{says:?} at {cut}: {secret}");
            }
        }
    }
    let (mut rx, mut tx) = ([0; 64], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let says = format!("EHLO c\r\nAUTH PLAIN\r\n{}\r\n", "SECR".repeat(30));
    assert!(replies(&mut server, says.as_bytes()).contains("500 "));
    assert!(!rx.windows(4).any(|octets| octets == b"SECR"), "{}", String::from_utf8_lossy(&rx));
}

#[test]
fn nothing_of_a_login_that_is_too_long_stays_in_the_memory() {
    let policy = with_logins();
    let (mut rx, mut tx) = ([0; 64], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy).over_tls();
    let says = format!("EHLO c\r\nAUTH PLAIN {}\r\n", "SECR".repeat(30));
    assert!(replies(&mut server, says.as_bytes()).contains("500 "));
    assert!(!rx.windows(4).any(|octets| octets == b"SECR"), "{}", String::from_utf8_lossy(&rx));
}

#[test]
fn a_new_session_in_the_same_memory_finds_nothing_of_the_last() {
    let policy = with_logins();
    for says in ["AUTH PLAIN AHVzZXIAcGFzcw==\r\n", "AUTH PLAIN AHVzZXIAcGFzcw"] {
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut server = Server::new(&mut rx, &mut tx, &policy).over_tls();
        replies(&mut server, b"EHLO c\r\n");
        server.receive_buffer()[..says.len()].copy_from_slice(says.as_bytes());
        server.received(says.len());
        let _ = server.poll().unwrap();
        server.restart(true);
        assert!(rx.iter().all(|octet| *octet == 0), "{says:?}");
    }
}

/// RFC 4013 §2.3, and a line of a log that nobody wrote.
#[test]
fn a_name_with_control_characters_does_not_log_in() {
    let policy = with_logins();
    // NUL `us` CR LF `er` ESC `[1` NUL `pass`; ESC `x` NUL `user` NUL `pass`; `us` LF.
    // `a` U+009B `b`, by both.
    for says in [
        "AUTH PLAIN AHVzDQplchtbMQBwYXNz\r\n",
        "AUTH PLAIN G3gAdXNlcgBwYXNz\r\n",
        "AUTH LOGIN dXMK\r\n",
        "AUTH PLAIN AGHCm2IAcGFzcw==\r\n",
        "AUTH LOGIN YcKbYg==\r\n",
    ] {
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut server = Server::new(&mut rx, &mut tx, &policy).over_tls();
        replies(&mut server, b"EHLO c\r\n");
        assert!(replies(&mut server, says.as_bytes()).starts_with("501 "), "{says}");
    }
}

#[test]
fn a_parameter_with_c1_controls_is_refused_as_an_address_with_them_is() {
    let policy = policy().offer(Extension::Dsn);
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    replies(&mut server, b"EHLO c\r\nMAIL FROM:<a@a.example> SMTPUTF8\r\n");
    let good = "RCPT TO:<b@b.example> ORCPT=utf-8;ä@b.example\r\n";
    assert!(replies(&mut server, good.as_bytes()).starts_with("250 "));
    let bad = "RCPT TO:<b@b.example> ORCPT=utf-8;a\u{9b}31m@b.example\r\n";
    assert!(replies(&mut server, bad.as_bytes()).starts_with("501 "));
}

/// Polls until input is wanted, and writes nothing: what waits was not read by anyone.
fn unwritten(server: &mut Server<'_, '_>, says: &[u8]) {
    server.receive_buffer()[..says.len()].copy_from_slice(says);
    server.received(says.len());
    let _ = server.poll();
}

#[test]
fn a_session_on_another_connection_has_nothing_of_the_one_before() {
    let policy = with_logins()
        .allow_clear_text_auth()
        .offer(Extension::StartTls)
        .max_idle(4)
        .max_errors(2)
        .max_mails(1)
        .max_drained(5);
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let envelope = "EHLO c\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n";
    for (says, unread) in [
        // Counts that are all but full, and a login.
        ("EHLO c\r\nAUTH PLAIN AHVzZXIAcGFzcw==\r\nNOOP\r\nOOPS\r\n", ""),
        ("EHLO c\r\nBDAT 5\r\nxxxxx", ""),
        (envelope, "DATA\r\n"),
        (envelope, "QUIT\r\n"),
        ("EHLO c\r\n", "MAIL FROM:<a@a.example>\r\n"),
        ("EHLO c\r\n", "STARTTLS\r\nNOOP\r\n"),
        ("EHLO c\r\nAUTH LOGIN\r\n", "dXNlcg==\r\n"),
        (&format!("{envelope}BDAT 3 LAST\r\nx\r\n"), ""),
    ] {
        for tls in [false, true] {
            assert!(!ends(&replies(&mut server, says.as_bytes())), "{says:?}");
            unwritten(&mut server, unread.as_bytes());
            let epoch = server.timer().map(|timer| timer.epoch());
            server.restart(tls);
            assert!(server.event().is_none() && server.reply_owed().is_none(), "{says:?}");
            assert_eq!((server.phase(), server.is_tls()), (Phase::Connected, tls), "{says:?}");
            assert!(!server.is_authenticated() && server.transmit().is_empty(), "{says:?}");
            assert_ne!(server.timer().map(|timer| timer.epoch()), epoch, "{says:?}");
            // What a client has said before it is greeted is its own.
            let hello = b"EHLO another.client.example\r\n";
            server.receive_buffer()[..hello.len()].copy_from_slice(hello);
            server.received(hello.len());
            let said = replies(&mut server, b"NOOP\r\nBDAT 2\r\nxxOOPS\r\n");
            let codes: Vec<_> =
                said.lines().filter(|line| !line.starts_with("250-")).map(|line| &line[..3]).collect();
            assert_eq!(codes, ["220", "250", "250", "503", "500", "421", "clo"], "{says:?}: {said}");
            assert_eq!(said.contains("STARTTLS"), !tls, "{says:?}");
            server.restart(false);
        }
    }
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let policy = self::policy().expect_proxy_header();
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    for _ in 0..2 {
        assert!(replies(&mut server, b"PROXY UNKNOWN\r\n").starts_with("220 "));
        server.restart(false);
        server.receive_buffer()[..6].copy_from_slice(b"NOOP\r\n");
        server.received(6);
        assert!(server.poll().is_err(), "the header is expected again");
        server.restart(false);
    }
}

#[test]
fn an_event_is_told_once_unless_a_reply_is_owed_and_never_behind_the_end() {
    let policy = policy();
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    replies(&mut server, b"EHLO c\r\nMAIL FROM:<a@a.example>\r\n");
    unwritten(&mut server, b"RSET\r\n");
    assert!(matches!(server.event(), Some(Event::Reset)));
    assert_eq!(server.poll(), Ok(Want::Write));
    assert!(server.event().is_none());
    server.transmitted(usize::MAX);
    unwritten(&mut server, b"MAIL FROM:<a@a.example>\r\n");
    assert!(matches!(server.event(), Some(Event::Mail { .. })));
    server.shut_down();
    assert!(server.event().is_none() && server.reply_owed().is_none());
    assert_eq!(server.accept(), Err(Misuse::NoReplyOwed.into()));
}

/// RFC 5321 §4.2: what answers a command tells whether it was done, and 3yz that more is wanted.
#[test]
fn no_reply_says_what_the_command_cannot_mean() {
    let policy = policy().offer(Extension::XClient);
    let lmtp = self::policy().lmtp();
    let envelope = "EHLO c\r\nMAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n";
    for (policy, before, command, wrong, refusal) in [
        (&policy, "", "EHLO c\r\n", &[250, 354][..], "550 no\r\n"),
        (&policy, "", "HELO c\r\n", &[250, 354], "550 no\r\n"),
        (&lmtp, "", "LHLO c\r\n", &[250, 354], "550 no\r\n"),
        (&policy, "EHLO c\r\n", "XCLIENT ADDR=192.0.2.1\r\n", &[250, 354], "550 5.7.1 no\r\n"),
        (&policy, "EHLO c\r\n", "MAIL FROM:<a@a.example>\r\n", &[354], "550 5.7.1 no\r\n"),
        (&policy, envelope, "DATA\r\n", &[250], "550 5.7.1 no\r\n"),
    ] {
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut server = Server::new(&mut rx, &mut tx, policy);
        replies(&mut server, before.as_bytes());
        unwritten(&mut server, command.as_bytes());
        server.transmitted(usize::MAX);
        for code in wrong {
            let response = Response::new(Code::new(*code).unwrap(), "no").unwrap();
            assert_eq!(server.reply(&response), Err(Misuse::WrongReply.into()), "{command:?} {code}");
        }
        let no = Response::new(Code::new(550).unwrap(), "no").unwrap();
        server.reply(&no.enhanced(EnhancedCode::new(5, 7, 1).unwrap())).unwrap();
        // RFC 2034 §4: no enhanced codes there.
        assert_eq!(server.transmit(), refusal.as_bytes(), "{command:?}");
    }
}

/// RFC 5321 §3.1
#[test]
fn a_connection_is_refused_before_the_greeting_and_by_a_refusal_only() {
    let policy = policy();
    let response = |code| Response::new(Code::new(code).unwrap(), "not now").unwrap();
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    for code in [220, 250, 354] {
        assert_eq!(server.refuse_connection(&response(code)), Err(Misuse::WrongReply.into()), "{code}");
    }
    server.refuse_connection(&response(421)).unwrap();
    assert_eq!(replies(&mut server, b"EHLO c\r\nQUIT\r\n"), "421 not now\r\nclosed");
    server.restart(false);
    server.refuse_connection(&response(554)).unwrap();
    let said = replies(&mut server, b"EHLO c\r\nMAIL FROM:<a@a.example>\r\nQUIT\r\n");
    let bad = "503 5.5.1 Bad sequence of commands\r\n";
    assert_eq!(said, format!("554 not now\r\n{bad}{bad}221 2.0.0 Bye\r\nclosed"));
    server.restart(false);
    replies(&mut server, b"");
    assert_eq!(server.refuse_connection(&response(554)), Err(Misuse::NoReplyOwed.into()));
}

#[test]
fn a_mail_taken_back_counts_once_and_its_crumbs_not_for_the_next() {
    let envelope = "MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n";
    let policy = policy().max_mails(2);
    let (mut rx, mut tx) = ([0; 2048], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let says = format!("EHLO c\r\n{envelope}BDAT 1\r\nxRSET\r\nEHLO c\r\nEHLO c\r\nMAIL FROM:<>\r\n");
    assert!(replies(&mut server, says.as_bytes()).ends_with("250 2.1.0 Sender OK\r\n"));
    // Of 1 024 octets, more than half came in each.
    let policy = self::policy().max_idle(8);
    let (mut rx, mut tx) = ([0; 2048], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let half = format!("{envelope}BDAT 600\r\n{}\r\nRSET\r\n", "x".repeat(598));
    assert!(!ends(&replies(&mut server, format!("EHLO c\r\n{half}{half}").as_bytes())));
    assert!(ends(&replies(&mut server, b"NOOP\r\n")));
}

/// RFC 6531 §3.7.4: behind the transaction that asked for it, replies are ASCII again.
#[test]
fn replies_are_in_utf8_as_long_as_the_transaction_that_asked_for_it() {
    let policy = policy().ask_vrfy();
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let name = Response::new(Code::new(250).unwrap(), "J\u{f6}rg").unwrap();
    for (says, said) in [
        (&b"EHLO c\r\n"[..], "250 2.0.0 J??rg\r\n"),
        (b"MAIL FROM:<> SMTPUTF8\r\n", "250 2.0.0 J\u{f6}rg\r\n"),
        (b"RSET\r\n", "250 2.0.0 J??rg\r\n"),
    ] {
        replies(&mut server, says);
        unwritten(&mut server, b"VRFY j\r\n");
        server.reply(&name).unwrap();
        assert_eq!(server.transmit(), said.as_bytes());
        server.transmitted(usize::MAX);
        replies(&mut server, b"");
    }
}
