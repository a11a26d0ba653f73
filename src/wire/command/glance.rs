//! MAIL and RCPT as they usually are, at a glance, where flash does not matter: two of three commands are one of them.

use super::Command;
use crate::wire::class::no_case;
use crate::wire::limits;
use crate::wire::mailbox::Mailbox;
use crate::wire::param::Params;
use crate::wire::path::{self, ForwardPath, ReversePath, sound};
use crate::wire::scan::Scan;
use crate::wire::words::{WORD, Word, first_low, first_low_of_last};

/// MAIL or RCPT with one space, no space behind the colon, and none at its end. `None` of any other line, wrong ones among them.
#[cfg_attr(target_pointer_width = "64", inline(always))]
#[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
pub(super) fn usual(line: &[u8]) -> Option<Command<'_>> {
    read(line, sound, |rest| match rest {
        [] => Some((Params::NONE, rest)),
        [b' ', rest @ ..] => Some((Params::scan(&mut Scan::new(rest))?, &[])),
        _ => None,
    })
    .map(|(command, _)| command)
}

/// The same, or DATA, at the front of `input`, with the CRLF behind it, and how many octets that is: whoever has not looked for the
/// line's end yet need not do so, for no path and no parameter holds one. Paths are of ASCII here.
#[cfg_attr(target_pointer_width = "64", inline(always))]
#[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
pub(super) fn taken(input: &[u8]) -> Option<(Command<'_>, usize)> {
    const DATA: u32 = u32::from_be_bytes(*b"data");
    if let [a, b, c, d, b'\r', b'\n', ..] = *input
        && u32::from_be_bytes([a, b, c, d]) | 0x2020_2020 == DATA
    {
        return Some((Command::Data, 6));
    }
    let (command, rest) = read(input, path::usual, |rest| match rest {
        [b'\r', b'\n', rest @ ..] => Some((Params::NONE, rest)),
        [b' ', rest @ ..] => taken_params(rest),
        _ => None,
    })?;
    Some((command, input.len().wrapping_sub(rest.len())))
}

/// One parameter or more, and what stands behind the CRLF that ends them.
#[inline(never)] // so that commands without any need few registers
fn taken_params(rest: &[u8]) -> Option<(Params<'_>, &[u8])> {
    const MOST: usize = limits::COMMAND_LINE / WORD;
    // In a longer input this may not be the first; then the parameters have one in them, which none allows.
    let end = first_low(rest, MOST).ok().or_else(|| first_low_of_last(rest))?;
    let (params, rest) = rest.split_at_checked(end)?;
    let [b'\r', b'\n', rest @ ..] = rest else { return None };
    Some((Params::scan(&mut Scan::new(params))?, rest))
}

/// MAIL or RCPT with a path that `path` reads, and what `params` reads behind it.
#[cfg_attr(target_pointer_width = "64", inline(always))]
#[allow(clippy::inline_always, reason = "counted: the hint alone saves nothing")]
fn read<'a>(
    line: &'a [u8],
    path: impl Fn(&'a [u8]) -> Option<(&'a [u8], Mailbox<'a>)>,
    params: impl Fn(&'a [u8]) -> Option<(Params<'a>, &'a [u8])>,
) -> Option<(Command<'a>, &'a [u8])> {
    const RCPT: Word = Word::of(b"RCPT TO:");
    const MAIL: Word = Word::of(b"MAIL FRO");
    let (head, behind) = line.split_first_chunk()?;
    let head = u64::from_be_bytes(*head);
    if RCPT.is(head) {
        let (path, rest) = if let Ok((rest, ())) = no_case(behind, b"<Postmaster>") {
            (ForwardPath::Postmaster, rest)
        } else {
            let (rest, mailbox) = path(behind)?;
            (ForwardPath::Mailbox(mailbox), rest)
        };
        let (params, rest) = params(rest)?;
        return Some((Command::Rcpt { path, params }, rest));
    }
    if let [b'M' | b'm', b':', behind @ ..] = behind
        && MAIL.is(head)
    {
        let (path, rest) = if let [b'<', b'>', rest @ ..] = behind {
            (ReversePath::Null, rest)
        } else {
            let (rest, mailbox) = path(behind)?;
            (ReversePath::Mailbox(mailbox), rest)
        };
        let (params, rest) = params(rest)?;
        return Some((Command::Mail { path, params }, rest));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of which some are commands, and some of those as usual.
    fn lines(mut each: impl FnMut(&str)) {
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
        for head in heads {
            for path in paths {
                for end in ends {
                    each(&std::format!("{head}{path}{end}"));
                }
            }
        }
        for line in ["DATA", "data", "dAtA", "DATA ", "DATA x", "DATE", "DAT", "QUIT"] {
            each(line);
        }
    }

    #[test]
    fn a_command_is_the_same_at_a_glance() {
        let mut seen = 0;
        lines(|line| {
            if let Some(command) = usual(line.as_bytes()) {
                assert_eq!(Command::any(line.as_bytes()), Ok(command), "{line:?}");
                seen += 1;
            }
        });
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn a_command_taken_with_its_line_s_end_is_the_one_that_the_line_is() {
        let mut seen = 0;
        lines(|line| {
            for behind in ["\r\n", "\r\nDATA\r\n", "\r\n\r\n", "\r\nlonger than any word is", "\r\n\u{e9}"] {
                let input = std::format!("{line}{behind}");
                if let Some((command, octets)) = taken(input.as_bytes()) {
                    assert_eq!(Command::any(line.as_bytes()), Ok(command), "{input:?}");
                    assert_eq!(octets, line.len() + 2, "{input:?}");
                    seen += 1;
                }
            }
        });
        assert!(seen > 500, "{seen}");
    }

    #[test]
    fn no_command_is_taken_whose_line_does_not_end_in_cr_lf() {
        lines(|line| {
            if line.ends_with('\r') {
                return;
            }
            for behind in
                ["", "\r", "\n", "\n\r\n", "\r\r\n", "\rx", "\0\r\n", "\t\r\n", " \nDATA\r\n", "\nDATA\r\n"]
            {
                let input = std::format!("{line}{behind}");
                assert_eq!(taken(input.as_bytes()), None, "{input:?}");
            }
        });
    }
}
