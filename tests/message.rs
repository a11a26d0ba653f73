//! The message writer's mails keep to the rules, and an independent parser reads out of them what
//! was put in.

#[path = "message/common.rs"]
#[allow(dead_code, reason = "shared with the test through Postfix")]
mod common;

use common::{File, Kind, Mail, Person, Shape, mail, normalised};
use embedded_smtp::message::{Attachment, Message, MessageWriter, Multipart, Octets, Text, Transport};
use mail_parser::{HeaderValue, MessageParser, MimeHeaders, PartType};
use proptest::prelude::*;

fn lines(octets: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<_> = octets.split(|octet| *octet == b'\n').collect();
    assert_eq!(lines.pop(), Some(&b""[..]), "the mail does not end with a line end");
    lines.into_iter().map(|line| line.strip_suffix(b"\r").expect("a bare LF")).collect()
}

fn header_end(octets: &[u8]) -> usize {
    octets.windows(4).position(|window| window == b"\r\n\r\n").expect("no end of the header section") + 2
}

fn contains(octets: &[u8], what: &[u8]) -> bool {
    octets.windows(what.len()).any(|window| window == what)
}

fn keeps_to_the_rules(mail: &Mail) {
    let written = mail.write(4096);
    let octets = &written.octets;
    if let Some(size) = written.size {
        assert_eq!(size, octets.len() as u64, "announced size");
    }
    let known = mail.parts().iter().all(|file| file.kind != Kind::Unknown);
    assert_eq!(written.size.is_some(), known);

    let (header, _) = octets.split_at(header_end(octets));
    for line in lines(header) {
        assert!(!line.is_empty() && !line.contains(&b'\r') && !line.contains(&0));
        assert!(line.iter().any(|octet| !b" \t".contains(octet)), "a line of white space only");
        if line.len() > 76 {
            // No place to fold but behind the field's name.
            let value = line.splitn(2, |octet| *octet == b' ').nth(1).unwrap();
            assert!(!value.contains(&b' '), "could be folded: {}", String::from_utf8_lossy(line));
            assert!(line.len() <= 998);
        }
    }
    if mail.transport == Transport::default() && !mail.has_utf8_mailbox() {
        assert!(octets.is_ascii() && !written.needs.eight_bit && !written.needs.utf8_headers);
    }
    assert!(written.needs.utf8_headers || header.is_ascii());
    assert!(written.needs.eight_bit || octets.is_ascii());
    assert!(mail.transport.binary() || !written.binary);
    if !written.binary {
        assert!(!octets.contains(&0));
        for line in lines(octets) {
            assert!(line.len() <= 998 && !line.contains(&b'\r'));
        }
    }
    for (_, mailbox) in &mail.bcc {
        assert!(!contains(octets, mailbox.as_bytes()) && written.recipients.contains(mailbox));
    }
    for (_, mailbox) in mail.to.iter().chain(&mail.cc) {
        assert!(written.recipients.contains(mailbox));
    }
}

fn is_read_back(mail: &Mail) {
    let octets = mail.write(333).octets;
    let parsed = MessageParser::default().parse(&octets).expect("no mail in it");
    assert_eq!(parsed.subject().unwrap_or_default(), mail.subject.as_deref().unwrap_or_default());
    assert_eq!(parsed.header("Comments").and_then(HeaderValue::as_text).unwrap_or_default(), mail.comment);
    assert_eq!(parsed.header("X-Reading").and_then(HeaderValue::as_text), Some("t=21.5; u=C"));
    assert_eq!(people(parsed.from()), expected(std::slice::from_ref(&mail.from)));
    assert_eq!(people(parsed.reply_to()), expected(&mail.reply_to));
    assert_eq!(people(parsed.cc()), expected(&mail.cc));
    assert!(parsed.bcc().is_none());
    if !(mail.to.is_empty() && mail.cc.is_empty()) {
        assert_eq!(people(parsed.to()), expected(&mail.to));
    }
    let date = parsed.date().unwrap();
    assert_eq!(date.to_timestamp(), mail.seconds.cast_signed());
    let id = format!("{:016X}.{:016X}@device.example", mail.number, !mail.number);
    assert_eq!(parsed.message_id(), Some(id.as_str()));
    let references = parsed.references().as_text_list().unwrap_or_default();
    assert_eq!(references, mail.references);

    let leaves: Vec<_> =
        parsed.parts.iter().filter(|part| !matches!(part.body, PartType::Multipart(_))).collect();
    for leaf in &leaves {
        let body = &octets[leaf.offset_body as usize..leaf.offset_end as usize];
        if matches!(leaf.content_transfer_encoding(), Some("quoted-printable" | "base64")) {
            assert!(
                body.split(|octet| *octet == b'\n').all(|line| line.len() <= 77),
                "longer than 76 octets"
            );
        }
    }
    let (texts, files) = (mail.texts(), mail.parts());
    assert_eq!(leaves.len(), texts.len() + files.len());
    let alone = leaves.len() == 1;
    let (text_leaves, file_leaves) = leaves.split_at(texts.len());
    for (leaf, (media_type, text)) in text_leaves.iter().zip(texts) {
        let (kind, subtype) = media_type.split_once('/').unwrap();
        assert!(leaf.is_content_type(kind, subtype));
        same_text(leaf.contents(), text, alone);
    }
    for (leaf, file) in file_leaves.iter().zip(files) {
        assert_eq!(leaf.attachment_name(), file.name.as_deref());
        if file.kind == Kind::Text {
            same_text(leaf.contents(), std::str::from_utf8(&file.content).unwrap(), alone);
        } else {
            assert_eq!(leaf.contents(), file.content);
        }
    }
}

fn same_text(found: &[u8], text: &str, alone: bool) {
    let mut text = normalised(text).into_bytes();
    if alone && !text.is_empty() && !text.ends_with(b"\r\n") && found.len() > text.len() {
        // The last line of a mail always ends.
        text.extend_from_slice(b"\r\n");
    }
    assert_eq!(String::from_utf8_lossy(found), String::from_utf8_lossy(&text));
}

fn people(found: Option<&mail_parser::Address<'_>>) -> Vec<(Option<String>, String)> {
    let Some(found) = found else { return vec![] };
    found
        .iter()
        .map(|address| (address.name().map(str::to_owned), address.address().unwrap_or_default().to_owned()))
        .collect()
}

fn expected(people: &[Person]) -> Vec<(Option<String>, String)> {
    people
        .iter()
        .map(|(name, mailbox)| (name.clone().filter(|name| !name.is_empty()), mailbox.clone()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_mail_keeps_to_the_rules(mail in mail()) {
        keeps_to_the_rules(&mail);
    }

    #[test]
    fn every_mail_is_read_back_as_it_was(mail in mail()) {
        is_read_back(&mail);
    }
}

proptest! {
    // Each case writes the mail ten times and octet by octet.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: ProptestConfig::default().cases / 4,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_octets_do_not_depend_on_the_buffers(mail in mail(), odd in 1_usize..300) {
        let whole = mail.write(1 << 20).octets;
        for size in [1, 2, 3, 7, 64, 4096, odd] {
            prop_assert_eq!(&mail.write(size).octets, &whole);
        }
        mail.with(|message| {
            assert_eq!(message.pull(odd), whole);
            let (header, body) = message.observe(odd);
            let end = header_end(&whole) + 2;
            assert_eq!((&header[..], &body[..]), whole.split_at(end));
            // A mail can be written again.
            assert_eq!(message.write(odd).octets, whole);
        });
    }
}

#[test]
fn the_writer_needs_less_than_256_octets() {
    type Large<'a> = Multipart<Multipart<Text<'a>, [Text<'a>; 1]>, [Attachment<'a, Octets<'a>>; 3]>;
    let text = size_of::<MessageWriter<'_, '_, Text<'_>>>();
    let large = size_of::<MessageWriter<'_, '_, Large<'_>>>();
    let message = size_of::<Message<'_, Text<'_>>>();
    println!("writer {text} octets, for parts in parts {large}; a text's Message, which is lent, {message}");
    assert!(text <= 256 && large <= 256);
}

#[test]
fn every_buffer_size_gives_the_same_mail() {
    let file =
        |kind, content: &[u8]| File { name: Some("grüße.csv".into()), content: content.into(), kind };
    let mail = Mail {
        from: (Some("Kühlraum 3".into()), "sensor@author.example".into()),
        to: vec![
            (Some("a \"quoted\" name".into()), "\"a b\"@to.example".into()),
            (None, "c@to.example".into()),
        ],
        cc: vec![],
        bcc: vec![],
        reply_to: vec![],
        subject: Some("Die Temperatur im Kühlraum ist höher, als sie sein sollte: 9 °C".into()),
        comment: "plain".into(),
        references: vec!["x.y@z.example".into(); 5],
        seconds: 1_795_239_371,
        offset: 60,
        number: 7,
        text: "Zeile\r\nzwei \n\rö".into(),
        html: "<p>\u{0}</p>".into(),
        inline: vec![file(Kind::Octets, &[0, 1, 2, 255])],
        files: vec![
            file(Kind::Known, &[b'x'; 200]),
            file(Kind::Text, b"a;b\n1;2\n"),
            file(Kind::Unknown, b""),
        ],
        shape: Shape::All,
        transport: Transport::default(),
    };
    let whole = mail.write(1 << 16).octets;
    for size in 1..whole.len() + 2 {
        assert_eq!(mail.write(size).octets, whole, "in pieces of {size}");
    }
}
