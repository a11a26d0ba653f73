//! The socket as an async stream.

use core::cell::RefCell;
use core::future::poll_fn;
use core::task::Poll;

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use smoltcp::socket::tcp::{RecvError, Socket, State};

use super::records::Records;
use crate::network::Network;

/// The network's socket, borrowed for each single operation.
pub struct Stream<'n, 'a> {
    network: &'n RefCell<Network<'a>>,
    records: Records,
}

/// The connection is gone, or never came, or what came is not TLS.
#[derive(Debug, Clone, Copy, defmt::Format)]
pub struct Lost;

impl<'n, 'a> Stream<'n, 'a> {
    /// Of a connection that has been asked for.
    pub fn new(network: &'n RefCell<Network<'a>>) -> Self {
        Self { network, records: Records::default() }
    }

    /// Ready with what `operation` has to say; as long as that is nothing, the socket is asked again in each pass of
    /// the main loop.
    async fn wait<T>(
        &self,
        mut operation: impl FnMut(&mut Socket<'_>) -> Option<Result<T, Lost>>,
    ) -> Result<T, Lost> {
        poll_fn(|_| match operation(self.network.borrow_mut().socket()) {
            Some(result) => Poll::Ready(result),
            None => Poll::Pending,
        })
        .await
    }
}

impl Read for Stream<'_, '_> {
    async fn read(&mut self, into: &mut [u8]) -> Result<usize, Lost> {
        if into.is_empty() {
            return Ok(0);
        }
        // The main loop comes round before each reading, so that what is made of one record (a signature to be
        // verified takes long) does not add up with what is made of the next.
        let mut first = true;
        self.wait(|_| (!core::mem::take(&mut first)).then_some(Ok(()))).await?;
        let octets = self
            .wait(|socket| match socket.recv_slice(into) {
                Ok(0) => None,
                Ok(octets) => Some(Ok(octets)),
                Err(RecvError::Finished) => Some(Ok(0)),
                Err(RecvError::InvalidState) => (!is_opening(socket)).then_some(Err(Lost)),
            })
            .await?;
        let fit = self.records.are_fit(into.get(..octets).unwrap_or_default());
        if fit { Ok(octets) } else { Err(Lost) }
    }
}

impl Write for Stream<'_, '_> {
    async fn write(&mut self, octets: &[u8]) -> Result<usize, Lost> {
        self.wait(|socket| match socket.send_slice(octets) {
            Ok(0) if !octets.is_empty() => None,
            Ok(octets) => Some(Ok(octets)),
            Err(_) => (!is_opening(socket)).then_some(Err(Lost)),
        })
        .await
    }

    async fn flush(&mut self) -> Result<(), Lost> {
        // The main loop sends what there is.
        Ok(())
    }
}

impl ErrorType for Stream<'_, '_> {
    type Error = Lost;
}

impl embedded_io_async::Error for Lost {
    fn kind(&self) -> ErrorKind {
        ErrorKind::ConnectionReset
    }
}

impl core::fmt::Display for Lost {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the connection is lost")
    }
}

impl core::error::Error for Lost {}

fn is_opening(socket: &Socket<'_>) -> bool {
    matches!(socket.state(), State::SynSent | State::SynReceived)
}
