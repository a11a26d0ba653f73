//! The format of `tests/transcripts/*.txt`, which README.md there describes. Nothing in this file
//! knows either engine.

use std::path::Path;

/// Which engine a transcript is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Client,
    Server,
    Both,
}

/// One connection: one mail or several.
#[derive(Debug, Clone)]
pub(crate) struct Transcript {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) parts: Vec<Part>,
}

/// Settings, what is to come of them, and the dialogue in between.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    settings: Vec<(String, String)>,
    pub(crate) steps: Vec<Step>,
}

/// What happens next on the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Client(Vec<u8>),
    Server(Vec<u8>),
    /// The handshake goes well.
    Tls,
    /// The handshake fails.
    TlsFails,
    /// The server speaks although the client has more to write.
    Early,
    /// The server closes.
    Close,
    /// The timer of whoever waits runs out.
    TimeOut,
}

impl Transcript {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a transcript");
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        let parts = parts(&text, &name);
        let role = match parts.first().and_then(|part| part.setting("role")) {
            Some("client") => Role::Client,
            Some("server") => Role::Server,
            Some("both") => Role::Both,
            other => panic!("{name}: role {other:?}"),
        };
        Self { name, role, parts }
    }

    /// All that the server says, in octets.
    pub(crate) fn server_octets(&self) -> usize {
        self.parts.iter().flat_map(|part| &part.steps).map(Step::server_octets).sum()
    }

    /// All that the client says, in octets.
    pub(crate) fn client_octets(&self) -> usize {
        self.parts.iter().flat_map(|part| &part.steps).map(Step::client_octets).sum()
    }

    /// The client's longest line.
    pub(crate) fn longest_line(&self) -> usize {
        let steps = self.parts.iter().flat_map(|part| &part.steps);
        steps.map(Step::client_octets).max().unwrap_or_default()
    }

    /// The server's longest line.
    pub(crate) fn longest_reply(&self) -> usize {
        let steps = self.parts.iter().flat_map(|part| &part.steps);
        steps.map(Step::server_octets).max().unwrap_or_default()
    }
}

impl Part {
    /// The first setting of this name.
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All settings of this name.
    pub(crate) fn all<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p str> {
        self.settings.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Gives a setting another value.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(key, _)| key != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// The settings whose names are among `names`, as they stand in the file.
    pub(crate) fn lines(&self, names: &[&str]) -> Vec<String> {
        let wanted = self.settings.iter().filter(|(key, _)| names.contains(&key.as_str()));
        wanted.map(|(key, value)| format!("{key}: {value}")).collect()
    }

    /// The steps, with lines of one side that follow each other taken together.
    pub(crate) fn turns(&self) -> Vec<Step> {
        let mut turns: Vec<Step> = Vec::new();
        for step in &self.steps {
            match (turns.last_mut(), step) {
                (Some(Step::Client(turn)), Step::Client(line))
                | (Some(Step::Server(turn)), Step::Server(line)) => turn.extend_from_slice(line),
                _ => turns.push(step.clone()),
            }
        }
        turns
    }
}

impl Step {
    fn client_octets(&self) -> usize {
        if let Self::Client(octets) = self { octets.len() } else { 0 }
    }

    fn server_octets(&self) -> usize {
        if let Self::Server(octets) = self { octets.len() } else { 0 }
    }
}

fn parts(text: &str, name: &str) -> Vec<Part> {
    let mut parts = vec![Part::default()];
    for (number, line) in text.lines().enumerate() {
        let place = || format!("{name}, line {}", number + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line == "=== next mail ===" {
            parts.push(Part::default());
            continue;
        }
        let part = parts.last_mut().expect("one");
        if let Some(step) = marker(line) {
            part.steps.push(step);
            continue;
        }
        let (key, value) = line.split_once(':').unwrap_or_else(|| panic!("{}: {line}", place()));
        let value = value.strip_prefix(' ').unwrap_or(value);
        let with_end = || [unescaped(value).as_slice(), b"\r\n"].concat();
        match key {
            "C" => part.steps.push(Step::Client(with_end())),
            "S" => part.steps.push(Step::Server(with_end())),
            "C+" => part.steps.push(Step::Client(unescaped(value))),
            "S+" => part.steps.push(Step::Server(unescaped(value))),
            _ if SETTINGS.contains(&key) => part.settings.push((key.to_owned(), value.to_owned())),
            _ => panic!("{}: no such setting: {key}", place()),
        }
    }
    parts
}

/// The names of settings; README.md says what they mean.
const SETTINGS: &[&str] = &[
    "role",
    "about",
    "hello",
    "lmtp",
    "tls",
    "from",
    "to",
    "notify",
    "content",
    "utf8-headers",
    "binary",
    "user",
    "password",
    "mechanisms",
    "initial-response",
    "unoffered",
    "clear-text",
    "then",
    "line-ends",
    "do",
    "event",
    "verdict",
    "cause",
    "answer",
    "result",
    "policy",
    "offer",
];

fn marker(line: &str) -> Option<Step> {
    Some(match line {
        "--- TLS ---" => Step::Tls,
        "--- TLS fails ---" => Step::TlsFails,
        "--- early ---" => Step::Early,
        "--- close ---" => Step::Close,
        "--- time out ---" => Step::TimeOut,
        _ => return None,
    })
}

/// `\r`, `\n`, `\0`, `\\` and `\x41`.
pub(crate) fn unescaped(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut left = text.as_bytes();
    while let [first, rest @ ..] = left {
        left = rest;
        if *first != b'\\' {
            octets.push(*first);
            continue;
        }
        let (octet, behind) = match rest {
            [b'r', behind @ ..] => (b'\r', behind),
            [b'n', behind @ ..] => (b'\n', behind),
            [b'0', behind @ ..] => (0, behind),
            [b'\\', behind @ ..] => (b'\\', behind),
            [b'x', high, low, behind @ ..] => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).expect("hexadecimal digits");
                (u8::from_str_radix(digits, 16).expect("hexadecimal digits"), behind)
            }
            _ => panic!("no such escape: {text}"),
        };
        octets.push(octet);
        left = behind;
    }
    octets
}
