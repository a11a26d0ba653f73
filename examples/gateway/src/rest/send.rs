//! `POST /v1/send`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use embedded_smtp::submission::Verdict;
use http_body_util::BodyExt as _;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, block_in_place, spawn_blocking};
use tokio::time::{Instant, timeout};

use super::kind::{self, Kind};
use super::{Gateway, answer, token};
use crate::config::Config;
use crate::hop::{Hop, OUT_OF_TIME, Outcome};
use crate::intake::{Intake, Taken, body_too_large};
use crate::problem::Problem;
use crate::request::{Outgoing, Plan, Rules, Several, plan, read};
use crate::unique;

/// How much of a body that is refused is still read, so that its sender gets to see the answer.
const DRAIN: usize = 4 << 20;

/// Kibibytes that the personal mails of one request may take at once, beyond what they share. A larger one goes alone.
const ROOM: usize = 4096;

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
    let plan = match taken {
        Ok(taken) => planned(taken, &config).await,
        Err(problem) => {
            drain(&mut body, &head.headers).await;
            Err(problem)
        }
    };
    match plan {
        Ok(plan) => {
            let end = Instant::now() + Duration::from_secs(config.limits.hop_seconds);
            answer::answer(&deliver(plan, &hop, config.hop_sessions, end).await)
        }
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
    Ok(match kind::of(headers)? {
        Kind::Json => Intake::json(limits),
        Kind::Form => Intake::form(limits),
    })
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

async fn planned(taken: Taken, config: &Arc<Config>) -> Result<Plan, Problem> {
    let Taken { properties, mime } = taken;
    let request = read(properties)?;
    let (templates, recipients) = (config.templates.clone(), config.limits.recipients as usize);
    let (mail, text) = (config.limits.mail, config.limits.properties);
    let plan = move || plan(request, mime, Rules { templates: templates.as_deref(), recipients, mail, text });
    // It looks through files.
    spawn_blocking(plan)
        .await
        .unwrap_or_else(|_| Err(Problem::new(500, "the gateway could not make the mail; tell its operator")))
}

async fn deliver(plan: Plan, hop: &Hop, sessions: usize, end: Instant) -> Vec<(String, Outcome)> {
    match plan {
        Plan::One(mail) => vec![sent(*mail, hop, end).await],
        Plan::Several(several) => deliver_several(&several, hop, sessions, end).await,
    }
}

/// As many at once as there are sessions, and as there is room for in memory.
async fn deliver_several(
    several: &Several,
    hop: &Hop,
    sessions: usize,
    end: Instant,
) -> Vec<(String, Outcome)> {
    let room = Arc::new(Semaphore::new(ROOM));
    let mut sending = JoinSet::new();
    let mut outcomes: Vec<Option<(String, Outcome)>> =
        std::iter::repeat_with(|| None).take(several.count()).collect();
    for number in 0..several.count() {
        let kibibytes = usize::try_from(several.weight(number) / 1024).unwrap_or(ROOM);
        let share = kibibytes.clamp((ROOM / sessions.max(1)).max(1), ROOM) as u32;
        let Ok(permit) = Arc::clone(&room).acquire_many_owned(share).await else { break };
        let mail = if end <= Instant::now() {
            Err((Verdict::RetryLater, OUT_OF_TIME.to_owned()))
        } else {
            // It could be made before.
            block_in_place(|| several.mail(number)).map_err(|problem| (Verdict::Rejected, problem.text))
        };
        let mail = match mail {
            Ok(mail) => mail,
            Err((verdict, why)) => {
                let recipient = [several.recipient(number).to_owned()];
                let (id, outcome) = (unique::word(), Outcome::unsent(&recipient, verdict, &why));
                outcome.enter(&id, several.envelope());
                if let Some(place) = outcomes.get_mut(number) {
                    *place = Some((id, outcome));
                }
                continue;
            }
        };
        let hop = hop.clone();
        sending.spawn(async move {
            let sent = sent(mail, &hop, end).await;
            drop(permit);
            (number, sent)
        });
    }
    while let Some(done) = sending.join_next().await {
        if let Ok((number, sent)) = done
            && let Some(place) = outcomes.get_mut(number)
        {
            *place = Some(sent);
        }
    }
    outcomes.into_iter().flatten().collect()
}

async fn sent(mail: Outgoing, hop: &Hop, end: Instant) -> (String, Outcome) {
    (mail.word(), hop.send(mail, end).await)
}
