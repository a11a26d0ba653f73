//! lettre and mail-send, which come with the driver of a stream: over one in memory that says what it is asked for.

use std::hint::black_box;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::task::{Context, Poll};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::extension::ClientId;
use mail_send::SmtpClient;
use mail_send::smtp::message::Message;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};

use crate::corpus;
use crate::row::{Row, Work};
use crate::session::LOCK_STEP;

type Submit = fn(&Runtime, &[u8], Script);

pub fn rows() -> Vec<Row> {
    let clients: [(&str, Submit); 2] = [("lettre", lettre), ("mail-send", mail_send)];
    let mail = corpus::mail();
    // One of them ends a mail by CRLF and the lone dot, also where the mail ends with CRLF itself.
    let ends = [(b"".as_slice(), ""), (b"\r\n", ", an empty line more at the mail's end")];
    clients
        .into_iter()
        .map(|(who, submit)| {
            let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
            let (kept, said) = channel();
            submit(&runtime, &mail, Script { replies: 0, kept: Some(kept) });
            let said: Vec<u8> = said.iter().flatten().collect();
            let sent = |end: &[u8]| {
                let content = [&mail, end, b".\r\n"].concat();
                said.windows(content.len()).any(|window| window == content)
            };
            let (_, differs) = ends.iter().find(|(end, _)| sent(end)).unwrap_or_else(|| panic!("{who}"));
            let mail = mail.clone();
            Row::new(Work::ClientSession, who, (said.len(), 1), move || {
                submit(&runtime, black_box(&mail), Script::default());
            })
            .differs(format!("one command at a time, in tokio{differs}"))
        })
        .collect()
}

fn lettre(runtime: &Runtime, mail: &[u8], server: Script) {
    let name = ClientId::Domain("client.example.org".into());
    let from = "alice@example.org".parse().expect("an address");
    let to = "bob@example.com".parse().expect("an address");
    let envelope = Envelope::new(Some(from), vec![to]).expect("an envelope");
    runtime.block_on(async {
        let mut connection =
            AsyncSmtpConnection::connect_with_transport(Box::new(server), &name).await.expect("a greeting");
        assert!(connection.send(&envelope, mail).await.expect("a session").is_positive());
        connection.quit().await.expect("a session");
    });
}

fn mail_send(runtime: &Runtime, mail: &[u8], server: Script) {
    runtime.block_on(async {
        let mut client = SmtpClient { stream: server, timeout: Duration::from_secs(60) };
        client.read().await.expect("a greeting");
        client.ehlo("client.example.org").await.expect("EHLO");
        let message = Message::new("alice@example.org", ["bob@example.com"], mail);
        client.send(message).await.expect("a session");
        client.quit().await.expect("a session");
    });
}

/// A server that says one reply a read, whatever it was told.
#[derive(Debug, Default)]
struct Script {
    replies: usize,
    /// Whoever wants to see what was said.
    kept: Option<Sender<Vec<u8>>>,
}

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if let Some(reply) = LOCK_STEP.get(self.replies) {
            into.put_slice(reply);
        }
        self.replies += 1;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<std::io::Result<usize>> {
        if let Some(kept) = &self.kept {
            kept.send(octets.to_vec()).expect("a listener");
        }
        black_box(octets);
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncTokioStream for Script {
    fn peer_addr(&self) -> std::io::Result<SocketAddr> {
        Ok((Ipv4Addr::LOCALHOST, 25).into())
    }
}
