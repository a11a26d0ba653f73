//! Python's `email` package (policy `default`, the modern one) reads out of generated mails what was
//! put in. Needs `python3`; without it the test fails, since nothing would have been shown.

#[path = "message/common.rs"]
#[allow(dead_code, reason = "shared with the tests of the rules, which use all of it")]
mod common;

use common::{Kind, Mail, Person, config, mail, normalised};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const MAILS: usize = 300;

#[test]
fn pythons_email_package_reads_back_what_was_written() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mails-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let mut runner = TestRunner::new(config());
    for number in 0..MAILS {
        let mail = mail().new_tree(&mut runner).unwrap().current();
        std::fs::write(directory.join(format!("{number:03}.eml")), mail.write(100).octets).unwrap();
        std::fs::write(directory.join(format!("{number:03}.txt")), expectations(&mail)).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/message/read_back.py");
    let output = Command::new("python3").arg(script).arg(&directory).output();
    let output = output.unwrap_or_else(|error| panic!("cannot run: this test needs python3: {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "see {}:\n{said}{complaints}", directory.display());
    assert_eq!(said.trim(), format!("{MAILS} mails read back"), "{complaints}");
    std::fs::remove_dir_all(directory).unwrap();
}

/// One value a line, in hexadecimal, so that nothing in it can be misunderstood.
fn expectations(mail: &Mail) -> String {
    let mut lines = String::new();
    let mut put = |key: &str, value: &[u8]| {
        write!(lines, "{key} ").unwrap();
        for octet in value {
            write!(lines, "{octet:02x}").unwrap();
        }
        lines.push('\n');
    };
    let alone = mail.texts().len() + mail.parts().len() == 1;
    let utf8 = mail.transport.utf8_headers() || mail.has_utf8_mailbox();
    put("utf8", if utf8 { b"1" } else { b"" });
    put("alone", if alone { b"1" } else { b"" });
    if let Some(subject) = &mail.subject {
        put("subject", subject.as_bytes());
    }
    put("comments", mail.comment.as_bytes());
    put("timestamp", mail.seconds.to_string().as_bytes());
    put("offset", mail.offset.to_string().as_bytes());
    let mut people = |key: &str, people: &[Person]| {
        for (name, mailbox) in people {
            put(&format!("{key}.name"), name.as_deref().unwrap_or_default().as_bytes());
            put(&format!("{key}.mailbox"), mailbox.as_bytes());
        }
    };
    people("from", std::slice::from_ref(&mail.from));
    people("to", &mail.to);
    people("cc", &mail.cc);
    people("reply-to", &mail.reply_to);
    for id in &mail.references {
        put("reference", format!("<{id}>").as_bytes());
    }
    for (media_type, text) in mail.texts() {
        put("part", media_type.as_bytes());
        put("text", normalised(text).as_bytes());
    }
    for file in mail.parts() {
        let text = file.kind == Kind::Text;
        put("part", if text { b"text/csv" } else { b"application/octet-stream" });
        if let Some(name) = &file.name {
            put("name", name.as_bytes());
        }
        if text {
            put("text", normalised(std::str::from_utf8(&file.content).unwrap()).as_bytes());
        } else {
            put("octets", &file.content);
        }
    }
    lines
}
