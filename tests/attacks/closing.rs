//! 421 in the place of any reply of a session (RFC 5321 §3.8), and between them.
//!
//! Class: unbounded input and endless sessions (client, server). Records: CVE-2026-67445.

use super::support::client::{Mode, Reads, run};
use super::support::transcript::{Step, Transcript};

/// The places of whole replies among the steps: where each begins and ends.
fn replies(transcript: &Transcript) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = None;
    for (at, step) in transcript.parts[0].steps.iter().enumerate() {
        if let Step::Server(line) = step {
            let first = *from.get_or_insert(at);
            if line[3] != b'-' {
                found.push((first, at + 1));
                from = None;
            }
        }
    }
    found
}

#[test]
fn wherever_421_stands_nothing_is_delivered_before_its_time_and_nothing_more_is_sent() {
    let mut tried = 0;
    for name in ["01", "02", "03", "06", "07", "09", "42"] {
        let original = super::support::transcript(name);
        let places = replies(&original);
        for (index, (from, _)) in places.iter().enumerate() {
            for last_words in
                [&["421 4.3.2 shutting down\r\n"][..], &["421-4.3.2 shutting\r\n", "421 4.3.2 down\r\n"]]
            {
                let mut transcript = original.clone();
                let steps = &mut transcript.parts[0].steps;
                steps.truncate(*from);
                steps.extend(last_words.iter().map(|line| Step::Server(line.as_bytes().to_vec())));
                let quit = index + 1 == places.len();
                let tiny = Mode { rx: 64, tx: original.longest_line().max(40), ..Mode::WHOLE };
                for mode in [Mode::WHOLE, Mode { reads: Reads::Single, write: 1, ..tiny }, tiny] {
                    let outcome = run(&transcript, mode).remove(0);
                    let place = format!("{name}, reply {index}, {mode:?}: {outcome:?}");
                    let expected = original.parts[0].setting("verdict").unwrap();
                    let verdict = if quit { expected } else { "RetryLater" };
                    assert_eq!(outcome[0], format!("verdict: {verdict}"), "{place}");
                    let delivered = outcome.iter().any(|line| line.contains(" Delivered "));
                    assert_eq!(delivered, quit, "{place}");
                    let told = outcome.iter().any(|line| line.starts_with("answer: 421 4.3.2 shutting"));
                    assert_eq!(told, !quit, "{place}");
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 300, "{tried}");
}
