//! One mail through a scripted server.
use embedded_smtp::client::Client;
use embedded_smtp::data::Slice;
use embedded_smtp::session::{Endpoint, Want};
use embedded_smtp::submission::{Envelope, Event, Options, Recipient, Submission, TlsPolicy, Verdict};
use embedded_smtp::wire::{ForwardPath, HelloName, ReversePath};

#[test]
fn one_mail() {
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut client = Client::new(&mut rx, &mut tx);
    println!("client {}", size_of::<Client>());
    let mut recipients = [
        Recipient::new(ForwardPath::new("b@example.test").unwrap()),
        Recipient::new(ForwardPath::new("c@example.test").unwrap()),
    ];
    let mut texts = [0; 256];
    let envelope = Envelope::new(ReversePath::new("a@example.test").unwrap(), &mut recipients);
    let options = Options::new(HelloName::new("client.example.test").unwrap()).tls(TlsPolicy::Never);
    let mut sub =
        Submission::new(&mut client, options, envelope, Slice::new(b".\r\nhello\n..\r\n"), &mut texts);
    println!("submission {}", size_of_val(&sub));
    let mut script = [
        "220 hi\r\n",
        "250-x\r\n250-SIZE 1000\r\n250 PIPELINING\r\n",
        "250 ok\r\n250 ok\r\n550-5.1.1 no\r\n550 5.1.1 body\r\n354 go\r\n",
        "250 queued\r\n",
        "221 bye\r\n",
    ]
    .into_iter();
    let mut out = Vec::new();
    loop {
        match sub.poll().unwrap() {
            Want::Event => {
                assert_eq!(sub.event(), Some(Event::Done));
                break;
            }
            Want::Write => {
                let n = sub.transmit().len();
                out.extend_from_slice(sub.transmit());
                sub.transmitted(n);
            }
            Want::Read => {
                let s = script.next().unwrap().as_bytes();
                sub.receive_buffer()[..s.len()].copy_from_slice(s);
                sub.received(s.len());
            }
            Want::Closed => panic!(),
        }
    }
    println!("{}", String::from_utf8_lossy(&out));
    let report = sub.report();
    assert_eq!(report.verdict(), Verdict::PartlyDelivered);
    assert_eq!(report.text(&report.answer()), "queued");
    assert_eq!(report.text(&report.recipients()[1].answer()), "no\nbody");
}
