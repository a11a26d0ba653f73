//! Every transcript that concerns the server, whole, octet by octet, in the smallest buffers, and cut at
//! every octet.

#[path = "support/role.rs"]
mod role;
#[path = "support/server.rs"]
mod server;
#[path = "support/transcript.rs"]
#[allow(dead_code, reason = "the client's runner uses the rest")]
mod transcript;

use transcript::{Role, Transcript};

fn transcripts() -> Vec<Transcript> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let files =
        std::fs::read_dir(folder).expect("tests/transcripts").map(|entry| entry.expect("a file").path());
    let mut files: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect();
    files.sort();
    let all = files.iter().map(|path| Transcript::read(path));
    all.filter(|transcript| transcript.role != Role::Client).collect()
}

#[test]
fn every_transcript_goes_as_it_is_written() {
    let mut ran = 0;
    for transcript in transcripts() {
        for mode in role::modes(&transcript) {
            role::check(&transcript, mode);
        }
        ran += 1;
    }
    assert!(ran >= 33, "{ran}");
}
