//! Numbers beyond their types, in both roles: what does not fit is said to be so, and nothing wraps.
//!
//! Class: arguments (client, server). Records: CVE-2020-28022, CVE-2020-10957, CVE-2019-15846.

use embedded_smtp::client::Client;
use embedded_smtp::submission::{Cause, Verdict};
use embedded_smtp::wire::{HelloName, Reply, SizeLimit};

use super::server::{Setup, policy};
use super::support::feed::{events, feed, sent};
use super::support::mailing::WISH;
use super::support::script::Script;

/// One more than each type of number holds, and more than all of them; as decimals.
const BEYOND: &[&str] = &[
    "256",
    "65536",
    "4294967296",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "99999999999999999999999",
    "18446744073709551626",
    "36893488147419103232",
];

#[test]
fn a_size_that_does_not_fit_is_refused_by_the_server_and_no_limit_to_the_client() {
    let policy = policy().max_size(200);
    for number in BEYOND {
        for zeros in ["", "0", "00000000000000000000"] {
            let says = format!("EHLO c\r\nMAIL FROM:<> SIZE={zeros}{number}\r\n");
            let trace = Setup::new(&policy).every_split(says.as_bytes());
            let codes = trace.behind_hello();
            // Beyond the limit, beyond 64 bits, or of more digits than a SIZE has.
            assert!(["552 5.3.4", "501 5.5.4"].contains(&codes.as_str()), "{number}: {codes}");
            assert_eq!(trace.told, ["EHLO c"]);
            let outcome = WISH.every_split(&Script::new(&[&format!("SIZE {zeros}{number}")]));
            assert_eq!(outcome.verdict, Verdict::Delivered, "{number}: {:?}", outcome.cause);
        }
    }
    let outcome = WISH.every_split(&Script::new(&["SIZE 40"]));
    assert!(matches!(outcome.cause, Some(Cause::TooLarge)), "{:?}", outcome.cause);
}

#[test]
fn a_chunk_whose_length_does_not_fit_ends_the_session_and_one_that_does_is_counted() {
    let policy = policy().max_size(200).max_drained(0);
    for number in BEYOND {
        for last in ["", " LAST"] {
            let says = format!("EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nBDAT {number}{last}\r\nQUIT\r\n");
            let codes = Setup::new(&policy).every_split(says.as_bytes()).behind_hello();
            let ends = ["552 5.3.4, 421 4.7.0", "501 5.5.4, 421 4.3.0"];
            assert!(ends.iter().any(|end| codes.ends_with(end)), "{number}: {codes}");
        }
    }
}

#[test]
fn limits_that_do_not_fit_are_no_limits() {
    for number in BEYOND {
        for name in ["RCPTMAX", "MAILMAX", "RCPTDOMAINMAX"] {
            let (mut rx, mut tx) = ([0; 256], [0; 64]);
            let mut client = Client::new(&mut rx, &mut tx);
            feed(&mut client, b"220 hi\r\n");
            events(&mut client);
            client.ehlo(HelloName::new("c").unwrap()).unwrap();
            sent(&mut client);
            feed(
                &mut client,
                format!("250-hi\r\n250-LIMITS {name}={number}\r\n250 SIZE {number}\r\n").as_bytes(),
            );
            events(&mut client);
            let limits = client.capabilities().limits();
            // Either the number as it is, or none; never a part of it.
            for found in [limits.recipients(), limits.mails()].into_iter().flatten() {
                assert_eq!(&found.to_string(), number, "{name}");
            }
            match client.capabilities().size() {
                SizeLimit::Octets(size) => assert_eq!(&size.to_string(), number),
                // Small machines keep 32 bits of it, and a larger limit is none to them.
                SizeLimit::Beyond => {
                    let small = cfg!(any(
                        embedded_smtp_narrow,
                        not(any(
                            target_feature = "sse2",
                            target_feature = "neon",
                            target_feature = "simd128"
                        ))
                    ));
                    let most = if small { u64::from(u32::MAX) } else { u64::MAX };
                    assert!(!number.parse().is_ok_and(|size: u64| size <= most), "{number}");
                }
                SizeLimit::NotStated => panic!("{number}"),
            }
        }
    }
}

#[test]
fn a_code_has_three_digits_and_an_enhanced_one_three_numbers_that_fit() {
    for number in BEYOND.iter().copied().chain(["1000", "2500", "0250", "25", "2"]) {
        if number.len() != 3 {
            for line in [format!("{number} ok"), format!("{number}-ok"), number.to_owned()] {
                assert!(Reply::parse(line.as_bytes()).is_err(), "{line}");
            }
        }
        for enhanced in [
            format!("{number}.1.0"),
            format!("2.{number}.0"),
            format!("2.1.{number}"),
            format!("2.1.1{number}"),
        ] {
            let line = format!("250 {enhanced} ok");
            let reply = Reply::parse(line.as_bytes()).unwrap();
            if let Some(found) = reply.enhanced {
                assert_eq!(found.to_string(), enhanced);
                assert_eq!(reply.text, b"ok");
            } else {
                assert_eq!(reply.text, &line.as_bytes()[4..]);
            }
        }
    }
}

#[test]
fn numbers_of_parameters_hold_their_bounds_or_are_refused() {
    let policy = policy()
        .offer(embedded_smtp::wire::Extension::DeliverBy)
        .offer(embedded_smtp::wire::Extension::FutureRelease)
        .offer(embedded_smtp::wire::Extension::MtPriority);
    for number in BEYOND {
        for says in [
            format!("BY={number};R"),
            format!("BY=-{number};N"),
            format!("HOLDFOR={number}"),
            format!("MT-PRIORITY={number}"),
            format!("MT-PRIORITY=-{number}"),
        ] {
            let trace =
                Setup::new(&policy).every_split(format!("EHLO c\r\nMAIL FROM:<> {says}\r\n").as_bytes());
            let codes = trace.behind_hello();
            let taken = codes == "250 2.1.0";
            assert!(taken || codes == "501 5.5.4", "{says}: {codes}");
            if taken {
                // As it was said, with a sign or without.
                assert!(trace.told[1].contains(number), "{says}: {}", trace.told[1]);
            }
        }
    }
}
