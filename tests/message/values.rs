//! Mails as values, and the octets that the writer makes of them.

use embedded_smtp::data::{Body, Needs};
use embedded_smtp::message::{
    Address, AnySource, Attachment, AutoSubmitted, Content, Date, Field, FileName, HeaderText, Message,
    MessageId, MimeType, Multipart, Octets, ReadError, Reader, Stream, Text, Transport, Utf8, WriteError,
};
use embedded_smtp::wire::{Domain, Mailbox};

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
