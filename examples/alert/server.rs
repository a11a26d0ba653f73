//! The server inside the process: enough of one to take one mail, and no more.

use std::io::{self, BufRead, BufReader, Write};

use super::pipe::Pipe;

/// The mail as it arrived.
#[derive(Debug, Default)]
pub(crate) struct Arrived {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// Without the stuffed dots.
    pub(crate) content: String,
}

/// Takes one mail.
pub(crate) fn serve(stream: Pipe) -> io::Result<Arrived> {
    let mut stream = BufReader::new(stream);
    let mut replies = String::from("220 inbox.example ESMTP ready\r\n");
    let mut arrived = Arrived::default();
    loop {
        // The replies to commands that came together leave together (RFC 2920 §3.2).
        if stream.buffer().is_empty() {
            stream.get_mut().write_all(replies.as_bytes())?;
            replies.clear();
        }
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(arrived);
        }
        let (verb, argument) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        let path = argument.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let reply = match verb {
            "EHLO" => {
                "250-inbox.example greets you\r\n250-PIPELINING\r\n250-SIZE 1048576\r\n250-8BITMIME\r\n\
                 250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES\r\n"
            }
            "AUTH" => "235 2.7.0 welcome\r\n",
            "MAIL" => {
                arrived.from = path;
                "250 2.1.0 sender accepted\r\n"
            }
            "RCPT" => {
                arrived.to.push(path);
                "250 2.1.5 recipient accepted\r\n"
            }
            "DATA" => {
                stream
                    .get_mut()
                    .write_all(format!("{replies}354 go ahead, end with a lone dot\r\n").as_bytes())?;
                replies.clear();
                arrived.content = content(&mut stream)?;
                "250 2.0.0 taken as 4A17\r\n"
            }
            "QUIT" => {
                stream.get_mut().write_all(b"221 2.0.0 goodbye\r\n")?;
                return Ok(arrived);
            }
            _ => "500 5.5.1 unknown command\r\n",
        };
        replies += reply;
    }
}

/// The lines up to the lone dot, each without its stuffed dot (RFC 5321 §4.5.2).
fn content(stream: &mut impl BufRead) -> io::Result<String> {
    let mut content = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 || line == ".\r\n" {
            return Ok(content);
        }
        content += line.strip_prefix('.').unwrap_or(&line);
    }
}
