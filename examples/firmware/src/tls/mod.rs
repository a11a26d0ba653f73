//! TLS 1.3 by embedded-tls, driven by hand in the main loop.
//!
//! The session is one future. After each pass of the main loop it is polled once and goes as far as the octets there
//! are; nothing wakes it, because the loop comes round anyway.

mod login;
mod random;
mod records;
mod stream;
mod verifier;

pub use login::login;

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use defmt::{info, warn};
use embedded_smtp::data::Body;
use embedded_smtp::io::asynch::Connection;
use embedded_smtp::sasl::Authenticator;
use embedded_smtp::submission::{Event, Submission};
use embedded_tls::{
    Aes128GcmSha256, FlushPolicy, MaxFragmentLength, TlsConfig, TlsConnection, TlsContext, TlsError,
};

use crate::settings::Settings;
use crate::{Station, clock};
use random::Random;
use stream::Stream;
use verifier::{Provider, Unproven};

/// Milliseconds that the main loop may be away: verifying a signature takes long, and cannot be interrupted.
pub const PATIENCE: u32 = 2000;

/// How long the handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(60);

/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(5);

/// Octets of a record that is received, with 4 096 of content, which the server is asked not to exceed; and of one
/// that is sent.
const RECEIVED: usize = 4096 + 256 + 5;
const SENT: usize = 1024;

type Tls<'t, 'n, 'a> = TlsConnection<'t, Stream<'n, 'a>, Aes128GcmSha256>;

/// Does the handshake, and lets the submission go on under TLS to its end; whether it ended in good order.
pub fn session<B: Body, A: Authenticator>(
    station: &Station<'_>,
    settings: &Settings<'_>,
    submission: &mut Submission<'_, '_, '_, B, A>,
) -> bool {
    let (mut received, mut sent) = ([0; RECEIVED], [0; SENT]);
    let tls = TlsConnection::new(Stream::new(&station.network), &mut received, &mut sent);
    let Some(random) = Random::new() else {
        warn!("no TLS: no randomness");
        submission.tls_failed();
        return false;
    };
    let mut provider = Provider::new(random);
    let mut session = pin!(converse(tls, &mut provider, settings.server_name, submission));
    let mut context = Context::from_waker(Waker::noop());
    loop {
        station.turn();
        if let Poll::Ready(orderly) = session.as_mut().poll(&mut context) {
            return orderly;
        }
    }
}

async fn converse<B: Body, A: Authenticator>(
    mut tls: Tls<'_, '_, '_>,
    provider: &mut Provider,
    name: &str,
    submission: &mut Submission<'_, '_, '_, B, A>,
) -> bool {
    let opened = within(HANDSHAKE, handshake(&mut tls, provider, name)).await;
    if let Err(failure) = opened.unwrap_or(Err(Failure::TimedOut)) {
        warn!("no TLS: {}", failure);
        submission.tls_failed();
        return false;
    }
    info!("TLS with {=str}", name);
    if submission.event() == Some(Event::StartTls)
        && let Err(error) = submission.tls_established()
    {
        warn!("no TLS: {}", error);
        return false;
    }
    let mut connection = Connection::new(tls, submission);
    let mut alarm = pin!(None);
    if let Err(error) = connection.run_timed(alarm.as_mut(), clock::sleep).await {
        warn!("connection: {}", error);
        return false;
    }
    // The server is told that nothing was cut off.
    matches!(within(GOODBYE, connection.into_inner().close()).await, Some(Ok(_)))
}

/// Why there is no TLS.
#[derive(Clone, Copy, defmt::Format)]
enum Failure {
    /// The stack's own words.
    Tls(TlsError),
    /// The server has not proved who it is, which the stack let pass.
    Unproven(Unproven),
    /// It took too long.
    TimedOut,
}

async fn handshake(tls: &mut Tls<'_, '_, '_>, provider: &mut Provider, name: &str) -> Result<(), Failure> {
    let config = TlsConfig::new().with_server_name(name).with_max_fragment_length(MaxFragmentLength::Bits12);
    tls.set_flush_policy(FlushPolicy::Relaxed);
    tls.open(TlsContext::new(&config, &mut *provider)).await.map_err(Failure::Tls)?;
    provider.proof().map_err(Failure::Unproven)
}

/// The future's output, or `None` when it takes longer than `time`.
async fn within<F: Future>(time: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut alarm = pin!(clock::sleep(time));
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => alarm.as_mut().poll(context).map(|()| None),
    })
    .await
}
