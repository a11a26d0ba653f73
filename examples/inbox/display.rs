//! What is shown, on standard output.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::calendar::Moment;
use super::legible::legible;
use super::printer::print;
use super::words::{names, size};

/// Shows the mails, and counts them.
#[derive(Debug)]
pub(crate) struct Display {
    bold: bool,
    mails: AtomicU64,
}

/// A mail that has been stored.
#[derive(Debug)]
pub(crate) struct Mail<'m> {
    pub(crate) subject: Option<String>,
    pub(crate) peer: &'m str,
    pub(crate) hello: &'m str,
    pub(crate) from: &'m str,
    pub(crate) to: &'m [String],
    pub(crate) refused: &'m [String],
    pub(crate) octets: u64,
    pub(crate) transport: &'m str,
    pub(crate) user: Option<&'m str>,
    pub(crate) file: &'m Path,
}

impl Display {
    /// Subjects are bold on a terminal that wants it (<https://no-color.org>).
    pub(crate) fn new() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self { bold: io::stdout().is_terminal() && !unwanted && !dumb, mails: AtomicU64::new(0) }
    }

    pub(crate) fn stopped(&self) {
        let mails = self.mails.load(Ordering::Relaxed);
        print(&format!("stopped; {mails} {} stored", if mails == 1 { "mail" } else { "mails" }));
    }

    /// A mail, by its subject first.
    pub(crate) fn mail(&self, mail: &Mail<'_>) {
        self.mails.fetch_add(1, Ordering::Relaxed);
        let subject = mail.subject.as_deref().map_or("(no subject)".into(), legible);
        let subject = if self.bold { format!("\x1b[1m{subject}\x1b[0m") } else { subject };
        let sender = if mail.from.is_empty() { "<> (a report)".into() } else { legible(mail.from) };
        let mut text = format!("{}  {subject}\n", now());
        let mut row = |label: &str, value: &str| {
            let _ = writeln!(text, "           {label:<8} {value}");
        };
        row("from", &sender);
        row("to", &names(mail.to));
        if !mail.refused.is_empty() {
            row("refused", &names(mail.refused));
        }
        let login = mail
            .user
            .map_or_else(|| "nobody logged in".to_owned(), |user| format!("{} logged in", legible(user)));
        row("by", &format!("{} ({}), {}, {login}", legible(mail.hello), mail.peer, mail.transport));
        row("size", &size(mail.octets));
        row("file", &mail.file.display().to_string());
        print(text.trim_end());
    }
}

pub(crate) fn listening(listener: &TcpListener, under_tls: bool, tls: bool) {
    let address = listener.local_addr().map_or_else(|_| "a socket".to_owned(), |address| address.to_string());
    let how = match (under_tls, tls) {
        (true, _) => "implicit TLS",
        (false, true) => "in clear, STARTTLS offered",
        (false, false) => "in clear",
    };
    print(&format!("listening on {address}, {how}"));
}

pub(crate) fn ready(protocol: &str, dir: &Path) {
    print(&format!("taking mail by {protocol} into {}, until Ctrl-C", dir.display()));
}

/// Something other than a mail that is worth knowing.
pub(crate) fn note(text: &str) {
    print(&format!("{}  {text}", now()));
}

fn now() -> String {
    Moment::from(SystemTime::now()).time()
}
