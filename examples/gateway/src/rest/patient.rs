//! A connection to a client that may stop reading: an answer does not wait for ever.

use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

#[derive(Debug)]
pub(super) struct Patient {
    socket: TcpStream,
    patience: Duration,
    /// Runs while the client takes nothing.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    pub(super) fn new(socket: TcpStream, patience: Duration) -> Self {
        Self { socket, patience, alarm: None }
    }

    fn within<T>(&mut self, context: &mut Context<'_>, result: Poll<Result<T>>) -> Poll<Result<T>> {
        if result.is_ready() {
            self.alarm = None;
            return result;
        }
        let patience = self.patience;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(patience)));
        alarm.as_mut().poll(context).map(|()| Err(Error::from(ErrorKind::TimedOut)))
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, into)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<Result<usize>> {
        let result = Pin::new(&mut self.socket).poll_write(context, octets);
        self.within(context, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let result = Pin::new(&mut self.socket).poll_write_vectored(context, pieces);
        self.within(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let result = Pin::new(&mut self.socket).poll_flush(context);
        self.within(context, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::task::yield_now;
    use tokio::time::timeout;

    use super::*;

    const SHORT: Duration = Duration::from_millis(300);

    /// Far more than anything takes here, however busy the machine.
    const LONG: Duration = Duration::from_mins(3);

    async fn pair(patience: Duration) -> (Patient, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Patient::new(listener.accept().await.unwrap().0, patience), client)
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_not_waited_for() {
        for vectored in [false, true] {
            let (mut patient, _client) = pair(SHORT).await;
            let piece = vec![0; 1 << 20];
            let began = Instant::now();
            let error = loop {
                // More than the systems' buffers hold.
                let both = [IoSlice::new(&piece), IoSlice::new(&piece)];
                let writing = async {
                    if vectored { patient.write_vectored(&both).await } else { patient.write(&piece).await }
                };
                let wrote = timeout(LONG, writing).await.expect("it waits for ever");
                match wrote {
                    Ok(_) => assert!(began.elapsed() < LONG, "it takes all"),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            assert!(began.elapsed() >= SHORT);
        }
    }

    #[tokio::test]
    async fn one_that_takes_little_at_a_time_is_waited_for_anew_each_time() {
        let (mut patient, mut client) = pair(LONG).await;
        let (piece, mut room) = (vec![0; 1 << 20], vec![0; 1 << 16]);
        for time in 0..3 {
            // Until the systems' buffers are full. The future is dropped there, and the alarm stays.
            while timeout(Duration::from_millis(10), patient.write(&piece)).await.is_ok() {}
            assert!(patient.alarm.is_some(), "{time}: nothing bounds how long it waits");
            let taking = async {
                while client.read(&mut room).await.unwrap() > 0 {
                    yield_now().await;
                }
            };
            let wrote = tokio::select! {
                wrote = patient.write(&piece) => wrote.unwrap(),
                () = taking => unreachable!("it is open"),
            };
            assert!(wrote > 0 && patient.alarm.is_none(), "{time}: what went before counts");
        }
    }

    #[tokio::test]
    async fn who_says_nothing_is_another_clocks_matter() {
        let (mut patient, mut client) = pair(SHORT).await;
        sleep(SHORT * 2).await;
        client.write_all(b"x").await.unwrap();
        assert_eq!(patient.read_u8().await.unwrap(), b'x');
        patient.write_all(b"y").await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), b'y');
    }
}
