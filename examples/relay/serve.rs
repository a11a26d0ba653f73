//! The senders' connections: taken while there is room, and let go when the program is told to end.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, lookup_host};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::config::Config;
use super::journal;
use super::session::{self, Stop};

/// Whether the next hop is who listens here: a mail would go in circles until there are no more sessions.
pub(crate) async fn is_itself(listener: &TcpListener, next_hop: &str) -> bool {
    let (Ok(own), Ok(mut addresses)) = (listener.local_addr(), lookup_host(next_hop).await) else {
        return false;
    };
    let every = own.ip().is_unspecified();
    addresses
        .any(|next| next.port() == own.port() && (next.ip() == own.ip() || every && next.ip().is_loopback()))
}

/// Takes connections until told to stop; then mails on their way are given time, and the rest is told 421.
pub(crate) async fn serve(
    listener: TcpListener,
    config: Arc<Config>,
    stop: watch::Sender<Stop>,
    mut stopped: watch::Receiver<Stop>,
) {
    let room = Arc::new(Semaphore::new(config.sessions));
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            Ok(permit) = room.clone().acquire_owned() => tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((socket, peer)) => {
                        let (config, stopped) = (config.clone(), stopped.clone());
                        sessions.spawn(async move {
                            session::run(socket, peer, config, stopped).await;
                            drop(permit);
                        });
                    }
                    // Out of file descriptors, say: that passes when sessions end.
                    Err(error) => {
                        journal::cannot_accept(&error);
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                _ = stopped.changed() => break,
            },
            _ = stopped.changed() => break,
        }
        while sessions.try_join_next().is_some() {}
    }
    drop(listener);
    let ended = async |sessions: &mut JoinSet<()>| while sessions.join_next().await.is_some() {};
    if timeout(config.grace, ended(&mut sessions)).await.is_err() {
        stop.send_replace(Stop::Now);
        let _ = timeout(Duration::from_secs(5), ended(&mut sessions)).await;
    }
}
