//! Two hosts with embassy-net's stacks, a cable between them, and time that goes by only when nobody has anything to do.
#![doc = include_str!("../README.md")]

use core::future::{Future, pending};
use core::pin::pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;

use embassy_futures::join::join4;
use embassy_futures::select::{Either, select};
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Stack, StackResources, StaticConfigV4};
use embassy_net_driver_channel::driver::{HardwareAddress, LinkState};
use embassy_net_driver_channel::{self as channel, RxRunner, TxRunner};
use embassy_time::{Duration, Instant, MockDriver, Timer};

/// Octets of the largest packet.
const MTU: usize = 1500;

/// The server's address.
pub const SERVER: Ipv4Address = Ipv4Address::new(10, 0, 0, 2);

/// Runs a test of a client's and a server's stack, in this order; a packet takes `delay` from one to the other. What the
/// test gave, and how long it took.
pub fn on_two_hosts<T>(delay: Duration, test: impl AsyncFnOnce(Stack<'_>, Stack<'_>) -> T) -> (T, Duration) {
    // There is one clock for all.
    static CLOCK: Mutex<()> = Mutex::new(());
    let _mine = CLOCK.lock().unwrap_or_else(PoisonError::into_inner);
    MockDriver::get().reset();
    let [mut client, mut server] = [(); 2].map(|()| channel::State::<MTU, 4, 4>::new());
    let (client_port, client_device) = channel::new(&mut client, HardwareAddress::Ip);
    let (server_port, server_device) = channel::new(&mut server, HardwareAddress::Ip);
    let (client_link, client_in, client_out) = client_port.split();
    let (server_link, server_in, server_out) = server_port.split();
    client_link.set_link_state(LinkState::Up);
    server_link.set_link_state(LinkState::Up);
    let [mut client, mut server] = [(); 2].map(|()| StackResources::<2>::new());
    let (client, mut client_runner) =
        embassy_net::new(client_device, address(Ipv4Address::new(10, 0, 0, 1)), &mut client, 1);
    let (server, mut server_runner) = embassy_net::new(server_device, address(SERVER), &mut server, 2);
    let network = join4(
        client_runner.run(),
        server_runner.run(),
        cable(client_out, server_in, delay),
        cable(server_out, client_in, delay),
    );
    match block_on(select(test(client, server), network)) {
        Either::First(result) => (result, Instant::now() - Instant::from_ticks(0)),
        Either::Second(_) => unreachable!("a network does not end"),
    }
}

fn address(address: Ipv4Address) -> Config {
    Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(address, 24),
        gateway: None,
        dns_servers: Default::default(),
    })
}

/// Carries packets one way.
async fn cable(mut from: TxRunner<'_, MTU>, mut to: RxRunner<'_, MTU>, delay: Duration) {
    let mut under_way = VecDeque::<(Instant, Vec<u8>)>::new();
    loop {
        let arrival = async {
            match under_way.front() {
                Some((at, _)) => Timer::at(*at).await,
                None => pending().await,
            }
        };
        match select(arrival, from.tx_buf()).await {
            Either::First(()) => {
                let Some((_, packet)) = under_way.pop_front() else { continue };
                to.rx_buf().await[..packet.len()].copy_from_slice(&packet);
                to.rx_done(packet.len());
            }
            Either::Second(packet) => {
                let packet = packet.to_vec();
                from.tx_done();
                under_way.push_back((Instant::now() + delay, packet));
            }
        }
    }
}

/// An executor for one task: while that has been woken it is polled, else time goes by in milliseconds.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Woken(AtomicBool);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(woken.clone());
    let mut future = pin!(future);
    let end = Instant::now() + Duration::from_secs(3600);
    while Instant::now() < end {
        if !woken.0.swap(false, Ordering::Relaxed) {
            MockDriver::get().advance(Duration::from_millis(1));
            continue;
        }
        // A processor takes time, too; and a stack whose timer is due just now would ask for ever otherwise.
        MockDriver::get().advance(Duration::from_micros(100));
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return result;
        }
    }
    panic!("nothing has come of it in an hour");
}
