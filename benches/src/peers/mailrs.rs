//! mailrs-smtp-proto.

use std::hint::black_box;

use mailrs_smtp_proto::{
    Command, Event, Response, Session, SessionConfig, format_ehlo_response, parse_command, unstuff_data,
};

use super::{difference, refused};
use crate::corpus;
use crate::ours::lines::lines;
use crate::row::{Row, Work};
use crate::session;

const WHO: &str = "mailrs-smtp-proto";

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let mixed = corpus::commands();
    let taken = commands(&mixed);
    rows.push(
        Row::new(Work::Commands, WHO, (mixed.len(), 1000), move || {
            black_box(commands(black_box(&mixed)));
        })
        .differs(
            [refused(taken), "framed as ours, addresses and parameters not checked".into()].join(" ").trim(),
        ),
    );
    for (work, content) in [(Work::Unstuff, corpus::text()), (Work::UnstuffDots, corpus::dots())] {
        let wire = corpus::stuffed(&content);
        let differs = difference(&unstuff_data(&wire), &content, "other octets");
        rows.push(
            Row::new(work, WHO, (wire.len(), 1), move || {
                black_box(unstuff_data(black_box(&wire)));
            })
            .differs(differs),
        );
    }
    let said = session::said();
    let size = said.iter().map(Vec::len).sum();
    rows.push(Row::new(Work::ServerSession, WHO, (size, 1), move || serve(black_box(&said))));
    rows
}

fn commands(stream: &[u8]) -> usize {
    let mut taken = 0;
    for line in lines(stream) {
        let command = std::str::from_utf8(line).map(parse_command);
        taken += usize::from(matches!(command, Ok(Ok(_))));
        let _ = black_box(command);
    }
    taken
}

fn serve(said: &[Vec<u8>]) {
    let mut session = Session::new("mx1.example.com", SessionConfig::default());
    black_box(Response::greeting(&session.hostname).format_greeting());
    let mut content = false;
    for read in said {
        if content {
            let mail = unstuff_data(read);
            assert_eq!(mail.len(), 1024);
            black_box(mail);
            content = false;
            black_box(Response::data_ok().format());
            continue;
        }
        let mut tx = String::new();
        for line in lines(read) {
            let command = parse_command(std::str::from_utf8(line).expect("ASCII")).expect("a command");
            match session.handle_command(&command) {
                Event::Reply(reply) => {
                    if let Command::Ehlo(_) = command {
                        tx += &format_ehlo_response(&session.hostname, &session.capabilities());
                    } else {
                        tx += &reply.format();
                    }
                }
                Event::NeedData { reverse_path, forward_paths } => {
                    black_box((reverse_path, forward_paths));
                    tx += &Response::data_start().format();
                    content = true;
                }
                Event::Shutdown(reply) => tx += &reply.format(),
                _ => unreachable!("none of these was said"),
            }
        }
        black_box(tx);
    }
}
