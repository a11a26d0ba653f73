//! Generated mails: what they say, and the octets that the writer makes of it.

use embedded_smtp::data::{Body, Needs};
use embedded_smtp::message::{
    Address, AnySource, Attachment, AutoSubmitted, Content, Date, Field, FileName, HeaderText, Message,
    MessageId, MimeType, Multipart, Octets, ReadError, Reader, Stream, Text, Transport, Utf8, WriteError,
};
use embedded_smtp::wire::{Domain, Mailbox};
use proptest::prelude::*;

/// An address as name and mailbox.
pub(crate) type Person = (Option<String>, String);

/// A mail as its values.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub(crate) from: Person,
    pub(crate) to: Vec<Person>,
    pub(crate) cc: Vec<Person>,
    pub(crate) bcc: Vec<Person>,
    pub(crate) reply_to: Vec<Person>,
    pub(crate) subject: Option<String>,
    pub(crate) comment: String,
    pub(crate) references: Vec<String>,
    pub(crate) seconds: u64,
    pub(crate) offset: i16,
    pub(crate) number: u64,
    pub(crate) text: String,
    pub(crate) html: String,
    pub(crate) inline: Vec<File>,
    pub(crate) files: Vec<File>,
    pub(crate) shape: Shape,
    pub(crate) transport: Transport,
}

/// Which multiparts there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Html,
    File,
    Alternative,
    Mixed,
    Related,
    RelatedInAlternative,
    All,
}

/// A part that is not for reading in the mail.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) name: Option<String>,
    pub(crate) content: Vec<u8>,
    pub(crate) kind: Kind,
}

/// Where a file comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Octets,
    Known,
    Unknown,
}

/// A reader that gives what it has in pieces of uneven size.
#[derive(Debug)]
pub(crate) struct Flash<'a> {
    content: &'a [u8],
    at: usize,
    known: bool,
}

impl Reader for Flash<'_> {
    fn restart(&mut self) -> Result<(), ReadError> {
        self.at = 0;
        Ok(())
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        let rest = &self.content[self.at..];
        let length = rest.len().min(into.len()).min(self.at % 60 + 1);
        into[..length].copy_from_slice(&rest[..length]);
        self.at += length;
        Ok(length)
    }

    fn length(&self) -> Option<u64> {
        self.known.then_some(self.content.len() as u64)
    }
}

/// The octets, and what was said about them beforehand.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) octets: Vec<u8>,
    pub(crate) size: Option<u64>,
    pub(crate) needs: Needs,
    pub(crate) binary: bool,
    pub(crate) recipients: Vec<String>,
}

impl Mail {
    /// The octets in pieces of `size`.
    pub(crate) fn write(&self, size: usize) -> Written {
        self.with(|mail| mail.write(size))
    }

    /// The files, in the order in which they stand in the mail.
    pub(crate) fn parts(&self) -> Vec<&File> {
        match self.shape {
            Shape::Text | Shape::Html | Shape::Alternative => vec![],
            Shape::File => self.files.iter().take(1).collect(),
            Shape::Mixed => self.files.iter().collect(),
            Shape::Related | Shape::RelatedInAlternative => self.inline.iter().collect(),
            Shape::All => self.inline.iter().chain(&self.files).collect(),
        }
    }

    /// The texts, in the order in which they stand in the mail.
    pub(crate) fn texts(&self) -> Vec<(&'static str, &str)> {
        let (plain, html) = (("text/plain", self.text.as_str()), ("text/html", self.html.as_str()));
        match self.shape {
            Shape::Text | Shape::Mixed => vec![plain],
            Shape::Html | Shape::Related => vec![html],
            Shape::File => vec![],
            Shape::Alternative | Shape::RelatedInAlternative | Shape::All => vec![plain, html],
        }
    }

    /// Whether an address makes UTF-8 header fields necessary.
    pub(crate) fn has_utf8_mailbox(&self) -> bool {
        [std::slice::from_ref(&self.from), &self.to, &self.cc, &self.reply_to]
            .into_iter()
            .flatten()
            .any(|(_, mailbox)| !mailbox.is_ascii())
    }

    /// Builds the message and hands it over.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut dyn Write) -> T) -> T {
        let (text, html) = (Text::plain(&self.text), Text::html(&self.html));
        let mut inline = attachments(&self.inline, true);
        let mut files = attachments(&self.files, false);
        match self.shape {
            Shape::Text => self.finish(text, act),
            Shape::Html => self.finish(html, act),
            Shape::File => self.finish(files.swap_remove(0), act),
            Shape::Alternative => self.finish(Multipart::alternative(text, html), act),
            Shape::Mixed => self.finish(Multipart::mixed(text, files.as_mut_slice()), act),
            Shape::Related => self.finish(Multipart::related(html, inline.as_mut_slice()), act),
            Shape::RelatedInAlternative => {
                let related = Multipart::related(html, inline.as_mut_slice());
                self.finish(Multipart::alternative(text, related), act)
            }
            Shape::All => {
                let alternative = Multipart::alternative(text, html);
                let related = Multipart::related(alternative, inline.as_mut_slice());
                self.finish(Multipart::mixed(related, files.as_mut_slice()), act)
            }
        }
    }

    fn finish<C: Content, T>(&self, content: C, act: impl FnOnce(&mut dyn Write) -> T) -> T {
        let (to, cc, bcc) = (people(&self.to), people(&self.cc), people(&self.bcc));
        let reply_to = people(&self.reply_to);
        let references: Vec<_> = self.references.iter().map(|id| MessageId::new(id).unwrap()).collect();
        let fields = [
            Field::text("Comments", &self.comment).unwrap(),
            Field::structured("X-Reading", "t=21.5; u=C").unwrap(),
        ];
        let id = MessageId::unique(self.number, !self.number, Domain::new("device.example").unwrap());
        let date = Date::from_unix(self.seconds, self.offset).unwrap();
        let mut message = Message::new(person(&self.from), date, id, content)
            .to(&to)
            .cc(&cc)
            .bcc(&bcc)
            .reply_to(&reply_to)
            .references(&references)
            .auto_submitted(AutoSubmitted::Generated)
            .fields(&fields)
            .transport(self.transport);
        if let Some(subject) = &self.subject {
            message = message.subject(HeaderText::new(subject).unwrap());
        }
        act(&mut message)
    }
}

/// A message of any content.
pub(crate) trait Write {
    fn write(&mut self, size: usize) -> Written;
    /// Through the body, which lends and is consumed unevenly.
    fn pull(&mut self, size: usize) -> Vec<u8>;
    fn observe(&mut self, size: usize) -> (Vec<u8>, Vec<u8>);
    /// Hands the body over, made in a buffer of `size`.
    fn send(&mut self, size: usize, act: &mut dyn FnMut(&mut dyn Body<Error = WriteError>));
}

impl<C: Content> Write for Message<'_, C> {
    fn write(&mut self, size: usize) -> Written {
        let (announced, needs, binary) = (self.size(), self.needs(), self.is_binary());
        let recipients = self.recipients().map(|mailbox| mailbox.as_str().to_owned()).collect();
        let mut octets = Vec::new();
        let mut piece = vec![0; size];
        let mut writer = self.writer();
        loop {
            let length = writer.write_into(&mut piece).unwrap();
            assert!(length == size || writer.is_done(), "a piece that is not the last is not full");
            octets.extend_from_slice(&piece[..length]);
            if length == 0 {
                return Written { octets, size: announced, needs, binary, recipients };
            }
        }
    }

    fn pull(&mut self, size: usize) -> Vec<u8> {
        let mut buffer = vec![0; size];
        let mut body = self.body(&mut buffer);
        let mut octets = Vec::new();
        loop {
            let piece = body.fill().unwrap();
            if piece.is_empty() {
                return octets;
            }
            let taken = piece.len().min(octets.len() % 5 + 1);
            octets.extend_from_slice(&piece[..taken]);
            body.consume(taken);
        }
    }

    fn send(&mut self, size: usize, act: &mut dyn FnMut(&mut dyn Body<Error = WriteError>)) {
        act(&mut self.body(&mut vec![0; size]));
    }

    fn observe(&mut self, size: usize) -> (Vec<u8>, Vec<u8>) {
        #[derive(Default)]
        struct Seen(Vec<u8>, Vec<u8>);
        impl embedded_smtp::message::Signer for Seen {
            fn header(&mut self, octets: &[u8]) {
                assert!(self.1.is_empty());
                self.0.extend_from_slice(octets);
            }
            fn body(&mut self, octets: &[u8]) {
                self.1.extend_from_slice(octets);
            }
        }
        let mut seen = Seen::default();
        Message::observe(self, &mut seen, &mut vec![0; size]).unwrap();
        (seen.0, seen.1)
    }
}

fn person((name, mailbox): &Person) -> Address<'_> {
    let address = Address::new(Mailbox::new(mailbox).unwrap());
    match name {
        Some(name) => address.with_name(name).unwrap(),
        None => address,
    }
}

fn people(list: &[Person]) -> Vec<Address<'_>> {
    list.iter().map(person).collect()
}

type AnyFile<'a> = Attachment<'a, AnySource<'a, Flash<'a>>>;

fn attachments(files: &[File], inline: bool) -> Vec<AnyFile<'_>> {
    files
        .iter()
        .map(|file| {
            let content = file.content.as_slice();
            let source = match file.kind {
                Kind::Text => AnySource::Text(Utf8::new(std::str::from_utf8(content).unwrap())),
                Kind::Octets => AnySource::Octets(Octets::new(content)),
                kind => AnySource::Stream(Stream::new(Flash { content, at: 0, known: kind == Kind::Known })),
            };
            let text = MimeType::new("text/csv; charset=utf-8").unwrap();
            let media_type = if file.kind == Kind::Text { text } else { MimeType::OCTET_STREAM };
            let mut attachment = Attachment::new(media_type, source);
            if let Some(name) = &file.name {
                attachment = attachment.with_name(FileName::new(name).unwrap());
            }
            if inline {
                attachment = attachment.inline(MessageId::new("picture@device.example").unwrap());
            }
            attachment
        })
        .collect()
}

/// Text with CRLF line ends.
pub(crate) fn normalised(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

/// One line of text in several scripts, with anything that a header field may trip over.
pub(crate) fn line(longest: usize) -> impl Strategy<Value = String> {
    let words = prop_oneof![
        4 => "[a-zA-Z0-9]{1,12}",
        2 => "[ -~]{0,12}",
        1 => "[a-z]{70,120}",
        1 => "[äöüßéèñçøåŁżđ]{1,10}",
        1 => "[а-яА-Я]{1,12}",
        1 => "[α-ω]{1,12}",
        1 => "[一-龥]{1,40}",
        1 => "[ぁ-んァ-ン]{1,12}",
        1 => "[א-ת]{1,9}",
        1 => "[ا-ي]{1,9}",
        1 => "[\u{1f300}-\u{1f5ff}]{1,20}",
        1 => "(=\\?utf-8\\?Q\\?x\\?=|=\\?|\\?=| |  |,|;|\"|\\\\|<a@b>|\\(c\\)|=20|%41|\u{a0}|\u{2028}|\u{feff}|e\u{301})",
    ];
    (prop::collection::vec(words, 0..longest), prop_oneof![3 => Just(" "), 1 => Just("")])
        .prop_map(|(words, between)| words.join(between))
}

fn name() -> impl Strategy<Value = Option<String>> {
    prop::option::of(line(4))
}

fn mailbox(domain: &'static str, utf8: bool) -> impl Strategy<Value = String> {
    let local = if utf8 {
        "[a-z]{1,3}[äж中]{1,3}".boxed()
    } else {
        prop_oneof![
            6 => "[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[a-z0-9]{1,10}){0,2}",
            1 => "\"[a-z.]{1,9} [a-z]{1,9}\"",
            1 => "[a-z]{64}",
        ]
        .boxed()
    };
    (local, "[a-z]{1,30}").prop_map(move |(local, label)| format!("{local}@{label}.{domain}"))
}

fn person_at(domain: &'static str) -> impl Strategy<Value = Person> {
    let mailbox = prop_oneof![40 => mailbox(domain, false), 1 => mailbox(domain, true)];
    (name(), mailbox)
}

fn list(domain: &'static str) -> impl Strategy<Value = Vec<Person>> {
    prop::collection::vec(person_at(domain), 0..6)
}

/// Text of many lines with every control character, any line ends and any line lengths.
pub(crate) fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[ -~]{0,80}",
        2 => line(8),
        2 => "[\u{0}-\u{9f}]{0,20}",
        1 => "[\u{1}-\u{7f}]{0,30}",
        1 => "[一-龥]{0,30}",
        1 => Just("a".repeat(998)),
        1 => Just("b ".repeat(600)),
        1 => Just("--=_00_".to_owned()),
        1 => Just(".".to_owned()),
        1 => Just("trailing \t ".to_owned()),
    ];
    let end = prop_oneof![6 => Just("\r\n"), 3 => Just("\n"), 1 => Just("\r"), 1 => Just("")];
    // Most texts are of one kind, or nearly all would be encoded.
    let simple = prop::collection::vec("[ -~]{0,80}\r\n", 0..8).prop_map(|lines| lines.concat());
    let latin = prop::collection::vec("[ -~äöü]{0,80}\n", 0..8).prop_map(|lines| lines.concat());
    let wild = prop::collection::vec((piece, end), 0..8)
        .prop_map(|pieces| pieces.into_iter().map(|(text, end)| text + end).collect::<String>());
    prop_oneof![simple, latin, wild]
}

fn file() -> impl Strategy<Value = File> {
    let octets = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        "[ -~\r\n\t]{0,400}".prop_map(String::into_bytes),
        "(--=_|a|\r\n|\u{0}|=){0,60}".prop_map(String::into_bytes),
    ];
    let kind = prop_oneof![Just(Kind::Octets), Just(Kind::Known), Just(Kind::Unknown)];
    let name =
        || prop::option::of(line(5).prop_filter("a name is not empty", |name| !name.trim().is_empty()));
    let binary = (name(), octets, kind).prop_map(|(name, content, kind)| File { name, content, kind });
    let text =
        (name(), text()).prop_map(|(name, text)| File { name, content: text.into_bytes(), kind: Kind::Text });
    prop_oneof![3 => binary, 1 => text]
}

/// Any mail.
pub(crate) fn mail() -> impl Strategy<Value = Mail> {
    let header = (
        person_at("author.example"),
        list("to.example"),
        list("cc.example"),
        list("hidden.example"),
        prop::collection::vec(person_at("answer.example"), 0..2),
        prop::option::of(line(14)),
        line(30),
        prop::collection::vec("[a-z0-9]{1,40}(\\.[a-z0-9]{1,20}){0,2}@[a-z]{1,40}\\.example", 0..6),
        0_u64..253_402_000_000,
        -720_i16..840,
    );
    let shape = prop::sample::select(vec![
        Shape::Text,
        Shape::Html,
        Shape::File,
        Shape::Alternative,
        Shape::Mixed,
        Shape::Related,
        Shape::RelatedInAlternative,
        Shape::All,
    ]);
    let seven = Transport::seven_bit();
    let transport = prop::sample::select(vec![
        seven,
        seven,
        seven.with_eight_bit(),
        seven.with_binary(),
        seven.with_utf8_headers(),
    ]);
    let files = || prop::collection::vec(file(), 1..4);
    let content = (any::<u64>(), text(), text(), files(), files(), shape, transport);
    (header, content).prop_map(|(header, content)| {
        let (from, to, cc, bcc, reply_to, subject, comment, references, seconds, offset) = header;
        let (number, text, html, inline, files, shape, transport) = content;
        Mail {
            from,
            to,
            cc,
            bcc,
            reply_to,
            subject,
            comment,
            references,
            seconds,
            offset,
            number,
            text,
            html,
            inline,
            files,
            shape,
            transport,
        }
    })
}
