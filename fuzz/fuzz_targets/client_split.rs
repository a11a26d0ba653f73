//! A submission comes to the same verdict, and sends the same octets, however the server's octets are cut;
//! and every command line that it sends is one that a submission has.
#![no_main]

use embedded_smtp::submission::{TlsPolicy, Verdict};
use embedded_smtp_fuzz::{Cuts, client_trace};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8], &[u8])| {
    let (tls, sizes, octets) = input;
    let tls = [TlsPolicy::Required, TlsPolicy::IfOffered, TlsPolicy::Never][usize::from(tls) % 3];
    let whole = client_trace(octets, &mut Cuts::new(&[]), tls);
    let single = client_trace(octets, &mut Cuts::new(&[1]), tls);
    let cut = client_trace(octets, &mut Cuts::new(sizes), tls);
    // Octets that come too early, before a command that they might answer or before a handshake, are an
    // error only where they are seen in time: there, and only there, the cut matters.
    let early = |trace: &str| ["TLS;", "InputBeforeTls", "Unasked"].iter().any(|word| trace.contains(word));
    if !early(&whole.1) && !early(&single.1) && !early(&cut.1) {
        for other in [&single, &cut] {
            // An error or a 421 that has come already stops what has not been written yet.
            assert!(other.2.starts_with(&whole.2) || whole.2.starts_with(&other.2));
            if !whole.1.contains("Protocol(") {
                assert_eq!(whole.0, other.0);
            }
        }
    }
    for (verdict, _, sent) in [whole, single, cut] {
        let text = String::from_utf8(sent).expect("a submission sends ASCII here");
        if tls == TlsPolicy::Required && !octets.windows(8).any(|word| word.eq_ignore_ascii_case(b"STARTTLS"))
        {
            assert!(!text.contains("AUTH") && !text.contains("MAIL"), "in clear: {text}");
        }
        if matches!(verdict, Verdict::Delivered | Verdict::PartlyDelivered | Verdict::Unknown) {
            assert!(text.contains("\r\nhello\r\n.\r\n"), "not all was sent: {text}");
        }
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        for line in lines {
            let verb = line.split(' ').next().unwrap_or_default();
            let known =
                ["EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "QUIT", "..", "hello", ".", "*"];
            let response = ["dXNlcg==", "c2VjcmV0", "AHVzZXIAc2VjcmV0"];
            assert!(known.contains(&verb) || response.contains(&line), "{line}");
        }
    }
});
