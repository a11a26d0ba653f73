//! A link that dies at any octet of a session, in either direction.

mod support;

use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{Status, Verdict};
use support::client::{Mode, Reads, Wire, mail, with_settings};
use support::transcript::{Step, Transcript};

/// How the end of the link is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// A read finds the end of the stream.
    Eof,
    /// Nothing comes any more, and the timer runs out.
    Silence,
    /// The stream fails: the engine is not told, the report is asked for.
    Failure,
}

/// The octets moved, in both directions, when the last octet of the content has gone out, and when its
/// last reply has come.
fn doubtful(transcript: &Transcript) -> (usize, usize) {
    let (mut moved, mut sent, mut answered) = (0, 0, 0);
    for step in &transcript.parts[0].steps {
        match step {
            Step::Client(line) => {
                moved += line.len();
                if line == b".\r\n" {
                    sent = moved;
                }
            }
            Step::Server(line) => {
                moved += line.len();
                if sent > 0 && !line.starts_with(b"221") {
                    answered = moved;
                }
            }
            _ => {}
        }
    }
    (sent, answered)
}

fn verdict_of(transcript: &Transcript, mode: Mode, after: usize, death: Death) -> (Verdict, bool) {
    let part = &transcript.parts[0];
    let (mut rx, mut tx) = (vec![0; mode.rx], vec![0; mode.tx]);
    let mut client = with_settings(part, &mut rx, &mut tx);
    let mut wire = Wire::new(mode, part);
    let place = format!("{} dead after {after} {death:?} {mode:?}", transcript.name);
    mail(part, &mut client, mode.lend, |submission| {
        while wire.moved() < after {
            assert!(!wire.step(submission, &place), "{place}: at its end early");
        }
        // What has come is looked at, whatever comes next.
        let going = !matches!(submission.poll(), Ok(Want::Event) | Err(_));
        match death {
            Death::Eof if going => submission.received_eof(),
            Death::Silence if going => submission.timed_out(),
            _ => {}
        }
        if death != Death::Failure && going {
            assert_eq!(submission.poll(), Ok(Want::Event), "{place}");
        }
        let report = submission.report();
        let all_or_some = report.recipients().iter().any(|r| r.status() == Status::Delivered);
        (report.verdict(), all_or_some)
    })
}

#[test]
fn every_octet_has_its_verdict_and_only_the_final_reply_means_delivery() {
    let mut tried = 0;
    for name in ["01", "03", "04", "06", "07", "09", "62"] {
        let transcript = support::transcript(name);
        let (sent, answered) = doubtful(&transcript);
        let last = transcript.server_octets() + transcript.client_octets();
        assert!(0 < sent && sent < answered && answered < last, "{name}");
        let expected = transcript.parts[0].setting("verdict").expect("a verdict");
        let single = Mode { reads: Reads::Single, write: 1, ..Mode::WHOLE };
        let tiny = Mode { rx: 64, tx: transcript.longest_line().max(40), lend: 5, ..single };
        for mode in [single, tiny] {
            for after in 0..last {
                for death in [Death::Eof, Death::Silence, Death::Failure] {
                    let (verdict, any) = verdict_of(&transcript, mode, after, death);
                    let right = match after {
                        _ if after < sent => "RetryLater",
                        _ if after < answered => "Unknown",
                        _ => expected,
                    };
                    assert_eq!(format!("{verdict:?}"), right, "{name} {mode:?} {death:?} {after} of {last}");
                    // LMTP may have answered for the first recipient when the link dies.
                    assert!(!any || after >= answered || name == "04", "{name} {after}");
                    tried += 1;
                }
            }
        }
    }
    println!("{tried} deaths");
    assert!(tried > 15_000, "{tried}");
}
