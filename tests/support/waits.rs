//! What the tests of the async adapter wait by: operations that are ready at the second look, and an executor for one look.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, Waker};

/// Makes an operation wait once, so that a future can be dropped there; also when the operation is begun anew.
#[derive(Debug, Default)]
pub(crate) struct Hesitation(bool);

impl Hesitation {
    pub(crate) async fn pass(&mut self) {
        poll_fn(|_| {
            self.0 = !self.0;
            if self.0 { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}

/// Whoever waits is looked at again by the test itself: nobody wakes it.
pub(crate) fn poll_once<T>(future: impl Future<Output = T> + Unpin) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}
