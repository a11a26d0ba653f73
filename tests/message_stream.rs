//! Text that a reader reads goes out as the same text in memory does, or as the caller says, in constant memory.

#[path = "message/common.rs"]
#[allow(dead_code, reason = "shared with the other tests of mails")]
mod common;

use common::{config, normalised};
use embedded_smtp::message::{
    Address, Attachment, Content, Date, Message, MessageId, MessageWriter, MimeType, Multipart, ReadError,
    Reader, Text, TextStream, Transport, WriteError,
};
use embedded_smtp::wire::{Domain, Mailbox};
use mail_parser::MessageParser;
use proptest::prelude::*;

/// Gives its text in pieces of uneven size.
#[derive(Debug, Clone)]
struct Flash<'a> {
    text: &'a [u8],
    /// What is read at the second and each later time.
    later: &'a [u8],
    at: usize,
    times: usize,
    length: Option<u64>,
    fails_at: Option<usize>,
}

impl<'a> Flash<'a> {
    fn new(text: &'a str) -> Self {
        let text = text.as_bytes();
        Self { text, later: text, at: 0, times: 0, length: None, fails_at: None }
    }

    fn known(self) -> Self {
        Self { length: Some(self.text.len() as u64), ..self }
    }
}

impl Reader for Flash<'_> {
    fn restart(&mut self) -> Result<(), ReadError> {
        self.at = 0;
        self.times += 1;
        Ok(())
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        assert!((1..=57).contains(&into.len()), "{} octets of room", into.len());
        if self.fails_at.is_some_and(|at| self.at >= at) {
            return Err(ReadError::new(7));
        }
        let text = if self.times > 1 { self.later } else { self.text };
        let rest = &text[self.at..];
        let length = rest.len().min(into.len()).min(self.at % 60 + 1);
        into[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        Ok(length)
    }

    fn length(&self) -> Option<u64> {
        self.length
    }
}

/// The mail in pieces of this size, and the size that was announced.
fn written<C: Content>(
    content: C,
    transport: Transport,
    piece: usize,
) -> Result<(Vec<u8>, Option<u64>), WriteError> {
    let from = Address::new(Mailbox::new("a@example.org").unwrap());
    let id = MessageId::unique(1, 2, Domain::new("example.org").unwrap());
    let mut message = Message::new(from, Date::from_unix(0, 0).unwrap(), id, content).transport(transport);
    let size = message.size();
    let mut out = Vec::new();
    // Twice, for it can be written again.
    for _ in 0..2 {
        out.clear();
        let mut writer = message.writer();
        let mut buffer = vec![0; piece];
        loop {
            let length = writer.write_into(&mut buffer)?;
            assert!(length == piece || writer.is_done(), "a piece that is not the last is not full");
            out.extend_from_slice(&buffer[..length]);
            if length == 0 {
                break;
            }
        }
    }
    Ok((out, size))
}

const PIECES: [usize; 6] = [1, 2, 3, 7, 64, 4096];

fn transports() -> [Transport; 3] {
    let seven = Transport::seven_bit();
    [seven, seven.with_eight_bit(), seven.with_binary()]
}

/// A surveyed text is sent as the same text in memory, by itself and as a part.
fn goes_out_like_memory(text: &str) {
    for transport in transports() {
        let memory = written(Text::plain(text), transport, 4096).unwrap();
        for piece in PIECES {
            for flash in [Flash::new(text), Flash::new(text).known()] {
                let stream = TextStream::surveyed(flash).unwrap();
                let stream = written(Text::plain_stream(stream), transport, piece).unwrap();
                assert!(stream == memory, "{text:?}, {transport:?}, {piece}");
            }
        }
        let html = |stream| Multipart::alternative(Text::plain("x\n"), stream);
        let memory = written(html(Text::html(text)), transport, 4096).unwrap();
        let stream = Text::html_stream(TextStream::surveyed(Flash::new(text)).unwrap());
        let stream = written(Multipart::alternative(Text::plain("x\n"), stream), transport, 64).unwrap();
        assert!(stream == memory, "{text:?}, {transport:?}, as a part");
    }
}

/// A text that nobody has looked at beforehand arrives, in 7 bits and in no longer lines than others.
fn arrives_unseen(text: &str) {
    for stream in [TextStream::quoted_printable, TextStream::base64] {
        let (mail, size) =
            written(Text::plain_stream(stream(Flash::new(text).known())), transports()[0], 4096).unwrap();
        assert_eq!(size, None);
        assert!(mail.is_ascii() && mail.ends_with(b"\r\n"));
        assert!(mail.split(|octet| *octet == b'\n').all(|line| line.len() <= 77));
        let parsed = MessageParser::new().parse(&mail).unwrap();
        let arrived = parsed.body_text(0).unwrap().replace("\r\n", "\n");
        let sent = normalised(text).replace("\r\n", "\n");
        // The line end that ends the mail may be the text's own, or SMTP's.
        assert!(arrived == sent || arrived == format!("{sent}\n"), "{sent:?} came as {arrived:?}");
        for piece in PIECES {
            let again =
                written(Text::plain_stream(stream(Flash::new(text))), transports()[0], piece).unwrap();
            assert!(again.0 == mail, "{text:?}, {piece}");
        }
    }
}

#[test]
fn texts_at_the_edges_go_out_like_memory_and_arrive_unseen() {
    let mut texts: Vec<String> =
        ["", "a", "\n", "\r\n", "\r", "\r\r\n\n", "a\tb \r\nc \n", ".\r\n..\r\n", "--=_x\n", "caf\u{e9}"]
            .map(str::to_owned)
            .to_vec();
    // A line end, white space or a wide character at every place around the end of an encoded line and of the window.
    for length in 72..81 {
        for end in ["\r\n", "\n", "\r", " \r\n", " ", "\t\n\n", "=", "\u{e9}\r\n", "\u{1f600}"] {
            texts.push("x".repeat(length) + end);
            texts.push("x".repeat(length) + end + "y\r\n");
        }
    }
    texts.push("x".repeat(998) + "\r\n" + &"y".repeat(999));
    texts.push("\u{4e00}".repeat(300));
    for text in texts {
        goes_out_like_memory(&text);
        arrives_unseen(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: config().cases / 6, ..config() })]

    #[test]
    fn any_text_goes_out_like_memory_and_arrives_unseen(text in common::text()) {
        goes_out_like_memory(&text);
        if !text.contains('\0') {
            arrives_unseen(&text);
        }
    }
}

#[test]
fn a_reader_that_fails_or_changes_its_text_gives_the_mail_up() {
    let write = |stream| written(Text::plain_stream(stream), transports()[0], 64).map(drop);
    let text = "a line of the log\r\n".repeat(20);
    let flash = || Flash::new(&text);
    let failing = Flash { fails_at: Some(100), ..flash() };
    assert_eq!(
        write(TextStream::quoted_printable(failing.clone())),
        Err(WriteError::Read(ReadError::new(7)))
    );
    assert!(TextStream::surveyed(failing).is_err());
    // Ends before the length that it announces; what is beyond it is not read.
    let short = Flash { length: Some(1000), ..flash() };
    assert_eq!(write(TextStream::base64(short.clone())), Err(WriteError::Length));
    assert_eq!(TextStream::surveyed(short).err(), Some(WriteError::Length));
    let long = Flash { length: Some(19), ..flash() };
    let (mail, _) =
        written(Text::plain_stream(TextStream::surveyed(long).unwrap()), transports()[0], 64).unwrap();
    assert!(mail.ends_with(b"\r\n\r\na line of the log\r\n"));
    // Another text than was surveyed: longer, shorter, of the same length and with an octet that would need another encoding.
    let (longer, shorter, wide) = (text.clone() + "x", &text[19..], text.replacen("lo", "\u{e9}", 1));
    for later in [&longer, shorter, &wide] {
        for base64 in [false, true] {
            let flash = Flash { later: later.as_bytes(), ..flash() };
            let stream = TextStream::surveyed(flash).unwrap();
            let changed = if base64 {
                // Read once more to be written, by an attachment that may not end with a line end.
                let media_type = MimeType::new("text/csv; charset=utf-8").unwrap();
                written(Attachment::new(media_type, stream), transports()[0], 64).map(drop)
            } else {
                write(stream)
            };
            assert_eq!(changed, Err(WriteError::Changed), "{later:?}");
        }
    }
}

#[test]
fn a_text_that_takes_another_encoded_size_than_surveyed_gives_the_mail_up() {
    let text = format!("\u{e9}{}\r\n", "a".repeat(500));
    for (later, same) in [(text.replacen("aa", "==", 1), false), (text.replacen("aa", "bc", 1), true)] {
        for piece in PIECES {
            let flash = Flash { later: later.as_bytes(), ..Flash::new(&text) };
            let stream = TextStream::surveyed(flash).unwrap();
            let found = written(Text::plain_stream(stream), transports()[0], piece);
            let found = found.map(|(mail, size)| size == Some(mail.len() as u64));
            assert_eq!(found, if same { Ok(true) } else { Err(WriteError::Changed) }, "{piece}");
        }
    }
}

#[test]
fn the_writer_of_a_stream_takes_no_more_memory_than_that_of_a_text() {
    let stream = size_of::<MessageWriter<'_, '_, Text<'_, TextStream<Flash<'_>>>>>();
    assert_eq!(stream, size_of::<MessageWriter<'_, '_, Text<'_>>>());
    assert!(stream <= 256, "{stream}");
    let source = size_of::<TextStream<()>>();
    println!("{stream} octets: the writer; {source} octets: TextStream, besides its reader");
    assert!(source <= 192, "{source}");
}
