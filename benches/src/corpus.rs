//! The octets that everybody works on, the same in every run.

/// As many octets as the bulk works have.
pub const MIB: usize = 1 << 20;

const REPLIES: [&str; 14] = [
    "250 2.1.0 Ok\r\n",
    "250 2.1.5 Ok\r\n",
    "354 End data with <CR><LF>.<CR><LF>\r\n",
    "250 2.0.0 Ok: queued as 4FzKq81x2Yz9\r\n",
    "250 2.1.5 <bob@example.com> recipient ok\r\n",
    "220 mx1.example.com ESMTP ready\r\n",
    "550 5.1.1 <nobody@example.com>: Recipient address rejected: User unknown in virtual mailbox table\r\n",
    "450 4.2.0 <carol@example.net>: Recipient address rejected: Greylisted\r\n",
    "235 2.7.0 Authentication successful\r\n",
    "334 VXNlcm5hbWU6\r\n",
    "421 4.4.2 mx1.example.com Error: timeout exceeded\r\n",
    "554 5.7.1 Service unavailable; client host blocked using a list of hosts\r\n",
    "250-mx1.example.com greets client.example.org\r\n250 HELP\r\n",
    "221 2.0.0 Bye\r\n",
];

/// 1 000 replies, one behind the other.
pub fn replies() -> Vec<u8> {
    mixed(&REPLIES)
}

const COMMANDS: [&str; 14] = [
    "EHLO client.example.org\r\n",
    "MAIL FROM:<alice.smith@example.org> SIZE=48213 BODY=8BITMIME\r\n",
    "RCPT TO:<bob@example.com> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@example.com\r\n",
    "RCPT TO:<carol.jones@mail.example.net>\r\n",
    "MAIL FROM:<bounce+id=4711@lists.example.com> SIZE=1024 RET=HDRS ENVID=QQ314159\r\n",
    "RCPT TO:<postmaster+abuse.reports@subdomain.example.org> NOTIFY=NEVER\r\n",
    "RCPT TO:<customer.service@a.rather.long.name.for.a.host.example.co.uk>\r\n",
    "MAIL FROM:<newsletter-2026-11-21-0815@bulk.mailer.example.com> SIZE=104857600 BODY=8BITMIME SMTPUTF8\r\n",
    "DATA\r\n",
    "AUTH PLAIN AGFsaWNlQGV4YW1wbGUub3JnAGNvcnJlY3QgaG9yc2UgYmF0dGVyeSBzdGFwbGU=\r\n",
    "RCPT TO:<dave@[192.0.2.25]>\r\n",
    "RCPT TO:<\"quoted name\"@example.org> NOTIFY=DELAY,FAILURE ORCPT=rfc822;dave+2Bx@example.org\r\n",
    "RSET\r\n",
    "MAIL FROM:<root@server-17.rack-04.example.net> SIZE=2048 AUTH=<>\r\n",
];

/// 1 000 commands, one behind the other.
pub fn commands() -> Vec<u8> {
    mixed(&COMMANDS)
}

fn mixed(lines: &[&str]) -> Vec<u8> {
    let mut random = Random(1);
    let mut all = Vec::new();
    for _ in 0..1000 {
        all.extend_from_slice(lines[random.below(lines.len())].as_bytes());
    }
    all
}

/// The commonest reply.
pub const OK: &[u8] = b"250 2.1.0 Ok\r\n";

/// A reply of nine lines.
pub const EHLO: &[u8] = b"250-mx1.example.com\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-STARTTLS\r\n\
250-AUTH PLAIN LOGIN\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8\r\n";

/// Text in lines of 76 octets and CRLF; dots stand inside, and never begin a line.
pub fn text() -> Vec<u8> {
    lines(76, false)
}

/// Lines of 20 octets and CRLF, each of which begins with a dot.
pub fn dots() -> Vec<u8> {
    lines(20, true)
}

fn lines(columns: usize, dots: bool) -> Vec<u8> {
    const LETTERS: &[u8; 32] = b"etaoinshrdlucmfwypvbgkjqxz ,. ae";
    let mut random = Random(2);
    let mut text = Vec::with_capacity(MIB);
    while text.len() + columns + 2 <= MIB {
        text.push(if dots { b'.' } else { b'I' });
        text.extend((1..columns).map(|_| LETTERS[random.below(LETTERS.len())]));
        text.extend_from_slice(b"\r\n");
    }
    text
}

/// What goes over the wire for `content`, by RFC 5321 section 4.5.2 to the letter: the measure of all stuffing.
pub fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(content.len() * 2);
    for line in content.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

/// Octets of no text at all.
pub fn binary() -> Vec<u8> {
    let mut random = Random(3);
    (0..MIB).map(|_| random.below(256) as u8).collect()
}

/// A mail of 1 KiB: a header section, and text.
pub fn mail() -> Vec<u8> {
    let mut mail =
        b"Date: Sat, 21 Nov 2026 08:15:00 +0000\r\nFrom: <alice@example.org>\r\nTo: <bob@example.com>\r\n\
Message-ID: <5eed.17@example.org>\r\nSubject: Pump 2\r\nMIME-Version: 1.0\r\n\r\n"
            .to_vec();
    let text = text();
    mail.extend_from_slice(&text[..78 * 10]);
    mail.extend_from_slice(&text[..1022 - mail.len()]);
    mail.extend_from_slice(b"\r\n");
    mail
}

/// A linear congruential generator: no dependency, and the same octets everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_streams_are_as_long_as_the_table_says() {
        assert!((44_000..46_000).contains(&replies().len()), "{}", replies().len());
        assert!((57_000..59_000).contains(&commands().len()), "{}", commands().len());
        assert_eq!(mail().len(), 1024);
        assert!(text().len() > MIB - 80 && dots().len() > MIB - 24);
    }
}
