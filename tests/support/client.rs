//! Runs a [`Submission`] against a transcript, in whatever pieces the octets travel.

use std::collections::VecDeque;

use embedded_smtp::client::Client;
use embedded_smtp::data::{Body, LineEnds, Needs, Slice};
use embedded_smtp::sasl::{Authenticator, Credentials, Mechanism, Password};
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{Envelope, Event, Hello, Options, Recipient, Submission, Then, TlsPolicy};
use embedded_smtp::wire::{
    AuthMechanism, AuthMechanisms, ForwardPath, HelloName, Notify, Param, ReversePath,
};

use super::outcome;
use super::transcript::{Part, Step, Transcript, unescaped};

/// How the octets travel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mode {
    pub(crate) reads: Reads,
    /// Octets that a write takes at most.
    pub(crate) write: usize,
    pub(crate) rx: usize,
    pub(crate) tx: usize,
    /// Octets that the content lends at once at most.
    pub(crate) lend: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reads {
    Whole,
    Single,
    /// In two, at this octet of all that the server says.
    CutAt(usize),
}

impl Mode {
    pub(crate) const WHOLE: Self =
        Self { reads: Reads::Whole, write: usize::MAX, rx: 1024, tx: 1024, lend: usize::MAX };
}

/// Every mode that a transcript is run in.
pub(crate) fn modes(transcript: &Transcript) -> Vec<Mode> {
    // 40 octets take any command that the transcripts would lead to next.
    let tiny = Mode { rx: 64, tx: transcript.longest_line().max(40), ..Mode::WHOLE };
    let mut modes = vec![
        Mode::WHOLE,
        tiny,
        Mode { reads: Reads::Single, ..Mode::WHOLE },
        Mode { reads: Reads::Single, write: 1, lend: 1, ..tiny },
        Mode { write: 1, ..Mode::WHOLE },
        Mode { write: 7, lend: 3, ..Mode::WHOLE },
        Mode { write: 1, lend: 2, ..tiny },
    ];
    modes.extend((0..transcript.server_octets()).map(|at| Mode { reads: Reads::CutAt(at), ..Mode::WHOLE }));
    modes
}

/// Runs all of a transcript in one mode, and demands that it goes as it is written.
pub(crate) fn check(transcript: &Transcript, mode: Mode) {
    let place = format!("{} {mode:?}", transcript.name);
    let found = run(transcript, mode);
    assert_eq!(found.len(), transcript.parts.len(), "{place}");
    for (part, mut found) in transcript.parts.iter().zip(found) {
        let mut expected = part.lines(outcome::NAMES);
        if part.setting("cause") == Some("any") {
            expected.retain(|line| !line.starts_with("cause:"));
            found.retain(|line| !line.starts_with("cause:"));
        }
        // Of a line longer than the buffer only the front is kept.
        if transcript.longest_reply() > mode.rx {
            for line in expected.iter_mut().chain(&mut found) {
                line.truncate(40);
            }
        }
        assert_eq!(found, expected, "{place}");
    }
}

/// Runs all of a transcript in one mode; what came of each mail.
pub(crate) fn run(transcript: &Transcript, mode: Mode) -> Vec<Vec<String>> {
    let (mut rx, mut tx) = (vec![0; mode.rx], vec![0; mode.tx]);
    let first = &transcript.parts[0];
    let mut client = with_settings(first, &mut rx, &mut tx);
    let mut wire = Wire::new(mode, first);
    let mut outcomes = Vec::new();
    for part in &transcript.parts {
        wire.turns = part.turns().into();
        let place = format!("{} {mode:?}", transcript.name);
        outcomes.push(one_mail(part, &mut client, &mut wire, &place));
    }
    outcomes
}

fn one_mail(part: &Part, client: &mut Client<'_>, wire: &mut Wire, place: &str) -> Vec<String> {
    mail(part, client, wire.mode.lend, |submission| {
        while !wire.step(submission, place) {}
        assert!(wire.turns.is_empty(), "{place}: it ended before {:?}", wire.turns);
        // The end is told again and again.
        assert_eq!(submission.poll(), Ok(Want::Event), "{place}");
        assert_eq!(submission.event(), Some(Event::Done), "{place}");
        outcome::lines(&submission.report())
    })
}

/// The submission that a transcript's settings ask for.
pub(crate) type Mail<'s, 'b, 'e> = Submission<'s, 'b, 'e, Trickle<'e>, Login<'e>>;

/// Makes that submission, and lends it to `run`.
pub(crate) fn mail<R>(
    part: &Part,
    client: &mut Client<'_>,
    lend: usize,
    run: impl FnOnce(&mut Mail<'_, '_, '_>) -> R,
) -> R {
    let notify = [Param::Notify(Notify::FAILURE)];
    let mut recipients: Vec<_> = part
        .all("to")
        .map(|to| Recipient::new(ForwardPath::new(to).expect("a recipient")))
        .map(|to| if part.setting("notify").is_some() { to.with(&notify) } else { to })
        .collect();
    let from = ReversePath::new(part.setting("from").unwrap_or_default()).expect("a sender");
    let content = content(part);
    let needs = part.setting("utf8-headers").is_some();
    // What is lent at once makes a chunk, and the transcript says how long those are.
    let binary = part.setting("binary").is_some();
    let lend = if binary { usize::MAX } else { lend };
    let body = Trickle { slice: Slice::new(&content), lend, utf8: needs, binary };
    let mut texts = [0; 2048];
    let login = Login(login(part));
    let envelope = Envelope::new(from, &mut recipients);
    run(&mut Submission::with_login(client, options(part), envelope, body, &mut texts, login))
}

/// The client that a transcript's settings ask for.
pub(crate) fn with_settings<'b>(part: &Part, rx: &'b mut [u8], tx: &'b mut [u8]) -> Client<'b> {
    let mut client = Client::new(rx, tx);
    if part.setting("tls") == Some("implicit") {
        client = client.over_tls();
    }
    if part.setting("clear-text").is_some() {
        client = client.allow_clear_text_auth();
    }
    if part.setting("line-ends") == Some("reject") {
        client = client.line_ends(LineEnds::Reject);
    }
    client
}

fn content(part: &Part) -> Vec<u8> {
    let lines: Vec<_> =
        part.all("content").map(|line| [unescaped(line).as_slice(), b"\r\n"].concat()).collect();
    if lines.is_empty() {
        b"Subject: alarm\r\n\r\nThe pump has stopped.\r\n".to_vec()
    } else {
        lines.concat()
    }
}

fn options(part: &Part) -> Options<'_> {
    let name = HelloName::new(part.setting("hello").unwrap_or("client.example.test")).expect("a name");
    let hello = if part.setting("lmtp").is_some() { Hello::Lmtp(name) } else { Hello::Smtp(name) };
    let tls = match part.setting("tls") {
        Some("required") => TlsPolicy::Required,
        Some("if-offered") => TlsPolicy::IfOffered,
        Some("implicit") => TlsPolicy::Implicit,
        _ => TlsPolicy::Never,
    };
    let then = if part.setting("then") == Some("keep") { Then::Keep } else { Then::Quit };
    let options = Options::new(name).hello(hello).tls(tls).then(then);
    match part.setting("unoffered").map(|name| AuthMechanism::from_name(name.as_bytes())) {
        Some(mechanism) => options.auth_even_if_not_offered(mechanism.expect("a mechanism")),
        None => options,
    }
}

fn login(part: &Part) -> Option<Password<'_>> {
    let credentials = Credentials::new(part.setting("user")?, part.setting("password")?).expect("a login");
    let mut login = Password::new(credentials);
    if let Some(names) = part.setting("mechanisms") {
        let known =
            names.split(' ').map(|name| AuthMechanism::from_name(name.as_bytes()).expect("a mechanism"));
        login = login.only(known.fold(AuthMechanisms::NONE, AuthMechanisms::with));
    }
    Some(if part.setting("initial-response").is_some() { login.with_initial_response() } else { login })
}

/// Password, or none.
pub(crate) struct Login<'a>(Option<Password<'a>>);

impl Authenticator for Login<'_> {
    fn choose(&mut self, offered: AuthMechanisms) -> Option<AuthMechanism> {
        self.0.as_mut()?.choose(offered)
    }

    fn mechanism(&mut self) -> Option<&mut dyn Mechanism> {
        self.0.as_mut()?.mechanism()
    }

    fn is_wanted(&self) -> bool {
        self.0.is_some()
    }
}

/// A slice that lends little at once.
pub(crate) struct Trickle<'a> {
    slice: Slice<'a>,
    lend: usize,
    utf8: bool,
    binary: bool,
}

impl Body for Trickle<'_> {
    type Error = core::convert::Infallible;

    fn fill(&mut self) -> Result<&[u8], Self::Error> {
        let lend = self.lend;
        self.slice.fill().map(|octets| &octets[..octets.len().min(lend)])
    }

    fn consume(&mut self, octets: usize) {
        self.slice.consume(octets);
    }

    fn size(&self) -> Option<u64> {
        self.slice.size()
    }

    fn needs(&self) -> Needs {
        let mut needs = self.slice.needs();
        needs.utf8_headers = self.utf8;
        needs.binary = self.binary;
        needs
    }
}

/// The rest of the dialogue, and how it travels.
#[derive(Debug)]
pub(crate) struct Wire {
    mode: Mode,
    /// Octets that the server has said.
    said: usize,
    /// Octets that the client has said.
    heard: usize,
    turns: VecDeque<Step>,
    /// The client's turn has just ended.
    fresh: bool,
}

impl Wire {
    pub(crate) fn new(mode: Mode, part: &Part) -> Self {
        Self { mode, said: 0, heard: 0, turns: part.turns().into(), fresh: false }
    }

    /// Octets that have gone either way.
    pub(crate) fn moved(&self) -> usize {
        self.said + self.heard
    }

    pub(crate) fn is_done(&self) -> bool {
        self.turns.is_empty()
    }

    /// Whether a handshake is next, and it has happened now.
    pub(crate) fn handshake(&mut self) -> bool {
        self.turns.pop_front() == Some(Step::Tls)
    }

    /// Goes one step on with a mail; whether it has ended.
    pub(crate) fn step(&mut self, submission: &mut Mail<'_, '_, '_>, place: &str) -> bool {
        match submission.poll() {
            Ok(Want::Event) => match (submission.event(), self.turns.front()) {
                (Some(Event::StartTls), Some(Step::Tls)) => {
                    self.turns.pop_front();
                    submission.tls_established().expect(place);
                }
                (Some(Event::StartTls), Some(Step::TlsFails)) => {
                    self.turns.pop_front();
                    submission.tls_failed();
                }
                (Some(Event::Done), _) => return true,
                (event, step) => panic!("{place}: {event:?} before {step:?}"),
            },
            Ok(Want::Closed) => panic!("{place}: closed"),
            Ok(want) => self.turn(submission, want, place),
            Err(_) => return true,
        }
        false
    }

    /// Moves some octets, whoever's turn it is.
    pub(crate) fn turn(&mut self, engine: &mut impl Endpoint, want: Want, place: &str) {
        let fresh = std::mem::take(&mut self.fresh);
        match self.turns.front_mut() {
            Some(Step::Client(expected)) => {
                let octets = engine.transmit();
                let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
                assert_eq!(want, Want::Write, "{place}: it waits, and should say {:?}", text(expected));
                assert!(!octets.is_empty(), "{place}: nothing to write");
                let taken = octets.len().min(expected.len()).min(self.mode.write);
                assert_eq!(text(&octets[..taken]), text(&expected[..taken]), "{place}");
                expected.drain(..taken);
                self.heard += taken;
                if expected.is_empty() {
                    self.turns.pop_front();
                    self.fresh = true;
                }
                engine.transmitted(taken);
            }
            Some(Step::Server(octets)) => {
                let more = String::from_utf8_lossy(engine.transmit()).into_owned();
                assert!(!fresh || want == Want::Read, "{place}: it says too much: {more:?}");
                let most = match self.mode.reads {
                    Reads::Single => 1,
                    Reads::CutAt(at) if at > self.said => at - self.said,
                    _ => usize::MAX,
                };
                let room = engine.receive_buffer();
                assert!(!room.is_empty(), "{place}: no room to read {octets:?}");
                let read = octets.len().min(room.len()).min(most);
                room[..read].copy_from_slice(&octets[..read]);
                octets.drain(..read);
                if octets.is_empty() {
                    self.turns.pop_front();
                }
                self.said += read;
                engine.received(read);
            }
            Some(Step::Early) => {
                assert_eq!(want, Want::Write, "{place}: it has nothing more to write");
                self.turns.pop_front();
            }
            Some(Step::Close) => {
                self.turns.pop_front();
                engine.received_eof();
            }
            Some(Step::TimeOut) => {
                self.turns.pop_front();
                engine.timed_out();
            }
            other => panic!("{place}: it wants {want:?}, and the transcript has {other:?}"),
        }
    }
}
