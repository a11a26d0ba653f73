//! The clients of other crates, used as their documentation says.

use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::client::SmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use mail_send::SmtpClient;
use mail_send::smtp::message::Message;
use tokio::net::TcpStream;

use super::Load;

pub fn lettre(load: &Load) {
    let mail = load.mail();
    load.on_threads(|load| {
        let name = ClientId::Domain("client.example.org".into());
        let mut connection = SmtpConnection::connect(
            ("127.0.0.1", load.port),
            Some(Duration::from_secs(60)),
            &name,
            None,
            None,
        )
        .expect("a server");
        let from = "alice@example.org".parse().expect("an address");
        let to = "bob@example.com".parse().expect("an address");
        let envelope = Envelope::new(Some(from), vec![to]).expect("an envelope");
        for _ in 0..load.each() {
            assert!(connection.send(&envelope, &mail).expect("a session").is_positive());
        }
        connection.quit().expect("a session");
    });
}

pub fn mail_send(load: &Load) {
    let mail = load.mail();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let tasks = tokio::task::LocalSet::new();
    for _ in 0..load.sessions {
        let (mail, load) = (mail.clone(), *load);
        tasks.spawn_local(async move {
            let stream = TcpStream::connect(("127.0.0.1", load.port)).await.expect("a server");
            stream.set_nodelay(true).expect("an option of TCP");
            let mut client = SmtpClient { stream, timeout: Duration::from_secs(60) };
            client.read().await.expect("a greeting");
            client.ehlo("client.example.org").await.expect("EHLO");
            for _ in 0..load.each() {
                let message = Message::new("alice@example.org", ["bob@example.com"], mail.as_slice());
                client.send(message).await.expect("a session");
            }
            client.quit().await.expect("a session");
        });
    }
    runtime.block_on(tasks);
}
