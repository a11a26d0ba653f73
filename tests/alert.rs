//! The alert example as its users run it: exit statuses, messages, and what goes over the wire.
//!
//! `cargo test` builds the example beforehand; with `--test alert` alone, build it by `cargo build --example alert`.

// The unit tests inside the example run here: cargo would otherwise run them in place of building the example.
#[allow(dead_code, reason = "only its tests are used")]
#[path = "../examples/alert/main.rs"]
mod example;

mod mailhost;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use mail_parser::{MessageParser, MimeHeaders};
use mailhost::{Mailhost, Tls, usual};

/// The example, which stands beside the tests' own directory.
fn alert() -> Command {
    let tests = std::env::current_exe().unwrap();
    let example = tests
        .parent()
        .unwrap()
        .with_file_name("examples")
        .join(format!("alert{}", std::env::consts::EXE_SUFFIX));
    assert!(example.exists(), "build it first: cargo build --example alert");
    let mut command = Command::new(example);
    command.env_remove("ALERT_PASSWORD").stdin(Stdio::null());
    command
}

/// Mails to this port, with the usual arguments and these.
fn mail(port: u16, arguments: &[&str]) -> Output {
    let server = format!("127.0.0.1:{port}");
    let mut command = alert();
    command.args(["--server", &server, "--from", "pump@example.test", "--timeout", "180"]);
    command.args(arguments).env("ALERT_PASSWORD", "hunter2").output().unwrap()
}

const IN_CLEAR: [&str; 8] = [
    "--tls",
    "never",
    "--to",
    "ops@example.test",
    "--subject",
    "stopped",
    "--text",
    "The pump\n.has stopped",
];

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The exit status, and one line of error that holds all of these words.
fn assert_fails(output: &Output, status: i32, expected: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{stderr}");
    assert!(stderr.starts_with("alert: ") && stderr.lines().count() == 1, "{stderr}");
    for words in expected {
        assert!(stderr.contains(words), "{words:?} is not in {stderr}");
    }
}

#[test]
fn without_arguments_a_mail_goes_through_the_process() {
    let output = alert().output().unwrap();
    let text = words(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for part in [
        "C: EHLO ",
        "C: AUTH PLAIN ********\n",
        "C: .\nS: 250 ",
        "delivered  operations@",
        "octets, on a machine with",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!text.contains('\x1b'), "colours in a pipe");
    // The base64 of the password's end, whatever stands in front of it.
    assert!(!text.contains("c2VjcmV0") && !text.contains("not shown"));
}

#[test]
fn a_mail_is_delivered_as_it_was_given() {
    let host = Mailhost::start(Tls::None, usual);
    let output = mail(host.port, &IN_CLEAR);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    assert!(words(&output).contains("delivered  ops@example.test  250 2.0.0 queued as 1"));
    let came = host.came();
    assert!(came.starts_with("EHLO [127.0.0.1]\r\nMAIL FROM:<pump@example.test> SIZE="), "{came}");
    assert!(came.contains("\r\nSubject: stopped\r\n"), "{came}");
    assert!(came.ends_with("\r\n\r\nThe pump\r\n..has stopped\r\n.\r\nQUIT\r\n"), "{came}");
    let content = came.split("DATA\r\n").nth(1).unwrap().strip_suffix(".\r\nQUIT\r\n").unwrap();
    assert!(came.contains(&format!("SIZE={}\r\n", content.len() - ".".len())), "{came}");
}

#[test]
fn a_whole_message_comes_from_a_file_or_a_pipe() {
    let message: String = "Subject: big\r\n\r\n".to_owned() + &"0123456789abcdef\r\n".repeat(60_000);
    let path = std::env::temp_dir().join(format!("alert-test-{}", std::process::id()));
    std::fs::write(&path, &message).unwrap();
    let arguments = ["--tls", "never", "--to", "ops@example.test", "--raw"];
    let host = Mailhost::start(Tls::None, usual);
    let output = mail(host.port, &[&arguments[..], &["--file", path.to_str().unwrap()]].concat());
    std::fs::remove_file(&path).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    assert!(host.came().contains(&format!("DATA\r\n{message}.\r\n")));

    let host = Mailhost::start(Tls::None, usual);
    let server = format!("127.0.0.1:{}", host.port);
    let mut command = alert();
    command.args(["--server", &server, "--from", "pump@example.test"]).args(arguments).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(host.came().contains(&format!("DATA\r\n{message}.\r\n")));
}

#[test]
fn what_the_server_refuses_is_told_in_its_own_words() {
    let twice = [&IN_CLEAR[..], &["--to", "nobody@example.test"]].concat();
    let host = Mailhost::start(Tls::None, |line| match line {
        "RCPT TO:<nobody@example.test>" => Some("550-5.1.1 no such\r\n550 5.1.1 user here"),
        _ => usual(line),
    });
    let output = mail(host.port, &twice);
    assert_fails(&output, 70, &["1 of 2", "nobody@example.test was refused: 550 5.1.1 no such / user here"]);
    assert!(String::from_utf8_lossy(&output.stdout).contains("delivered  ops@example.test     250"));

    for (command, answer, status, expected) in [
        ("RCPT", "550 5.1.1 no such user", 69, "550 5.1.1 no such user"),
        ("RCPT", "450 4.2.1 full", 75, "450 4.2.1 full"),
        ("MAIL", "530 5.7.0 log in", 69, "530 5.7.0 log in"),
        ("DATA", "451 4.3.0 later", 75, "451 4.3.0 later"),
        (".", "554 5.6.0 spam", 69, "554 5.6.0 spam"),
        ("", "554 not you", 69, "554 not you"),
        ("", "421 4.3.2 down", 75, "421 4.3.2 down"),
        ("", "220 hi\r\n421 4.3.2 on second thoughts", 75, "421 4.3.2 on second thoughts"),
        ("", "SSH-2.0-OpenSSH", 75, "does not speak SMTP"),
    ] {
        let host = Mailhost::start(Tls::None, move |line| {
            if line.split(' ').next() == Some(command) { Some(answer) } else { usual(line) }
        });
        assert_fails(&mail(host.port, &IN_CLEAR), status, &[expected]);
    }
}

#[test]
fn a_login_goes_through_or_is_refused_and_is_never_shown() {
    for (auth, ending) in [("plain", "AHB1bXAAaHVudGVyMg=="), ("login", "cHVtcA==\r\naHVudGVyMg==")] {
        let host = Mailhost::start(Tls::None, usual);
        let arguments = ["--user", "pump", "--auth", auth, "--allow-cleartext-auth", "--verbose"];
        let output = mail(host.port, &[&IN_CLEAR[..], &arguments].concat());
        let text = words(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(host.came().contains(ending));
        assert!(text.contains("********") && !text.contains(&ending[ending.len() - 6..]), "{text}");
    }
    let host = Mailhost::start(Tls::None, |line| match line.split(' ').next() {
        Some("AUTH") => Some("535 5.7.8 Error: authentication failed"),
        _ => usual(line),
    });
    let output = mail(host.port, &[&IN_CLEAR[..], &["--user", "pump", "--allow-cleartext-auth"]].concat());
    assert_fails(&output, 69, &["535 5.7.8 Error: authentication failed", "check --user and the password"]);
    assert!(!host.came().contains("MAIL"));
}

#[test]
fn nothing_is_sent_where_the_policy_forbids_it() {
    let host = Mailhost::start(Tls::None, usual);
    let output = mail(host.port, &[&IN_CLEAR[2..], &["--user", "pump"]].concat());
    assert_fails(&output, 69, &["does not offer STARTTLS", "nothing was sent"]);
    assert_eq!(host.came(), "EHLO [127.0.0.1]\r\n");

    let host = Mailhost::start(Tls::None, usual);
    let output = mail(host.port, &[&IN_CLEAR[..], &["--user", "pump"]].concat());
    assert_fails(&output, 69, &["password in clear", "--allow-cleartext-auth"]);
    assert_eq!(host.came(), "EHLO [127.0.0.1]\r\nQUIT\r\n");
}

#[test]
fn a_mail_that_the_server_cannot_take_is_not_begun() {
    let latin = Scratch::new("latin", b"Subject: x\r\n\r\ncaf\xe9\r\n");
    let raw = ["--tls", "never", "--to", "ops@example.test", "--raw", "--file", latin.path()];
    for (offer, arguments, expected) in [
        ("250-x\r\n250 SIZE 100", &IN_CLEAR[..], "100 octets"),
        ("250-x\r\n250 PIPELINING", &raw, "8BITMIME"),
    ] {
        let host =
            Mailhost::start(
                Tls::None,
                move |line| {
                    if line.starts_with("EHLO") { Some(offer) } else { usual(line) }
                },
            );
        assert_fails(&mail(host.port, arguments), 65, &[expected, "nothing was sent"]);
        assert!(!host.came().contains("MAIL"));
    }
}

/// A file for a test, which goes with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, content: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("alert-test-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The mail's content as it stood behind DATA, without the stuffed dots, and its size as it was announced.
fn content_of(came: &str) -> (String, usize) {
    let content = came.split("DATA\r\n").nth(1).unwrap().strip_suffix(".\r\nQUIT\r\n").unwrap();
    let size = came.split("SIZE=").nth(1).unwrap().split([' ', '\r']).next().unwrap();
    (content.replace("\r\n.", "\r\n"), size.parse().unwrap())
}

#[test]
fn any_text_goes_to_a_server_of_seven_bits_and_comes_out_as_it_was() {
    let long = "x".repeat(2000) + " \u{20ac}";
    for text in
        ["84 \u{b0}C", &long, ".", "a\n\n.b\n", "\u{442}\u{435}\u{43a}\u{441}\u{442}", " ends in a space \n"]
    {
        let host = Mailhost::start(Tls::None, |line| {
            if line.starts_with("EHLO") { Some("250-x\r\n250 SIZE") } else { usual(line) }
        });
        let output = mail(host.port, &[&IN_CLEAR[..7], &[text]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", words(&output));
        let (content, size) = content_of(&host.came());
        assert!(content.is_ascii() && content.split("\r\n").all(|line| line.len() <= 998));
        assert_eq!(content.len(), size);
        let parsed = MessageParser::default().parse(content.as_bytes()).unwrap();
        let body = parsed.body_text(0).unwrap().replace("\r\n", "\n");
        assert_eq!(body.trim_end_matches('\n'), text.trim_end_matches('\n'));
    }
}

#[test]
fn text_html_and_files_come_out_as_they_went_in() {
    let octets: Vec<u8> = (0..=255).cycle().take(200_001).collect();
    let (log, picture) = (Scratch::new("log.csv", b"time,bar\n1,0.3\n"), Scratch::new("\u{e9}.png", &octets));
    let (html, empty) = (Scratch::new("html", "<p>84 \u{b0}C</p>\n".as_bytes()), Scratch::new("empty", b""));
    let files =
        ["--html", html.path(), "--attach", log.path(), "--attach", picture.path(), "--attach", empty.path()];
    let host = Mailhost::start(Tls::None, usual);
    let output = mail(host.port, &[&IN_CLEAR[..], &files].concat());
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let (content, size) = content_of(&host.came());
    assert_eq!(content.len(), size);
    let parsed = MessageParser::default().parse(content.as_bytes()).unwrap();
    assert_eq!(parsed.body_text(0).unwrap(), "The pump\r\n.has stopped");
    assert_eq!(parsed.body_html(0).unwrap(), "<p>84 \u{b0}C</p>\r\n");
    let found: Vec<_> = parsed
        .attachments()
        .map(|part| {
            let kind = part.content_type().unwrap();
            let name = part.attachment_name().unwrap().rsplit('-').next().unwrap();
            (name, kind.ctype(), kind.subtype().unwrap(), part.contents())
        })
        .collect();
    let expected: [(&str, &str, &str, &[u8]); 3] = [
        ("log.csv", "text", "csv", b"time,bar\n1,0.3\n"),
        ("\u{e9}.png", "image", "png", &octets),
        ("empty", "application", "octet-stream", b""),
    ];
    assert!(found == expected, "{:?}", found.iter().map(|part| (part.0, part.1, part.2)).collect::<Vec<_>>());
}

#[test]
fn copies_go_to_each_once_and_blind_ones_are_not_named() {
    let host = Mailhost::start(Tls::None, usual);
    let copies = [
        "--cc",
        "a@example.test",
        "--cc",
        "ops@EXAMPLE.test",
        "--bcc",
        "blind@example.test",
        "--bcc",
        "a@example.test",
    ];
    let output = mail(host.port, &[&IN_CLEAR[..], &copies, &["--to", "postmaster"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let came = host.came();
    let recipients: Vec<_> = came.lines().filter(|line| line.starts_with("RCPT ")).collect();
    assert_eq!(
        recipients,
        [
            "RCPT TO:<ops@example.test>",
            "RCPT TO:<a@example.test>",
            "RCPT TO:<blind@example.test>",
            "RCPT TO:<Postmaster>"
        ]
    );
    let (content, _) = content_of(&came);
    assert!(content.contains("\r\nCc: a@example.test, ops@EXAMPLE.test\r\n"), "{content}");
    assert!(!content.contains("blind@example.test") && !content.contains("Bcc"), "{content}");
}

#[test]
fn a_text_in_an_unknown_character_set_loses_nothing() {
    let latin = Scratch::new("text", b"caf\xe9\n");
    let host = Mailhost::start(Tls::None, usual);
    let output = mail(host.port, &[&IN_CLEAR[..6], &["--file", latin.path()]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    let (content, _) = content_of(&host.came());
    assert!(
        content.contains("charset=unknown-8bit") && content.ends_with("\r\n\r\nY2Fm6Qo=\r\n"),
        "{content}"
    );
}

#[test]
fn a_connection_that_ends_is_judged_by_how_far_the_mail_was() {
    for (last, status, expected) in [
        ("", 75, "try again later"),
        ("MAIL", 75, "try again later"),
        ("DATA", 75, "try again later"),
        (".", 76, "may have been delivered; look for <"),
        ("QUIT", 0, ""),
    ] {
        let host =
            Mailhost::start(
                Tls::None,
                move |line| {
                    if line.split(' ').next() == Some(last) { None } else { usual(line) }
                },
            );
        let output = mail(host.port, &IN_CLEAR);
        if status == 0 {
            assert_eq!(output.status.code(), Some(0), "{}", words(&output));
        } else {
            assert_fails(&output, status, &[expected]);
        }
    }
    // Bound, and so no other test's, but nobody listens there.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let closed = socket.local_addr().unwrap().port();
    assert_fails(&mail(closed, &IN_CLEAR), 75, &["cannot be reached", "try again later"]);
}

#[test]
fn a_silent_server_and_a_dripping_one_are_given_up() {
    for pause in [Duration::from_mins(1), Duration::from_millis(300)] {
        let host = Mailhost::dripping(pause);
        let began = Instant::now();
        let arguments = [&IN_CLEAR[..], &["--timeout", "1"]].concat();
        let server = format!("127.0.0.1:{}", host.port);
        let output = alert()
            .args(["--server", &server, "--from", "pump@example.test"])
            .args(arguments)
            .output()
            .unwrap();
        assert_fails(&output, 75, &["took too long"]);
        assert!(began.elapsed() < mailhost::DRIPS, "{:?}, {pause:?}", began.elapsed());
    }
}

#[test]
fn a_server_that_drips_a_record_of_tls_is_given_up() {
    let ca = certificate("ca.pem");
    for shaken in [false, true] {
        let host = Mailhost::dripping_tls(Duration::from_millis(200), shaken);
        let began = Instant::now();
        let server = format!("127.0.0.1:{}", host.port);
        let output = alert()
            .args(["--server", &server, "--from", "pump@example.test", "--timeout", "1", "--tls", "implicit"])
            .args(["--ca", &ca, "--tls-name", "mail.example.test"])
            .args(&IN_CLEAR[2..])
            .output()
            .unwrap();
        assert_fails(&output, 75, &["took too long"]);
        assert!(began.elapsed() < mailhost::DRIPS, "{:?}, {shaken}", began.elapsed());
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before_anybody_is_troubled() {
    // Nobody listens there, which would be 75.
    for (arguments, status, expected) in [
        (&["--to", "a b@example.test", "--subject", "x", "--text", "x"][..], 65, "0x20 at octet 1"),
        (&["--to", "a@b>\r\nRCPT TO:<c@d", "--subject", "x", "--text", "x"], 65, "at octet 3"),
        (&["--to", "a@b", "--subject", "x\r\nBcc: c@d", "--text", "x"], 65, "at octet 1"),
        (&["--to", "a@b", "--subject", "x", "--file", "/no/such/file"], 65, "/no/such/file"),
        (&["--to", "a@b", "--subject", "x", "--text", "x", "--html", "/no/such/html"], 65, "/no/such/html"),
        (&["--to", "a@b", "--subject", "x", "--text", "x", "--attach", "/no/such"], 65, "--attach /no/such"),
        (&["--to", "a@b", "--subject", "x", "--text", "x", "--attach", "/tmp"], 65, "--attach /tmp"),
        (&["--to", "a@b", "--subject", "x", "--text", "x", "--cc", "c d@e"], 65, "--cc"),
        (&["--to", "a@b", "--subject", "x", "--text", "x", "--bcc", "c d@e"], 65, "--bcc"),
        (&["--to", "a@b", "--raw", "--attach", "/tmp/x"], 64, "--attach"),
        (&["--to", "a@b", "--subject", "x", "--text", "x", "--ca", "/no/such/ca"], 65, "/no/such/ca"),
        (&["--to", "a@b", "--subject", "x", "--text", "x", "--hello", "my host"], 65, "--hello"),
        (&["--to", "a@b", "--subject", "x", "--text", "x", "--password-file", "/x"], 64, "--user"),
        (&["--to", "a@b", "--subject", "x", "--text", "x", "--password", "x"], 64, "--password"),
        (&["--to", "a@b", "--text", "x"], 64, "--subject"),
        (&["--subject", "x", "--text", "x"], 64, "--to"),
    ] {
        assert_fails(&mail(9, arguments), status, &[expected]);
    }
    let mut login = alert();
    login.args(["--server", "127.0.0.1:9", "--from", "a@b", "--to", "c@d", "--raw", "--user", "u"]);
    login.env("ALERT_PASSWORD", "two\nlines");
    assert_fails(&login.output().unwrap(), 65, &["the password", "at octet 3"]);
    let binary = Scratch::new("binary", b"a\nb\0");
    let arguments = ["--to", "a@b", "--subject", "x", "--file", binary.path()];
    assert_fails(&mail(9, &arguments), 65, &["line 2", "NUL", "--attach"]);
    let output = alert()
        .args(["--server", "127.0.0.1:9", "--from", "a@b", "--to", "c@d", "--raw", "--user", "u"])
        .output();
    assert_fails(&output.unwrap(), 64, &["ALERT_PASSWORD"]);
    assert_eq!(alert().arg("--help").output().unwrap().status.code(), Some(0));
}

fn certificate(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name);
    path.to_str().unwrap().to_owned()
}

#[test]
fn tls_is_used_behind_starttls_and_from_the_first_octet() {
    let ca = certificate("ca.pem");
    for (tls, when) in [(Tls::Upgrade, "required"), (Tls::Upgrade, "if-offered"), (Tls::Implicit, "implicit")]
    {
        let host = Mailhost::start(tls, usual);
        let arguments =
            ["--tls", when, "--ca", &ca, "--tls-name", "mail.example.test", "--user", "pump", "--verbose"];
        let output = mail(host.port, &[&IN_CLEAR[2..], &arguments].concat());
        let text = words(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(text.contains("-- TLS 1.3, TLS13_") && text.contains("certificate checked"), "{text}");
        let (before, under) = host.came_by_tls();
        assert_eq!(before, if when == "implicit" { "" } else { "EHLO [127.0.0.1]\r\nSTARTTLS\r\n" });
        assert!(
            under.contains("AUTH PLAIN AHB1bXAAaHVudGVyMg==\r\n") && under.ends_with(".\r\nQUIT\r\n"),
            "{under}"
        );
    }
}

#[test]
fn a_certificate_that_is_not_to_be_trusted_ends_it() {
    let (ca, other) = (certificate("ca.pem"), certificate("server.pem"));
    for (ca, name, expected, advice) in [
        (&ca, "other.example.test", "it is for mail.example.test", "--tls-name"),
        (&other, "mail.example.test", "none of the trusted authorities", "--ca"),
    ] {
        for (tls, when) in
            [(Tls::Upgrade, "required"), (Tls::Upgrade, "if-offered"), (Tls::Implicit, "implicit")]
        {
            let host = Mailhost::start(tls, usual);
            let arguments = ["--tls", when, "--ca", ca, "--tls-name", name];
            let output = mail(host.port, &[&IN_CLEAR[2..], &arguments].concat());
            assert_fails(&output, 69, &[expected, "nothing was sent", advice]);
            assert_eq!(host.came_by_tls().1, "", "sent something");
        }
    }
    let host = Mailhost::start(Tls::None, usual);
    let arguments = ["--tls", "implicit", "--ca", &ca];
    assert_fails(&mail(host.port, &[&IN_CLEAR[2..], &arguments].concat()), 69, &["does not speak TLS here"]);
}

#[test]
fn a_mechanism_is_used_unoffered_only_under_tls() {
    let ca = certificate("ca.pem");
    let no_auth =
        |line: &str| if line.starts_with("EHLO") { Some("250-x\r\n250 STARTTLS") } else { usual(line) };
    let login = ["--user", "pump", "--auth", "login", "--auth-unoffered"];
    let host = Mailhost::start(Tls::Upgrade, no_auth);
    let output = mail(
        host.port,
        &[&IN_CLEAR[2..], &login, &["--ca", &ca, "--tls-name", "mail.example.test"]].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", words(&output));
    assert!(host.came_by_tls().1.contains("AUTH LOGIN\r\ncHVtcA==\r\naHVudGVyMg==\r\n"));

    let host = Mailhost::start(Tls::Upgrade, no_auth);
    let output = mail(host.port, &[&IN_CLEAR[..], &login, &["--allow-cleartext-auth"]].concat());
    assert_fails(&output, 69, &["no login that fits"]);
    assert!(!host.came().contains("AUTH"));
}
