//! Colours, on a terminal that wants them.

use std::fmt::Display;
use std::io::{Write, stderr, stdout};

/// What a colour stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ink {
    Title,
    Quiet,
    Client,
    Good,
    Doubtful,
    Bad,
}

/// Prints a line. A reader who is gone is no reason to give up a mail, or to deny that it went.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(stdout(), "{line}");
}

/// Prints a line of error.
pub(crate) fn complain(line: impl Display) {
    let _ = writeln!(stderr(), "alert: {line}");
}

/// Whether to paint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint(bool);

impl Paint {
    /// Colours on a terminal, unless `NO_COLOR` is set (<https://no-color.org>) or the terminal is a dumb one.
    pub(crate) fn new(is_terminal: bool) -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Self(is_terminal && !unwanted && !dumb)
    }

    pub(crate) fn ink(self, ink: Ink, text: impl Display) -> String {
        let number = match ink {
            Ink::Title => "1",
            Ink::Quiet => "2",
            Ink::Client => "36",
            Ink::Good => "32",
            Ink::Doubtful => "33",
            Ink::Bad => "31",
        };
        if self.0 { format!("\x1b[{number}m{text}\x1b[0m") } else { text.to_string() }
    }

    /// A line that opens a part of the output.
    pub(crate) fn heading(self, text: &str) -> String {
        let rule = "-".repeat(76_usize.saturating_sub(text.len() + 4));
        self.ink(Ink::Title, format!("-- {text} {rule}"))
    }
}
