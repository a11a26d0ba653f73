//! Text to a path to octets to a path: whatever a caller may turn into a path, a server reads back as the same.
#![no_main]

use embedded_smtp::wire::{Command, ForwardPath, HelloName, Mailbox, ReversePath};
use embedded_smtp_fuzz::{assert_one_line, octets};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(mailbox) = Mailbox::new(text) {
        assert_eq!(mailbox.as_str(), text);
        assert_eq!(format!("{}@{}", mailbox.local_part(), mailbox.domain()), text);
    }
    if let Ok(path) = ReversePath::new(text) {
        let line = [b"MAIL FROM:", octets(&path).as_slice()].concat();
        assert_one_line(&line);
        let Ok(Command::Mail { path: read, .. }) = Command::parse(&line) else { panic!("{line:?}") };
        assert_eq!(read, path);
    }
    if let Ok(path) = ForwardPath::new(text) {
        let line = [b"RCPT TO:", octets(&path).as_slice()].concat();
        assert_one_line(&line);
        let Ok(Command::Rcpt { path: read, .. }) = Command::parse(&line) else { panic!("{line:?}") };
        assert_eq!(read, path);
    }
    if let Ok(name) = HelloName::new(text) {
        let line = [b"EHLO ", octets(&name).as_slice()].concat();
        assert_one_line(&line);
        assert_eq!(Command::parse(&line), Ok(Command::Ehlo(name)));
    }
});
