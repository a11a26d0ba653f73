//! Whatever values a caller may make a mail of: what the writer makes of them keeps to the rules of RFC 5322 and MIME,
//! does not depend on the buffers, and an independent parser reads the same values out of it. The demands are those of
//! `tests/message/judge.rs`.
#![no_main]

#[path = "../../tests/message/values.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with tests")]
mod common;
#[path = "../../tests/message/judge.rs"]
mod judge;

use arbitrary::Arbitrary;
use common::{File, Kind, Mail, Person, Shape};
use embedded_smtp::message::{Address, Field, FileName, HeaderText, Transport};
use embedded_smtp::wire::Mailbox;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Case<'a> {
    shape: u8,
    transport: u8,
    people: [Option<(&'a str, u8)>; 6],
    subject: Option<&'a str>,
    comment: &'a str,
    references: u8,
    seconds: u64,
    offset: i16,
    number: u64,
    text: &'a str,
    html: &'a str,
    files: [(Option<&'a str>, u8, &'a [u8]); 3],
    buffer: u8,
}

fuzz_target!(|case: Case<'_>| {
    let mail = mail(&case);
    // A text may hold the hidden recipient's address by itself, once the fuzzer has found it.
    let mut words = vec![case.text.as_bytes(), case.html.as_bytes(), case.comment.as_bytes()];
    words.extend(case.subject.map(str::as_bytes));
    words.extend(case.people.iter().flatten().map(|(name, _)| name.as_bytes()));
    for (name, _, content) in &case.files {
        words.push(content);
        words.extend(name.map(str::as_bytes));
    }
    if words.iter().any(|word| word.windows(6).any(|part| part == b"hidden")) {
        return;
    }
    judge::keeps_to_the_rules(&mail);
    judge::is_read_back(&mail);
    assert_eq!(mail.write(usize::from(case.buffer) + 1).octets, mail.write(4096).octets);
});

fn mail(case: &Case<'_>) -> Mail {
    let [from, to, second, cc, bcc, reply_to] = case.people;
    let seven = Transport::seven_bit();
    let transports = [seven, seven.with_eight_bit(), seven.with_binary(), seven.with_utf8_headers()];
    let shapes = [
        Shape::Text,
        Shape::Html,
        Shape::File,
        Shape::Alternative,
        Shape::Mixed,
        Shape::Related,
        Shape::RelatedInAlternative,
        Shape::All,
    ];
    let [inline, first, other] = case.files.map(file);
    Mail {
        from: person(from.unwrap_or(("", 0)), "author.example"),
        to: [to, second].into_iter().flatten().map(|to| person(to, "to.example")).collect(),
        cc: cc.into_iter().map(|cc| person(cc, "cc.example")).collect(),
        bcc: bcc.into_iter().map(|(_, number)| person(("", number), "hidden.example")).collect(),
        reply_to: reply_to.into_iter().map(|answer| person(answer, "answer.example")).collect(),
        subject: case.subject.filter(|text| HeaderText::new(text).is_ok()).map(str::to_owned),
        comment: if Field::text("Comments", case.comment).is_ok() { case.comment } else { "" }.to_owned(),
        references: (0..case.references % 6).map(|number| format!("{number}.x@device.example")).collect(),
        // The year stays between 1970 and 9999 in every zone.
        seconds: 86_400 + case.seconds % 253_401_900_000,
        offset: case.offset % 720,
        number: case.number,
        text: case.text.to_owned(),
        html: case.html.to_owned(),
        inline: vec![inline],
        files: vec![first, other],
        shape: shapes[usize::from(case.shape % 8)],
        transport: transports[usize::from(case.transport % 4)],
    }
}

fn person((name, number): (&str, u8), domain: &str) -> Person {
    let locals = ["a", "a.b", "o'brien+tag", "\"two words\"", "!#$%&'*+/=?^_`{|}~-", "grüße"];
    let mailbox = format!("{}@{domain}", locals[usize::from(number) % locals.len()]);
    let address = Address::new(Mailbox::new(&mailbox).expect("a mailbox"));
    (Some(name).filter(|name| address.with_name(name).is_ok()).map(str::to_owned), mailbox)
}

fn file((name, kind, content): (Option<&str>, u8, &[u8])) -> File {
    let kind = match kind % 4 {
        0 if std::str::from_utf8(content).is_ok() => Kind::Text,
        1 => Kind::Known,
        2 => Kind::Unknown,
        _ => Kind::Octets,
    };
    let name = name.filter(|name| FileName::new(name).is_ok()).map(str::to_owned);
    File { name, content: content.to_vec(), kind }
}
