//! MAIL and RCPT as they usually are, at a glance, where flash does not matter: two of three commands are one of them.

use super::Command;
use crate::wire::class::no_case;
use crate::wire::param::Params;
use crate::wire::path::{ForwardPath, ReversePath, sound};
use crate::wire::scan::Scan;
use crate::wire::words::Word;

/// MAIL or RCPT with one space, no space behind the colon, and none at its end. `None` of any other line, wrong ones among them.
#[cfg_attr(target_pointer_width = "64", inline(always))]
#[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
pub(super) fn usual(line: &[u8]) -> Option<Command<'_>> {
    const RCPT: Word = Word::of(b"RCPT TO:");
    const MAIL: Word = Word::of(b"MAIL FRO");
    let (head, behind) = line.split_first_chunk()?;
    let head = u64::from_be_bytes(*head);
    if RCPT.is(head) {
        let (path, rest) = if let Ok((rest, ())) = no_case(behind, b"<Postmaster>") {
            (ForwardPath::Postmaster, rest)
        } else {
            let (rest, mailbox) = sound(behind)?;
            (ForwardPath::Mailbox(mailbox), rest)
        };
        return Some(Command::Rcpt { path, params: params(rest)? });
    }
    if let [b'M' | b'm', b':', behind @ ..] = behind
        && MAIL.is(head)
    {
        let (path, rest) = if let [b'<', b'>', rest @ ..] = behind {
            (ReversePath::Null, rest)
        } else {
            let (rest, mailbox) = sound(behind)?;
            (ReversePath::Mailbox(mailbox), rest)
        };
        return Some(Command::Mail { path, params: params(rest)? });
    }
    None
}

fn params(rest: &[u8]) -> Option<Params<'_>> {
    match rest {
        [] => Some(Params::NONE),
        [b' ', rest @ ..] => Params::scan(&mut Scan::new(rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_the_same_at_a_glance() {
        let heads = [
            "MAIL FROM:",
            "mail from:",
            "RCPT TO:",
            "Rcpt To:",
            "MAIL FRO:",
            "MAIL FROM;",
            "RCPT  TO:",
            "RCPT TO: ",
            "MAIL TO:",
            "RCPT FROM:",
            "MAIL\0FROM:",
            "VRFY ",
            "",
        ];
        let paths = [
            "<>",
            "<a@b.example>",
            "<alice.smith@mail.example.org>",
            "<\"a b\"@example.org>",
            "<@c,@d:a@b.example>",
            "<dave@[192.0.2.25]>",
            "<Postmaster>",
            "<postmaster>",
            "<postmaster@x.example>",
            "<p\u{e9}@x.example>",
            "<a@b>",
            "a@b.example",
            "<a@b.example",
            "<>>",
            "<a@-b.example>",
            "<a..b@example.org>",
            "<a@b\r>",
        ];
        let ends = [
            "",
            " ",
            "  ",
            " SIZE=1",
            "  SIZE=1",
            " SIZE=1 ",
            " SIZE=1  RET=FULL",
            "SIZE=1",
            " SIZE=1 SIZE=2",
            "\t",
            " X=1 x=2",
            " SIZE=9999999999 BODY=8BITMIME SMTPUTF8",
            " BODY=BINARYMIME",
            " NOTIFY=NEVER ORCPT=rfc822;a",
            " RET=",
            "\r",
            "\0",
        ];
        let mut taken = 0;
        for head in heads {
            for path in paths {
                for end in ends {
                    let line = std::format!("{head}{path}{end}");
                    if let Some(command) = usual(line.as_bytes()) {
                        assert_eq!(Command::any(line.as_bytes()), Ok(command), "{line:?}");
                        taken += 1;
                    }
                }
            }
        }
        assert!(taken > 100, "{taken}");
    }
}
