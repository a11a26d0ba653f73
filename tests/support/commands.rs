//! Runs a bare [`Client`] through the commands of a transcript.

use std::collections::VecDeque;

use embedded_smtp::client::{Client, Event};
use embedded_smtp::session::Want;
use embedded_smtp::wire::{ForwardPath, HelloName, Reply, ReversePath, Text, Verb};
use embedded_smtp::{Buffer, Error};

use super::client::{Mode, Wire};
use super::transcript::{Transcript, unescaped};

/// Gives the commands, and demands the dialogue and the events as they are written.
pub(crate) fn check(transcript: &Transcript, mode: Mode) {
    let place = format!("{} {mode:?}", transcript.name);
    let part = &transcript.parts[0];
    let (mut rx, mut tx) = (vec![0; mode.rx], vec![0; mode.tx]);
    let mut client = Client::new(&mut rx, &mut tx);
    let mut wire = Wire::new(mode, part);
    let mut commands: VecDeque<String> = part.all("do").map(str::to_owned).collect();
    let mut events = Vec::new();
    loop {
        give(&mut client, &mut commands, &place);
        match client.poll() {
            Ok(Want::Event) => match client.event().expect("an event") {
                Event::StartTls => {
                    assert!(wire.handshake(), "{place}");
                    client.tls_established().expect(&place);
                }
                event => events.push(told(&event)),
            },
            Ok(Want::Closed) => break,
            Ok(want) if wire.is_done() => {
                assert_eq!((want, commands.len()), (Want::Read, 0), "{place}");
                break;
            }
            Ok(want) => wire.turn(&mut client, want, &place),
            Err(error) => {
                events.push(format!("{error}"));
                break;
            }
        }
    }
    assert!(wire.is_done(), "{place}: it ended before {wire:?}");
    assert_eq!(events, part.all("event").collect::<Vec<_>>(), "{place}");
}

/// Gives what may be given now.
fn give(client: &mut Client<'_>, commands: &mut VecDeque<String>, place: &str) {
    while let Some(command) = commands.front_mut() {
        if !command.starts_with('+') && client.in_flight() > 0 {
            return;
        }
        match one(client, command.trim_start_matches('+')) {
            Ok(None) => {
                commands.pop_front();
            }
            Ok(Some(left)) => {
                *command = left;
                return;
            }
            // What waits in it is written first.
            Err(Error::Capacity(short)) if short.buffer() == Buffer::Tx && !client.transmit().is_empty() => {
                return;
            }
            Err(error) => panic!("{place}: {command}: {error}"),
        }
    }
}

/// Gives one command; what is left of it when it is content that did not go all at once.
fn one(client: &mut Client<'_>, command: &str) -> Result<Option<String>, Error> {
    let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
    let text = |text| Text::new(text).expect("text");
    let name = |name| HelloName::new(name).expect("a name");
    match verb {
        "ehlo" => client.ehlo(name(rest)),
        "helo" => client.helo(name(rest)),
        "lhlo" => client.lhlo(name(rest)),
        "starttls" => client.starttls(),
        "mail" => client.mail(&ReversePath::new(rest).expect("a sender"), &()),
        "rcpt" => client.rcpt(&ForwardPath::new(rest).expect("a recipient"), &()),
        "data" => client.data(),
        "end" => client.end_of_body(),
        "rset" => client.rset(),
        "noop" => client.noop(),
        "quit" => client.quit(),
        "vrfy" => client.vrfy(text(rest)),
        "expn" => client.expn(text(rest)),
        "help" => client.help((!rest.is_empty()).then(|| text(rest))),
        "bdat" => match rest.split_once(' ') {
            Some((size, "last")) => client.bdat(size.parse().expect("a size"), true),
            _ => client.bdat(rest.parse().expect("a size"), false),
        },
        "body" => {
            let octets = unescaped(rest);
            let taken = client.body(&octets)?;
            if taken < octets.len() {
                let left: String = octets[taken..].iter().map(|octet| format!("\\x{octet:02x}")).collect();
                return Ok(Some(format!("+body {left}")));
            }
            Ok(())
        }
        _ => panic!("no such command: {command}"),
    }?;
    Ok(None)
}

pub(crate) fn told(event: &Event<'_>) -> String {
    let line = |kind: &str, to: Option<Verb>, reply: &Reply<'_>| {
        let to = to.map_or_else(|| "-".to_owned(), |to| format!("{to:?}"));
        let enhanced = reply.enhanced.map(|enhanced| format!(" {enhanced}")).unwrap_or_default();
        format!("{kind}{to} {}{enhanced} {}", reply.code, String::from_utf8_lossy(reply.text))
            .trim_end()
            .to_owned()
    };
    match event {
        Event::Line { to, reply } => line("Line ", *to, reply),
        Event::Reply { to, reply } => line("", Some(*to), reply),
        Event::Closing { to, reply } => line("Closing ", *to, reply),
        _ => panic!("{event:?}"),
    }
}
