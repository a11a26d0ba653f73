//! Mails an alert.
//!
//! Without arguments it mails one to a server inside this process, over no network, and shows everything:
//! the dialogue, the mail as it arrived, the report, and the memory that the session took.
//!
//! ```text
//! cargo run --example alert
//! ```
//!
//! With arguments it is a tool: one mail to a real server, over TLS unless told otherwise, from a text, a file
//! or standard input, with files of any size attached in constant memory, and an exit status that says what became of it.
//!
//! ```text
//! cargo run --example alert -- --server mail.example.org:587 --user pump --from pump@example.org \
//!     --to operations@example.org --subject "The pump has stopped" --text "Pressure: 0.3 bar."
//! ```
//!
//! Each module is one idea; `session.rs` is where the library is driven, and the first to read.

mod args;
mod attach;
#[path = "../common/clock.rs"]
mod clock;
mod compose;
mod content;
mod deliver;
mod demo;
mod input;
#[path = "../common/legible.rs"]
mod legible;
mod login;
mod mail;
mod outcome;
mod paint;
mod pieces;
mod pipe;
mod prose;
mod report;
mod server;
mod session;
mod spool;
mod survey;
mod tap;
#[path = "../common/tcp.rs"]
mod tcp;
mod tls;
mod transcript;
mod unique;
mod wire;

use std::process::ExitCode;

use outcome::{Failure, Status};

fn main() -> ExitCode {
    let outcome = if std::env::args_os().len() > 1 {
        args::parse().and_then(|args| args.map_or(Ok(Status::Delivered), |args| deliver::deliver(&args)))
    } else {
        demo::demo()
    };
    let status = outcome.unwrap_or_else(|Failure { status, text }| {
        paint::complain(text);
        status
    });
    ExitCode::from(status as u8)
}
