//! The page at `/`, and the list that it shows. The page itself holds nothing; it asks for the token, and shows what that may see.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::{Gateway, token};
use crate::journal::JOURNAL;
use crate::problem::Problem;
use crate::unique;

const PAGE: &str = include_str!("page.html");

pub(super) async fn page() -> Response {
    let Ok(nonce) = unique::secret() else {
        return Problem::new(503, "this machine gives no random numbers; try again later").into_response();
    };
    // Only what stands in the page itself runs, whatever a mail may have brought in.
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, PAGE.replace("{nonce}", &nonce)).into_response()
}

/// What came through since the start: the last mails, the newest first.
pub(super) async fn mails(
    State(gateway): State<Gateway>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if let Err(problem) = token::admit(&gateway.config.tokens, query.as_deref(), &headers) {
        return problem.into_response();
    }
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    match serde_json::to_string(&JOURNAL.last()) {
        Ok(list) => (headers, list).into_response(),
        Err(error) => Problem::new(500, format!("the list cannot be written: {error}")).into_response(),
    }
}
