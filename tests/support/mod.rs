//! What the tests of whole sessions share: transcripts, and the client's half of their runner.
#![allow(dead_code, reason = "each test binary uses its share")]
#![allow(clippy::format_collect, reason = "short texts")]

pub(crate) mod client;
pub(crate) mod commands;
pub(crate) mod feed;
pub(crate) mod mailing;
pub(crate) mod outcome;
pub(crate) mod script;
pub(crate) mod transcript;
pub(crate) mod verbs;

use transcript::{Role, Transcript};

/// All transcripts that `wanted` picks by their role, in the order of their names.
pub(crate) fn transcripts(wanted: impl Fn(Role) -> bool) -> Vec<Transcript> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("tests/transcripts")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    files.iter().map(|path| Transcript::read(path)).filter(|transcript| wanted(transcript.role)).collect()
}

/// The transcript in the file that begins with `name`.
pub(crate) fn transcript(name: &str) -> Transcript {
    let mut found = transcripts(|_| true);
    found.retain(|transcript| transcript.name.starts_with(name));
    assert_eq!(found.len(), 1, "{name}");
    found.remove(0)
}
