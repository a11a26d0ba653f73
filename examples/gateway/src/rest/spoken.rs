//! A connection on which no error is without a text: what the HTTP library refuses by itself (a head that is none, or too long) it
//! answers with a bare status.

use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::journal::JOURNAL;
use crate::problem::Problem;

#[derive(Debug)]
pub(super) struct Spoken<S> {
    socket: S,
    /// What goes out in place of a bare status, from `at` on.
    answer: Vec<u8>,
    at: usize,
}

impl<S> Spoken<S> {
    pub(super) fn new(socket: S) -> Self {
        Self { socket, answer: Vec::new(), at: 0 }
    }
}

/// The same status with a text. The gateway's own errors all have a body, so none of them is taken for a bare one.
fn told(head: &[u8]) -> Option<Vec<u8>> {
    let head = str::from_utf8(head).ok()?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let text = match status {
        400 => {
            "this is no HTTP request: a line of its head is not as RFC 9112 has it, or says its length twice"
        }
        414 => "the address is too long; properties go into the body",
        431 => "the head has too many header fields, or too long ones; properties go into the body",
        _ => return None,
    };
    let (line, fields) = head.split_once("\r\n")?;
    if !fields.lines().any(|field| field.eq_ignore_ascii_case("content-length: 0")) {
        return None;
    }
    JOURNAL.answered(status);
    let body = Problem::new(status, text).json().to_string();
    let fields = "connection: close\r\ncontent-type: application/json";
    Some(format!("{line}\r\n{fields}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes())
}

impl<S: AsyncRead + Unpin> AsyncRead for Spoken<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Spoken<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<Result<usize>> {
        let Self { socket, answer, at } = self.get_mut();
        if answer.is_empty()
            && let Some(told) = told(octets)
        {
            (*answer, *at) = (told, 0);
        }
        if answer.is_empty() {
            return Pin::new(socket).poll_write(context, octets);
        }
        while let Some(rest) = answer.get(*at..).filter(|rest| !rest.is_empty()) {
            *at += ready!(Pin::new(&mut *socket).poll_write(context, rest))?;
        }
        answer.clear();
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// What comes out behind a pipe that takes little at a time.
    async fn through(text: &str) -> String {
        let (socket, mut other) = tokio::io::duplex(7);
        let reader = tokio::spawn(async move {
            let mut said = String::new();
            other.read_to_string(&mut said).await.unwrap();
            said
        });
        let mut spoken = Spoken::new(socket);
        spoken.write_all(text.as_bytes()).await.unwrap();
        spoken.flush().await.unwrap();
        drop(spoken);
        reader.await.unwrap()
    }

    #[tokio::test]
    async fn a_bare_status_gets_a_text_and_nothing_else_is_touched() {
        for status in ["400 Bad Request", "414 URI Too Long", "431 Request Header Fields Too Large"] {
            let said =
                through(&format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"))
                    .await;
            let (head, body) = said.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\nconnection: close\r\n")), "{said}");
            assert!(head.ends_with(&format!("content-length: {}", body.len())), "{said}");
            assert!(body.starts_with("{\"error\":\""), "{said}");
        }
        for text in [
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "",
            "anything else",
        ] {
            assert_eq!(through(text).await, text);
        }
    }
}
