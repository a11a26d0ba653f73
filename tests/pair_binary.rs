//! A mail with a binary part, from the message writer through a submission to the server engine: by BDAT,
//! equal at both ends, whatever the pieces and wherever the stream breaks.

#[path = "support/pipe.rs"]
mod pipe;
#[allow(dead_code, reason = "shared with other tests")]
mod random;
#[path = "support/server.rs"]
mod server;

use embedded_smtp::client::Client;
use embedded_smtp::data::Body;
use embedded_smtp::message::{
    Address, Attachment, Content, Date, Message, MessageId, MimeType, Multipart, Text, Transport,
};
use embedded_smtp::server::{Policy, Server};
use embedded_smtp::submission::{Cause, Envelope, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{Domain, Extension, ForwardPath, HelloName, Mailbox, ReversePath};
use pipe::{Cut, Host, Pipe};
use random::Random;
use server::policy;

/// Every octet, dots in front, and what looks like commands.
fn octets() -> Vec<u8> {
    let mut octets: Vec<u8> = (0..=255).collect();
    octets.extend_from_slice(b"\r\n.\r\nBDAT 0 LAST\r\nQUIT\r\n\0\n\r");
    octets.repeat(3)
}

fn message(octets: &[u8]) -> Message<'_, impl Content> {
    let from = Address::new(Mailbox::new("a@example.test").unwrap());
    let id = MessageId::unique(1, 2, Domain::new("example.test").unwrap());
    let picture = Attachment::octets(MimeType::OCTET_STREAM, octets);
    let content = Multipart::mixed(Text::plain("84 \u{b0}C\n"), [picture]);
    Message::new(from, Date::from_unix(0, 0).unwrap(), id, content)
        .transport(Transport::seven_bit().with_binary())
}

fn written(octets: &[u8]) -> Vec<u8> {
    let mut message = message(octets);
    let mut mail = vec![0; usize::try_from(message.size().unwrap()).unwrap()];
    let length = message.writer().write_into(&mut mail).unwrap();
    assert_eq!(length, mail.len());
    mail
}

/// Octets that went each way, the report's verdict and cause, and the mails that the server took.
type Came = ((usize, usize), Verdict, Option<Cause>, Vec<Vec<u8>>);

fn run(policy: &Policy<'_>, seed: u64, lend: usize, to: &str, cut: Option<Cut>) -> Came {
    let mut random = Random::new(seed);
    let (mut srx, mut stx) = (vec![0; 100 + random.below(400)], vec![0; 200 + random.below(400)]);
    let (mut rx, mut tx) = (vec![0; 64 + random.below(400)], vec![0; 64 + random.below(400)]);
    let mut host = Host::new(Server::new(&mut srx, &mut stx, policy));
    let mut pipe = Pipe::new(seed, [1, 7, 64, 5000][random.below(4)], cut);
    let mut client = Client::new(&mut rx, &mut tx);
    let (octets, mut buffer, mut texts) = (octets(), vec![0; lend], [0; 256]);
    let mut message = message(&octets);
    let body = message.body(&mut buffer);
    assert!(body.needs().binary && body.needs().eight_bit);
    let mut recipients = [Recipient::new(ForwardPath::new(to).unwrap())];
    let envelope = Envelope::new(ReversePath::new("a@example.test").unwrap(), &mut recipients);
    let options = Options::new(HelloName::new("client.test").unwrap()).tls(TlsPolicy::Never);
    let mut submission = Submission::new(&mut client, options, envelope, body, &mut texts);
    pipe.run(&mut submission, &mut host, |_| true);
    let (verdict, cause) = (submission.report().verdict(), submission.report().cause());
    pipe.close(&mut host);
    let mails = host.taken.iter().map(|mail| mail.content.clone()).collect();
    (pipe.passed(), verdict, cause, mails)
}

#[test]
fn a_binary_mail_arrives_octet_for_octet_in_chunks_of_any_size() {
    let mail = written(&octets());
    for without in [Extension::Help, Extension::Pipelining] {
        // Chunks of one octet are more commands than a mail is worth.
        let policy = policy().without(without).max_idle(u16::MAX);
        for seed in 1..9 {
            for lend in [1, 2, 3, 60, 500, 4096] {
                let (_, verdict, cause, mails) = run(&policy, seed, lend, "ok@example.test", None);
                assert_eq!((verdict, cause), (Verdict::Delivered, None), "seed {seed}, lend {lend}");
                assert!(mails.len() == 1 && mails[0] == mail, "seed {seed}, lend {lend}");
            }
        }
    }
}

#[test]
fn a_binary_mail_is_not_begun_where_it_cannot_go() {
    for without in [Extension::BinaryMime, Extension::Chunking] {
        let policy = policy().without(without);
        let (_, verdict, cause, mails) = run(&policy, 1, 64, "ok@example.test", None);
        assert_eq!((verdict, cause), (Verdict::Rejected, Some(Cause::NeedsBinaryMime)), "{without:?}");
        assert!(mails.is_empty());
    }
}

#[test]
fn a_refused_chunk_loses_the_mail_on_both_sides() {
    // The announced SIZE is hidden, so that the limit is met in the content.
    let policy = policy().max_size(300).without(Extension::Size);
    for seed in 1..9 {
        for lend in [60, 500, 4096] {
            let (_, verdict, cause, mails) = run(&policy, seed, lend, "ok@example.test", None);
            assert_eq!(verdict, Verdict::Rejected, "seed {seed}, lend {lend}: {cause:?}");
            assert!(matches!(cause, Some(Cause::Refused(_))), "seed {seed}, lend {lend}: {cause:?}");
            assert!(mails.is_empty());
        }
    }
}

#[test]
fn a_stream_that_breaks_makes_no_binary_mail_count_on_one_side_only() {
    let (policy, mail) = (policy(), written(&octets()));
    let mut doubts = 0;
    for seed in 1..30 {
        let lend = [3, 60, 500][seed as usize % 3];
        let ((up, down), ..) = run(&policy, seed, lend, "ok@example.test", None);
        let mut random = Random::new(seed);
        for number in 0..8 {
            let from_client = number % 2 == 0;
            // Half of them near the end, where it matters.
            let all = if from_client { up } else { down };
            let at = if number < 4 { random.below(all + 1) } else { all - random.below(all.min(30)) };
            let (swallow, lossy) = (random.below(2) == 0, random.below(2) == 0);
            let cut = Some(Cut { at, up: from_client, swallow, lossy });
            let (_, verdict, _, mails) = run(&policy, seed, lend, "ok@example.test", cut);
            let place = format!("seed {seed} {cut:?}: {verdict:?}, {} taken", mails.len());
            match verdict {
                Verdict::Delivered => assert_eq!(mails.len(), 1, "{place}"),
                Verdict::Unknown => doubts += 1,
                _ => assert_eq!(mails.len(), 0, "{place}"),
            }
            assert!(mails.iter().all(|taken| *taken == mail), "{place}");
        }
    }
    assert!(doubts > 5, "the test never came to the interesting case");
}
