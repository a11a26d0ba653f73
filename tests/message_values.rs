//! What becomes a value of a message, what does not, and the form in which it goes out.

use embedded_smtp::data::Body;
use embedded_smtp::message::{
    Address, Ascii, Attachment, Content, Date, Field, FileName, HeaderText, Message, MessageId, MimeType,
    Multipart, ReadError, Reader, Text, Transport, WriteError,
};
use embedded_smtp::wire::{Domain, Fault, Mailbox, Syntax};

const BREAKING: [&str; 3] = ["a\rb", "a\nb", "a\0b"];

fn mailbox(text: &str) -> Address<'_> {
    Address::new(Mailbox::new(text).unwrap())
}

fn mail<'a, C: Content>(content: C) -> Message<'a, C> {
    let id = MessageId::new("1@b.example").unwrap();
    Message::new(mailbox("a@b.example"), Date::from_unix(0, 0).unwrap(), id, content)
}

fn write<C: Content>(mut message: Message<'_, C>) -> String {
    let size = message.size();
    let mut octets = vec![0; 65_536];
    let mut writer = message.writer();
    let length = writer.write_into(&mut octets).unwrap();
    assert!(writer.is_done());
    assert_eq!(size, Some(length as u64));
    octets.truncate(length);
    String::from_utf8(octets).unwrap()
}

fn field<'m>(mail: &'m str, name: &str) -> &'m str {
    let start = mail.find(&format!("\r\n{name}:")).unwrap() + name.len() + 3;
    let mut end = start;
    loop {
        end += mail[end..].find("\r\n").unwrap();
        if !mail[end + 2..].starts_with(' ') {
            return &mail[start..end];
        }
        end += 2;
    }
}

#[test]
fn nothing_that_breaks_a_line_becomes_a_value() {
    for text in BREAKING {
        let errors = [
            HeaderText::new(text).map(drop),
            mailbox("a@b").with_name(text).map(drop),
            Field::text("X-A", text).map(drop),
            Field::structured("X-A", text).map(drop),
            FileName::new(text).map(drop),
            MessageId::new(text).map(drop),
            MimeType::new(text).map(drop),
        ];
        for (number, error) in errors.into_iter().enumerate() {
            let error = error.unwrap_err();
            assert_eq!((error.fault(), error.at()), (Fault::LineBreak, 1), "value {number} of {text:?}");
        }
        assert_eq!(Field::text(text, "").unwrap_err().at(), 1);
    }
    for text in ["a\u{7f}", "a\u{1}", "a\t", "a\u{85}", "a\u{9f}"] {
        assert!(HeaderText::new(text).is_err(), "{text:?}");
    }
    assert!(HeaderText::new("a\u{a0}b").is_ok());
}

#[test]
fn fields_that_the_writer_makes_cannot_be_made_twice() {
    for name in [
        "Bcc",
        "resent-bcc",
        "FROM",
        "Date",
        "Message-Id",
        "content-type",
        "Content-Foo",
        "MIME-version",
        "To",
    ] {
        assert_eq!(Field::text(name, "x").unwrap_err().fault(), Fault::Duplicate, "{name}");
    }
    for (name, fault) in [("", Fault::Incomplete), ("a b", Fault::Unexpected), ("a:", Fault::Unexpected)] {
        assert_eq!(Field::structured(name, "x").unwrap_err().fault(), fault, "{name}");
    }
    assert_eq!(Field::text(&"x".repeat(41), "x").unwrap_err().fault(), Fault::TooLong);
    for value in ["", " a", "a ", "a  b", "ä"] {
        assert!(Field::structured("X-A", value).is_err(), "{value:?}");
    }
}

#[test]
fn media_types_follow_their_grammar() {
    for good in ["a/b", "text/csv; charset=utf-8", "text/csv;charset=\"utf 8; x\";header=present"] {
        assert_eq!(MimeType::new(good).map(|found| found.as_str()), Ok(good));
    }
    for (bad, at) in [
        ("", 0),
        ("a", 1),
        ("a/", 2),
        ("a/b c", 3),
        ("a/b;", 4),
        ("a/b;  c", 5),
        ("a/b; c", 6),
        ("a/b; c=\"d", 9),
        ("a/b; c=\"\"", 8),
        ("a/b; c=\"d%\"", 9),
        ("a/b; c=\"d\\\"", 9),
    ] {
        assert_eq!(MimeType::new(bad).map_err(|error| error.at()), Err(at), "{bad}");
    }
    for bad in ["multipart/mixed", "Message/rfc822"] {
        assert_eq!(MimeType::new(bad).unwrap_err().fault(), Fault::Value);
    }
}

#[test]
fn identifiers_follow_their_grammar() {
    for good in ["a@b", "a.b@[1.2.3.4]", "a!#$%@b.c"] {
        assert!(MessageId::new(good).is_ok(), "{good}");
    }
    for (bad, at) in
        [("", 0), ("a", 1), ("@b", 0), ("a@", 2), ("<a@b>", 0), ("a@b>", 3), ("a@b c", 3), ("a@[b", 4)]
    {
        assert_eq!(MessageId::new(bad).map(drop).map_err(|error: Syntax| error.at()), Err(at), "{bad}");
    }
    assert_eq!(MessageId::new(&format!("{}@b", "a".repeat(900))).unwrap_err().fault(), Fault::TooLong);
}

#[test]
fn subjects_go_out_in_the_shorter_form() {
    let long = "ä".repeat(40);
    for (text, form) in [
        ("plain words", " plain words"),
        ("", " "),
        ("two  spaces", " =?utf-8?Q?two__spaces?="),
        ("=?utf-8?Q?fake?=", " =?utf-8?B?PT91dGYtOD9RP2Zha2U/PQ==?="),
        ("Türschloss", " =?utf-8?Q?T=C3=BCrschloss?="),
        ("温度", " =?utf-8?B?5rip5bqm?="),
        (
            &long,
            " =?utf-8?B?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6Q=?=\r\n \
             =?utf-8?B?w6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOkw6TDpMOk?=",
        ),
    ] {
        let mail = write(mail(Text::plain("")).subject(HeaderText::new(text).unwrap()));
        assert_eq!(field(&mail, "Subject"), form);
    }
    let utf8 = Transport::seven_bit().with_utf8_headers();
    let raw = mail(Text::plain("")).subject(HeaderText::new("Größe").unwrap()).transport(utf8);
    assert!(raw.needs().utf8_headers && raw.needs().eight_bit);
    assert_eq!(field(&write(raw), "Subject"), " Größe");
}

#[test]
fn display_names_are_quoted_or_encoded_as_needed() {
    for (name, form) in [
        ("", "a@b"),
        ("Cold room 3", "Cold room 3 <a@b>"),
        ("Dr. Who", "\"Dr. Who\" <a@b>"),
        ("say \"hi\\\"", "\"say \\\"hi\\\\\\\"\" <a@b>"),
        ("Jürgen, the boss", "=?utf-8?Q?J=C3=BCrgen=2C_the_boss?= <a@b>"),
        ("Жанна", "=?utf-8?B?0JbQsNC90L3QsA==?= <a@b>"),
    ] {
        let to = [mailbox("a@b").with_name(name).unwrap()];
        assert_eq!(field(&write(mail(Text::plain("")).to(&to)), "To"), format!(" {form}"));
    }
}

#[test]
fn long_lists_are_folded_between_their_items() {
    let to = [mailbox("someone@example.org"); 5];
    let mail = write(mail(Text::plain("")).to(&to));
    assert_eq!(
        field(&mail, "To"),
        " someone@example.org, someone@example.org, someone@example.org,\r\n \
         someone@example.org, someone@example.org"
    );
}

#[test]
fn long_file_names_are_cut_between_characters() {
    let name = "Temperatur im Kühlraum, gemessen an der Tür und an der Decke.csv";
    let attachment = Attachment::octets(MimeType::OCTET_STREAM, b"x").with_name(FileName::new(name).unwrap());
    assert_eq!(
        field(&write(mail(attachment)), "Content-Disposition"),
        " attachment;\r\n filename*0*=utf-8''Temperatur%20im%20K%C3%BChlraum%2C%20gemessen%20;\r\n \
         filename*1*=an%20der%20T%C3%BCr%20und%20an%20der%20Decke.csv"
    );
}

#[test]
fn text_goes_out_in_the_lightest_encoding() {
    let long = "a".repeat(999);
    let seven = Transport::seven_bit();
    for (text, transport, coding) in [
        ("plain\n", seven, "7bit"),
        ("", seven, "7bit"),
        ("Türschloss", seven, "quoted-printable"),
        ("温度", seven, "base64"),
        ("Größe", seven.with_eight_bit(), "8bit"),
        (&long, seven.with_eight_bit(), "quoted-printable"),
        ("nothing: \0", seven.with_eight_bit(), "quoted-printable"),
        (&long, seven.with_binary(), "binary"),
        ("x\n--=_00_ looks like a boundary", seven.with_binary(), "quoted-printable"),
    ] {
        let mail = write(mail(Text::plain(text)).transport(transport));
        assert_eq!(field(&mail, "Content-Transfer-Encoding"), format!(" {coding}"), "{text}");
    }
    assert!(Ascii::new("plain\n").is_ok());
    for text in ["ä", "a\0", &long, "--=_"] {
        assert!(Ascii::new(text).is_err(), "{text}");
        assert!(Text::ascii(text).is_err());
    }
}

#[test]
fn white_space_at_line_ends_is_kept_by_encoding_it() {
    let mail = write(mail(Text::plain(&format!("ä{} \t\r\nb ", "c".repeat(68)))));
    assert!(mail.ends_with(&format!("\r\n\r\n=C3=A4{}=\r\n =09\r\nb=20\r\n", "c".repeat(68))), "{mail}");
}

#[test]
fn recipients_are_each_named_once_and_bcc_never_in_the_header() {
    let to = [mailbox("a@One.example"), mailbox("b@one.example")];
    let cc = [mailbox("a@one.EXAMPLE").with_name("A").unwrap(), mailbox("A@one.example")];
    let bcc = [mailbox("c@two.example"), mailbox("b@one.example"), mailbox("c@two.example")];
    let message = mail(Text::plain("")).to(&to).cc(&cc).bcc(&bcc);
    let recipients: Vec<_> = message.recipients().map(|mailbox| mailbox.as_str()).collect();
    assert_eq!(recipients, ["a@One.example", "b@one.example", "A@one.example", "c@two.example"]);
    assert!(!write(message).contains("two.example"));
    let hidden = write(mail(Text::plain("")).bcc(&bcc));
    assert_eq!(field(&hidden, "To"), " undisclosed-recipients:;");
}

#[test]
fn several_authors_have_a_sender() {
    let others = [mailbox("second@b.example")];
    let message = mail(Text::plain("")).co_authors(&others);
    assert_eq!(message.reverse_path().as_str(), "a@b.example");
    let written = write(message);
    assert_eq!(field(&written, "From"), " a@b.example, second@b.example");
    assert_eq!(field(&written, "Sender"), " a@b.example");
    let message = message.sender(mailbox("office@b.example"));
    assert_eq!(message.reverse_path().as_str(), "office@b.example");
    assert_eq!(field(&write(message), "Sender"), " office@b.example");
}

#[test]
fn an_only_author_who_is_the_sender_is_named_once() {
    let message = mail(Text::plain("")).sender(mailbox("a@b.example").with_name("A").unwrap());
    assert_eq!(message.reverse_path().as_str(), "a@b.example");
    assert!(!write(message).contains("Sender:"));
    let message = mail(Text::plain("")).sender(mailbox("office@b.example"));
    assert_eq!(field(&write(message), "Sender"), " office@b.example");
}

#[test]
fn a_signature_stands_in_front() {
    let value = "v=1; a=rsa-sha256; b=AAAA BBBB";
    let message = mail(Text::plain("")).signature(Field::structured("DKIM-Signature", value).unwrap());
    assert!(write(message).starts_with(&format!("DKIM-Signature: {value}\r\nDate: ")));
}

#[test]
fn a_mailbox_in_utf8_asks_for_smtputf8() {
    let to = [mailbox("grüße@b.example")];
    let message = mail(Text::plain("")).to(&to);
    assert!(message.needs().utf8_headers && message.needs().eight_bit);
    assert!(!mail(Text::plain("ä")).needs().eight_bit);
    let hidden = mail(Text::plain("")).bcc(&to);
    assert!(!hidden.needs().utf8_headers, "a Bcc shows in no field");
}

#[test]
fn an_identifier_of_a_part_in_utf8_asks_for_smtputf8() {
    let picture = |id| Attachment::octets(MimeType::OCTET_STREAM, b"x").inline(MessageId::new(id).unwrap());
    for (id, utf8) in [("bild@bücher.example", true), ("bild@b.example", false)] {
        let related = || Multipart::related(Text::html("x"), [picture("a@b.example"), picture(id)]);
        let needs = [
            mail(picture(id)).needs(),
            mail(related()).needs(),
            mail(Multipart::mixed(related(), [picture("a@b.example")])).needs(),
            mail(Multipart::alternative(Text::plain("x"), related())).needs(),
        ];
        for (number, needs) in needs.into_iter().enumerate() {
            assert_eq!((needs.utf8_headers, needs.eight_bit), (utf8, utf8), "{id}, shape {number}");
        }
        assert_eq!(write(mail(related())).is_ascii(), !utf8);
    }
}

#[test]
fn a_field_that_goes_out_in_utf8_asks_for_smtputf8() {
    let utf8 = Transport::seven_bit().with_utf8_headers();
    for transport in [Transport::seven_bit(), utf8] {
        for value in ["é", "e"] {
            let field = [Field::text("X-Sig", value).unwrap()];
            for message in [mail(Text::plain("")).signature(field[0]), mail(Text::plain("")).fields(&field)] {
                let message = message.transport(transport);
                let needs = message.needs();
                let raw = !write(message).is_ascii();
                assert_eq!((needs.utf8_headers, needs.eight_bit), (raw, raw), "{value}, {transport:?}");
                assert_eq!(raw, transport == utf8 && value == "é");
            }
        }
    }
}

#[test]
fn boundaries_of_parts_in_parts_differ() {
    let parts = Multipart::alternative(Text::plain("a"), Text::html("b"));
    let written = write(mail(Multipart::mixed(parts, [Text::plain("c")])));
    let boundaries: Vec<_> = written.split("boundary=\"").skip(1).map(|rest| &rest[..21]).collect();
    assert_eq!(boundaries.len(), 2);
    assert_ne!(boundaries[0], boundaries[1]);
    let domain = Domain::new("b.example").unwrap();
    let ids =
        [MessageId::unique(1, 2, domain), MessageId::unique(1, 3, domain), MessageId::unique(2, 2, domain)];
    let others = ids.map(|id| {
        let mail = Message::new(mailbox("a@b.example"), Date::from_unix(0, 0).unwrap(), id, parts);
        let mail = write(mail);
        mail.split("boundary=\"").nth(1).unwrap()[..21].to_owned()
    });
    assert!(others[0] != others[1] && others[0] != others[2], "two mails have the same boundary");
}

/// Gives `octets` octets, then the end or an error, and says what was announced.
struct Faulty {
    octets: usize,
    given: usize,
    announced: Option<u64>,
    end: Result<usize, ReadError>,
}

impl Reader for Faulty {
    fn restart(&mut self) -> Result<(), ReadError> {
        self.given = 0;
        Ok(())
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        if self.given == self.octets {
            return self.end;
        }
        into[0] = b'x';
        self.given += 1;
        Ok(1)
    }

    fn length(&self) -> Option<u64> {
        self.announced
    }
}

#[test]
fn half_a_mail_is_never_taken_for_a_whole_one() {
    let broken = ReadError::new(-5);
    for (announced, end, error) in [
        (None, Err(broken), WriteError::Read(broken)),
        (Some(500), Err(broken), WriteError::Read(broken)),
        (Some(500), Ok(0), WriteError::Length),
        (None, Ok(58), WriteError::Length),
    ] {
        let reader = Faulty { octets: 100, given: 0, announced, end };
        let mut message = mail(Attachment::stream(MimeType::OCTET_STREAM, reader));
        let mut piece = [0; 50];
        let mut body = message.body(&mut piece);
        let found = loop {
            match body.fill() {
                Ok([]) => panic!("the mail ended well"),
                Ok(octets) => {
                    let length = octets.len();
                    body.consume(length);
                }
                Err(error) => break error,
            }
        };
        assert_eq!(found, error);
        assert_eq!(body.fill().err(), Some(error), "the error went away");
        assert_eq!(message.body(&mut []).fill().err(), Some(WriteError::NoBuffer));
    }
}

#[test]
fn a_reader_is_not_read_beyond_its_length_and_not_for_the_size() {
    let reader = Faulty { octets: usize::MAX, given: 0, announced: Some(114), end: Ok(0) };
    let mut message = mail(Attachment::stream(MimeType::OCTET_STREAM, reader));
    let size = message.size().unwrap();
    let mut octets = [0; 4096];
    assert_eq!(message.writer().write_into(&mut octets).unwrap() as u64, size);
    let source = message.into_content().into_source();
    assert_eq!(source.into_inner().given, 114);
}

/// Gives ten octets, the end, and ten octets more.
struct Resumed(u8);

impl Reader for Resumed {
    fn restart(&mut self) -> Result<(), ReadError> {
        self.0 = 0;
        Ok(())
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        self.0 = self.0.saturating_add(1);
        let length = if matches!(self.0, 1 | 3) { 10 } else { 0 };
        into[..length].fill(b'x');
        Ok(length)
    }
}

#[test]
fn what_a_reader_gives_behind_its_end_is_not_read() {
    for size in [1, 7, 64, 4096] {
        let mut message = mail(Attachment::stream(MimeType::OCTET_STREAM, Resumed(0)));
        let (mut octets, mut piece) = (Vec::new(), vec![0; size]);
        let mut writer = message.writer();
        while octets.len() < 4096 {
            let length = writer.write_into(&mut piece).unwrap();
            octets.extend_from_slice(&piece[..length]);
            if length == 0 {
                break;
            }
        }
        let written = String::from_utf8_lossy(&octets);
        assert!(written.ends_with("\r\n\r\neHh4eHh4eHh4eA==\r\n"), "pieces of {size}: {written}");
    }
}

#[test]
fn attachments_of_different_kinds_stand_in_one_list() {
    let mut first = Faulty { octets: 3, given: 0, announced: None, end: Ok(0) };
    let mut second = Faulty { octets: 6, given: 0, announced: None, end: Ok(0) };
    let readers: [&mut dyn Reader; 2] = [&mut first, &mut second];
    let [first, second] = readers.map(|reader| Attachment::stream(MimeType::OCTET_STREAM, reader));
    let octets = Attachment::octets(MimeType::OCTET_STREAM, b"\0");
    let text = Attachment::text(MimeType::PLAIN, "text");
    let mut files =
        [Attachment::any(first), Attachment::any(octets), Attachment::any(text), Attachment::any(second)];
    let mut message = mail(Multipart::mixed(Text::plain("t"), files.as_mut_slice()));
    assert_eq!(message.size(), None);
    let mut out = vec![0; 4096];
    let length = message.writer().write_into(&mut out).unwrap();
    let written = String::from_utf8_lossy(&out[..length]);
    let bodies: Vec<_> = written.split("\r\n\r\n").skip(2).map(|part| part.lines().next().unwrap()).collect();
    assert_eq!(bodies, ["t", "eHh4", "=00", "text", "eHh4eHh4"]);
}
