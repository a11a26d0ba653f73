//! Strangers' texts, made fit to be shown.

/// The text with `?` in place of what would move a terminal's cursor, give it a command, or turn the direction of its text: the
/// control characters C0, DEL and C1 (U+0080 to U+009F), line ends among them, and the marks of direction.
pub(crate) fn legible(text: &str) -> String {
    let turns =
        |char| matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|char| if char.is_control() || turns(char) { '?' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::legible;

    #[test]
    fn what_a_stranger_wrote_does_not_command_the_terminal() {
        for control in ('\0'..='\x1f').chain('\x7f'..='\u{9f}').chain(['\u{200e}', '\u{202e}', '\u{2066}']) {
            assert_eq!(legible(&format!("a{control}[2Jb")), "a?[2Jb", "{control:?}");
        }
        assert_eq!(legible("caf\u{e9} \u{a0}\u{1f600} ~"), "caf\u{e9} \u{a0}\u{1f600} ~");
    }
}
