//! How long the next hop is waited for.

use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep, timeout};

use super::next_hop::Failure;

/// What the engine's timer has for the answer to a whole mail (RFC 5321 §4.5.3.2.6), and for nothing else.
const END_OF_DATA: Duration = Duration::from_mins(10);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For each of its answers, however slowly it comes, and for taking more of a mail. Not for its answer to the whole mail: who
    /// gives up there does not know whether it was taken, so all the time that is left is for that (ten minutes at most, RFC 5321
    /// §4.5.3.2.6).
    pub(crate) answer: Duration,
    /// For all of a mail; time in which the sender is waited for does not count.
    pub(crate) mail: Duration,
}

impl Patience {
    /// What of the standard's minutes is waited.
    pub(crate) fn sleep(self, standard: Duration) -> Sleep {
        sleep(if standard >= END_OF_DATA { standard } else { standard.min(self.answer) })
    }
}

/// Does something with the next hop in what is `left` of a mail's time, which it takes off, but in no longer than `most`.
pub(crate) async fn within<T>(
    left: &mut Duration,
    most: Duration,
    asked: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let began = Instant::now();
    let outcome = timeout(most.min(*left), asked).await;
    *left = left.saturating_sub(began.elapsed());
    let why = if left.is_zero() { "the time for this mail is over" } else { "the next hop keeps silent" };
    outcome.unwrap_or_else(|_| Err(Failure::Lost(why.into())))
}
