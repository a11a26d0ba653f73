//! The REST door: HTTP/1.1 by axum, above connections that are limited in number and in time.

mod answer;
mod kind;
mod openapi;
mod page;
mod patient;
mod send;
mod spoken;
mod token;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::config::Config;
use crate::hop::Hop;
use crate::journal::JOURNAL;
use crate::printer::print;
use crate::problem::Problem;
use crate::smtp::session::Stop;
use spoken::Spoken;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(15);

/// Octets of a request's head, and of a connection's buffer.
const HEAD: usize = 64 * 1024;

/// How long whoever is just connecting, or has just connected, is served when the gateway is told to end: closed without a word, nobody
/// would know whether the mail was sent.
const LINGER: Duration = Duration::from_millis(500);

/// How long a request whose time is over then has for its answer.
const FAREWELL: Duration = Duration::from_secs(2);

/// What every request may need.
#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) config: Arc<Config>,
    pub(crate) hop: Hop,
}

fn router(config: Arc<Config>, hop: Hop, stopped: watch::Receiver<Stop>) -> Router {
    Router::new()
        .route("/v1/send", post(send::send))
        .route("/v1/mails", get(page::mails))
        .route("/", get(page::page))
        .route("/openapi.json", get(openapi::document))
        .route("/metrics", get(metrics))
        .route("/health", get(health))
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(stopped, count))
        .with_state(Gateway { config, hop })
}

/// Takes connections until told to stop; then requests on their way are given time.
pub(crate) async fn serve(
    listener: TcpListener,
    config: Arc<Config>,
    hop: Hop,
    stopped: watch::Receiver<Stop>,
) {
    let router = router(Arc::clone(&config), hop, stopped.clone());
    let mut connections = JoinSet::new();
    tokio::select! {
        () = accept(&listener, &config, &router, &stopped, &mut connections) => {}
        () = ended(stopped.clone()) => {}
    }
    let came = connections.len();
    if let Ok(listener) = listener.into_std() {
        // Those that the system has taken meanwhile would be closed with the listener.
        while connections.len() < came + config.limits.connections as usize
            && let Ok((socket, _)) = listener.accept()
        {
            let taken = socket.set_nonblocking(true).and_then(|()| TcpStream::from_std(socket));
            let (config, router, stopped) = (Arc::clone(&config), router.clone(), stopped.clone());
            connections.spawn(async move {
                if let Ok(socket) = taken {
                    connection(socket, &config, router, stopped).await;
                }
            });
        }
    }
    let _ = timeout(config.mail.grace + FAREWELL, async { while connections.join_next().await.is_some() {} })
        .await;
}

/// Told to stop, and who was on the way in then has come in.
async fn ended(mut stopped: watch::Receiver<Stop>) {
    let _ = stopped.wait_for(|stop| *stop != Stop::No).await;
    sleep(LINGER).await;
}

async fn accept(
    listener: &TcpListener,
    config: &Arc<Config>,
    router: &Router,
    stopped: &watch::Receiver<Stop>,
    connections: &mut JoinSet<()>,
) {
    let room = Arc::new(Semaphore::new(config.limits.connections as usize));
    while let Ok(permit) = Arc::clone(&room).acquire_owned().await {
        match listener.accept().await {
            Ok((socket, _)) => {
                let (config, router, stopped) = (Arc::clone(config), router.clone(), stopped.clone());
                connections.spawn(async move {
                    JOURNAL.connections.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    connection(socket, &config, router, stopped).await;
                    JOURNAL.connections.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
                    drop(permit);
                });
            }
            // Out of file descriptors, say: that passes when connections end.
            Err(error) => {
                print(&format!("gateway: cannot accept: {error}"));
                sleep(Duration::from_millis(100)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connection(socket: TcpStream, config: &Config, router: Router, stopped: watch::Receiver<Stop>) {
    let _ = socket.set_nodelay(true);
    let socket = patient::Patient::new(socket, Duration::from_secs(config.limits.body_seconds));
    let header = Duration::from_secs(config.limits.header_seconds);
    match &config.mail.acceptor {
        None => http(socket, header, router, stopped).await,
        Some(acceptor) => {
            let Ok(Ok(socket)) = timeout(HANDSHAKE, acceptor.accept(socket)).await else { return };
            http(socket, header, router, stopped).await;
        }
    }
}

/// Errors are the other side's: it went away, took too long, or does not speak HTTP.
async fn http(
    socket: impl AsyncRead + AsyncWrite + Unpin,
    header: Duration,
    router: Router,
    stopped: watch::Receiver<Stop>,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(header).max_buf_size(HEAD);
    let connection =
        http.serve_connection(TokioIo::new(Spoken::new(socket)), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        () = ended(stopped) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// Counts the answers; the last one on a connection says that it is.
async fn count(State(stopped): State<watch::Receiver<Stop>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    JOURNAL.answered(response.status().as_u16());
    if *stopped.borrow() != Stop::No {
        response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    }
    response
}

async fn metrics() -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], JOURNAL.metrics()).into_response()
}

async fn health(State(_): State<Gateway>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], "{\"status\":\"ok\"}").into_response()
}

async fn nothing_here() -> Response {
    Problem::new(404, "there is nothing here; mails go to POST /v1/send, and /openapi.json describes it")
        .into_response()
}

async fn wrong_method() -> Response {
    Problem::new(405, "not by this method; mails go to POST /v1/send, all else is for GET").into_response()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/json")], self.json().to_string()).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static(answer::RETRY_AFTER));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        response
    }
}
