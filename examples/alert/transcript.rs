//! A dialogue made readable: one line each, `C:` and `S:`, secrets masked, long mails abbreviated.

use std::collections::VecDeque;
use std::io::Write;

use super::legible::legible;
use super::paint::{Ink, Paint};

/// Octets kept of a line; what is beyond is only counted.
const WIDTH: usize = 240;
/// Lines of a mail that are shown at its front and at its end.
const FRONT: u64 = 16;
const BACK: usize = 3;

/// Takes octets as they pass, and prints lines.
pub(crate) struct Transcript {
    out: Box<dyn Write>,
    paint: Paint,
    client: Line,
    server: Line,
    phase: Phase,
}

/// What the client's next line is.
enum Phase {
    Command,
    /// The answer to a 334, which is a secret.
    Secret,
    Content(Content),
}

/// A line as far as it has come.
#[derive(Default)]
struct Line {
    front: Vec<u8>,
    octets: u64,
}

/// The mail on its way out.
#[derive(Default)]
struct Content {
    lines: u64,
    octets: u64,
    held: VecDeque<String>,
}

impl Transcript {
    pub(crate) fn new(out: Box<dyn Write>, paint: Paint) -> Self {
        Self { out, paint, client: Line::default(), server: Line::default(), phase: Phase::Command }
    }

    /// Octets that the client has sent.
    pub(crate) fn sent(&mut self, octets: &[u8]) {
        for piece in octets.split_inclusive(|octet| *octet == b'\n') {
            if self.client.take(piece) {
                self.client_line();
            }
        }
    }

    /// Octets that the server has sent.
    pub(crate) fn received(&mut self, octets: &[u8]) {
        for piece in octets.split_inclusive(|octet| *octet == b'\n') {
            if self.server.take(piece) {
                self.server_line();
            }
        }
    }

    /// Something that happened between the lines.
    pub(crate) fn note(&mut self, text: &str) {
        let text = self.paint.ink(Ink::Title, format!("-- {} --", legible(text)));
        self.print(&text);
    }

    /// What the connection's end cut off.
    pub(crate) fn finish(&mut self) {
        if self.client.octets > 0 {
            self.client_line();
        }
        if self.server.octets > 0 {
            self.server_line();
        }
        if let Phase::Content(content) = std::mem::replace(&mut self.phase, Phase::Command) {
            self.content_ends(&content);
        }
    }

    fn client_line(&mut self) {
        let (text, octets) = self.client.finish();
        match &mut self.phase {
            Phase::Command => {
                let text = self.paint.ink(Ink::Client, masked(&text));
                self.print(&format!("C: {text}"));
            }
            Phase::Secret => {
                self.phase = Phase::Command;
                let text = self.paint.ink(Ink::Client, if text == "*" { "*" } else { MASK });
                self.print(&format!("C: {text}"));
            }
            Phase::Content(content) if text == "." => {
                let content = std::mem::take(content);
                self.phase = Phase::Command;
                self.content_ends(&content);
                let text = self.paint.ink(Ink::Client, ".");
                self.print(&format!("C: {text}"));
            }
            Phase::Content(content) => {
                if let Some(text) = content.take(text, octets) {
                    self.print(&format!("C: {text}"));
                }
            }
        }
    }

    fn content_ends(&mut self, content: &Content) {
        let left_out = content.lines.saturating_sub(FRONT).saturating_sub(BACK as u64);
        if left_out > 0 {
            let text = format!("   [{left_out} lines left out; {} octets in all]", content.octets);
            let text = self.paint.ink(Ink::Quiet, text);
            self.print(&text);
        }
        for text in &content.held {
            self.print(&format!("C: {text}"));
        }
    }

    fn server_line(&mut self) {
        let (text, _) = self.server.finish();
        // Only a reply's last line has its code without a hyphen (RFC 5321 §4.2.1).
        let last = !text.get(3..).unwrap_or_default().starts_with('-');
        match text.get(..3) {
            Some("334") if last => self.phase = Phase::Secret,
            Some("354") if last => self.phase = Phase::Content(Content::default()),
            _ => {}
        }
        let ink = match text.as_bytes().first() {
            Some(b'2' | b'3') => Ink::Good,
            Some(b'4') => Ink::Doubtful,
            _ => Ink::Bad,
        };
        let text = self.paint.ink(ink, text);
        self.print(&format!("S: {text}"));
    }

    /// A terminal that is gone is no reason to give up the mail.
    fn print(&mut self, line: &str) {
        let _ = writeln!(self.out, "{line}");
    }
}

impl Line {
    /// Whether the line is complete.
    fn take(&mut self, piece: &[u8]) -> bool {
        let room = WIDTH.saturating_sub(self.front.len()).min(piece.len());
        self.front.extend_from_slice(&piece[..room]);
        self.octets += piece.len() as u64;
        piece.ends_with(b"\n")
    }

    fn finish(&mut self) -> (String, u64) {
        let Self { front, octets } = std::mem::take(self);
        let cut = octets > front.len() as u64;
        let text = String::from_utf8_lossy(&front);
        let text = legible(text.trim_end_matches(['\r', '\n']));
        (if cut { format!("{text} [{octets} octets]") } else { text }, octets)
    }
}

impl Content {
    /// The line to be printed now, if any.
    fn take(&mut self, text: String, octets: u64) -> Option<String> {
        self.lines += 1;
        self.octets += octets;
        if self.lines <= FRONT {
            return Some(text);
        }
        self.held.push_back(text);
        if self.held.len() > BACK {
            self.held.pop_front();
        }
        None
    }
}

const MASK: &str = "********";

/// A command without its secrets: what follows the mechanism's name in AUTH (RFC 4954 §4).
fn masked(command: &str) -> String {
    let mut words = command.split_ascii_whitespace();
    let (verb, mechanism, rest) = (words.next(), words.next(), words.next());
    match (verb, mechanism, rest) {
        (Some(verb), Some(mechanism), Some(_)) if verb.eq_ignore_ascii_case("AUTH") => {
            format!("{verb} {mechanism} {MASK}")
        }
        _ => command.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Page(Rc<RefCell<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().write(octets)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is printed for a dialogue whose pieces begin with `C` or `S`.
    fn printed(pieces: &[&str]) -> String {
        let page = Page::default();
        let mut transcript = Transcript::new(Box::new(page.clone()), Paint::new(false));
        for piece in pieces {
            match piece.split_at(1) {
                ("C", octets) => transcript.sent(octets.as_bytes()),
                (_, octets) => transcript.received(octets.as_bytes()),
            }
        }
        transcript.finish();
        let octets = page.0.borrow().clone();
        String::from_utf8(octets).unwrap()
    }

    #[test]
    fn secrets_are_masked_wherever_a_line_is_cut() {
        let login = [
            "S334 VXNlcm5hbWU6\r\n",
            "CdXNlcg==\r\n",
            "S334 UGFzcw==\r\n",
            "CaHVudGVyMg==\r\n",
            "S235 2.7.0 ok\r\n",
        ];
        let expected = "S: 334 VXNlcm5hbWU6\nC: ********\nS: 334 UGFzcw==\nC: ********\nS: 235 2.7.0 ok\n";
        assert_eq!(printed(&login), expected);
        for (pieces, expected) in [
            (&["CAUTH PLAIN AGEAYg==\r\n"][..], "C: AUTH PLAIN ********\n"),
            (&["Cauth login dXNlcg==\r\n"], "C: auth login ********\n"),
            (&["CAUTH PLA", "CIN AGE", "CAYg==\r", "C\n"], "C: AUTH PLAIN ********\n"),
            (&["CAUTH PLAIN AGEAYg"], "C: AUTH PLAIN ********\n"),
            (&["CAUTH LOGIN\r\n"], "C: AUTH LOGIN\n"),
            (&["S334 \r\n", "CaHVud"], "S: 334 \nC: ********\n"),
            (&["S334\r\n", "C*\r\n"], "S: 334\nC: *\n"),
            (&["CMAIL FROM:<a@b> AUTH=<>\r\n"], "C: MAIL FROM:<a@b> AUTH=<>\n"),
        ] {
            assert_eq!(printed(pieces), expected, "{pieces:?}");
        }
    }

    #[test]
    fn a_mail_that_talks_of_passwords_is_shown_and_ends_at_its_dot() {
        let pieces = ["S354 go\r\n", "CAUTH PLAIN x\r\n..\r\n.\r\nQUIT\r\n"];
        assert_eq!(printed(&pieces), "S: 354 go\nC: AUTH PLAIN x\nC: ..\nC: .\nC: QUIT\n");
    }

    #[test]
    fn a_long_mail_and_a_long_line_are_abbreviated() {
        let mail = (1..=40).map(|number| format!("line {number}\r\n")).collect::<Vec<_>>().concat();
        let text = printed(&["S354 go\r\n", &format!("C{mail}.\r\n")]);
        assert!(
            text.contains("C: line 16\n   [21 lines left out; 351 octets in all]\nC: line 38\n"),
            "{text}"
        );
        assert!(text.ends_with("C: line 40\nC: .\n"), "{text}");
        let text = printed(&[&format!("C{}\r\n", "x".repeat(5000))]);
        assert_eq!(text, format!("C: {} [5002 octets]\n", "x".repeat(WIDTH)));
    }

    #[test]
    fn a_server_plays_no_tricks_on_the_terminal() {
        assert_eq!(printed(&["S250 a\x1b[2Jb\r\n"]), "S: 250 a?[2Jb\n");
    }
}
