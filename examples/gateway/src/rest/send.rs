//! `POST /v1/send`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;

use super::{Gateway, answer, token};
use crate::config::Config;
use crate::hop::{Hop, Outcome};
use crate::intake::{Intake, Taken, body_too_large};
use crate::problem::Problem;
use crate::request::{Outgoing, Rules, plan, read};

/// How much of a body that is refused is still read, so that its sender gets to see the answer.
const DRAIN: usize = 4 << 20;

pub(super) async fn send(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let Gateway { config, hop } = gateway;
    let (head, mut body) = request.into_parts();
    let taken = match admit(&config, query.as_deref(), &head.headers) {
        Ok(intake) => take(&mut body, intake, &config).await,
        Err(problem) => Err(problem),
    };
    let mails = match taken {
        Ok(taken) => planned(taken, &config).await,
        Err(problem) => {
            drain(&mut body, &head.headers).await;
            Err(problem)
        }
    };
    match mails {
        Ok(mails) => answer::answer(&deliver(mails, &hop).await),
        Err(problem) => problem.into_response(),
    }
}

/// Before anything of the body is read.
fn admit(config: &Config, query: Option<&str>, headers: &HeaderMap) -> Result<Intake, Problem> {
    token::admit(&config.tokens, query, headers)?;
    let limits = config.intake();
    let length =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limits.body) {
        return Err(body_too_large(limits));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/json" => Ok(Intake::json(limits)),
        "application/x-www-form-urlencoded" => Ok(Intake::form(limits)),
        _ => {
            let text = "the Content-Type must be application/json or application/x-www-form-urlencoded";
            Err(Problem::new(415, text))
        }
    }
}

async fn take(body: &mut Body, mut intake: Intake, config: &Config) -> Result<Taken, Problem> {
    let slow = || Problem::new(408, "the body came too slowly; try again on a better line");
    let (each, all) = (config.limits.body_seconds, config.limits.request_seconds);
    let end = Instant::now() + Duration::from_secs(all);
    loop {
        let left = end.saturating_duration_since(Instant::now()).min(Duration::from_secs(each));
        let frame = timeout(left, body.frame()).await.map_err(|_| slow())?;
        let Some(frame) = frame else { return intake.finish() };
        let frame = frame.map_err(|error| Problem::new(400, format!("the body broke off: {error}")))?;
        if let Some(piece) = frame.data_ref() {
            intake.take(piece)?;
        }
    }
}

async fn drain(body: &mut Body, headers: &HeaderMap) {
    // Who waits for leave to send the body gets the answer in its place.
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let _ = timeout(Duration::from_secs(2), async {
        let mut read = 0;
        while let Some(Ok(frame)) = body.frame().await {
            read += frame.data_ref().map_or(0, Bytes::len);
            if read > DRAIN {
                return;
            }
        }
    })
    .await;
}

async fn planned(taken: Taken, config: &Arc<Config>) -> Result<Vec<Outgoing>, Problem> {
    let Taken { properties, mime } = taken;
    let request = read(&properties)?;
    drop(properties);
    let (templates, recipients) = (config.templates.clone(), config.limits.recipients as usize);
    let (mail, text) = (config.limits.mail, config.limits.properties);
    let plan = move || plan(request, mime, Rules { templates: templates.as_deref(), recipients, mail, text });
    // It looks through files.
    spawn_blocking(plan)
        .await
        .unwrap_or_else(|_| Err(Problem::new(500, "the gateway could not make the mail; tell its operator")))
}

/// All mails at once, as far as there are sessions.
async fn deliver(mails: Vec<Outgoing>, hop: &Hop) -> Vec<(String, Outcome)> {
    let mut sending = JoinSet::new();
    let count = mails.len();
    for (number, mail) in mails.into_iter().enumerate() {
        let hop = hop.clone();
        sending.spawn(async move {
            let id = mail.word();
            let outcome = hop.send(mail).await;
            (number, id, outcome)
        });
    }
    let mut outcomes: Vec<Option<(String, Outcome)>> = std::iter::repeat_with(|| None).take(count).collect();
    while let Some(done) = sending.join_next().await {
        if let Ok((number, id, outcome)) = done
            && let Some(place) = outcomes.get_mut(number)
        {
            *place = Some((id, outcome));
        }
    }
    outcomes.into_iter().flatten().collect()
}
