//! Client and server against each other: whatever the stream does, both think the same of every mail, or
//! the client says that it does not know.

#[path = "support/pipe.rs"]
mod pipe;
mod random;
#[path = "support/server.rs"]
mod server;

use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::sasl::{Credentials, Password};
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Phase;
use embedded_smtp::submission::{
    Envelope, Event as Told, Hello, Options, Recipient, Status, Submission, Then, TlsPolicy, Verdict,
};
use embedded_smtp::wire::{AuthMechanism, AuthMechanisms, Extension, ForwardPath, HelloName, ReversePath};
use pipe::{Cut, Host, Pipe};
use random::Random;
use server::{Say, policy};

/// A session of one mail or two.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
struct Scenario {
    seed: u64,
    lmtp: bool,
    tls: bool,
    login: bool,
    pipelining: bool,
    refuse_content: bool,
    client: (usize, usize),
    server: (usize, usize),
    window: usize,
    max_size: u64,
    mails: Vec<(Vec<String>, Vec<u8>)>,
}

impl Scenario {
    fn random(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let chance = |random: &mut Random, one_in: usize| random.below(one_in) == 0;
        let lmtp = chance(&mut random, 4);
        let mails = (0..=random.below(2)).map(|_| {
            let kinds = ["ok", "ok", "ok", "reject", "defer"];
            let recipients = (0..=random.below(6))
                .map(|number| match kinds[random.below(kinds.len())] {
                    "ok" => format!("ok{number}@example.test"),
                    kind => format!("{kind}@example{number}.test"),
                })
                .collect();
            (recipients, content(&mut random))
        });
        let mails = mails.collect();
        Self {
            seed,
            lmtp,
            tls: chance(&mut random, 3),
            login: chance(&mut random, 3),
            pipelining: !chance(&mut random, 3),
            refuse_content: chance(&mut random, 6),
            client: (64 + random.below(700), 64 + random.below(700)),
            server: (100 + random.below(700), 200 + random.below(700)),
            window: [1, 1, 7, 64, 5000][random.below(5)],
            max_size: if chance(&mut random, 8) { 50 } else { 1 << 20 },
            mails,
        }
    }

    fn policy(&self) -> Policy<'static> {
        let mechanisms = AuthMechanisms::NONE.with(AuthMechanism::Plain).with(AuthMechanism::Login);
        let mut policy = policy().auth(mechanisms).allow_clear_text_auth().max_size(self.max_size);
        policy = if self.tls { policy.offer(Extension::StartTls) } else { policy };
        policy = if self.lmtp { policy.lmtp() } else { policy };
        // The client shall not know the limit beforehand.
        policy = policy.without(Extension::Size);
        if self.pipelining { policy } else { policy.without(Extension::Pipelining) }
    }

    /// Runs it; what the client believes is compared with what the server has. Returns the octets that went
    /// each way, and the verdicts.
    fn run(&self, cut: Option<Cut>) -> ((usize, usize), Vec<Verdict>) {
        let policy = self.policy();
        let (mut server_rx, mut server_tx) = (vec![0; self.server.0], vec![0; self.server.1]);
        let mut host = Host::new(Server::new(&mut server_rx, &mut server_tx, &policy));
        if self.refuse_content {
            host.caller = refuse_content;
        }
        let mut pipe = Pipe::new(self.seed, self.window, cut);
        let (mut rx, mut tx) = (vec![0; self.client.0], vec![0; self.client.1]);
        let mut client = Client::new(&mut rx, &mut tx).allow_clear_text_auth();
        let mut beliefs = Vec::new();
        for (number, (recipients, content)) in self.mails.iter().enumerate() {
            let last = number + 1 == self.mails.len();
            let before = host.taken.len();
            let belief = self.mail(&mut client, &mut pipe, &mut host, recipients, content, last);
            beliefs.push((belief, before));
            assert!(host.server.is_tls() == self.tls || cut.is_some(), "without TLS");
            // What was not left in good order serves no second mail.
            if client.phase() != Phase::Ready || client.in_flight() > 0 {
                break;
            }
        }
        pipe.close(&mut host);
        for (index, ((verdict, statuses), before)) in beliefs.iter().enumerate() {
            let until = beliefs.get(index + 1).map_or(host.taken.len(), |(_, before)| *before);
            self.compare(index, *verdict, statuses, &host.taken[*before..until], cut);
        }
        (pipe.passed(), beliefs.iter().map(|((verdict, _), _)| *verdict).collect())
    }

    fn mail(
        &self,
        client: &mut Client<'_>,
        pipe: &mut Pipe,
        peer: &mut Host<'_, '_>,
        recipients: &[String],
        content: &[u8],
        last: bool,
    ) -> (Verdict, Vec<Status>) {
        let name = HelloName::new("client.test").unwrap();
        let greeting = if self.lmtp { Hello::Lmtp(name) } else { Hello::Smtp(name) };
        let tls = if self.tls { TlsPolicy::Required } else { TlsPolicy::Never };
        let options =
            Options::new(name).hello(greeting).tls(tls).then(if last { Then::Quit } else { Then::Keep });
        let mut addressees: Vec<_> =
            recipients.iter().map(|to| Recipient::new(ForwardPath::new(to).unwrap())).collect();
        let envelope = Envelope::new(ReversePath::new("a@example.test").unwrap(), &mut addressees);
        let mut texts = [0; 512];
        if self.login {
            let login = Password::new(Credentials::new("user", "pass").unwrap());
            let mut submission =
                Submission::with_login(client, options, envelope, Slice::new(content), &mut texts, login);
            pipe.run(&mut submission, peer, |submission| match submission.event() {
                Some(Told::StartTls) => submission.tls_established().is_err(),
                _ => true,
            });
            belief(&submission.report())
        } else {
            let mut submission = Submission::new(client, options, envelope, Slice::new(content), &mut texts);
            pipe.run(&mut submission, peer, |submission| match submission.event() {
                Some(Told::StartTls) => submission.tls_established().is_err(),
                _ => true,
            });
            belief(&submission.report())
        }
    }

    fn compare(
        &self,
        mail: usize,
        verdict: Verdict,
        statuses: &[Status],
        taken: &[pipe::Mail],
        cut: Option<Cut>,
    ) {
        let place = || format!("mail {mail}: {verdict:?} {statuses:?}, taken {taken:?}, {cut:?}, {self:?}");
        let (recipients, content) = &self.mails[mail];
        for (recipient, status) in recipients.iter().zip(statuses) {
            let copies: usize = taken
                .iter()
                .map(|mail| mail.recipients.iter().filter(|taken| *taken == recipient).count())
                .sum();
            match status {
                Status::Delivered => assert_eq!(copies, 1, "{recipient} {}", place()),
                Status::Accepted if verdict == Verdict::Unknown => assert!(copies <= 1, "{}", place()),
                _ => assert_eq!(copies, 0, "{recipient} {}", place()),
            }
        }
        for mail in taken {
            assert!(mail.content == *content, "{}", place());
        }
        if cut.is_none() {
            let ok = |recipient: &&String| recipient.starts_with("ok");
            let accepted = recipients.iter().filter(ok).count();
            let taken = !self.refuse_content && (content.len() as u64) <= self.max_size && accepted > 0;
            let all = accepted == recipients.len();
            let expected = match (taken, all) {
                (true, true) => &[Verdict::Delivered][..],
                (true, false) => &[Verdict::PartlyDelivered],
                (false, _) => &[Verdict::Rejected, Verdict::RetryLater],
            };
            assert!(expected.contains(&verdict), "{}", place());
        }
    }
}

fn belief(report: &embedded_smtp::submission::Report<'_>) -> (Verdict, Vec<Status>) {
    (report.verdict(), report.recipients().iter().map(Recipient::status).collect())
}

fn refuse_content(event: &Event<'_>) -> Say {
    match event {
        Event::EndOfData { .. } => Say::Reply(554, (5, 6, 0), "No such content"),
        event => server::usual(event),
    }
}

/// Lines, with dots where they matter.
fn content(random: &mut Random) -> Vec<u8> {
    let lines = [".", "..", ".x", "", "text", "a longer line of text\r\n.", "x."];
    let mut content = Vec::new();
    for _ in 0..[0, 3, 20, 200][random.below(4)] {
        content.extend_from_slice(lines[random.below(lines.len())].as_bytes());
        content.extend_from_slice(b"\r\n");
    }
    content
}

#[test]
fn random_sessions_end_as_they_must_whatever_the_pieces() {
    for seed in 1..400 {
        Scenario::random(seed).run(None);
    }
}

#[test]
fn random_sessions_that_break_leave_both_sides_of_one_mind_or_the_client_in_doubt() {
    let mut doubts = 0;
    for seed in 1..250 {
        let scenario = Scenario::random(seed);
        let ((up, down), _) = scenario.run(None);
        let mut random = Random::new(seed);
        for number in 0..8 {
            let from_client = number % 2 == 0;
            let at = random.below(if from_client { up } else { down } + 1);
            let (swallow, lossy) = (random.below(2) == 0, random.below(2) == 0);
            let (_, verdicts) = scenario.run(Some(Cut { at, up: from_client, swallow, lossy }));
            doubts += verdicts.iter().filter(|verdict| **verdict == Verdict::Unknown).count();
        }
    }
    assert!(doubts > 5, "the test never came to the interesting case");
}

#[test]
fn a_stream_that_breaks_at_any_octet_makes_no_mail_count_on_one_side_only() {
    let base = Scenario {
        seed: 5,
        lmtp: false,
        tls: false,
        login: false,
        pipelining: true,
        refuse_content: false,
        client: (256, 256),
        server: (256, 256),
        window: 5000,
        max_size: 1 << 20,
        mails: vec![(
            vec!["ok1@example.test".into(), "reject@example.test".into(), "ok2@example.test".into()],
            b"Subject: x\r\n\r\n.\r\n..dots\r\n".to_vec(),
        )],
    };
    let two = Scenario { mails: vec![base.mails[0].clone(), base.mails[0].clone()], ..base.clone() };
    for scenario in [
        base.clone(),
        Scenario { pipelining: false, window: 1, ..base.clone() },
        Scenario { lmtp: true, ..base.clone() },
        Scenario { tls: true, login: true, ..base.clone() },
        Scenario { refuse_content: true, ..base.clone() },
        two,
    ] {
        let ((up, down), _) = scenario.run(None);
        let (mut doubts, mut delivered) = (0, 0);
        for (end, from_client) in [(up, true), (down, false)] {
            for at in 0..=end {
                for (swallow, lossy) in [(true, true), (true, false), (false, true), (false, false)] {
                    let (_, verdicts) = scenario.run(Some(Cut { at, up: from_client, swallow, lossy }));
                    doubts += verdicts.iter().filter(|verdict| **verdict == Verdict::Unknown).count();
                    delivered +=
                        verdicts.iter().filter(|verdict| **verdict == Verdict::PartlyDelivered).count();
                }
            }
        }
        assert!(doubts > 0, "{scenario:?}");
        assert_eq!(delivered > 0, !scenario.refuse_content);
    }
}
