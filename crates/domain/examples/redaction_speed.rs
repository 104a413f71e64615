//! How fast text is redacted: `cargo run --release -p patchcord-domain --example redaction_speed`.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a measurement, not the product")]

use std::time::{Duration, Instant};

use patchcord_domain::redaction::{Options, Redactor};

const ORDINARY: &str = "Hi team, since this morning the VPN drops about every 20 minutes on my laptop WIN-4F7K2QX9 \
    (192.168.10.20). I have restarted the router twice and the client shows error 0x80070005. Could you have a look before \
    the payroll run at 14:00? The ticket of last week was TKT-0042. Thanks a lot for your help, and have a nice day.\n";
const WITH_SECRETS: &str = "Please call me at +1 202 555 0143 or write to mara@example.test, my password is Winter2026! and \
    the card 4111 1111 1111 1111 was charged twice.\n";

fn main() {
    let redactor = Redactor::new(Options::default());
    let mixed = format!("{}{WITH_SECRETS}", ORDINARY.repeat(3));
    for (name, text) in
        [("ordinary text", ORDINARY.repeat(200)), ("with secrets in every fourth sentence", mixed.repeat(60))]
    {
        let started = Instant::now();
        let mut bytes = 0;
        while started.elapsed() < Duration::from_secs(2) {
            bytes += text.len();
            std::hint::black_box(redactor.text(&text));
        }
        let megabytes = bytes as f64 / 1e6;
        println!("{name}: {:.0} MB/s on one core", megabytes / started.elapsed().as_secs_f64());
    }
}
