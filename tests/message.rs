//! The message writer's mails keep to the rules, and an independent parser reads out of them what
//! was put in.

#[path = "message/common.rs"]
#[allow(dead_code, reason = "shared with the test through Postfix")]
mod common;
#[path = "message/judge.rs"]
mod judge;

use common::{File, Kind, Mail, Shape, config, mail};
use embedded_smtp::message::{Attachment, Message, MessageWriter, Multipart, Octets, Text, Transport};
use judge::{header_end, is_read_back, keeps_to_the_rules};
use proptest::prelude::*;

proptest! {
    #![proptest_config(config())]

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
    #![proptest_config(ProptestConfig { cases: config().cases / 4, ..config() })]

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
