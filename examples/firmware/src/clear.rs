//! Stands for `tls` in an image without TLS: there is no login, and no handshake succeeds.

use embedded_smtp::data::Body;
use embedded_smtp::sasl::{Anyone, Authenticator};
use embedded_smtp::submission::Submission;

use crate::Station;
use crate::alert::Unsendable;
use crate::settings::Settings;

/// Milliseconds that the main loop may be away.
pub const PATIENCE: u32 = 500;

/// Nobody logs in: there is nothing to protect a password by.
pub fn login(_: &dyn Fn()) -> Result<Anyone, Unsendable> {
    Ok(Anyone)
}

/// The settings of such an image never ask for it.
pub fn session<B: Body, A: Authenticator>(
    _: &Station<'_>,
    _: &Settings<'_>,
    submission: &mut Submission<'_, '_, '_, B, A>,
) -> bool {
    submission.tls_failed();
    false
}
