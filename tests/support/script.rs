//! A server that follows a script, whatever it is asked: for each command the next answer that was prepared for it. What a client
//! says to it is kept whole, so that a test can say what must never be among it.

use std::collections::VecDeque;

use embedded_smtp::session::{Endpoint, Want};

/// How what the server says comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Come {
    /// As much at once as there is.
    Whole,
    /// Octet by octet.
    Single,
    /// In two reads, the second from this octet on.
    Cut(usize),
    /// In three reads, the others from these two octets on.
    Cuts(usize, usize),
}

impl Come {
    /// Octet by octet, and in two reads that are cut everywhere.
    pub(crate) fn cuts(said: usize) -> impl Iterator<Item = Self> {
        (1..said).map(Self::Cut).chain([Self::Single])
    }

    /// The same, and in three reads that are cut around each octet and each pair.
    pub(crate) fn splits(said: usize) -> impl Iterator<Item = Self> {
        let islands = (1..said).flat_map(|at| [Self::Cuts(at, at + 1), Self::Cuts(at, at + 2)]);
        Self::cuts(said).chain(islands)
    }
}

/// The answers to commands that begin like this, in their turn; the last one again and again. The greeting's command is empty, and
/// the end of the content is a dot. An answer may be no whole reply, or several.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    answers: Vec<(&'static str, VecDeque<Vec<u8>>)>,
    /// Where nothing more is said once all has been; the stream ends behind it.
    closes: bool,
}

/// What a client said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// The command lines, without CRLF.
    pub(crate) lines: Vec<String>,
    /// What came behind 354, up to the lone dot.
    pub(crate) contents: Vec<Vec<u8>>,
    /// Octets that came before TLS.
    pub(crate) clear: Vec<u8>,
    /// Octets that the server said.
    pub(crate) said: usize,
}

impl Script {
    /// A server that takes everything, and has these extensions.
    pub(crate) fn new(keywords: &[&str]) -> Self {
        let lines: String = keywords.iter().map(|keyword| format!("250-{keyword}\r\n")).collect();
        Self::default()
            .answer("", "220 server.example.test\r\n")
            .answer("EHLO", &format!("250-server.example.test\r\n{lines}250 HELP\r\n"))
            .answer("LHLO", &format!("250-server.example.test\r\n{lines}250 HELP\r\n"))
            .answer("DATA", "354 go on\r\n")
            .answer("QUIT", "221 bye\r\n")
            .answer("AUTH", "235 welcome\r\n")
    }

    /// What the server says the first time, in the place of what it would.
    pub(crate) fn answer(self, command: &'static str, answer: &str) -> Self {
        self.answers(command, &[answer])
    }

    /// The same in octets, which need not be UTF-8.
    pub(crate) fn answer_octets(mut self, command: &'static str, answer: &[u8]) -> Self {
        self = self.answer(command, "");
        for (known, answers) in &mut self.answers {
            if *known == command {
                *answers = VecDeque::from([answer.to_vec()]);
            }
        }
        self
    }

    /// What it says each time.
    pub(crate) fn answers(mut self, command: &'static str, answers: &[&str]) -> Self {
        self.answers.retain(|(known, _)| *known != command);
        let answers = answers.iter().map(|answer| answer.as_bytes().to_vec()).collect();
        self.answers.push((command, answers));
        // The longest command is the one that is meant.
        self.answers.sort_by_key(|(known, _)| std::cmp::Reverse(known.len()));
        self
    }

    /// The stream ends where the server has nothing to say.
    pub(crate) fn then_closes(mut self) -> Self {
        self.closes = true;
        self
    }

    fn reply(&mut self, line: &str) -> Vec<u8> {
        let known = self
            .answers
            .iter_mut()
            .find(|(known, _)| if known.is_empty() { line.is_empty() } else { line.starts_with(known) });
        match known {
            Some((_, answers)) if answers.len() > 1 => answers.pop_front().expect("more than one"),
            Some((_, answers)) => answers.front().expect("one").clone(),
            None => b"250 ok\r\n".to_vec(),
        }
    }

    /// Lets a client talk to it until the client is at its end, or asks for an event, which `hear` handles and says whether to go on.
    pub(crate) fn run<E: Endpoint>(
        mut self,
        client: &mut E,
        come: Come,
        mut hear: impl FnMut(&mut E, &mut Heard) -> bool,
    ) -> Heard {
        let mut heard = Heard::default();
        let mut waiting: VecDeque<u8> = self.reply("").into();
        let (mut input, mut content, mut in_content, mut silent) = (Vec::new(), Vec::new(), false, false);
        for _ in 0..200_000 {
            match client.poll() {
                Ok(Want::Event) => {
                    if !hear(client, &mut heard) {
                        return heard;
                    }
                }
                Ok(Want::Closed) | Err(_) => return heard,
                Ok(Want::Write) => {
                    let octets = client.transmit().to_vec();
                    assert!(!octets.is_empty(), "nothing to write");
                    client.transmitted(octets.len());
                    heard.clear.extend_from_slice(&octets);
                    input.extend_from_slice(&octets);
                    while let Some(end) = input.windows(2).position(|two| two == b"\r\n") {
                        let line: Vec<u8> = input.drain(..end + 2).collect();
                        if in_content && line != b".\r\n" {
                            content.extend_from_slice(&line);
                            continue;
                        }
                        let text = String::from_utf8_lossy(&line[..end]).into_owned();
                        let answer = self.reply(&text);
                        if in_content {
                            heard.contents.push(std::mem::take(&mut content));
                            in_content = false;
                        } else {
                            in_content = text == "DATA" && answer.starts_with(b"354");
                            heard.lines.push(text);
                        }
                        waiting.extend(answer);
                    }
                }
                Ok(Want::Read) => {
                    if waiting.is_empty() {
                        assert!(self.closes && !silent, "it waits for a word behind {:?}", heard.lines);
                        silent = true;
                        client.received_eof();
                        continue;
                    }
                    let most = match come {
                        Come::Single => 1,
                        Come::Cut(at) | Come::Cuts(at, _) | Come::Cuts(_, at) if at > heard.said => {
                            at - heard.said
                        }
                        _ => usize::MAX,
                    };
                    let room = client.receive_buffer();
                    assert!(!room.is_empty(), "no room to read");
                    let octets = room.len().min(waiting.len()).min(most);
                    for (place, octet) in room.iter_mut().zip(waiting.drain(..octets)) {
                        *place = octet;
                    }
                    heard.said += octets;
                    client.received(octets);
                }
            }
        }
        panic!("no end: {heard:?}");
    }
}
