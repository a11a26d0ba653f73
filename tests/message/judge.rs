//! What is demanded of every mail, and what an independent parser reads out of it.

use super::common::{Kind, Mail, Person, normalised};
use embedded_smtp::message::Transport;
use mail_parser::{HeaderValue, MessageParser, MimeHeaders, PartType};

fn lines(octets: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<_> = octets.split(|octet| *octet == b'\n').collect();
    assert_eq!(lines.pop(), Some(&b""[..]), "the mail does not end with a line end");
    lines.into_iter().map(|line| line.strip_suffix(b"\r").expect("a bare LF")).collect()
}

pub(crate) fn header_end(octets: &[u8]) -> usize {
    octets.windows(4).position(|window| window == b"\r\n\r\n").expect("no end of the header section") + 2
}

fn contains(octets: &[u8], what: &[u8]) -> bool {
    octets.windows(what.len()).any(|window| window == what)
}

pub(crate) fn keeps_to_the_rules(mail: &Mail) {
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

pub(crate) fn is_read_back(mail: &Mail) {
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
