//! Layer 1, the mail itself: a correct RFC 5322 and MIME message, written without an allocator.
//!
//! A [`Message`] only borrows what it says: addresses, texts, files in memory, [`Reader`]s. Its
//! [`writer`](Message::writer) puts it into buffers of any size, from one octet up, with a constant
//! memory of under 256 octets, and can stop anywhere; [`body`](Message::body) makes it a body that an
//! engine pulls. Written again, it gives the same octets.
//!
//! The smallest useful mail:
//!
//! ```
//! use embedded_smtp::message::{Address, Date, HeaderText, Message, MessageId, Text};
//! use embedded_smtp::wire::{Domain, Mailbox};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let from = Address::new(Mailbox::new("sensor@example.org")?).with_name("Cold room")?;
//! let to = [Address::new(Mailbox::new("ops@example.org")?)];
//! // From a clock, and two numbers that do not come together twice.
//! let date = Date::from_unix(1_795_239_371, 60)?;
//! let id = MessageId::unique(0x5eed, 17, Domain::new("example.org")?);
//! let mut message = Message::new(from, date, id, Text::plain("It is 9 °C in there.\n"))
//!     .to(&to)
//!     .subject(HeaderText::new("Door open?")?);
//!
//! let size = message.size().ok_or("no reader, so the size is known")?;
//! let mut mail = Vec::new();
//! let mut piece = [0; 64];
//! let mut writer = message.writer();
//! while !writer.is_done() {
//!     let length = writer.write_into(&mut piece)?;
//!     mail.extend_from_slice(&piece[..length]);
//! }
//! assert_eq!(mail.len() as u64, size);
//! let mail = String::from_utf8(mail)?;
//! assert!(mail.starts_with("Date: Sat, 21 Nov 2026 06:36:11 +0100\r\nFrom: Cold room <sensor@example.org>\r\n"));
//! assert!(mail.ends_with("\r\n\r\nIt is 9 =C2=B0C in there.\r\n"));
//! # Ok(())
//! # }
//! ```
//!
//! | what | becomes |
//! |---|---|
//! | text | `7bit` if it is ASCII in lines of at most 998 octets; `8bit` if the [`Transport`] can; else the shorter of quoted-printable and base64. Line ends become CRLF |
//! | octets in memory | the shorter of quoted-printable and base64, so that each arrives; `binary` if the transport can |
//! | text from a reader | the same, where it was read once beforehand ([`TextStream::surveyed`]); else quoted-printable or base64, as the caller says |
//! | octets from a reader | base64 |
//! | header text | as it is where it is ASCII; else encoded words (RFC 2047) in B or Q by which is shorter; UTF-8 if the transport can |
//! | file names | a quoted string; beyond short ASCII RFC 2231 |
//!
//! Lines are folded at 76 columns wherever they can be, and none is longer than 998 octets. No value
//! that could break out of its line can be made, and `Bcc` shows in no header field.

pub(crate) mod address;
pub(crate) mod body;
pub(crate) mod coding;
pub(crate) mod date;
pub(crate) mod entity;
pub(crate) mod envelope;
pub(crate) mod field;
pub(crate) mod flow;
pub(crate) mod header;
pub(crate) mod id;
pub(crate) mod ink;
pub(crate) mod mail;
pub(crate) mod mime;
pub(crate) mod multipart;
pub(crate) mod prose;
pub(crate) mod reader;
pub(crate) mod source;
pub(crate) mod survey;
pub(crate) mod text;
pub(crate) mod transport;
pub(crate) mod writer;

pub use address::Address;
pub use body::MessageBody;
pub use date::Date;
pub use entity::{Attachment, Content, Text};
pub use envelope::Recipients;
pub use field::Field;
pub use header::AutoSubmitted;
pub use id::MessageId;
pub use mail::{Message, Signer};
pub use mime::{FileName, MimeType};
pub use multipart::{Multipart, Parts};
pub use prose::TextStream;
pub use reader::{ReadError, Reader, WriteError};
pub use source::{AnySource, Ascii, Octets, Source, Stream, Utf8};
pub use text::HeaderText;
pub use transport::Transport;
pub use writer::MessageWriter;
