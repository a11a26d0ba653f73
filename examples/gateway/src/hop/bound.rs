//! How long a mail may keep the next hop, and its sender, waiting.

use std::future::pending;
use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::smtp::session::Stop;

/// Until a moment, or until the gateway must end.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    end: Instant,
    ending: watch::Receiver<bool>,
}

impl Bound {
    pub(super) fn new(end: Instant, ending: watch::Receiver<bool>) -> Self {
        Self { end, ending }
    }

    pub(super) fn is_over(&self) -> bool {
        self.end <= Instant::now() || *self.ending.borrow()
    }

    /// Ready when it is over.
    pub(super) async fn over(mut self) {
        let ending = async {
            if self.ending.wait_for(|ending| *ending).await.is_err() {
                pending::<()>().await;
            }
        };
        tokio::select! {
            () = sleep_until(self.end) => {}
            () = ending => {}
        }
    }

    pub(super) async fn within<T>(self, asked: impl Future<Output = io::Result<T>>) -> io::Result<T> {
        tokio::select! {
            biased;
            done = asked => done,
            () = self.over() => Err(ErrorKind::TimedOut.into()),
        }
    }
}

/// Becomes true when mails on their way have had their time since the gateway was told to end.
pub(super) fn ending(mut stopped: watch::Receiver<Stop>, grace: Duration) -> watch::Receiver<bool> {
    let (over, ending) = watch::channel(false);
    tokio::spawn(async move {
        let _ = stopped.wait_for(|stop| *stop != Stop::No).await;
        sleep(grace).await;
        let _ = over.send(true);
    });
    ending
}
