//! One mail to a server that follows a script, at every cut of what that says.

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::{Credentials, Password};
use embedded_smtp::submission::{
    Cause, Envelope, Event, Hello, Options, Recipient, Status, Submission, Then, TlsPolicy, Verdict,
};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};

use super::script::{Come, Heard, Script};

/// What the caller wants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'w> {
    pub(crate) tls: TlsPolicy,
    pub(crate) login: bool,
    pub(crate) clear_text: bool,
    pub(crate) lmtp: bool,
    pub(crate) then: Then,
    pub(crate) to: &'w [&'w str],
}

/// In clear, without a login, for one recipient, and QUIT.
pub(crate) const WISH: Wish<'_> = Wish {
    tls: TlsPolicy::Never,
    login: false,
    clear_text: false,
    lmtp: false,
    then: Then::Quit,
    to: &["b@server.example.test"],
};

pub(crate) const USER: &str = "tim";
pub(crate) const PASSWORD: &str = "tanstaaftanstaaf";
pub(crate) const CONTENT: &[u8] = b"Subject: alarm\r\n\r\nThe pump has stopped.\r\n";

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) heard: Heard,
    pub(crate) verdict: Verdict,
    pub(crate) cause: Option<Cause>,
    pub(crate) statuses: Vec<Status>,
    pub(crate) tls: bool,
    /// The server's words in the report, those to each recipient last.
    pub(crate) texts: String,
    /// Whether the session is fit for another mail.
    pub(crate) permits_mail: bool,
}

impl Wish<'_> {
    /// Sends the mail to this server.
    pub(crate) fn send(&self, script: &Script, come: Come) -> Outcome {
        let (mut rx, mut tx, mut texts) = ([0; 512], [0; 512], [0; 512]);
        let mut client = Client::new(&mut rx, &mut tx);
        if self.tls == TlsPolicy::Implicit {
            client = client.over_tls();
        }
        if self.clear_text {
            client = client.allow_clear_text_auth();
        }
        let name = HelloName::new("c").unwrap();
        let hello = if self.lmtp { Hello::Lmtp(name) } else { Hello::Smtp(name) };
        let options = Options::new(name).hello(hello).tls(self.tls).then(self.then);
        let mut recipients: Vec<_> =
            self.to.iter().map(|to| Recipient::new(ForwardPath::new(to).unwrap())).collect();
        let envelope = Envelope::new(ReversePath::new("a@client.example.test").unwrap(), &mut recipients);
        let (heard, verdict, cause, statuses, texts_kept);
        macro_rules! run {
            ($submission:expr) => {{
                let mut submission = $submission;
                let mut in_clear = None;
                let mut found =
                    script.clone().run(&mut submission, come, |submission, heard| match submission.event() {
                        Some(Event::StartTls) => {
                            in_clear.get_or_insert(heard.clear.len());
                            submission.tls_established().expect("a handshake is due");
                            true
                        }
                        _ => false,
                    });
                found.clear.truncate(in_clear.unwrap_or(usize::MAX));
                let report = submission.report();
                heard = found;
                verdict = report.verdict();
                cause = report.cause();
                statuses = report.recipients().iter().map(Recipient::status).collect();
                let each = report.recipients().iter().map(|recipient| report.text(&recipient.answer()));
                texts_kept =
                    [report.text(&report.answer())].into_iter().chain(each).collect::<Vec<_>>().join("\n");
            }};
        }
        let body = Slice::new(CONTENT);
        if self.login {
            let login = Password::new(Credentials::new(USER, PASSWORD).unwrap());
            run!(Submission::with_login(&mut client, options, envelope, body, &mut texts, login));
        } else {
            run!(Submission::new(&mut client, options, envelope, body, &mut texts));
        }
        let permits_mail = client.permits(embedded_smtp::wire::Verb::Mail);
        Outcome { heard, verdict, cause, statuses, tls: client.is_tls(), texts: texts_kept, permits_mail }
    }

    /// Sends it whole, octet by octet and cut everywhere, where what is said may depend on that.
    pub(crate) fn each_cut(&self, script: &Script, mut test: impl FnMut(&Outcome)) {
        let whole = self.send(script, Come::Whole);
        test(&whole);
        for come in Come::cuts(whole.heard.said) {
            test(&self.send(script, come));
        }
    }

    /// Sends it whole, octet by octet and cut everywhere, in two and in three, and demands the same each time.
    pub(crate) fn every_split(&self, script: &Script) -> Outcome {
        self.always(script, Come::splits)
    }

    /// The same, in two only.
    pub(crate) fn every_cut(&self, script: &Script) -> Outcome {
        self.always(script, Come::cuts)
    }

    fn always<C: Iterator<Item = Come>>(&self, script: &Script, ways: fn(usize) -> C) -> Outcome {
        let whole = self.send(script, Come::Whole);
        for come in ways(whole.heard.said) {
            let other = self.send(script, come);
            let context = || format!("{come:?} {script:?}");
            assert_eq!(other.heard.lines, whole.heard.lines, "{}", context());
            assert_eq!(other.heard.contents, whole.heard.contents, "{}", context());
            assert_eq!(other.heard.clear, whole.heard.clear, "{}", context());
            assert_eq!((other.verdict, &other.statuses), (whole.verdict, &whole.statuses), "{}", context());
        }
        whole
    }
}
