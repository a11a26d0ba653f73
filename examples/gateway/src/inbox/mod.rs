//! The inbox inside, for a gateway without a relay: the server engine, on a port of its own on this machine; mails become files.

#[path = "../../../inbox/store.rs"]
#[allow(dead_code, reason = "the inbox example says where it is")]
mod store;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use embedded_io_adapters::tokio_1::FromTokio;
use embedded_smtp::io::asynch::Connection;
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::wire::{Code, Emit as _, EnhancedCode, Extension, HelloName, Params, Response, Writer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::block_in_place;

use crate::calendar;
use crate::printer::print;
use store::{Draft, Store};

/// Octets of a session's buffers.
const RX: usize = 16 * 1024;
const TX: usize = 1024;

/// Starts it, and says where it listens. It takes what may come in by the doors.
pub(crate) async fn start(directory: &Path, max_size: u64, recipients: u16) -> std::io::Result<String> {
    let store = Arc::new(Store::open(directory)?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((socket, _)) => {
                    tokio::spawn(take_mails(socket, Arc::clone(&store), max_size, recipients));
                }
                Err(error) => {
                    print(&format!("gateway: the inbox cannot accept: {error}"));
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    });
    Ok(address)
}

/// A mail on its way in: what stands in front of it in its file, and the file.
#[derive(Default)]
struct Mail {
    envelope: String,
    draft: Option<std::io::Result<Draft>>,
}

async fn take_mails(socket: TcpStream, store: Arc<Store>, max_size: u64, recipients: u16) {
    let Ok(host) = HelloName::new("inbox.localhost") else { return };
    // It shows what it is asked for, in the file, and never sends anything.
    let policy = Policy::new(host)
        .max_size(max_size)
        .max_recipients(recipients)
        .max_mails(u16::MAX)
        .offer(Extension::Dsn)
        .offer(Extension::DeliverBy)
        .without(Extension::Chunking)
        .without(Extension::BinaryMime);
    let _ = socket.set_nodelay(true);
    let (mut rx, mut tx) = (vec![0; RX], vec![0; TX]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    let mut connection = Connection::new(FromTokio::new(socket), &mut server);
    let mut mail = Mail::default();
    while let Ok(true) = connection.run().await {
        let server = connection.engine();
        let name = match server.event() {
            Some(Event::Mail { path, params }) => {
                mail = Mail::default();
                mail.note("X-Envelope-From", path.as_str(), &params);
                None
            }
            Some(Event::Rcpt { path, params }) => {
                mail.note("X-Envelope-To", path.as_str(), &params);
                None
            }
            Some(Event::Body(piece)) => {
                mail.write(&store, piece);
                None
            }
            Some(Event::EndOfData { .. }) => Some(block_in_place(|| mail.keep(&store))),
            _ => None,
        };
        let said = match name {
            Some(Ok(name)) => reply(server, 250, (2, 6, 0), &format!("stored as {name}")),
            Some(Err(error)) => {
                print(&format!("gateway: the inbox cannot store a mail: {error}"));
                reply(server, 451, (4, 3, 0), "The mail cannot be stored, try again later")
            }
            None if server.reply_owed().is_some() => server.accept(),
            None => Ok(()),
        };
        if said.is_err() {
            return;
        }
    }
}

fn reply(
    server: &mut Server<'_, '_>,
    code: u16,
    enhanced: (u8, u16, u16),
    text: &str,
) -> Result<(), embedded_smtp::Error> {
    let response = Code::new(code).and_then(|code| Response::new(code, text).ok());
    let enhanced = EnhancedCode::new(enhanced.0, enhanced.1, enhanced.2);
    match (response, enhanced) {
        (Some(response), Some(enhanced)) => server.reply(&response.enhanced(enhanced)),
        _ => server.accept(),
    }
}

impl Mail {
    fn note(&mut self, field: &str, path: &str, params: &Params<'_>) {
        let _ = write!(self.envelope, "{field}: <{path}>");
        for param in params {
            let mut octets = [0; 600];
            let mut writer = Writer::new(&mut octets);
            param.emit(&mut writer);
            let length = writer.finish().unwrap_or(0);
            let text = String::from_utf8_lossy(octets.get(..length).unwrap_or_default()).into_owned();
            let _ = write!(self.envelope, "\r\n\t{text}");
        }
        self.envelope += "\r\n";
    }

    fn write(&mut self, store: &Store, piece: &[u8]) {
        let draft = self.draft.get_or_insert_with(|| {
            let mut draft = store.draft()?;
            draft.write(self.envelope.as_bytes())?;
            Ok(draft)
        });
        if let Ok(open) = draft
            && let Err(error) = open.write(piece)
        {
            *draft = Err(error);
        }
    }

    fn keep(&mut self, store: &Store) -> std::io::Result<String> {
        self.write(store, b"");
        let draft = self.draft.take().unwrap_or_else(|| store.draft())?;
        let path = draft.keep()?;
        Ok(path.file_name().unwrap_or_default().to_string_lossy().into_owned())
    }
}
