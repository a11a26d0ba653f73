//! One line of the table: who does what work, and how.

use std::hint::black_box;

/// A piece of work that several do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Replies,
    OkReply,
    Ehlo,
    Commands,
    StuffSlices,
    StuffCopied,
    StuffDots,
    Unstuff,
    UnstuffPieces,
    UnstuffDots,
    Base64,
    ClientSession,
    ClientMail,
    ServerSession,
    ServerMail,
}

impl Work {
    pub const ALL: [Self; 15] = [
        Self::Replies,
        Self::OkReply,
        Self::Ehlo,
        Self::Commands,
        Self::StuffSlices,
        Self::StuffCopied,
        Self::StuffDots,
        Self::Unstuff,
        Self::UnstuffPieces,
        Self::UnstuffDots,
        Self::Base64,
        Self::ClientSession,
        Self::ClientMail,
        Self::ServerSession,
        Self::ServerMail,
    ];

    /// Its name in `budget.toml`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Replies => "reply",
            Self::OkReply => "reply-ok",
            Self::Ehlo => "ehlo",
            Self::Commands => "command",
            Self::StuffSlices => "stuffing",
            Self::StuffCopied => "stuffing-copied",
            Self::StuffDots => "stuffing-dots",
            Self::Unstuff => "unstuffing",
            Self::UnstuffPieces => "unstuffing-pieces",
            Self::UnstuffDots => "unstuffing-dots",
            Self::Base64 => "base64",
            Self::ClientSession => "client-session",
            Self::ClientMail => "client-mail",
            Self::ServerSession => "server-session",
            Self::ServerMail => "server-mail",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Replies => "replies, 1 000 mixed",
            Self::OkReply => "reply `250 2.1.0 Ok`",
            Self::Ehlo => "EHLO reply of 9 lines",
            Self::Commands => "commands, 1 000 mixed",
            Self::StuffSlices => "stuffing 1 MiB of 76-column text, as slices",
            Self::StuffCopied => "the same, into a buffer",
            Self::StuffDots => "stuffing 1 MiB, each line of 20 begins with a dot",
            Self::Unstuff => "unstuffing 1 MiB of 76-column text, whole",
            Self::UnstuffPieces => "the same, in pieces of 1 460 octets",
            Self::UnstuffDots => "unstuffing 1 MiB, each line of 20 begins with a dot",
            Self::Base64 => "1 MiB in base64, lines of 76",
            Self::ClientSession => "client: a session with one mail of 1 KiB",
            Self::ClientMail => "client: one more mail of 1 KiB",
            Self::ServerSession => "server: a session with one mail of 1 KiB",
            Self::ServerMail => "server: one more mail of 1 KiB",
        }
    }

    /// Whether octets are what counts, and not how many items they are.
    pub fn is_bulk(self) -> bool {
        matches!(
            self,
            Self::StuffSlices
                | Self::StuffCopied
                | Self::StuffDots
                | Self::Unstuff
                | Self::UnstuffPieces
                | Self::UnstuffDots
                | Self::Base64
        )
    }
}

/// Work, done by somebody.
pub struct Row {
    pub work: Work,
    pub who: &'static str,
    /// Octets that one run goes through, on the side of the wire or the attachment.
    pub octets: usize,
    /// Replies, commands, sessions of one run.
    pub items: usize,
    /// How what it makes differs from what ours makes; empty when it does not.
    pub differs: String,
    run: Box<dyn FnMut()>,
}

impl Row {
    pub fn new(
        work: Work,
        who: &'static str,
        (octets, items): (usize, usize),
        run: impl FnMut() + 'static,
    ) -> Self {
        Self { work, who, octets, items, differs: String::new(), run: Box::new(run) }
    }

    pub fn differs(mut self, how: impl Into<String>) -> Self {
        self.differs = how.into();
        self
    }

    pub fn run(&mut self) {
        (self.run)();
    }

    /// A run that callgrind knows by this function's name.
    pub fn run_measured(&mut self) {
        measured(&mut *self.run);
    }
}

/// What `--toggle-collect` and `--dump-after` name.
#[unsafe(no_mangle)]
#[inline(never)]
fn embedded_smtp_measured(run: &mut dyn FnMut()) {
    run();
    black_box(());
}

fn measured(run: &mut dyn FnMut()) {
    embedded_smtp_measured(run);
}
