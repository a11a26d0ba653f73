//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// A small SMTP server for development: takes mail, shows each as it comes, and stores it as an .eml file.
///
/// A mail is stored as the client sent it, octet for octet, and the client is told 250 only when it is on the disk. Its file
/// can be read by its owner only (mode 0600).
/// `reject@` at any domain is refused with 550 5.1.1, `defer@` with 450 4.2.0; everyone else is welcome.
#[derive(Debug, Parser)]
#[command(name = "inbox", version)]
pub(crate) struct Args {
    /// Where to listen; port 0 takes any free port, and says which
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:2525")]
    pub(crate) listen: String,
    /// Where to listen for clients that begin with TLS, as on port 465
    #[arg(long, value_name = "HOST:PORT", requires = "tls")]
    pub(crate) implicit_tls_listen: Option<String>,
    /// Where the mails go; made if it is not there
    #[arg(long, value_name = "DIR", default_value = "inbox")]
    pub(crate) dir: PathBuf,
    /// PEM files of the certificate (with its chain) and its key: offers STARTTLS
    #[arg(long, num_args = 2, value_names = ["CERT", "KEY"])]
    pub(crate) tls: Option<Vec<PathBuf>>,
    /// Who may log in, by PLAIN or LOGIN. Other users of this machine can see it in the list of programs
    #[arg(long, value_name = "USER:PASSWORD", value_parser = user)]
    pub(crate) user: Option<(String, String)>,
    /// Offer the login without TLS too
    #[arg(long, requires = "user")]
    pub(crate) allow_cleartext_auth: bool,
    /// Take mail only behind a login
    #[arg(long, requires = "user")]
    pub(crate) require_auth: bool,
    /// Octets of a mail; 0 for no limit
    #[arg(long, value_name = "OCTETS", default_value_t = 50 * 1024 * 1024)]
    pub(crate) max_size: u64,
    /// This server's name in its greeting
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    pub(crate) host: String,
    /// How long a client may take for a command, and for 1024 octets of a mail
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) timeout: u16,
    /// Sessions at a time; further clients wait for their greeting
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max_connections: u16,
    /// Speak LMTP (RFC 2033) instead of SMTP
    #[arg(long)]
    pub(crate) lmtp: bool,
}

fn user(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once(':') {
        Some((user, password)) if !user.is_empty() && !password.is_empty() => {
            Ok((user.to_owned(), password.to_owned()))
        }
        _ => Err("a user and a password with a colon between them are wanted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }

    #[test]
    fn a_password_may_hold_colons() {
        assert_eq!(user("a:b:c"), Ok(("a".to_owned(), "b:c".to_owned())));
        for text in ["", "a", "a:", ":b"] {
            assert!(user(text).is_err(), "{text:?}");
        }
    }
}
