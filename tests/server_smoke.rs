//! One mail into the server.
use embedded_smtp::server::{Event, Policy, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::HelloName;

#[test]
fn one_mail_comes_in() {
    let policy = Policy::new(HelloName::new("mail.example.test").unwrap());
    let (mut rx, mut tx) = ([0; 512], [0; 512]);
    let mut server = Server::new(&mut rx, &mut tx, &policy);
    println!("server {}", size_of::<Server>());
    let mut script = [
        "",
        "EHLO c\r\n",
        "MAIL FROM:<a@b> SIZE=3\r\nRCPT TO:<b@c>\r\nRCPT TO:<>\r\nDATA\r\n",
        "..\r\nhello\r\n.\r\nQUIT\r\n",
    ]
    .into_iter();
    let mut out = String::new();
    let mut body = Vec::new();
    loop {
        match server.poll().unwrap() {
            Want::Event => {
                println!("{:?}", server.event());
                if let Some(Event::Body(b)) = server.event() {
                    body.extend_from_slice(b)
                }
                if server.reply_owed().is_some() {
                    server.accept().unwrap()
                }
            }
            Want::Write => {
                let n = server.transmit().len();
                out += core::str::from_utf8(server.transmit()).unwrap();
                out += "---\n";
                server.transmitted(n);
            }
            Want::Read => {
                let s = script.next().unwrap().as_bytes();
                server.receive_buffer()[..s.len()].copy_from_slice(s);
                server.received(s.len());
            }
            Want::Closed => break,
        }
    }
    println!("{out}");
    assert_eq!(body, b".\r\nhello\r\n");
}
