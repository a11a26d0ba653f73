//! Every reply that the engine makes by itself, with its code and its enhanced code (RFC 3463 §3, RFC 4954 §4
//! and §6, RFC 5248 §2, RFC 6531 §3.5).

#[path = "support/server.rs"]
mod server;

use embedded_smtp::server::Policy;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension};
use server::{Setup, policy};

fn full() -> Policy<'static> {
    let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::CramMd5);
    policy().auth(mechanisms).offer(Extension::StartTls)
}

#[test]
fn each_reply_of_the_engines_own_bears_its_codes() {
    let rcpt = "MAIL FROM:<>\r\nRCPT TO:<a@b>\r\n";
    let long = "x".repeat(600);
    let auth_long = format!("AUTH CRAM-MD5\r\n{}\r\n", "x".repeat(3000));
    let rows: Vec<(Policy<'_>, String, &str)> = vec![
        (full(), "NOOP\r\n".into(), "250 2.0.0"),
        (full(), "RSET\r\n".into(), "250 2.0.0"),
        (full(), "HELP\r\n".into(), "214 2.0.0"),
        (full(), "QUIT\r\n".into(), "221 2.0.0"),
        (full(), "VRFY a\r\n".into(), "252 2.5.2"),
        (full(), "MAIL FROM:<>\r\n".into(), "250 2.1.0"),
        (full(), rcpt.into(), "250 2.1.5"),
        (full(), format!("{rcpt}DATA\r\n"), "354"),
        (full(), format!("{rcpt}DATA\r\n.\r\n"), "250 2.6.0"),
        (full(), format!("{rcpt}BDAT 0\r\n"), "250 2.0.0"),
        (full(), format!("{rcpt}BDAT 0 LAST\r\n"), "250 2.6.0"),
        (full(), "AUTH CRAM-MD5\r\n".into(), "334"),
        (full(), "AUTH CRAM-MD5\r\neWVz\r\n".into(), "235 2.7.0"),
        // 4yz
        (full().max_errors(1), "X\r\n".into(), "421 4.7.0"),
        (full(), "BDAT\r\n".into(), "421 4.3.0"),
        (full().max_recipients(1), format!("{rcpt}RCPT TO:<a@b>\r\n"), "452 4.5.3"),
        (full().max_mails(0), "MAIL FROM:<>\r\n".into(), "452 4.5.0"),
        // X.5.1 invalid command, X.5.2 syntax error, X.5.4 invalid arguments
        (full(), "FOO\r\n".into(), "500 5.5.1"),
        (full(), "LHLO c\r\n".into(), "500 5.5.1"),
        (full(), format!("NOOP {long}\r\n"), "500 5.5.2"),
        (full(), "NOOP\n".into(), "500 5.5.2"),
        (full(), auth_long, "500 5.5.6"),
        (full(), "RSET now\r\n".into(), "501 5.5.4"),
        (full(), "EHLO\r\n".into(), "501 5.5.4"),
        (full(), "MAIL FROM:<> SIZE=x\r\n".into(), "501 5.5.4"),
        (full(), "MAIL FROM:<a\r\n".into(), "501 5.1.7"),
        (full(), "MAIL FROM:<>\r\nRCPT TO:<a\r\n".into(), "501 5.1.3"),
        (full(), "AUTH CRAM-MD5 x\r\n".into(), "501 5.5.2"),
        (full(), "AUTH CRAM-MD5\r\nx\r\n".into(), "501 5.5.2"),
        (full(), "AUTH CRAM-MD5\r\n*\r\n".into(), "501 5.7.0"),
        (full(), "EXPN a\r\n".into(), "502 5.5.1"),
        (policy(), "AUTH PLAIN\r\n".into(), "502 5.5.1"),
        (policy(), "STARTTLS\r\n".into(), "502 5.5.1"),
        (full().without(Extension::Chunking), "BDAT 0\r\n".into(), "502 5.5.1"),
        (full(), "RCPT TO:<a@b>\r\n".into(), "503 5.5.1"),
        (full(), "MAIL FROM:<>\r\nDATA\r\n".into(), "503 5.5.1"),
        (full(), "MAIL FROM:<>\r\nBDAT 0\r\n".into(), "503 5.5.1"),
        (full(), "AUTH CRAM-MD5\r\neWVz\r\nAUTH CRAM-MD5\r\n".into(), "503 5.5.1"),
        (full(), "MAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<a@b>\r\nDATA\r\n".into(), "503 5.5.1"),
        (full(), "AUTH SCRAM-SHA-256\r\n".into(), "504 5.5.4"),
        // X.7.0 and X.7.11: security
        (full().require_tls(), "MAIL FROM:<>\r\n".into(), "530 5.7.0"),
        (full().require_auth(), "MAIL FROM:<>\r\n".into(), "530 5.7.0"),
        (full(), "AUTH PLAIN\r\n".into(), "538 5.7.11"),
        // X.3.4 and X.6.x: the message
        (full().max_size(9), "MAIL FROM:<> SIZE=10\r\n".into(), "552 5.3.4"),
        (full().max_size(1), format!("{rcpt}DATA\r\n\r\n.\r\n"), "552 5.3.4"),
        (full().max_size(1), format!("{rcpt}BDAT 2 LAST\r\nxx"), "552 5.3.4"),
        (full(), "MAIL FROM:<\u{e4}@b>\r\n".into(), "553 5.6.7"),
        (full(), format!("{rcpt}DATA\r\n\n\r\n.\r\n"), "554 5.6.0"),
        (full(), "MAIL FROM:<> X=Y\r\n".into(), "555 5.5.4"),
    ];
    for (policy, says, expected) in rows {
        let trace = Setup::new(&policy).whole(format!("EHLO c\r\n{says}").as_bytes());
        assert_eq!(trace.codes().last().map(String::as_str), Some(expected), "{says:?}");
        // The class of the one is the first digit of the other, and it is not on greeting and EHLO.
        for code in &trace.codes()[2..] {
            if let Some((code, enhanced)) = code.split_once(' ') {
                assert_eq!(code[..1], enhanced[..1], "{says:?}");
            } else {
                assert!(code.starts_with('3'), "{code} {says:?}");
            }
        }
    }
    let trace = Setup::new(&full()).run(&[b"EHLO c\r\nSTARTTLS\r\n"], &[]);
    assert_eq!(trace.behind_hello(), "220 2.0.0");
}
