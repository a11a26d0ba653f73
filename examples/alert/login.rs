//! The user's name and password, and how they may be used.

use embedded_smtp::sasl::{Authenticator, Credentials, Mechanism, Password, Unfit};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms};

use super::args::{Args, Auth};
use super::outcome::{Failure, Status};

/// A password from the environment or a file, never from the arguments, which everybody on the machine can see.
pub(crate) fn password(args: &Args) -> Result<String, Failure> {
    let Some(file) = &args.password_file else {
        return std::env::var("ALERT_PASSWORD").map_err(|_| {
            let text = "--user needs a password: set ALERT_PASSWORD, or give a file by --password-file";
            Failure::new(Status::Usage, text)
        });
    };
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::unsendable(format!("--password-file {}: {error}", file.display())))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// Whether and how to log in.
#[derive(Debug)]
pub(crate) struct Login<'a> {
    password: Option<Password<'a>>,
    octets: usize,
}

impl<'a> Login<'a> {
    pub(crate) fn new(args: &'a Args, password: &'a str) -> Result<Self, Failure> {
        let Some(user) = &args.user else { return Ok(Self { password: None, octets: 0 }) };
        let credentials = Credentials::new(user, password).map_err(|error| {
            let error = match error {
                Unfit::UserName(error) => format!("--user {user:?}: {error}"),
                Unfit::Password(error) => format!("the password: {error}"),
            };
            Failure::unsendable(format!("{error}; no login can carry that"))
        })?;
        let login = Password::new(credentials);
        let login = match args.mechanism() {
            Some(mechanism) => login.only(AuthMechanisms::NONE.with(mechanism)),
            None => login,
        };
        Ok(Self { password: Some(login), octets: user.len() + password.len() })
    }

    /// Octets of name and password together, for which the transmit buffer must have room.
    pub(crate) fn octets(&self) -> usize {
        self.octets
    }
}

impl Authenticator for Login<'_> {
    fn choose(&mut self, offered: AuthMechanisms) -> Option<AuthMechanism> {
        self.password.as_mut()?.choose(offered)
    }

    fn mechanism(&mut self) -> Option<&mut dyn Mechanism> {
        self.password.as_mut()?.mechanism()
    }

    fn is_wanted(&self) -> bool {
        self.password.is_some()
    }
}

impl Args {
    /// The mechanism that the login is restricted to.
    pub(crate) fn mechanism(&self) -> Option<AuthMechanism> {
        self.auth.map(|auth| match auth {
            Auth::Plain => AuthMechanism::Plain,
            Auth::Login => AuthMechanism::Login,
        })
    }
}
