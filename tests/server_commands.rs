//! Commands as clients give them, good and bad, each at every split of the input: the reply that the
//! server gives and what its caller is told.

#[path = "support/server.rs"]
mod server;

use embedded_smtp::data::BareLineEnds;
use embedded_smtp::server::Policy;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension};
use server::{Setup, Trace, policy};

/// What the client says behind EHLO; the replies; what the caller is told.
type Row = (&'static str, &'static str, &'static [&'static str]);

fn try_rows(policy: &Policy<'_>, rows: &[Row]) {
    for (says, codes, told) in rows {
        let trace = behind_ehlo(&Setup::new(policy), says.as_bytes());
        assert_eq!(trace.behind_hello(), *codes, "{says:?}");
        assert_eq!(trace.told[1..], **told, "{says:?}");
        assert_eq!(trace.error, None, "{says:?}");
    }
}

fn behind_ehlo(setup: &Setup<'_>, says: &[u8]) -> Trace {
    setup.every_split(&[b"EHLO c\r\n", says].concat())
}

const MAIL_OK: &str = "250 2.1.0";

#[test]
fn senders_and_recipients_in_all_their_spellings_are_understood() {
    let rows: [Row; 12] = [
        ("MAIL FROM:<>\r\n", MAIL_OK, &["MAIL <>"]),
        ("MAIL FROM: <a@b>\r\n", MAIL_OK, &["MAIL <a@b>"]),
        ("mail from:<a@b>\r\n", MAIL_OK, &["MAIL <a@b>"]),
        ("MAIL FROM:<a@b>  \r\n", MAIL_OK, &["MAIL <a@b>"]),
        ("MAIL FROM:<a@[1.2.3.4]>\r\n", MAIL_OK, &["MAIL <a@[1.2.3.4]>"]),
        ("MAIL FROM:<a@[IPv6:::1]>\r\n", MAIL_OK, &["MAIL <a@[IPv6:::1]>"]),
        ("MAIL FROM:<\"quoted \\\" part\"@b>\r\n", MAIL_OK, &["MAIL <\"quoted \\\" part\"@b>"]),
        ("MAIL FROM:<@one,@two:a@b>\r\n", MAIL_OK, &["MAIL <a@b>"]),
        (
            "MAIL FROM:<>\r\nRCPT TO:<Postmaster>\r\n",
            "250 2.1.0, 250 2.1.5",
            &["MAIL <>", "RCPT <Postmaster>"],
        ),
        ("MAIL FROM:<>\r\nrcpt to: <c@d> \r\n", "250 2.1.0, 250 2.1.5", &["MAIL <>", "RCPT <c@d>"]),
        ("MAIL FROM:<a@b> BODY=8BITMIME\r\n", MAIL_OK, &["MAIL <a@b> [Body(EightBitMime)]"]),
        ("MAIL FROM:<a@b> size=3 body=7bit\r\n", MAIL_OK, &["MAIL <a@b> [Size(3), Body(SevenBit)]"]),
    ];
    try_rows(&policy(), &rows);
}

#[test]
fn bad_addresses_and_parameters_are_refused_with_the_code_that_says_why() {
    let rows: [Row; 27] = [
        ("MAIL FROM:a@b\r\n", "501 5.1.7", &[]),
        ("MAIL FROM:<a@b\r\n", "501 5.1.7", &[]),
        ("MAIL FROM:<a b@c>\r\n", "501 5.1.7", &[]),
        ("MAIL FROM:<a@b\\>\r\n", "501 5.1.7", &[]),
        ("MAIL FROM:\r\n", "501 5.1.7", &[]),
        ("MAIL\r\n", "501 5.5.4", &[]),
        ("MAIL TO:<a@b>\r\n", "501 5.5.4", &[]),
        ("MAIL FROM:<;/bin/sh@>\r\n", "501 5.1.7", &[]),
        ("MAIL FROM:<>\r\nRCPT TO:<>\r\n", "250 2.1.0, 501 5.1.3", &["MAIL <>"]),
        ("MAIL FROM:<>\r\nRCPT TO:<a@b\\\r\n", "250 2.1.0, 501 5.1.3", &["MAIL <>"]),
        ("MAIL FROM:<>\r\nRCPT TO:<\"a@b>\r\n", "250 2.1.0, 501 5.1.3", &["MAIL <>"]),
        ("MAIL FROM:<>\r\nRCPT FROM:<a@b>\r\n", "250 2.1.0, 501 5.5.4", &["MAIL <>"]),
        ("MAIL FROM:<a@b> SIZE=99999999999999999999999\r\n", "501 5.5.4", &[]),
        ("MAIL FROM:<a@b> SIZE=18446744073709551616\r\n", "552 5.3.4", &[]),
        ("MAIL FROM:<a@b> SIZE=18446744073709551615\r\n", "552 5.3.4", &[]),
        ("MAIL FROM:<a@b> SIZE=10485761\r\n", "552 5.3.4", &[]),
        ("MAIL FROM:<a@b> SIZE=-1\r\n", "501 5.5.4", &[]),
        ("MAIL FROM:<a@b> SIZE=\r\n", "501 5.5.4", &[]),
        ("MAIL FROM:<a@b> SIZE\r\n", "501 5.5.4", &[]),
        ("MAIL FROM:<a@b> SIZE=1 SIZE=1\r\n", "501 5.5.4", &[]),
        ("MAIL FROM:<a@b>SIZE=1\r\n", "501 5.5.4", &[]),
        ("MAIL FROM:<a@b> BODY=9BIT\r\n", "501 5.5.4", &[]),
        ("MAIL FROM:<a@b> FOO=BAR\r\n", "555 5.5.4", &[]),
        ("MAIL FROM:<a@b> FOO\r\n", "555 5.5.4", &[]),
        ("MAIL FROM:<a@b> RET=FULL\r\n", "555 5.5.4", &[]),
        ("MAIL FROM:<a@b> NOTIFY=NEVER\r\n", "555 5.5.4", &[]),
        ("MAIL FROM:<>\r\nRCPT TO:<c@d> SIZE=1\r\n", "250 2.1.0, 555 5.5.4", &["MAIL <>"]),
    ];
    try_rows(&policy(), &rows);
}

#[test]
fn an_address_outside_ascii_needs_the_smtputf8_parameter() {
    let rows: [Row; 5] = [
        ("MAIL FROM:<\u{e4}@b>\r\n", "553 5.6.7", &[]),
        ("MAIL FROM:<\u{e4}@b> SMTPUTF8\r\n", MAIL_OK, &["MAIL <\u{e4}@b> [SmtpUtf8]"]),
        ("MAIL FROM:<a@b> SMTPUTF8=1\r\n", "501 5.5.4", &[]),
        ("MAIL FROM:<>\r\nRCPT TO:<\u{e4}@b>\r\n", "250 2.1.0, 553 5.6.7", &["MAIL <>"]),
        (
            "MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<\u{e4}@b>\r\n",
            "250 2.1.0, 250 2.1.5",
            &["MAIL <> [SmtpUtf8]", "RCPT <\u{e4}@b>"],
        ),
    ];
    try_rows(&policy(), &rows);
    // RFC 6533 §3: so does an original recipient, unless it is written in ASCII.
    for (says, codes) in [
        ("MAIL FROM:<>\r\nRCPT TO:<a@b> ORCPT=utf-8;\u{e4}@b\r\n", "250 2.1.0, 553 5.6.7"),
        ("MAIL FROM:<>\r\nRCPT TO:<a@b> ORCPT=utf-8;\\x{E4}@b\r\n", "250 2.1.0, 250 2.1.5"),
        ("MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<a@b> ORCPT=utf-8;\u{e4}@b\r\n", "250 2.1.0, 250 2.1.5"),
    ] {
        let policy = policy().offer(Extension::Dsn);
        assert_eq!(behind_ehlo(&Setup::new(&policy), says.as_bytes()).behind_hello(), codes, "{says:?}");
    }
    // The parameter does not outlive its transaction.
    let says = "MAIL FROM:<> SMTPUTF8\r\nRSET\r\nMAIL FROM:<>\r\nRCPT TO:<\u{e4}@b>\r\n";
    let trace = behind_ehlo(&Setup::new(&policy()), says.as_bytes());
    assert_eq!(trace.behind_hello(), "250 2.1.0, 250 2.0.0, 250 2.1.0, 553 5.6.7");
    let without = policy().without(Extension::SmtpUtf8);
    try_rows(&without, &[("MAIL FROM:<> SMTPUTF8\r\n", "555 5.5.4", &[])]);
}

#[test]
fn commands_that_are_none_or_out_of_sequence_are_refused_and_nobody_is_told() {
    let rows: [Row; 24] = [
        ("\r\n", "500 5.5.1", &[]),
        (" \r\n", "500 5.5.1", &[]),
        ("FOO bar\r\n", "500 5.5.1", &[]),
        ("DATAX\r\n", "500 5.5.1", &[]),
        ("D\rATA\r\n", "500 5.5.1", &[]),
        ("DATA\r\r\n", "500 5.5.1", &[]),
        ("DATA foo\r\n", "501 5.5.4", &[]),
        ("RSET foo\r\n", "501 5.5.4", &[]),
        ("QUIT foo\r\n", "501 5.5.4", &[]),
        ("STARTTLS foo\r\n", "501 5.5.4", &[]),
        ("STARTTLS\r\n", "502 5.5.1", &[]),
        ("NOOP\0\r\n", "500 5.5.1", &[]),
        ("NOOP \0\r\n", "501 5.5.4", &[]),
        ("\0\0\0\r\n", "500 5.5.1", &[]),
        ("MAIL FROM:<a\0@b>\r\n", "501 5.1.7", &[]),
        ("EHLO\r\n", "501 5.5.4", &[]),
        ("EHLO  \r\n", "501 5.5.4", &[]),
        ("HELO\r\n", "501 5.5.4", &[]),
        ("EHLO a b\r\n", "501 5.5.4", &[]),
        ("LHLO c\r\n", "500 5.5.1", &[]),
        ("RCPT TO:<a@b>\r\n", "503 5.5.1", &[]),
        ("DATA\r\n", "503 5.5.1", &[]),
        ("MAIL FROM:<>\r\nMAIL FROM:<>\r\n", "250 2.1.0, 503 5.5.1", &["MAIL <>"]),
        ("MAIL FROM:<>\r\nDATA\r\n", "250 2.1.0, 503 5.5.1", &["MAIL <>"]),
    ];
    try_rows(&policy(), &rows);
}

#[test]
fn before_hello_nothing_but_the_harmless_commands_is_done() {
    let policy = policy().offer(Extension::StartTls).auth(AuthMechanisms::NONE.with(AuthMechanism::CramMd5));
    for (says, code) in [
        ("MAIL FROM:<>", "503 5.5.1"),
        ("RCPT TO:<a@b>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("BDAT 0 LAST", "503 5.5.1"),
        ("AUTH CRAM-MD5", "503 5.5.1"),
        ("STARTTLS", "503 5.5.1"),
        ("NOOP", "250 2.0.0"),
        ("RSET", "250 2.0.0"),
        ("HELP", "214 2.0.0"),
        ("VRFY a", "252 2.5.2"),
        ("QUIT", "221 2.0.0"),
    ] {
        let trace = Setup::new(&policy).every_split(format!("{says}\r\n").as_bytes());
        assert_eq!(trace.codes(), ["220", code], "{says}");
        let told: &[&str] = if says == "QUIT" { &["Quit"] } else { &[] };
        assert_eq!(trace.told, told, "{says}");
    }
}

#[test]
fn hello_may_be_said_again_and_takes_the_transaction_back() {
    let policy = policy();
    let setup = Setup::new(&policy);
    let trace =
        setup.every_split(b"HELO c\r\nEHLO my_host\r\nMAIL FROM:<>\r\nEHLO [1.2.3.4]\r\nRCPT TO:<a@b>\r\n");
    assert_eq!(trace.codes(), ["220", "250", "250", "250 2.1.0", "250", "503 5.5.1"]);
    assert_eq!(trace.told, ["HELO c", "EHLO my_host", "MAIL <>", "EHLO [1.2.3.4]"]);
    // A bad one takes nothing back.
    let trace = setup.every_split(b"EHLO c\r\nMAIL FROM:<>\r\nEHLO\r\nRCPT TO:<a@b>\r\n");
    assert_eq!(trace.behind_hello(), "250 2.1.0, 501 5.5.4, 250 2.1.5");
}

#[test]
fn rset_takes_back_what_there_is_and_only_then_tells_of_it() {
    let rows: [Row; 3] = [
        ("RSET\r\n", "250 2.0.0", &[]),
        (
            "MAIL FROM:<>\r\nRSET\r\nRCPT TO:<a@b>\r\n",
            "250 2.1.0, 250 2.0.0, 503 5.5.1",
            &["MAIL <>", "Reset"],
        ),
        (
            "MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nRSET\r\nDATA\r\nMAIL FROM:<x@y>\r\nDATA\r\n",
            "250 2.1.0, 250 2.1.5, 250 2.0.0, 503 5.5.1, 250 2.1.0, 503 5.5.1",
            &["MAIL <>", "RCPT <a@b>", "Reset", "MAIL <x@y>"],
        ),
    ];
    try_rows(&policy(), &rows);
}

#[test]
fn refused_recipients_do_not_count() {
    let rows: [Row; 2] = [
        (
            "MAIL FROM:<>\r\nRCPT TO:<reject@d>\r\nRCPT TO:<defer@d>\r\nDATA\r\n",
            "250 2.1.0, 550 5.1.1, 450 4.2.0, 503 5.5.1",
            &["MAIL <>", "RCPT <reject@d>", "RCPT <defer@d>"],
        ),
        (
            "MAIL FROM:<>\r\nRCPT TO:<reject@d>\r\nRCPT TO:<a@b>\r\nDATA\r\nx\r\n.\r\n",
            "250 2.1.0, 550 5.1.1, 250 2.1.5, 354, 250 2.6.0",
            &["MAIL <>", "RCPT <reject@d>", "RCPT <a@b>", "Data", "Body", "End 0"],
        ),
    ];
    try_rows(&policy(), &rows);
}

#[test]
fn lines_of_512_octets_pass_and_of_513_do_not() {
    let policy = policy();
    for rx in [512, 2048, 65_535, 70_000] {
        for (octets, code) in [(511, "250 2.0.0"), (512, "250 2.0.0"), (513, "500 5.5.2"), (514, "500 5.5.2")]
        {
            let line = format!("EHLO c\r\nNOOP {}\r\nNOOP\r\n", "x".repeat(octets - 7));
            let trace = Setup::new(&policy).rx(rx).every_split(line.as_bytes());
            assert_eq!(trace.behind_hello(), format!("{code}, 250 2.0.0"), "{octets} octets, rx {rx}");
        }
    }
}

#[test]
fn parameters_may_make_a_line_longer_up_to_the_policy_and_the_buffer() {
    let policy = policy().offer(Extension::Dsn).max_line(1000);
    let mail = |octets: usize| {
        let envid = "e".repeat(100);
        let mut line = format!("MAIL FROM:<a@b> ENVID={envid}");
        line = format!("{line}{}SIZE=1", " ".repeat(octets - line.len() - 8));
        assert_eq!(line.len() + 2, octets);
        format!("EHLO c\r\n{line}\r\nNOOP\r\n")
    };
    for (rx, octets, code) in [
        (2048, 600, "250 2.1.0"),
        (2048, 1000, "250 2.1.0"),
        (2048, 1001, "500 5.5.2"),
        (600, 600, "250 2.1.0"),
        (600, 601, "500 5.5.2"),
    ] {
        let trace = Setup::new(&policy).rx(rx).every_split(mail(octets).as_bytes());
        assert_eq!(trace.behind_hello(), format!("{code}, 250 2.0.0"), "{octets} octets, rx {rx}");
    }
}

#[test]
fn ten_megabytes_without_a_line_end_are_one_error_in_the_memory_that_was_lent() {
    let policy = policy();
    let block = [b'x'; 1000];
    // With a bare LF in it nobody knows what it said.
    for (end, codes) in [
        ("\r\n", "500 5.5.2, 250 2.0.0"),
        ("\r\r\r\n", "500 5.5.2, 250 2.0.0"),
        ("\n\n\n\r\n", "500 5.5.2, 421 4.3.0"),
    ] {
        let mut reads: Vec<&[u8]> = vec![b"EHLO c\r\n"];
        reads.extend(vec![&block[..]; 10_000]);
        reads.extend([end.as_bytes(), b"NOOP\r\n"]);
        for rx in [64, 512] {
            let trace = Setup::new(&policy).rx(rx).run(&reads, &[]);
            assert_eq!(trace.behind_hello(), codes, "{end:?}");
        }
    }
    let reads = vec![&block[..]; 10_000];
    assert_eq!(Setup::new(&policy).rx(512).run(&reads, &[]).codes(), ["220"]);
}

#[test]
fn a_line_with_a_bare_lf_is_refused_at_once_and_up_to_its_crlf() {
    let rows: [Row; 5] = [
        ("NOOP\n", "500 5.5.2", &[]),
        ("NOOP\nNOOP\nNOOP\r\nNOOP\r\n", "500 5.5.2, 250 2.0.0", &[]),
        ("MAIL FROM:<a@b>\nRCPT TO:<c@d>\nDATA\n.\n\r\nRCPT TO:<c@d>\r\n", "500 5.5.2, 503 5.5.1", &[]),
        ("\n\r\nNOOP\r\n", "500 5.5.2, 250 2.0.0", &[]),
        (
            "MAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\nx\r\n",
            "250 2.1.0, 250 2.1.5, 500 5.5.2",
            &["MAIL <>", "RCPT <a@b>"],
        ),
    ];
    try_rows(&policy(), &rows);
    // A client that waits behind its LF gets its reply.
    let policy = policy();
    let trace = Setup::new(&policy).whole(b"EHLO c\n");
    assert_eq!(trace.codes(), ["220", "500 5.5.2"]);
}

#[test]
fn vrfy_expn_help_and_noop_are_answered_by_the_engine() {
    let rows: [Row; 7] = [
        ("VRFY a\r\n", "252 2.5.2", &[]),
        ("VRFY\r\n", "501 5.5.4", &[]),
        ("EXPN a\r\n", "502 5.5.1", &[]),
        ("HELP\r\n", "214 2.0.0", &[]),
        ("HELP mail\r\n", "214 2.0.0", &[]),
        ("NOOP anything\r\n", "250 2.0.0", &[]),
        ("QUIT\r\nNOOP\r\n", "221 2.0.0", &["Quit"]),
    ];
    try_rows(&policy(), &rows);
}

fn clear_auth() -> Policy<'static> {
    let mechanisms = AuthMechanisms::NONE
        .with(AuthMechanism::Plain)
        .with(AuthMechanism::Login)
        .with(AuthMechanism::CramMd5);
    policy().auth(mechanisms).allow_clear_text_auth()
}

/// `\0user\0pass`
const PLAIN: &str = "AHVzZXIAcGFzcw==";

#[test]
fn plain_and_login_log_in_with_and_without_an_initial_response() {
    let rows: [Row; 6] = [
        ("AUTH PLAIN AHVzZXIAcGFzcw==\r\n", "235 2.7.0", &["Login |user|pass"]),
        ("auth plain\r\nAHVzZXIAcGFzcw==\r\n", "334, 235 2.7.0", &["Login |user|pass"]),
        ("AUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\n", "334, 334, 235 2.7.0", &["Login |user|pass"]),
        ("AUTH LOGIN dXNlcg==\r\ncGFzcw==\r\n", "334, 235 2.7.0", &["Login |user|pass"]),
        ("AUTH PLAIN YXMAdXNlcgBwYXNz\r\n", "235 2.7.0", &["Login as|user|pass"]),
        (
            "AUTH CRAM-MD5\r\nbWU=\r\neWVz\r\n",
            "334, 334, 235 2.7.0",
            &["CRAM-MD5 None", "CRAM-MD5 Some(\"me\")", "CRAM-MD5 Some(\"yes\")"],
        ),
    ];
    try_rows(&clear_auth(), &rows);
    let policy = clear_auth();
    let trace = Setup::new(&policy).whole(b"EHLO c\r\nAUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\n");
    assert!(trace.authenticated);
    assert!(trace.text().contains("334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n"), "{}", trace.text());
    let trace = Setup::new(&policy).whole(b"EHLO c\r\nAUTH PLAIN\r\n");
    assert!(trace.text().ends_with("\r\n334 \r\n"), "{}", trace.text());
}

#[test]
fn a_failed_or_cancelled_auth_leaves_a_clean_state() {
    let again = ("AUTH PLAIN AHVzZXIAcGFzcw==\r\n", "235 2.7.0", "Login |user|pass");
    for (says, codes, told) in [
        ("AUTH PLAIN\r\n*\r\n", "334, 501 5.7.0", ""),
        ("AUTH LOGIN\r\n*\r\n", "334, 501 5.7.0", ""),
        ("AUTH LOGIN b3RoZXI=\r\n*\r\n", "334, 501 5.7.0", ""),
        ("AUTH LOGIN\r\nb3RoZXI=\r\n*\r\n", "334, 334, 501 5.7.0", ""),
        ("AUTH CRAM-MD5\r\n*\r\n", "334, 501 5.7.0", "CRAM-MD5 None"),
        ("AUTH PLAIN AHVzZXIAd3Jvbmc=\r\n", "535 5.7.8", "Login |user|wrong"),
        ("AUTH LOGIN b3RoZXI=\r\ncGFzcw==\r\n", "334, 535 5.7.8", "Login |other|pass"),
        ("AUTH PLAIN =\r\n", "501 5.5.2", ""),
        ("AUTH LOGIN =\r\n", "501 5.5.2", ""),
        ("AUTH CRAM-MD5 bWU=\r\n", "501 5.5.2", ""),
        ("AUTH PLAIN\r\n\r\n", "334, 501 5.5.2", ""),
        ("AUTH LOGIN\r\n\r\n", "334, 501 5.5.2", ""),
        ("AUTH PLAIN AHVzZXIAcGFzcw=\r\n", "501 5.5.2", ""),
        ("AUTH PLAIN AHVzZXIAcGFzcw\r\n", "501 5.5.2", ""),
        ("AUTH PLAIN AHVz=XIAcGFzcw==\r\n", "501 5.5.2", ""),
        ("AUTH PLAIN AHVzZXIAcGFzcx==\r\n", "501 5.5.2", ""),
        ("AUTH PLAIN !!!!\r\n", "501 5.5.2", ""),
        ("AUTH PLAIN \0\r\n", "501 5.5.2", ""),
        ("AUTH PLAIN\r\nAHVzZXIAcGFzcw\r\n", "334, 501 5.5.2", ""),
        ("AUTH PLAIN\r\n\0\r\n", "334, 501 5.5.2", ""),
        ("AUTH PLAIN\r\nAHVz ZXIA\r\n", "334, 501 5.5.2", ""),
        ("AUTH PLAIN dXNlcgBwYXNz\r\n", "501 5.5.2", ""),
        ("AUTH PLAIN AAAAAA==\r\n", "501 5.5.2", ""),
        ("AUTH PLAIN AABwYXNz\r\n", "501 5.5.2", ""),
        ("AUTH PLAIN AHVzZXIAcGEAc3M=\r\n", "501 5.5.2", ""),
        ("AUTH PLAIN\r\nAHVzZXIAcGFzcw==\n\r\n", "334, 500 5.5.2", ""),
        ("AUTH LOGIN dXNlcg==\r\ncGFzcw==\nx\r\n", "334, 500 5.5.2", ""),
        ("AUTH\r\n", "501 5.5.4", ""),
        ("AUTH SCRAM-SHA-256\r\n", "504 5.5.4", ""),
        ("AUTH FOO AAAA\r\n", "504 5.5.4", ""),
        ("AUTH ANAMETHATISLONGERTHAN20\r\n", "501 5.5.4", ""),
    ] {
        let policy = clear_auth();
        let trace = behind_ehlo(&Setup::new(&policy), [says, again.0].concat().as_bytes());
        assert_eq!(trace.behind_hello(), format!("{codes}, {}", again.1), "{says:?}");
        let both: Vec<_> = [told, again.2].into_iter().filter(|told| !told.is_empty()).collect();
        assert_eq!(trace.told[1..], both, "{says:?}");
        assert!(trace.authenticated, "{says:?}");
        let trace = Setup::new(&policy).whole(format!("EHLO c\r\n{says}").as_bytes());
        assert!(!trace.authenticated, "{says:?}");
    }
}

#[test]
fn auth_is_refused_a_second_time_and_inside_a_transaction() {
    let policy = clear_auth();
    let setup = Setup::new(&policy);
    let trace = behind_ehlo(&setup, format!("AUTH PLAIN {PLAIN}\r\nAUTH PLAIN {PLAIN}\r\n").as_bytes());
    assert_eq!(trace.behind_hello(), "235 2.7.0, 503 5.5.1");
    let says = format!("MAIL FROM:<>\r\nAUTH PLAIN {PLAIN}\r\nRCPT TO:<a@b>\r\n");
    let trace = behind_ehlo(&setup, says.as_bytes());
    assert_eq!(trace.behind_hello(), "250 2.1.0, 503 5.5.1, 250 2.1.5");
    assert!(!trace.authenticated);
}

#[test]
fn hello_behind_auth_neither_drops_nor_forges_the_user() {
    let policy = clear_auth();
    let setup = Setup::new(&policy);
    for says in ["EHLO root", "HELO root", "RSET", "AUTH PLAIN =", "AUTH LOGIN cm9vdA=="] {
        let trace = behind_ehlo(&setup, format!("AUTH PLAIN {PLAIN}\r\n{says}\r\n").as_bytes());
        assert!(trace.authenticated, "{says}");
        assert_eq!(trace.told.iter().filter(|told| told.starts_with("Login")).count(), 1, "{says}");
        let trace = behind_ehlo(&setup, format!("AUTH PLAIN AHVzZXIAd3Jvbmc=\r\n{says}\r\n").as_bytes());
        assert!(!trace.authenticated, "{says}");
    }
    // Once is enough: it is not offered again.
    let trace = setup.whole(format!("EHLO c\r\nAUTH PLAIN {PLAIN}\r\nEHLO c\r\n").as_bytes());
    assert_eq!(trace.text().matches("AUTH PLAIN LOGIN CRAM-MD5").count(), 1);
}

#[test]
fn auth_lines_up_to_the_limit_pass_and_longer_ones_end_the_exchange() {
    let policy = clear_auth().max_line(600);
    for (quads, codes) in [(149, "334, 535 5.7.8"), (150, "334, 500 5.5.6"), (1000, "334, 500 5.5.6")] {
        // `\0u\0pppp...`
        let text = format!("AHUA{}", "cHBw".repeat(quads - 1));
        for rx in [610, 2048] {
            let says = format!("EHLO c\r\nAUTH PLAIN\r\n{text}\r\nNOOP\r\n");
            let trace = Setup::new(&policy).rx(rx).every_split(says.as_bytes());
            assert_eq!(trace.behind_hello(), format!("{codes}, 250 2.0.0"), "{quads} rx {rx}");
        }
    }
    // Of just so many octets it is read, though it is no base64.
    let says = format!("AUTH PLAIN\r\n{}\r\n", "x".repeat(598));
    assert_eq!(behind_ehlo(&Setup::new(&policy), says.as_bytes()).behind_hello(), "334, 501 5.5.2");
}

#[test]
fn a_client_that_logs_in_before_it_has_read_the_list_is_served() {
    let policy = clear_auth();
    let trace =
        Setup::new(&policy).tx(512).run(&[format!("EHLO c\r\nAUTH PLAIN {PLAIN}\r\n").as_bytes()], &[]);
    assert_eq!(trace.behind_hello(), "235 2.7.0");
}

#[test]
fn bare_line_ends_in_commands_are_refused_even_where_content_may_have_them() {
    let policy = policy().bare_line_ends(BareLineEnds::Accept);
    try_rows(&policy, &[("NOOP\n", "500 5.5.2", &[]), ("N\rOOP\r\n", "500 5.5.1", &[])]);
}
