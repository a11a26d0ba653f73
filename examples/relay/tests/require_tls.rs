//! REQUIRETLS (RFC 8689): what asks for it goes on only to a next hop that keeps the promise.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpListener;

use super::{Away, Extension, Hop, Manner, Relay, Sender, stream};

const CERTIFICATE: [&str; 3] = ["--tls", "tests/tls/server.pem", "tests/tls/server.key"];
const TRUSTED: [&str; 4] = ["--ca", "tests/tls/ca.pem", "--next-hop-name", "mail.example.test"];
const REQUIRED: &str = "MAIL FROM:<a@example.test> REQUIRETLS";

async fn relay(next_hop: &str, tls: &str, trusted: &[&str]) -> Relay {
    let fixed = ["--next-hop", next_hop, "--next-hop-tls", tls];
    Relay::start_with(&[&fixed, &CERTIFICATE[..], trusted].concat()).await
}

impl Sender {
    /// STARTTLS, and EHLO behind it; says whether REQUIRETLS is offered then.
    async fn secure(mut self) -> (Self, bool) {
        assert!(!self.offers_require_tls().await, "offered in clear");
        self.says("STARTTLS", "220").await;
        let connector = stream::connector(Some("tests/tls/ca.pem".as_ref())).unwrap();
        let plain = embedded_io_adapters::tokio_1::FromTokio::new(self.0.into_inner());
        let stream = stream::connect_tls(&connector, "mail.example.test", plain).await.unwrap();
        let mut sender = Self(BufStream::new(stream.into_inner()));
        let offered = sender.offers_require_tls().await;
        (sender, offered)
    }

    async fn offers_require_tls(&mut self) -> bool {
        self.writes("EHLO client.example.test\r\n").await;
        self.lines().await.iter().any(|line| line.get(4..) == Some("REQUIRETLS"))
    }
}

#[tokio::test]
async fn it_is_passed_on_over_tls_to_a_next_hop_that_offers_it() {
    let hop = Hop::start(Manner::Secure(&[Extension::RequireTls])).await;
    let (mut sender, offered) = relay(&hop.address, "required", &TRUSTED).await.sender().await.secure().await;
    assert!(offered);
    for command in [REQUIRED, "MAIL FROM:<a@example.test>"] {
        sender.says(command, "250").await;
        sender.says("RCPT TO:<b@example.test>", "250").await;
        sender.says("DATA", "354").await;
        sender.says("text\r\n.", "250").await;
    }
    assert_eq!((hop.mails().len(), hop.mail_commands()), (2, (1, 1)));
}

#[tokio::test]
async fn a_next_hop_without_the_extension_is_sent_nothing_of_such_a_mail() {
    let hop = Hop::start(Manner::Secure(&[])).await;
    let (mut sender, _) = relay(&hop.address, "required", &TRUSTED).await.sender().await.secure().await;
    sender.says(REQUIRED, "550 5.7.30 REQUIRETLS support required").await;
    sender.says("RCPT TO:<b@example.test>", "503").await;
    assert_eq!(hop.mail_commands(), (0, 0));
    // Others go on by the same session.
    sender.says("MAIL FROM:<a@example.test>", "250").await;
    assert_eq!((hop.mail_commands(), hop.sessions()), ((0, 1), 1));
    // And in it such a mail is refused as well.
    sender.says("RSET", "250").await;
    sender.says(REQUIRED, "550 5.7.30 ").await;
    assert_eq!(hop.mail_commands(), (0, 1));
}

#[tokio::test]
async fn without_tls_that_can_be_trusted_such_a_mail_is_refused_for_good_and_others_wait() {
    for (manner, tls, trusted, others) in [
        // No STARTTLS, where it is required and where it is not.
        (Manner::Obliging, "required", &TRUSTED[..], "451 4.4.1 "),
        (Manner::Obliging, "if-offered", &TRUSTED, "250 "),
        // A certificate for another name.
        (Manner::Secure(&[Extension::RequireTls]), "required", &TRUSTED[..2], "451 4.4.1 "),
        (Manner::Secure(&[Extension::RequireTls]), "if-offered", &TRUSTED[..2], "451 4.4.1 "),
    ] {
        let hop = Hop::start(manner).await;
        let (mut sender, offered) = relay(&hop.address, tls, trusted).await.sender().await.secure().await;
        assert!(offered);
        sender.says(REQUIRED, "550 5.7.10 ").await;
        assert_eq!(hop.mail_commands(), (0, 0));
        sender.says("MAIL FROM:<a@example.test>", others).await;
    }
}

#[tokio::test]
async fn a_next_hop_that_is_away_is_a_matter_of_time() {
    let away = Away::new();
    let (mut sender, _) = relay(&away.address(), "required", &TRUSTED).await.sender().await.secure().await;
    sender.says(REQUIRED, "451 4.4.1 ").await;
}

/// RFC 3207 §4: 454 is for a while, so the mail may wait for the TLS that it needs, in a session of its own.
#[tokio::test]
async fn a_next_hop_whose_tls_is_out_of_order_is_a_matter_of_time() {
    for (code, tls, expected, others) in [
        ("454 4.7.0", "required", "451 4.4.1 ", "451 4.4.1 "),
        ("454 4.7.0", "if-offered", "451 4.7.10 ", "250 "),
        ("554 5.7.0", "if-offered", "550 5.7.10 ", "250 "),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let hellos = tokio::spawn(without_tls(listener, code));
        let (mut sender, offered) = relay(&address, tls, &TRUSTED).await.sender().await.secure().await;
        assert!(offered);
        for (command, reply) in
            [(REQUIRED, expected), (REQUIRED, expected), ("MAIL FROM:<a@b.example>", others)]
        {
            sender.says(command, reply).await;
        }
        hellos.abort();
    }
}

/// A next hop that offers STARTTLS and answers it by `code`.
async fn without_tls(listener: TcpListener, code: &'static str) {
    while let Ok((socket, _)) = listener.accept().await {
        let mut stream = BufStream::new(socket);
        let mut reply = "220 hop\r\n".to_owned();
        let mut line = String::new();
        loop {
            stream.write_all(reply.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
            line.clear();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                break;
            }
            assert!(!line.contains("REQUIRETLS"), "{line}");
            reply = match line.trim_end() {
                "STARTTLS" => format!("{code} no TLS now\r\n"),
                hello if hello.starts_with("EHLO") => "250-hop\r\n250-REQUIRETLS\r\n250 STARTTLS\r\n".into(),
                _ => "250 ok\r\n".into(),
            };
        }
    }
}

#[tokio::test]
async fn it_is_not_offered_in_clear_nor_where_the_next_hop_gets_no_tls() {
    let hop = Hop::start(Manner::Obliging).await;
    let (mut sender, offered) = relay(&hop.address, "never", &[]).await.sender().await.secure().await;
    assert!(!offered);
    sender.says(REQUIRED, "555 5.5.4 ").await;
    let mut clear = relay(&hop.address, "required", &[]).await.sender().await;
    clear.says("EHLO client.example.test", "250").await;
    clear.says(REQUIRED, "555 5.5.4 ").await;
    assert_eq!(hop.mail_commands(), (0, 0));
}
