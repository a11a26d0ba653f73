//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Parser, ValueEnum};
use embedded_smtp::submission::TlsPolicy;

use super::outcome::{Failure, Status};
use super::paint::say;

/// Mails an alert: one mail to one server.
///
/// The text comes from --text, --file or standard input. Texts, attached files and whole messages (--raw) may be of any
/// size: they are read in pieces, and what comes through a pipe is put aside in a temporary file once it
/// is longer than 256 KiB, so that its size is known beforehand. Without any argument a mail goes to a server inside the program.
#[derive(Debug, Parser)]
#[command(name = "alert", version, after_help = AFTER)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Args {
    /// The server; the port is 587 if left out, or 465 with --tls implicit
    #[arg(long, value_name = "HOST:PORT")]
    server: String,
    /// The sender's address
    #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
    pub(crate) from: String,
    /// A recipient's address; may be given several times
    #[arg(long, value_name = "ADDRESS", required_unless_present_any = ["cc", "bcc"], allow_hyphen_values = true)]
    pub(crate) to: Vec<String>,
    /// A recipient of a copy; may be given several times
    #[arg(long, value_name = "ADDRESS", conflicts_with = "raw", allow_hyphen_values = true)]
    pub(crate) cc: Vec<String>,
    /// A recipient of a copy whom the mail does not name; may be given several times
    #[arg(long, value_name = "ADDRESS", conflicts_with = "raw", allow_hyphen_values = true)]
    pub(crate) bcc: Vec<String>,
    /// The subject
    #[arg(long, required_unless_present = "raw", allow_hyphen_values = true)]
    pub(crate) subject: Option<String>,
    /// The text itself
    #[arg(long, conflicts_with_all = ["file", "raw"], allow_hyphen_values = true)]
    pub(crate) text: Option<String>,
    /// A file with the text; `-` is standard input, and so is no --file and no --text
    #[arg(long)]
    pub(crate) file: Option<PathBuf>,
    /// A file with the text once more, in HTML and UTF-8, for those who can show that
    #[arg(long, value_name = "FILE", conflicts_with = "raw")]
    pub(crate) html: Option<PathBuf>,
    /// A file to travel with the mail; may be given several times
    #[arg(long, value_name = "FILE", conflicts_with = "raw")]
    pub(crate) attach: Vec<PathBuf>,
    /// The text is a whole message with a header section of its own, and is sent as it is
    #[arg(long, conflicts_with = "subject")]
    pub(crate) raw: bool,
    /// When to use TLS
    #[arg(long, value_enum, default_value = "required", value_name = "WHEN")]
    pub(crate) tls: When,
    /// PEM file with the certificates of the authorities to trust, in place of the system's
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// The name that the server's certificate must carry, if not HOST
    #[arg(long, value_name = "NAME")]
    pub(crate) tls_name: Option<String>,
    /// Ask that every server on the way passes the mail on over TLS only, or gives it back (REQUIRETLS, RFC 8689)
    #[arg(long)]
    pub(crate) requiretls: bool,
    /// Log in by this name, with the password from the environment variable `ALERT_PASSWORD`
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// The password is in this file instead; a line end behind it does not count
    #[arg(long, value_name = "FILE", requires = "user")]
    pub(crate) password_file: Option<PathBuf>,
    /// Log in by this mechanism only
    #[arg(long, value_enum, requires = "user", value_name = "MECHANISM")]
    pub(crate) auth: Option<Auth>,
    /// Use the mechanism of --auth even if the server does not offer it; never without TLS
    #[arg(long, requires = "auth")]
    pub(crate) auth_unoffered: bool,
    /// Send the password without TLS if need be
    #[arg(long, requires = "user")]
    pub(crate) allow_cleartext_auth: bool,
    /// This machine's name in EHLO; its address in brackets if left out
    #[arg(long, value_name = "NAME")]
    pub(crate) hello: Option<String>,
    /// Longest wait for the server, in place of the durations of RFC 5321 (2 to 10 minutes): for a connection, for all of
    /// TLS's handshake, for each reply, and for each piece of the mail to be taken
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: Option<u64>,
    /// Print the dialogue to standard error, with secrets masked
    #[arg(long)]
    pub(crate) verbose: bool,
}

const AFTER: &str = "\
Exit status:
   0  delivered
  64  the command line is wrong
  65  the mail cannot be sent as it is: a bad address, too large, needs 8BITMIME
  69  refused by the server, or the server is not to be trusted
  70  delivered to some of the recipients
  75  not delivered, try again later
  76  unknown: it may have been delivered";

/// When to use TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// STARTTLS, or nothing is sent
    Required,
    /// STARTTLS where the server offers it, else in clear
    IfOffered,
    /// In clear
    Never,
    /// TLS from the first octet (port 465)
    Implicit,
}

/// How to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Auth {
    Plain,
    Login,
}

/// The arguments; `None` when help or version was asked for, and has been given.
pub(crate) fn parse() -> Result<Option<Args>, Failure> {
    match Args::try_parse() {
        Ok(args) => Ok(Some(args)),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            say(error.to_string().trim_end());
            Ok(None)
        }
        Err(error) => Err(usage(&error.to_string())),
    }
}

/// The parser's message up to its hints, in one line.
fn usage(message: &str) -> Failure {
    let lines = message.lines().take_while(|line| !line.trim().is_empty());
    let text = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    Failure::new(Status::Usage, format!("{text}; --help tells more"))
}

impl Args {
    /// Host and port.
    pub(crate) fn server(&self) -> Result<(String, u16), Failure> {
        let implicit = if self.tls == When::Implicit { 465 } else { 587 };
        host_and_port(&self.server, implicit).ok_or_else(|| {
            let text =
                format!("--server {:?} is not HOST:PORT; put an IPv6 address in brackets", self.server);
            Failure::new(Status::Usage, text)
        })
    }

    pub(crate) fn policy(&self) -> TlsPolicy {
        match self.tls {
            When::Required => TlsPolicy::Required,
            When::IfOffered => TlsPolicy::IfOffered,
            When::Never => TlsPolicy::Never,
            When::Implicit => TlsPolicy::Implicit,
        }
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout.map(Duration::from_secs)
    }
}

fn host_and_port(server: &str, default: u16) -> Option<(String, u16)> {
    let (host, port) = match server.strip_prefix('[') {
        Some(literal) => literal.split_once(']')?,
        None => server.split_at(server.find(':').unwrap_or(server.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse().ok().filter(|port| *port > 0)?,
        None if port.is_empty() => default,
        None => return None,
    };
    (!host.is_empty()).then(|| (host.to_owned(), port))
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
    fn a_server_is_host_and_port() {
        for (server, expected) in [
            ("mail.example.org:25", Some(("mail.example.org", 25))),
            ("mail.example.org", Some(("mail.example.org", 587))),
            ("192.0.2.1:2525", Some(("192.0.2.1", 2525))),
            ("[2001:db8::1]:25", Some(("2001:db8::1", 25))),
            ("[2001:db8::1]", Some(("2001:db8::1", 587))),
            ("2001:db8::1", None),
            ("host:", None),
            ("host:0", None),
            ("host:70000", None),
            (":25", None),
            ("[::1]25", None),
            ("", None),
        ] {
            let expected = expected.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(host_and_port(server, 587), expected, "{server}");
        }
    }

    #[test]
    fn a_wrong_command_line_is_told_in_one_line() {
        let error = Args::try_parse_from(["alert", "--server", "x", "--raw"]).unwrap_err();
        let failure = usage(&error.to_string());
        assert_eq!(failure.status, Status::Usage);
        assert!(failure.text.contains("--from <ADDRESS> --to <ADDRESS>;"), "{}", failure.text);
        assert!(!failure.text.contains('\n'));
    }

    #[test]
    fn a_password_is_no_argument() {
        let arguments =
            ["alert", "--server", "x", "--from", "a@b", "--to", "c@d", "--raw", "--password", "x"];
        assert!(Args::try_parse_from(arguments).is_err());
    }
}
