//! Each switch of the policy does what it says.

#[path = "support/server.rs"]
mod server;

use embedded_smtp::Misuse;
use embedded_smtp::server::{Event, Policy};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension, HelloName};
use server::{Say, Setup, policy};

const PLAIN: &str = "AUTH PLAIN AHVzZXIAcGFzcw==\r\n";
const MAIL: &str = "MAIL FROM:<a@b>\r\n";
const RCPT: &str = "RCPT TO:<c@d>\r\n";

fn mechanisms() -> AuthMechanisms {
    AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login).with(AuthMechanism::CramMd5)
}

/// The replies' codes behind EHLO.
fn codes(setup: Setup<'_>, says: &str) -> String {
    setup.every_split(format!("EHLO c\r\n{says}").as_bytes()).behind_hello()
}

/// The list behind EHLO, without the host.
fn offers(setup: Setup<'_>) -> Vec<String> {
    let text = setup.whole(b"EHLO c\r\n").text();
    text.lines().skip(2).map(|line| line[4..].to_owned()).collect()
}

#[test]
fn the_defaults_are_those_that_are_documented() {
    let policy = policy();
    let trace = Setup::new(&policy).every_split(b"EHLO c\r\nHELO c\r\n");
    let list = "250-mx.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n\
                250-BINARYMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 10485760\r\n";
    assert_eq!(trace.text(), format!("220 mx.test ESMTP\r\n{list}250 mx.test\r\n"));
    assert_eq!(codes(Setup::new(&policy), PLAIN), "502 5.5.1");
    assert_eq!(codes(Setup::new(&policy), "STARTTLS\r\n"), "502 5.5.1");
}

/// RFC 6531 §3.7.1: nobody has asked for SMTPUTF8 yet.
#[test]
fn a_host_name_outside_ascii_is_never_said() {
    let policy = Policy::new(HelloName::new("m\u{fc}ller.test").unwrap());
    let trace = Setup::new(&policy).every_split(b"EHLO c\r\n");
    assert_eq!((trace.error, trace.text()), (Some(Misuse::NeedsSmtpUtf8.into()), String::new()));
    let policy = Policy::new(HelloName::new("xn--mller-kva.test").unwrap());
    assert!(Setup::new(&policy).whole(b"").text().starts_with("220 xn--mller-kva.test ESMTP"));
}

#[test]
fn no_secret_is_taken_in_clear_unless_the_policy_says_so() {
    let policy = policy().auth(mechanisms());
    let clear = Setup::new(&policy);
    assert!(offers(clear).contains(&"AUTH CRAM-MD5".to_owned()));
    for says in [PLAIN, "AUTH PLAIN\r\n", "AUTH LOGIN\r\n", "AUTH LOGIN dXNlcg==\r\n", "auth login\r\n"] {
        let trace = clear.every_split(format!("EHLO c\r\n{says}").as_bytes());
        assert_eq!(trace.behind_hello(), "538 5.7.11", "{says:?}");
        assert_eq!(trace.told, ["EHLO c"], "{says:?}");
    }
    let revealing = policy.auth(AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::XOAuth2));
    assert!(!offers(Setup::new(&revealing)).iter().any(|offer| offer.starts_with("AUTH")));
    assert_eq!(codes(Setup::new(&revealing), "AUTH XOAUTH2\r\n"), "538 5.7.11");
    // Under TLS, and where it is allowed in clear.
    assert!(offers(clear.over_tls()).contains(&"AUTH PLAIN LOGIN CRAM-MD5".to_owned()));
    assert_eq!(codes(clear.over_tls(), PLAIN), "235 2.7.0");
    let allowed = policy.allow_clear_text_auth();
    assert!(offers(Setup::new(&allowed)).contains(&"AUTH PLAIN LOGIN CRAM-MD5".to_owned()));
    assert_eq!(codes(Setup::new(&allowed), PLAIN), "235 2.7.0");
    assert_eq!(codes(Setup::new(&allowed), "AUTH OAUTHBEARER\r\n"), "504 5.5.4");
}

#[test]
fn required_tls_comes_before_mail_and_before_auth() {
    let policy = policy().require_tls().auth(mechanisms()).allow_clear_text_auth();
    let clear = Setup::new(&policy);
    assert!(!offers(clear).iter().any(|offer| offer.starts_with("AUTH")));
    for says in [MAIL, PLAIN, "AUTH CRAM-MD5\r\n"] {
        assert_eq!(codes(clear, says), "530 5.7.0", "{says:?}");
    }
    assert_eq!(codes(clear, "NOOP\r\nRSET\r\nQUIT\r\n"), "250 2.0.0, 250 2.0.0, 221 2.0.0");
    assert_eq!(codes(clear.over_tls(), &format!("{PLAIN}{MAIL}")), "235 2.7.0, 250 2.1.0");
}

#[test]
fn required_auth_comes_before_mail() {
    let policy = policy().require_auth().auth(mechanisms()).allow_clear_text_auth();
    let says = format!("{MAIL}{RCPT}DATA\r\n{PLAIN}{MAIL}{RCPT}");
    let expected = "530 5.7.0, 503 5.5.1, 503 5.5.1, 235 2.7.0, 250 2.1.0, 250 2.1.5";
    assert_eq!(codes(Setup::new(&policy), &says), expected);
    // Who is here is told to those only who may send.
    let who = "VRFY a\r\nEXPN a\r\n";
    let expected = "530 5.7.0, 530 5.7.0, 235 2.7.0, 252 2.5.2, 502 5.5.1";
    assert_eq!(codes(Setup::new(&policy), &format!("{who}{PLAIN}{who}")), expected);
    let policy = server::policy().require_tls();
    assert_eq!(codes(Setup::new(&policy), who), "530 5.7.0, 530 5.7.0");
    assert_eq!(codes(Setup::new(&policy).over_tls(), who), "252 2.5.2, 502 5.5.1");
}

#[test]
fn recipients_beyond_the_limit_are_deferred_and_the_others_get_the_mail() {
    let policy = policy().max_recipients(2);
    let reject = "RCPT TO:<reject@d>\r\n";
    let says = format!("{MAIL}{RCPT}{reject}{RCPT}{RCPT}DATA\r\nx\r\n.\r\n{MAIL}{RCPT}");
    let expected =
        "250 2.1.0, 250 2.1.5, 550 5.1.1, 250 2.1.5, 452 4.5.3, 354, 250 2.6.0, 250 2.1.0, 250 2.1.5";
    assert_eq!(codes(Setup::new(&policy), &says), expected);
}

#[test]
fn mails_beyond_the_limit_are_deferred() {
    let policy = policy().max_mails(2);
    let mail = format!("{MAIL}{RCPT}BDAT 1 LAST\r\nx");
    let found = codes(Setup::new(&policy), &format!("{MAIL}RSET\r\n{mail}{mail}{MAIL}QUIT\r\n"));
    assert!(found.ends_with("250 2.6.0, 250 2.1.0, 250 2.1.5, 250 2.6.0, 452 4.5.0, 221 2.0.0"), "{found}");
}

#[test]
fn the_size_limit_holds_at_mail_and_no_limit_is_zero() {
    let limited = policy().max_size(100);
    assert!(offers(Setup::new(&limited)).contains(&"SIZE 100".to_owned()));
    assert_eq!(codes(Setup::new(&limited), "MAIL FROM:<> SIZE=100\r\n"), "250 2.1.0");
    assert_eq!(codes(Setup::new(&limited), "MAIL FROM:<> SIZE=101\r\n"), "552 5.3.4");
    let unlimited = policy().max_size(0);
    assert!(offers(Setup::new(&unlimited)).contains(&"SIZE 0".to_owned()));
    assert_eq!(codes(Setup::new(&unlimited), "MAIL FROM:<> SIZE=18446744073709551615\r\n"), "250 2.1.0");
    // RFC 1870 §3: 20 digits, which 64 bits do not hold, are a size all the same.
    for beyond in ["18446744073709551616", "99999999999999999999"] {
        let says = format!("MAIL FROM:<> SIZE={beyond}\r\n");
        assert_eq!(codes(Setup::new(&limited), &says), "552 5.3.4");
        assert_eq!(codes(Setup::new(&unlimited), &says), "250 2.1.0");
    }
    // Sizes beyond 32 bits are told apart, and the largest of 32 bits is one.
    for most in [u64::from(u32::MAX) - 1, u64::from(u32::MAX), 1 << 32, 5 << 30] {
        let large = policy().max_size(most);
        let says = |size: u64| format!("MAIL FROM:<> SIZE={size}\r\n");
        assert_eq!(codes(Setup::new(&large), &says(most)), "250 2.1.0", "{most}");
        assert_eq!(codes(Setup::new(&large), &says(most + 1)), "552 5.3.4", "{most}");
    }
    let without = policy().without(Extension::Size);
    assert_eq!(offers(Setup::new(&without)).last().unwrap(), "HELP");
    assert_eq!(codes(Setup::new(&without), "MAIL FROM:<> SIZE=1\r\n"), "555 5.5.4");
}

#[test]
fn a_mail_of_just_the_largest_size_is_taken_and_one_octet_more_is_not() {
    let policy = policy().max_size(5);
    for (content, code) in [("abc\r\n", "250 2.6.0"), ("abcd\r\n", "552 5.3.4")] {
        let expected = format!("250 2.1.0, 250 2.1.5, 354, {code}");
        let says = format!("{MAIL}{RCPT}DATA\r\n{content}.\r\n");
        assert_eq!(codes(Setup::new(&policy), &says), expected);
        let expected = format!("250 2.1.0, 250 2.1.5, 250 2.0.0, {code}");
        let says = format!("{MAIL}{RCPT}BDAT 1\r\naBDAT {} LAST\r\n{}", content.len() - 1, &content[1..]);
        assert_eq!(codes(Setup::new(&policy), &says), expected);
    }
}

#[test]
fn refused_content_is_read_up_to_the_limit_and_not_an_octet_further() {
    let five = policy().max_drained(5);
    let four = policy().max_drained(4);
    for (says, taken, refusal) in [
        ("BDAT 5\r\nabc\r\n".to_owned(), String::new(), "503 5.5.1"),
        (
            format!("{MAIL}{RCPT}DATA\r\n\nabc\r\n.\r\n"),
            "250 2.1.0, 250 2.1.5, 354, ".to_owned(),
            "554 5.6.0",
        ),
    ] {
        let says = format!("{says}NOOP\r\n");
        assert_eq!(codes(Setup::new(&five), &says), format!("{taken}{refusal}, 250 2.0.0"), "{says:?}");
        assert_eq!(codes(Setup::new(&four), &says), format!("{taken}{refusal}, 421 4.7.0"), "{says:?}");
    }
}

/// RFC 2920 §3.1: what was said before it could be known that nobody is there, as often as a mail may have recipients.
#[test]
fn what_is_forgiven_behind_a_refusal_is_just_what_a_client_could_not_know() {
    let policy = policy().max_errors(2).max_recipients(2).max_size(100);
    let setup = Setup::new(&policy);
    let (large, reject) = ("MAIL FROM:<> SIZE=101\r\n", "RCPT TO:<reject@d>\r\n");
    let wrong = "OOPS\r\n";
    for (says, expected) in [
        // Behind recipients all of whom are refused.
        (
            format!("{wrong}{MAIL}{reject}DATA\r\nDATA\r\nNOOP\r\n"),
            "550 5.1.1, 503 5.5.1, 503 5.5.1, 250 2.0.0",
        ),
        (
            format!("{wrong}{MAIL}{reject}DATA\r\nDATA\r\nDATA\r\nNOOP\r\n"),
            "503 5.5.1, 503 5.5.1, 503 5.5.1, 421 4.7.0",
        ),
        (format!("{wrong}{MAIL}{reject}OOPS\r\nNOOP\r\n"), "550 5.1.1, 500 5.5.1, 421 4.7.0"),
        (format!("{wrong}{MAIL}DATA\r\nNOOP\r\n"), "250 2.1.0, 503 5.5.1, 421 4.7.0"),
        // Behind a MAIL that is, which is an error itself.
        (format!("{large}{RCPT}{RCPT}DATA\r\nNOOP\r\n"), "503 5.5.1, 503 5.5.1, 503 5.5.1, 250 2.0.0"),
        (format!("{large}{RCPT}{RCPT}DATA\r\nDATA\r\nNOOP\r\n"), "503 5.5.1, 503 5.5.1, 421 4.7.0"),
        (format!("{large}{wrong}NOOP\r\n"), "552 5.3.4, 500 5.5.1, 421 4.7.0"),
        // It is over with the next that is taken, and takes nothing from that one's recipients.
        (format!("{large}{MAIL}RSET\r\n{RCPT}NOOP\r\n"), "250 2.1.0, 250 2.0.0, 503 5.5.1, 421 4.7.0"),
        (format!("{large}{RCPT}{RCPT}{MAIL}{RCPT}"), "503 5.5.1, 503 5.5.1, 250 2.1.0, 250 2.1.5"),
    ] {
        let found = codes(setup, &says);
        assert!(found.ends_with(expected), "{says:?}: {found}");
    }
}

#[test]
fn errors_end_the_session_when_there_are_too_many() {
    for (max, says, expected) in [
        (3, "A\r\nB\r\nC\r\nNOOP\r\n", "500 5.5.1, 500 5.5.1, 500 5.5.1, 421 4.7.0"),
        (2, "NOOP\r\nA\r\nNOOP\r\nDATA\r\nNOOP\r\n", "250 2.0.0, 500 5.5.1, 250 2.0.0, 503 5.5.1, 421 4.7.0"),
        (1, "NOOP\n\r\nNOOP\r\n", "500 5.5.2, 421 4.7.0"),
        (0, "A\r\nNOOP\r\n", "500 5.5.1, 421 4.7.0"),
        (1, "BDAT 6\r\nNOOP\r\nNOOP\r\n", "503 5.5.1, 421 4.7.0"),
        (2, "AUTH PLAIN =\r\nAUTH PLAIN\r\n*\r\nNOOP\r\n", "501 5.5.2, 334, 501 5.7.0, 421 4.7.0"),
        (1, "AUTH PLAIN AHVzZXIAd3Jvbmc=\r\nNOOP\r\n", "535 5.7.8, 421 4.7.0"),
        // What the caller refuses for its own reasons is no error of the client's.
        (1, "MAIL FROM:<>\r\nRCPT TO:<reject@d>\r\nNOOP\r\n", "250 2.1.0, 550 5.1.1, 250 2.0.0"),
    ] {
        let policy = policy().max_errors(max).auth(mechanisms()).allow_clear_text_auth();
        assert_eq!(codes(Setup::new(&policy), says), expected, "{says:?}");
    }
}

#[test]
fn vrfy_and_expn_are_the_callers_when_the_policy_says_so() {
    let policy = policy().ask_vrfy();
    let setup = Setup::new(&policy).caller(|event| match event {
        Event::Vrfy(b"reject") => Say::Reply(550, (5, 1, 1), "no"),
        Event::Vrfy(b"known") => Say::Reply(250, (2, 1, 5), "<known@mx.test>"),
        Event::Expn(_) => Say::Reply(550, (5, 7, 0), "private"),
        _ => Say::Accept,
    });
    let trace = setup.every_split(b"EHLO c\r\nVRFY known\r\nVRFY reject\r\nVRFY x y\r\nEXPN all\r\nVRFY\r\n");
    assert_eq!(trace.behind_hello(), "250 2.1.5, 550 5.1.1, 252 2.5.2, 550 5.7.0, 501 5.5.4");
    assert_eq!(trace.told[1..], ["VRFY known", "VRFY reject", "VRFY x y", "EXPN all"]);
}

#[test]
fn lmtp_has_its_own_hello_and_replies_for_each_recipient() {
    let policy = policy().lmtp();
    let setup = Setup::new(&policy).caller(|event| match event {
        Event::EndOfData { recipient: 1 } => Say::Reply(452, (4, 2, 2), "full"),
        event => server::usual(event),
    });
    let trace = setup.every_split(b"EHLO c\r\nHELO c\r\nLHLO c\r\n");
    assert_eq!(trace.codes(), ["220", "500 5.5.1", "500 5.5.1", "250"]);
    assert!(trace.text().starts_with("220 mx.test LMTP\r\n"));
    let four = format!("{MAIL}{RCPT}RCPT TO:<reject@d>\r\n{RCPT}{RCPT}DATA\r\n");
    let says = |content: &str| format!("LHLO c\r\n{four}{content}.\r\nNOOP\r\n");
    let trace = setup.every_split(says("x\r\n").as_bytes());
    let codes = trace.behind_hello();
    assert!(codes.ends_with("354, 250 2.6.0, 452 4.2.2, 250 2.6.0, 250 2.0.0"), "{codes}");
    assert_eq!(trace.told[trace.told.len() - 3..], ["End 0", "End 1", "End 2"]);
    let trace = setup.every_split(says("x\n\r\n").as_bytes());
    let codes = trace.behind_hello();
    assert!(codes.ends_with("354, 554 5.6.0, 554 5.6.0, 554 5.6.0, 250 2.0.0"), "{codes}");
}

#[test]
fn each_lmtp_mail_is_answered_for_its_own_recipients() {
    let policy = policy().lmtp();
    let mail = format!("{MAIL}{RCPT}{RCPT}BDAT 3 LAST\r\nx\r\n{MAIL}{RCPT}{RCPT}DATA\r\nx\r\n.\r\nNOOP\r\n");
    let trace = Setup::new(&policy).every_cut(format!("LHLO c\r\n{mail}").as_bytes());
    let (envelope, taken) = ("250 2.1.0, 250 2.1.5, 250 2.1.5", "250 2.6.0, 250 2.6.0");
    assert_eq!(trace.behind_hello(), format!("{envelope}, {taken}, {envelope}, 354, {taken}, 250 2.0.0"));
    // A chunk that the caller refuses loses the mail for all of them; in SMTP there is no other reply to the last one.
    let refuses = |event: &Event<'_>| match event {
        Event::EndOfChunk => Say::Reply(452, (4, 3, 1), "full"),
        event => server::usual(event),
    };
    let chunks = format!("{MAIL}{RCPT}{RCPT}BDAT 1\r\nxBDAT 2 LAST\r\n\r\n");
    let trace = Setup::new(&policy).caller(refuses).every_cut(format!("LHLO c\r\n{chunks}").as_bytes());
    assert_eq!(trace.behind_hello(), format!("{envelope}, 452 4.3.1, 554 5.6.0, 554 5.6.0"));
    assert!(trace.mails.is_empty());
    let policy = server::policy();
    let trace = Setup::new(&policy).caller(refuses).every_cut(format!("EHLO c\r\n{chunks}").as_bytes());
    assert_eq!(trace.behind_hello(), format!("{envelope}, 452 4.3.1, 503 5.5.1"));
    assert!(trace.mails.is_empty());
}

#[test]
fn a_session_that_ends_with_one_of_an_lmtp_mails_replies_owes_no_others() {
    let policy = policy().lmtp();
    let setup = Setup::new(&policy).caller(|event| match event {
        Event::EndOfData { .. } => Say::Reply(421, (4, 3, 2), "going down"),
        event => server::usual(event),
    });
    let trace = setup.every_cut(format!("LHLO c\r\n{MAIL}{RCPT}{RCPT}DATA\r\nx\r\n.\r\n").as_bytes());
    assert_eq!(trace.behind_hello(), "250 2.1.0, 250 2.1.5, 250 2.1.5, 354, 421 4.3.2");
    assert_eq!(trace.told.last().unwrap(), "End 0");
}

#[test]
fn a_refused_last_chunk_leaves_room_for_the_next_mail() {
    let policy = policy();
    let setup = Setup::new(&policy).caller(|event| match event {
        Event::EndOfData { .. } => Say::Reply(452, (4, 3, 1), "full"),
        event => server::usual(event),
    });
    let says = format!("{MAIL}{RCPT}BDAT 3 LAST\r\nx\r\n{MAIL}");
    assert_eq!(codes(setup, &says), "250 2.1.0, 250 2.1.5, 452 4.3.1, 250 2.1.0");
}

#[test]
fn a_chunk_of_a_mail_taken_back_leaves_the_next_mails_chunks_as_they_are() {
    let policy = policy();
    let says = format!("{MAIL}{RCPT}BDAT 2\r\nx\rRSET\r\n{MAIL}{RCPT}BDAT 3 LAST\r\nx\r\n");
    let envelope = "250 2.1.0, 250 2.1.5";
    let expected = format!("{envelope}, 250 2.0.0, 250 2.0.0, {envelope}, 250 2.6.0");
    assert_eq!(codes(Setup::new(&policy), &says), expected);
}

#[test]
fn the_refusals_of_a_lost_lmtp_mail_need_no_room_for_all_of_them_at_once() {
    let policy = policy().lmtp();
    for end in ["DATA\r\nx\n\r\n.\r\n", "BDAT 10485761 LAST\r\n"] {
        let chunk = if end.starts_with("BDAT") { "x".repeat(10_485_761) } else { String::new() };
        let says = format!("LHLO c\r\n{MAIL}{}{end}{chunk}NOOP\r\n", RCPT.repeat(100));
        let trace = Setup::new(&policy).tx(512).whole(says.as_bytes());
        let codes = trace.codes();
        assert_eq!(trace.error, None, "{end:?}");
        assert_eq!(codes.iter().filter(|code| code.starts_with("55")).count(), 100, "{end:?}");
        assert_eq!(codes.last().unwrap(), "250 2.0.0", "{end:?}");
    }
}

#[test]
fn limits_are_announced_as_they_are() {
    let policy = policy().offer(Extension::Limits).max_mails(7).max_recipients(9);
    assert!(offers(Setup::new(&policy)).contains(&"LIMITS MAILMAX=7 RCPTMAX=9".to_owned()));
}

#[test]
fn starttls_is_offered_in_clear_only_and_requiretls_under_tls_only() {
    let policy = policy().offer(Extension::StartTls).offer(Extension::RequireTls);
    let clear = offers(Setup::new(&policy));
    let tls = offers(Setup::new(&policy).over_tls());
    let has = |offers: &[String], name: &str| offers.contains(&name.to_owned());
    assert!(has(&clear, "STARTTLS") && !has(&clear, "REQUIRETLS"), "{clear:?}");
    assert!(!has(&tls, "STARTTLS") && has(&tls, "REQUIRETLS"), "{tls:?}");
    let says = "MAIL FROM:<> REQUIRETLS\r\n";
    assert_eq!(codes(Setup::new(&policy), says), "555 5.5.4");
    assert_eq!(codes(Setup::new(&policy).over_tls(), says), "250 2.1.0");
    assert_eq!(codes(Setup::new(&policy).over_tls(), "STARTTLS\r\n"), "503 5.5.1");
}

#[test]
fn each_parameter_is_taken_exactly_where_its_extension_is_offered() {
    for (extension, says) in [
        (Extension::EightBitMime, "MAIL FROM:<> BODY=8BITMIME\r\n"),
        (Extension::EightBitMime, "MAIL FROM:<> BODY=7BIT\r\n"),
        (Extension::BinaryMime, "MAIL FROM:<> BODY=BINARYMIME\r\n"),
        (Extension::SmtpUtf8, "MAIL FROM:<> SMTPUTF8\r\n"),
        (Extension::Size, "MAIL FROM:<> SIZE=1\r\n"),
        (Extension::Dsn, "MAIL FROM:<> RET=HDRS ENVID=x\r\n"),
        (Extension::Dsn, "MAIL FROM:<>\r\nRCPT TO:<a@b> NOTIFY=NEVER ORCPT=rfc822;a@b\r\n"),
        (Extension::DeliverBy, "MAIL FROM:<> BY=120;R\r\n"),
        (Extension::FutureRelease, "MAIL FROM:<> HOLDFOR=60\r\n"),
        (Extension::FutureRelease, "MAIL FROM:<> HOLDUNTIL=2026-11-21T12:00:00Z\r\n"),
        (Extension::MtPriority, "MAIL FROM:<> MT-PRIORITY=3\r\n"),
    ] {
        let (with, without) = (policy().offer(extension), policy().without(extension));
        let found = codes(Setup::new(&with), says);
        assert!(found.split(", ").all(|code| code.starts_with("250")), "{says:?}: {found}");
        let found = codes(Setup::new(&without), says);
        assert!(found.ends_with("555 5.5.4"), "{says:?}: {found}");
    }
    let with = policy().auth(mechanisms());
    assert_eq!(codes(Setup::new(&with), "MAIL FROM:<> AUTH=<>\r\n"), "250 2.1.0");
    assert_eq!(codes(Setup::new(&policy()), "MAIL FROM:<> AUTH=<>\r\n"), "555 5.5.4");
}

#[test]
fn what_is_offered_is_offered_as_its_standard_says() {
    // RFC 4865 §3: two parameters, the most that may be asked for.
    let with = policy().offer(Extension::FutureRelease);
    assert!(
        offers(Setup::new(&with)).contains(&"FUTURERELEASE 999999999 9999-12-31T23:59:59Z".to_owned()),
        "{:?}",
        offers(Setup::new(&with))
    );
    let most = "MAIL FROM:<> HOLDFOR=999999999\r\nRSET\r\nMAIL FROM:<> HOLDUNTIL=9999-12-31T23:59:59Z\r\n";
    assert_eq!(codes(Setup::new(&with), most), "250 2.1.0, 250 2.0.0, 250 2.1.0");
    // RFC 3030 §3: not without CHUNKING
    let without = policy().without(Extension::Chunking);
    assert!(!offers(Setup::new(&without)).contains(&"BINARYMIME".to_owned()));
}

#[test]
fn without_enhanced_codes_no_reply_bears_one() {
    let policy = policy().without(Extension::EnhancedStatusCodes);
    let says = format!("{MAIL}{RCPT}RCPT TO:<reject@d>\r\nDATA\r\nx\r\n.\r\nFOO\r\nHELP\r\nNOOP\r\nQUIT\r\n");
    assert_eq!(codes(Setup::new(&policy), &says), "250, 250, 550, 354, 250, 500, 214, 250, 221");
}

#[test]
fn banner_and_help_are_said_without_control_characters() {
    let policy = policy().banner("My\r\n250 Server\0 caf\u{e9}").help("See\thttps://example.test/\x1b[0m");
    let text = Setup::new(&policy).whole(b"EHLO c\r\nHELP\r\n").text();
    assert!(text.starts_with("220 mx.test ESMTP My250 Server caf??\r\n250-mx.test\r\n"), "{text}");
    assert!(text.ends_with("\r\n214 2.0.0 Seehttps://example.test/[0m\r\n"), "{text}");
}

#[test]
fn a_long_help_waits_for_room_and_no_command_goes_unanswered() {
    let help = "h".repeat(490);
    let policy = policy().help(&help);
    let trace = Setup::new(&policy).tx(512).run(&[b"EHLO c\r\n", b"NOOP\r\nNOOP\r\nHELP\r\nNOOP\r\n"], &[]);
    assert_eq!(trace.error, None);
    assert_eq!(trace.behind_hello(), "250 2.0.0, 250 2.0.0, 214 2.0.0, 250 2.0.0");
}

#[test]
fn a_help_that_no_buffer_holds_is_an_error_and_not_a_wait_for_ever() {
    let help = "h".repeat(600);
    let policy = policy().help(&help);
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = embedded_smtp::server::Server::new(&mut rx, &mut tx, &policy);
    assert_eq!(server.poll(), Ok(Want::Write));
    server.transmitted(usize::MAX);
    server.receive_buffer()[..6].copy_from_slice(b"HELP\r\n");
    server.received(6);
    assert!(matches!(server.poll(), Err(embedded_smtp::Error::Capacity(_))));
}

#[test]
fn the_list_behind_a_pipelined_hello_comes_when_there_is_room_for_it() {
    let all = [Extension::Dsn, Extension::StartTls, Extension::DeliverBy, Extension::FutureRelease]
        .into_iter()
        .chain([Extension::MtPriority, Extension::Limits, Extension::XClient])
        .fold(policy().auth(mechanisms()).allow_clear_text_auth(), Policy::offer);
    let mut waited = 0;
    for (policy, hello) in [(all, "EHLO"), (all.lmtp(), "LHLO")] {
        for before in 0..20 {
            let (mut rx, mut tx) = ([0; 512], [0; 512]);
            let mut server = embedded_smtp::server::Server::new(&mut rx, &mut tx, &policy);
            let says = format!("{}{hello} c\r\n", "NOOP\r\n".repeat(before));
            server.receive_buffer()[..says.len()].copy_from_slice(says.as_bytes());
            server.received(says.len());
            let mut out = Vec::new();
            loop {
                match server.poll().unwrap() {
                    Want::Event => waited += usize::from(server.accept().is_err()),
                    Want::Write => {
                        out.extend_from_slice(server.transmit());
                        server.transmitted(usize::MAX);
                    }
                    Want::Read | Want::Closed => break,
                }
            }
            assert_eq!(server::codes(&out).len(), before + 2, "{hello} behind {before}");
        }
    }
    assert!(waited > 0, "there is always room");
}

#[test]
fn the_longest_host_name_fits() {
    let host = format!("{}.test", vec!["x".repeat(60); 4].join("."));
    let policy = Policy::new(HelloName::new(&host).unwrap());
    let trace = Setup::new(&policy).tx(512).whole(b"EHLO c\r\nHELO c\r\n");
    assert_eq!(trace.codes(), ["220", "250", "250"]);
    assert_eq!(trace.error, None);
}

#[test]
fn a_server_is_small_and_keeps_its_octets_to_itself() {
    assert!(size_of::<embedded_smtp::server::Server<'_, '_>>() <= 256);
    let policy = policy().auth(mechanisms()).allow_clear_text_auth();
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = embedded_smtp::server::Server::new(&mut rx, &mut tx, &policy);
    let says = b"EHLO c\r\nAUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=\r\n";
    server.receive_buffer()[..says.len()].copy_from_slice(says);
    let before = format!("{server:?}");
    server.received(says.len());
    // Neither the octets as numbers (`AGFs`, `wond`) nor as text.
    let after = format!("{server:?}");
    for secret in ["65, 71, 70, 115", "119, 111, 110, 100", "AGFs", "wond"] {
        assert!(!before.contains(secret) && !after.contains(secret), "{after}");
    }
    server.poll().unwrap();
    server.accept().unwrap();
    server.poll().unwrap();
    let text = format!("{:?} {server:?}", server.event());
    for secret in ["119, 111, 110, 100", "wond", "alice"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn what_a_client_logs_in_with_does_not_stay_in_the_buffer() {
    let policy = policy().auth(mechanisms());
    for (tls, says) in [
        (true, "AUTH PLAIN AHVzZXIAcGFzcw==\r\n"),
        (true, "AUTH PLAIN AHVzZXIAd3Jvbmc=\r\n"),
        (true, "AUTH PLAIN\r\nAHVzZXIAcGFzcw==\r\n"),
        (true, "AUTH PLAIN\r\nAHVzZXIAcGFzcw=\r\n"),
        (true, "AUTH PLAIN\r\nAHVzZXIAcGFzcw==\nAHVzZXIAcGFzcw==\r\n"),
        (true, "AUTH LOGIN\r\ndXNlcg==\r\ncGFzcw==\r\n"),
        (true, "AUTH LOGIN dXNlcg==\r\ncGFzcw==\r\n"),
        (true, "AUTH LOGIN dXNlcg==\r\n*\r\n"),
        (true, "AUTH PLAIN AHVzZXIAcGFzcw\r\n"),
        (false, "AUTH PLAIN AHVzZXIAcGFzcw==\r\n"),
    ] {
        let (mut rx, mut tx) = ([0; 512], [0; 512]);
        let mut server = embedded_smtp::server::Server::new(&mut rx, &mut tx, &policy);
        if tls {
            server = server.over_tls();
        }
        for line in ["EHLO c\r\n", says] {
            server.receive_buffer()[..line.len()].copy_from_slice(line.as_bytes());
            server.received(line.len());
            loop {
                match server.poll().unwrap() {
                    Want::Event => server.accept().unwrap(),
                    Want::Write => server.transmitted(usize::MAX),
                    Want::Read | Want::Closed => break,
                }
            }
        }
        for secret in ["AHVz", "cGFz", "dXNl", "pass", "user", "wrong"] {
            let left = rx.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!left, "{secret} of {says:?}");
        }
    }
}

/// Postfix's `XCLIENT_README`, "XCLIENT Server response": behind it the session is at its beginning, for another client.
#[test]
fn xclient_begins_the_counts_of_errors_and_mails_anew_but_no_session_lasts_by_it() {
    const OTHER: &str = "XCLIENT ADDR=192.0.2.1\r\nEHLO d\r\n";
    let policy = policy().offer(Extension::XClient).max_errors(3).max_mails(1).max_idle(30);
    let setup = Setup::new(&policy);
    let wrong = "OOPS\r\nOOPS\r\n";
    let said = codes(setup, &format!("{wrong}{OTHER}{wrong}{OTHER}{wrong}NOOP\r\nOOPS\r\n"));
    let two = "500 5.5.1, 500 5.5.1";
    assert_eq!(said, format!("{two}, 220, 250, {two}, 220, 250, {two}, 250 2.0.0, 500 5.5.1, 421 4.7.0"));
    let mail = format!("{MAIL}{RCPT}DATA\r\nx\r\n.\r\n");
    let taken = "250 2.1.0, 250 2.1.5, 354, 250 2.6.0";
    assert_eq!(
        codes(setup, &format!("{mail}{MAIL}{OTHER}{mail}")),
        format!("{taken}, 452 4.5.0, 220, 250, {taken}")
    );
    // What is refused leaves everything as it was.
    assert!(codes(setup, &format!("{wrong}XCLIENT\r\nNOOP\r\n")).ends_with("421 4.7.0"));
    // XCLIENT and EHLO bring no mail nearer.
    let trace = setup.run(&[OTHER.as_bytes(); 30], &[]);
    assert!(trace.text().ends_with("421 4.7.0 Too much without a mail, closing connection\r\n"));
}

/// Postfix's `XCLIENT_README`: the one who comes behind it has not logged in.
#[test]
fn a_login_is_not_that_of_the_client_that_xclient_speaks_for() {
    let policy = policy().offer(Extension::XClient).auth(mechanisms()).allow_clear_text_auth().require_auth();
    let says = format!("EHLO c\r\n{PLAIN}XCLIENT ADDR=192.0.2.1\r\nEHLO d\r\n{MAIL}");
    let trace = Setup::new(&policy).every_cut(says.as_bytes());
    assert_eq!(trace.behind_hello(), "235 2.7.0, 220, 250, 530 5.7.0");
    assert!(!trace.authenticated);
    assert_eq!(trace.text().matches("AUTH PLAIN").count(), 2, "offered again");
}

#[test]
fn a_hello_or_xclient_that_the_caller_refuses_leaves_everything_as_it_was() {
    let setup = |policy| {
        Setup::new(policy).caller(|event| match event {
            Event::Hello { name, .. } if name.as_str() == "refused" => Say::Reply(550, (5, 7, 1), "no"),
            Event::XClient(_) => Say::Reply(550, (5, 7, 1), "no"),
            event => server::usual(event),
        })
    };
    let lmtp = policy().lmtp();
    let says = format!("LHLO c\r\n{MAIL}{RCPT}{RCPT}LHLO refused\r\nDATA\r\nx\r\n.\r\n");
    let trace = setup(&lmtp).run(&[says.as_bytes()], &[]);
    assert_eq!(trace.behind_hello(), "250 2.1.0, 250 2.1.5, 250 2.1.5, 550, 354, 250 2.6.0, 250 2.6.0");
    let policy = policy().offer(Extension::XClient).auth(mechanisms()).allow_clear_text_auth();
    let policy = policy.require_auth().max_errors(2);
    let says = format!("{PLAIN}OOPS\r\nXCLIENT ADDR=192.0.2.1\r\n{MAIL}OOPS\r\n");
    let expected = "235 2.7.0, 500 5.5.1, 550 5.7.1, 250 2.1.0, 500 5.5.1, 421 4.7.0";
    assert_eq!(codes(setup(&policy), &says), expected);
}

/// RFC 6531 §3.7.1: a name may be in UTF-8, but C1 controls are none's.
#[test]
fn a_hello_with_control_characters_beyond_ascii_is_refused() {
    let policy = policy();
    assert_eq!(
        codes(Setup::new(&policy), "EHLO m\u{fc}ller.test\r\nEHLO a\u{9b}b.test\r\n"),
        "250, 501 5.5.4"
    );
}

/// Else whoever guesses passwords would send itself a mail now and then.
#[test]
fn errors_are_forgiven_behind_an_accepted_mail_of_whom_logged_in_only() {
    let policy = policy().auth(mechanisms()).allow_clear_text_auth().max_errors(3);
    let guess = "AUTH PLAIN AHVzZXIAd3Jvbmc=\r\n";
    let mail = format!("{MAIL}{RCPT}BDAT 3 LAST\r\nx\r\n");
    let end = |caller, says: String| {
        let trace =
            Setup::new(&policy).caller(caller).run(&[format!("EHLO c\r\n{says}NOOP\r\n").as_bytes()], &[]);
        trace.codes().pop().unwrap()
    };
    assert_eq!(end(server::usual, format!("{guess}{guess}{mail}{guess}")), "421 4.7.0");
    assert_eq!(end(server::usual, format!("{PLAIN}A\r\nA\r\n{mail}A\r\n")), "250 2.0.0");
    let refuses = |event: &Event<'_>| match event {
        Event::EndOfData { .. } => Say::Reply(452, (4, 3, 1), "full"),
        event => server::usual(event),
    };
    assert_eq!(end(refuses, format!("{PLAIN}A\r\nA\r\n{mail}A\r\n")), "421 4.7.0");
}
