//! The list beside this file holds all tests of this folder, and none that is not there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The tests of a file, by name.
fn tests(path: &Path) -> BTreeSet<String> {
    let source = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let behind = source.split("#[test]\n").skip(1);
    behind
        .map(|test| {
            test.split("fn ").nth(1).and_then(|test| test.split('(').next()).expect("a test").to_owned()
        })
        .collect()
}

/// What the list names: `file::test`, with a file of this folder or of the one above it.
fn listed() -> BTreeSet<(String, String)> {
    let text = std::fs::read_to_string(folder().join("attacks/README.md")).unwrap();
    let quoted = text.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|name| name.split_once("::"))
        .filter(|(_, test)| test.len() > 3)
        .map(|(file, test)| (file.to_owned(), test.to_owned()))
        .collect()
}

#[test]
fn every_test_that_the_list_names_exists() {
    let listed = listed();
    assert!(listed.len() > 100, "{}", listed.len());
    for (file, test) in listed {
        // Two files may have a name, here and above.
        let paths = [folder().join(format!("attacks/{file}.rs")), folder().join(format!("{file}.rs"))];
        let found = paths.iter().filter(|path| path.exists()).any(|path| tests(path).contains(&test));
        assert!(found, "there is no {file}::{test}");
    }
}

#[test]
fn every_test_of_this_folder_is_in_the_list() {
    let listed = listed();
    for entry in std::fs::read_dir(folder().join("attacks")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|extension| extension != "rs") || file == "list" {
            continue;
        }
        for test in tests(&path) {
            assert!(listed.contains(&(file.clone(), test.clone())), "not in the list: {file}::{test}");
        }
    }
}
