//! The content on its way out of the client: whatever it holds, in whatever pieces it is given, the server reads one mail and no
//! command. (The stuffing alone is tried in tests/stuffing.rs.)
//!
//! Class: stuffing holes (client). Records: CVE-2021-38189 (RUSTSEC-2021-0069), RUSTSEC-2026-0561.

use embedded_smtp::client::Client;
use embedded_smtp::data::LineEnds;
use embedded_smtp::wire::{ForwardPath, ReversePath};
use embedded_smtp::{Error, Misuse};

use super::support::feed::{events, feed, ready, sent};

/// All that is written behind DATA, or the error with what had gone before; long runs from where they lie.
fn written(line_ends: LineEnds, pieces: &[&[u8]]) -> Result<Vec<u8>, (Error, Vec<u8>)> {
    let (mut rx, mut tx) = ([0; 128], [0; 24]);
    let mut client = ready(&mut rx, &mut tx, &[]).line_ends(line_ends);
    for (command, answer) in [(0, "250 ok\r\n"), (1, "250 ok\r\n"), (2, "354 go on\r\n")] {
        match command {
            0 => client.mail(&ReversePath::Null, &()),
            1 => client.rcpt(&ForwardPath::Postmaster, &()),
            _ => client.data(),
        }
        .unwrap();
        sent(&mut client);
        feed(&mut client, answer.as_bytes());
        events(&mut client);
    }
    let mut wire = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let in_place = client.body_in_place(rest).expect("content is due");
            if in_place > 0 {
                wire.extend_from_slice(&rest[..in_place]);
                client.transmitted(in_place);
                rest = &rest[in_place..];
                continue;
            }
            match client.body(rest) {
                Ok(taken) => rest = &rest[taken..],
                Err(error) => return Err((error, wire)),
            }
            take(&mut client, &mut wire);
        }
    }
    if let Err(error) = client.end_of_body() {
        return Err((error, wire));
    }
    take(&mut client, &mut wire);
    Ok(wire)
}

/// Takes what waits in tx.
fn take(client: &mut Client<'_>, wire: &mut Vec<u8>) {
    wire.extend_from_slice(client.transmit());
    client.transmitted(client.transmit().len());
}

/// What the most lenient of servers reads: each of CR, LF and CRLF ends a line, a dot alone ends the mail.
fn read_leniently(wire: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let (mut lines, mut rest) = (Vec::new(), wire);
    loop {
        let end = rest.iter().position(|octet| matches!(octet, b'\r' | b'\n')).expect("a line's end");
        let (line, behind) = rest.split_at(end);
        rest = behind.strip_prefix(b"\r\n").unwrap_or(&behind[1..]);
        if line == b"." {
            return (lines, rest.to_vec());
        }
        lines.push(line.strip_prefix(b".").unwrap_or(line).to_vec());
    }
}

/// The content's lines, each of CR, LF and CRLF ending one.
fn lines(content: &[u8]) -> Vec<Vec<u8>> {
    let (mut lines, mut rest) = (Vec::new(), content);
    while !rest.is_empty() {
        let end = rest.iter().position(|octet| matches!(octet, b'\r' | b'\n')).unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        rest = behind.strip_prefix(b"\r\n").unwrap_or(behind.get(1..).unwrap_or_default());
        lines.push(line.to_vec());
    }
    lines
}

fn check(content: &[u8]) {
    let bare = (0..content.len()).any(|at| match content[at] {
        b'\n' => at == 0 || content[at - 1] != b'\r',
        b'\r' => content.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    let single: Vec<&[u8]> = content.chunks(1).collect();
    let cuts: Vec<Vec<&[u8]>> =
        (0..=content.len()).map(|at| vec![&content[..at], &content[at..]]).chain([single]).collect();
    for pieces in &cuts {
        let wire = written(LineEnds::Normalize, pieces).expect("all is normalised");
        let (read, behind) = read_leniently(&wire);
        assert_eq!(read, lines(content), "{pieces:?} {wire:?}");
        assert_eq!(behind, b"", "{pieces:?} {wire:?}");
        match written(LineEnds::Reject, pieces) {
            Ok(strict) => assert!(!bare && strict == wire, "{pieces:?}"),
            Err((error, left)) => {
                assert!(bare, "{pieces:?}");
                assert_eq!(error, Misuse::BareLineEnd.into());
                // What has gone is no mail, and holds nothing bare.
                assert!(!left.ends_with(b"\r\n.\r\n") && left != b".\r\n", "{pieces:?} {left:?}");
                let text = String::from_utf8(left).unwrap().replace("\r\n", "");
                assert!(!text.trim_end_matches('\r').contains(['\r', '\n']), "{pieces:?} {text:?}");
            }
        }
    }
}

#[test]
fn whatever_the_content_is_the_most_lenient_server_reads_one_mail() {
    let alphabet = b".\r\na";
    for length in 0..=5_u32 {
        for number in 0..alphabet.len().pow(length) {
            let content: Vec<u8> =
                (0..length).map(|at| alphabet[number / alphabet.len().pow(at) % alphabet.len()]).collect();
            check(&content);
            if length < 5 {
                check(&[&[b'x'; 30], &content[..], &[b'y'; 30]].concat());
            }
        }
    }
}

#[test]
fn a_mail_within_a_mail_stays_content() {
    let smuggled = "MAIL FROM:<evil@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nforged\r\n.\r\n";
    for look_alike in [
        "\r\n.\r\n",
        "\n.\n",
        "\n.\r\n",
        "\r.\r",
        "\r\n.\n",
        "\r.\r\n",
        "\r\n.\r",
        ".\r\n",
        ".\n",
        ".\r",
        "\r\r\n.\r\n",
    ] {
        for front in ["", "text"] {
            check(format!("{front}{look_alike}{smuggled}").as_bytes());
        }
    }
}
