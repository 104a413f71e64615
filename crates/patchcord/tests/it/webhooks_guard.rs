//! The guarded client: what it must not reach, it does not reach, however the address is written or resolved.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use futures::future::BoxFuture;
use patchcord_app::outgoing::{Options, Outgoing, OutgoingError, Resolver};
use patchcord_simulator::webhook::{Receiver, Reply};
use reqwest::header::HeaderMap;

/// Names as a test wants them: each resolution takes the next answer, the last one stays.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<HashMap<String, VecDeque<Vec<IpAddr>>>>>, Arc<Mutex<Vec<String>>>);

impl Names {
    fn set(&self, name: &str, answers: &[&[&str]]) {
        let answers = answers.iter().map(|all| all.iter().map(|text| text.parse().unwrap()).collect()).collect();
        self.0.lock().unwrap().insert(name.to_owned(), answers);
    }

    fn asked(&self) -> Vec<String> {
        self.1.lock().unwrap().clone()
    }
}

impl Resolver for Names {
    fn resolve(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        self.1.lock().unwrap().push(host.clone());
        let mut names = self.0.lock().unwrap();
        let answer = match names.get_mut(&host) {
            Some(answers) if answers.len() > 1 => answers.pop_front(),
            Some(answers) => answers.front().cloned(),
            None => None,
        };
        Box::pin(async move { answer.ok_or_else(|| io::Error::other("no such name")) })
    }
}

fn client(names: &Names, allowed: &[&str]) -> Outgoing {
    let allowed = allowed.iter().map(|text| text.parse().unwrap()).collect();
    let options = Options { allowed, timeout_ms: 1_500, ..Options::default() };
    Outgoing::new(options, Arc::new(names.clone()))
}

async fn post(outgoing: &Outgoing, url: &str) -> Result<u16, OutgoingError> {
    outgoing.post(url, HeaderMap::new(), "{}".to_owned()).await.map(|answer| answer.status)
}

/// Addresses that nobody may reach who was not allowed to, as a name may resolve to them.
const INSIDE: [&str; 32] = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.170.2",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_inside_are_refused_in_every_notation() {
    let names = Names::default();
    let receiver = Receiver::start().await;
    let port = receiver.port();
    let outgoing = client(&names, &[]);
    // Written into the URL: WHATWG's rules make addresses of all of these.
    let written = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0x7f.0x0.0x0.0x1",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::7f00:1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "0",
        "0.0.0.0",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "10.1",
        "0xc0a80101",
        "192.168.257",
    ];
    for host in written {
        for scheme in ["http", "https"] {
            let url = format!("{scheme}://{host}:{port}/");
            assert!(outgoing.check(&url).is_err(), "{url}");
            let refused = post(&outgoing, &url).await;
            assert!(matches!(refused, Err(OutgoingError::Refused(_))), "{url}: {refused:?}");
        }
    }
    // What a name resolves to, alone and among others that are inside too.
    for (index, address) in INSIDE.into_iter().enumerate() {
        let name = format!("name{index}.test");
        names.set(&name, &[&[address, "127.0.0.1", "::1"]]);
        let url = format!("https://{name}:{port}/");
        assert!(outgoing.check(&url).is_ok(), "a name is judged when it is resolved");
        let refused = post(&outgoing, &url).await;
        assert!(matches!(refused, Err(OutgoingError::Refused(_))), "{address}: {refused:?}");
    }
    assert_eq!(names.asked().len(), INSIDE.len(), "each name is resolved once");
    // The machine's own names go through the same check.
    names.set("localhost", &[&["127.0.0.1"]]);
    assert!(matches!(post(&outgoing, &format!("https://localhost:{port}/")).await, Err(OutgoingError::Refused(_))));
    assert_eq!(receiver.count(), 0, "something was reached");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_is_allowed_is_reached_inside() {
    let names = Names::default();
    let receiver = Receiver::start().await;
    let port = receiver.port();
    let outgoing = client(&names, &["127.0.0.1/32"]);
    names.set("one.test", &[&["127.0.0.1"]]);
    names.set("mixed.test", &[&["10.0.0.1", "127.0.0.2", "127.0.0.1", "8.8.8.8"]]);
    names.set("mapped.test", &[&["::ffff:127.0.0.1"]]);
    names.set("outside.test", &[&["8.8.8.8"]]);
    names.set("other.test", &[&["127.0.0.2"]]);
    for (host, reached) in [
        ("127.0.0.1", true),
        ("2130706433", true),
        ("one.test", true),
        ("mixed.test", true),
        ("mapped.test", true),
        ("127.0.0.2", false),
        ("other.test", false),
        // Without TLS nothing leaves for the internet.
        ("outside.test", false),
        ("8.8.8.8", false),
    ] {
        let found = post(&outgoing, &format!("http://{host}:{port}/{host}")).await;
        let fits = if reached { found == Ok(204) } else { matches!(found, Err(OutgoingError::Refused(_))) };
        assert!(fits, "{host}: {found:?}");
    }
    assert_eq!(receiver.count(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_comes_to_mean_something_else_gains_nothing() {
    let names = Names::default();
    let (receiver, outgoing) = (Receiver::start().await, client(&names, &["127.0.0.1/32"]));
    // The classic: allowed when it is looked at, inside when it is connected to. There is no second resolution.
    receiver.answer(|_| Reply::With(200, vec![("connection", "close".to_owned())], String::new()));
    names.set("rebound.test", &[&["127.0.0.1"], &["127.0.0.2"], &["169.254.169.254"], &["127.0.0.1"]]);
    let url = format!("http://rebound.test:{}/", receiver.port());
    assert_eq!(post(&outgoing, &url).await, Ok(200));
    assert_eq!(names.asked().len(), 1, "one request, one resolution");
    for _ in 0..2 {
        assert!(matches!(post(&outgoing, &url).await, Err(OutgoingError::Refused(_))));
    }
    // A refusal was not remembered as an address, and neither was the address.
    assert_eq!(post(&outgoing, &url).await, Ok(200));
    assert_eq!(receiver.count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_and_size_are_bounded() {
    let names = Names::default();
    let outgoing = client(&names, &["127.0.0.1/32"]);
    let receiver =
        Receiver::answering(|one| if one.path == "/hang" { Reply::Hang } else { Reply::Long(50_000_000) }).await;
    let began = Instant::now();
    let late = post(&outgoing, &receiver.url("/hang")).await;
    assert_eq!(late, Err(OutgoingError::Timeout(2)));
    assert!((1_400..5_000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    let long = outgoing.post(&receiver.url("/long"), HeaderMap::new(), "{}".to_owned()).await.unwrap();
    assert_eq!(long.body.len(), 64 * 1_024);
}
