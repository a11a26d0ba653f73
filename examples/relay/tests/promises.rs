//! What only the next hop can do: notifications (RFC 3461) and deadlines (RFC 2852).

use super::{Away, Extension, Hop, Manner, Relay, Sender};

const MAIL: &str = "MAIL FROM:<a@example.test> RET=HDRS ENVID=QQ314159 BY=120;RT";
const RCPT: &str = "RCPT TO:<b@example.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@example.org";

impl Sender {
    /// Which of the two extensions are offered.
    async fn promised(&mut self) -> Vec<&'static str> {
        self.writes("EHLO client.example.test\r\n").await;
        let lines = self.lines().await;
        let offered = |keyword: &&str| lines.iter().any(|line| line.get(4..) == Some(*keyword));
        ["DSN", "DELIVERBY"].into_iter().filter(offered).collect()
    }
}

#[tokio::test]
async fn parameters_go_on_as_they_came() {
    let hop = Hop::start(Manner::Promising(&[Extension::Dsn, Extension::DeliverBy])).await;
    let relay = Relay::start(&hop.address).await;
    // The next hop is known by the second session.
    for _ in 0..2 {
        let mut sender = relay.sender().await;
        assert_eq!(sender.promised().await, ["DSN", "DELIVERBY"]);
        sender.says(MAIL, "250").await;
        sender.says(RCPT, "250").await;
        sender.says("DATA", "354").await;
        sender.says("text\r\n.", "250").await;
    }
    let expected =
        [" RET=HDRS ENVID=QQ314159 BY=120;RT", " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@example.org"];
    assert_eq!(*hop.parameters.lock().unwrap(), [expected, expected].concat());
}

#[tokio::test]
async fn where_the_next_hop_lacks_them_who_relied_on_it_comes_again_and_sees_it() {
    let hop = Hop::start(Manner::Promising(&[])).await;
    let relay = Relay::start(&hop.address).await;
    let mut sender = relay.sender().await;
    assert_eq!(sender.promised().await, ["DSN", "DELIVERBY"]);
    sender.says(MAIL, "451 4.3.3 The next hop has no DSN").await;
    sender.says("MAIL FROM:<a@example.test> BY=120;R", "451 4.3.3 The next hop has no DELIVERBY").await;
    sender.says("MAIL FROM:<a@example.test>", "250").await;
    sender.says(RCPT, "451 4.3.3 The next hop has no DSN").await;
    sender.says("RCPT TO:<b@example.test>", "250").await;
    assert_eq!(*hop.parameters.lock().unwrap(), ["", ""]);
    let mut again = relay.sender().await;
    assert_eq!(again.promised().await, [""; 0]);
    again.says(MAIL, "555 5.5.4 ").await;
}

#[tokio::test]
async fn a_next_hop_that_is_away_says_nothing_about_what_it_offers() {
    let away = Away::new();
    let relay = Relay::start(&away.address()).await;
    for _ in 0..2 {
        let mut sender = relay.sender().await;
        assert_eq!(sender.promised().await, ["DSN", "DELIVERBY"]);
        sender.says(MAIL, "451 4.4.1 ").await;
    }
}
