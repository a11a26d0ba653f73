//! Every transcript of `tests/transcripts/`, by the client, however its octets travel.

mod support;

use support::transcript::{Role, Transcript};
use support::{client, commands, transcripts};

fn check(transcript: &Transcript, by_commands: bool) {
    for mode in client::modes(transcript) {
        if by_commands {
            commands::check(transcript, mode);
        } else {
            client::check(transcript, mode);
        }
    }
}

#[test]
fn every_transcript_goes_as_it_is_written_in_whatever_pieces_it_travels() {
    let (mut mails, mut bare, mut failed) = (0, 0, Vec::new());
    for transcript in transcripts(|role| role != Role::Server) {
        let by_commands = transcript.parts[0].setting("do").is_some();
        *(if by_commands { &mut bare } else { &mut mails }) += 1;
        // All that fail are told, each at its first way of travelling.
        if std::panic::catch_unwind(|| check(&transcript, by_commands)).is_err() {
            failed.push(transcript.name);
        }
    }
    println!("{mails} transcripts of submissions, {bare} of commands");
    assert_eq!(failed, [""; 0]);
    assert!(mails >= 70 && bare >= 4, "{mails} {bare}");
}
