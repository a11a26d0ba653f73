//! What idle sessions cost: the slices that are lent, and a few octets each.

use embedded_smtp::server::{Policy, Server};
use embedded_smtp::session::Want;
use embedded_smtp::wire::HelloName;

const SESSIONS: usize = 10_000;
const RX: usize = 1024;
const TX: usize = 512;

/// Octets of this process that are in memory; `None` where the system does not say.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Lets a session go on until it waits for its client.
fn turn(server: &mut Server<'_, '_>) {
    loop {
        match server.poll().unwrap() {
            Want::Event => server.accept().unwrap(),
            Want::Write => server.transmitted(usize::MAX),
            Want::Read => return,
            Want::Closed => panic!("closed"),
        }
    }
}

#[test]
fn ten_thousand_idle_sessions_stay_below_30_mib() {
    assert!(size_of::<Server<'_, '_>>() <= 256);
    let policy = Policy::new(HelloName::new("mx.test").unwrap());
    let mut memory = vec![0_u8; SESSIONS * (RX + TX)];
    let mut sessions: Vec<_> = memory
        .chunks_exact_mut(RX + TX)
        .map(|slices| {
            let (rx, tx) = slices.split_at_mut(RX);
            Server::new(rx, tx, &policy)
        })
        .collect();
    for server in &mut sessions {
        turn(server);
        // All of rx is written to at least once, so that it does lie in memory.
        for says in
            [&b"EHLO client.test\r\n"[..], &[b'x'; 1000], b"\r\n", b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDA"]
        {
            let room = server.receive_buffer();
            room[..says.len()].copy_from_slice(says);
            server.received(says.len());
            turn(server);
        }
    }
    assert_eq!(sessions.len(), SESSIONS);
    let Some(resident) = resident() else {
        println!("not shown here: this system has no /proc/self/status");
        return;
    };
    assert!(resident > SESSIONS * RX, "{resident} cannot be");
    assert!(resident < 30 << 20, "{resident} octets are resident");
    println!("a server is {} octets", size_of::<Server<'_, '_>>());
    println!("{SESSIONS} sessions: {resident} octets resident, {} each", resident / SESSIONS);
    // They are all alive.
    for server in &mut sessions {
        let room = server.receive_buffer();
        room[..4].copy_from_slice(b"TA\r\n");
        server.received(4);
        turn(server);
        assert_eq!(server.phase(), embedded_smtp::session::Phase::Data);
    }
}
