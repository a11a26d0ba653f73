//! To the next hop: a few sessions that are kept, each for one mail at a time.

mod bound;
mod desk;
mod outcome;
mod record;
mod session;
mod written;

#[cfg(test)]
pub(crate) use outcome::{Fate as FateOf, Words};
pub(crate) use outcome::{Fault, Outcome};

use std::sync::Arc;
use std::time::Duration;

use embedded_smtp::submission::Verdict;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::request::Outgoing;
use crate::smtp::config::Config;
use crate::smtp::session::Stop;
use bound::Bound;
use desk::{Desk, Turn};
use session::Session;

/// Octets of a session's buffers.
const RX: usize = 4 * 1024;
const TX: usize = 16 * 1024;

/// How long a session without mails is kept. Servers close theirs after five minutes (RFC 5321 §4.5.3.2.7), many much sooner.
const IDLE: Duration = Duration::from_secs(20);

/// How long a mail waits for a session to become free.
const PATIENCE: Duration = Duration::from_secs(30);

const GOING_DOWN: &str = "the gateway is going down; try again later";

/// Why a mail was not begun.
pub(crate) const OUT_OF_TIME: &str =
    "the time for this request was over before the mail's turn came, so it was not sent; try again later";

/// A mail, whom to tell what became of it, and the right to one of the sessions.
#[derive(Debug)]
struct Job {
    mail: Outgoing,
    /// When the next hop must have taken it.
    bound: Bound,
    tell: oneshot::Sender<Outcome>,
    session: OwnedSemaphorePermit,
}

/// Takes mails to the next hop.
#[derive(Debug, Clone)]
pub(crate) struct Hop {
    desk: Arc<Opened>,
    free: Arc<Semaphore>,
    ending: watch::Receiver<bool>,
}

/// A desk that is closed with the last handle, and then the sessions end.
#[derive(Debug)]
struct Opened(Arc<Desk<Job>>);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Hop {
    /// Starts as many sessions as there may be; they connect when there is something to send, and end when all handles are gone.
    pub(crate) fn start(
        config: &Arc<Config>,
        sessions: usize,
        stopped: watch::Receiver<Stop>,
        tasks: &mut JoinSet<()>,
    ) -> Self {
        let sessions = sessions.max(1);
        let desk = Arc::new(Desk::new());
        for number in 0..sessions {
            tasks.spawn(work(Arc::clone(config), Arc::clone(&desk), number));
        }
        let ending = bound::ending(stopped, config.grace);
        Self { desk: Arc::new(Opened(desk)), free: Arc::new(Semaphore::new(sessions)), ending }
    }

    /// Sends the mail, and says what became of it, by `end` at the latest. Dropped before a session has taken the mail, it is not sent.
    pub(crate) async fn send(&self, mail: Outgoing, end: Instant) -> Outcome {
        let (recipients, from, id) = (mail.recipients.clone(), mail.envelope.clone(), mail.word());
        let left = mail.left();
        let (tell, told) = oneshot::channel();
        let unsent = |outcome: Outcome| {
            outcome.enter(&id, &from);
            outcome
        };
        let later = |why| unsent(Outcome::unsent(&recipients, Verdict::RetryLater, why));
        let patience = end.saturating_duration_since(Instant::now()).min(PATIENCE);
        let allowed = left.unwrap_or(patience).min(patience);
        let session = match timeout(allowed, Arc::clone(&self.free).acquire_owned()).await {
            Ok(Ok(session)) => session,
            Ok(Err(_)) => return later(GOING_DOWN),
            Err(_) if allowed < patience => return unsent(Outcome::too_late(&recipients)),
            Err(_) => return later("all sessions with the next hop are busy; try again later"),
        };
        let bound = Bound::new(end, self.ending.clone());
        self.desk.0.give(Job { mail, bound, tell, session });
        match told.await {
            Ok(outcome) => outcome,
            Err(_) => later(GOING_DOWN),
        }
    }
}

async fn work(config: Arc<Config>, desk: Arc<Desk<Job>>, number: usize) {
    let (mut rx, mut tx) = (vec![0; RX], vec![0; TX]);
    let mut session = Session::new(config, &mut rx, &mut tx);
    while let Some(job) = next(&desk, number, &mut session).await {
        let Job { mail, bound, tell, session: _session } = job;
        // Whoever has gone away would not learn that it was sent, and send it again.
        if tell.is_closed() {
            continue;
        }
        let began = Instant::now();
        let outcome = written::send(&mut session, &mail, &bound).await;
        // Here, since whoever waits for it may go away meanwhile.
        record::enter(&mail.word(), mail.envelope.clone(), &outcome, began.elapsed());
        let _ = tell.send(outcome);
    }
    session.quit().await;
}

/// A session for which there is nothing to do is not kept for ever.
async fn next(desk: &Desk<Job>, number: usize, session: &mut Session<'_>) -> Option<Job> {
    loop {
        let mut waiting = match desk.take(number, session.is_open()) {
            Turn::Job(job) => return Some(job),
            Turn::Wait(waiting) => waiting,
            Turn::End => return None,
        };
        if !session.is_open() {
            return waiting.await.ok();
        }
        if let Ok(job) = timeout(IDLE, &mut waiting).await {
            return job.ok();
        }
        if !desk.withdraw(number) {
            return waiting.await.ok();
        }
        session.quit().await;
    }
}
