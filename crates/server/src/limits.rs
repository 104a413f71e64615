//! How many requests a minute one token, or one address without a token, may send. Bounded in memory whoever comes.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use patchcord_domain::time::{MINUTE, Millis};

use crate::routes::socket_token;
use crate::{Desk, address, error, extract, is_copilots};

/// Microseconds of the time in which a whole allowance grows back.
const WINDOW: i64 = MINUTE * 1_000;
/// Parts of a table, so that requests seldom wait for each other.
const SHARDS: usize = 16;
/// Most entries of one part.
const ENTRIES: usize = 2_048;

/// What a request may still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Allowance {
    /// Requests a minute.
    limit: u32,
    /// Requests that are left right now.
    remaining: i64,
    /// Seconds until all of them are there again.
    reset_seconds: i64,
    /// Seconds until one is there again; 0 when the request may go on.
    wait_seconds: u64,
}

/// The allowances of everybody. Each grows back evenly: a request that finds none left waits for the next one, not for the
/// end of a minute.
pub(crate) struct Limits {
    per_minute: u32,
    hasher: RandomState,
    tokens: Table,
    addresses: Table,
}

impl Limits {
    /// 0 requests a minute means: no limit.
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute, hasher: RandomState::new(), tokens: Table::default(), addresses: Table::default() }
    }

    /// Takes one request from the allowance of a token, when the token was good before; `None` when it is not known.
    fn take_known(&self, token: u64, now: Millis) -> Option<Allowance> {
        self.tokens.take(token, now, self.per_minute, false)
    }

    /// Takes one request from an allowance that is made when it is not there.
    fn take(&self, table: &Table, key: u64, now: Millis) -> Allowance {
        let new = || Allowance { limit: self.per_minute, remaining: 0, reset_seconds: 60, wait_seconds: 60 };
        table.take(key, now, self.per_minute, true).unwrap_or_else(new)
    }

    /// A key that nobody outside can choose.
    fn key(&self, text: &str) -> u64 {
        self.hasher.hash_one(text)
    }
}

/// Allowances by key. An entry is the moment, in microseconds, at which its allowance is whole again.
#[derive(Default)]
struct Table([Mutex<HashMap<u64, i64>>; SHARDS]);

impl Table {
    fn take(&self, key: u64, now: Millis, per_minute: u32, may_add: bool) -> Option<Allowance> {
        let now = now.saturating_mul(1_000);
        let step = WINDOW / i64::from(per_minute.max(1));
        let shard = &self.0[(key >> 60) as usize % SHARDS];
        let mut entries = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let whole_at = match entries.get(&key) {
            Some(at) => (*at).max(now),
            None if may_add => now,
            None => return None,
        };
        let used = whole_at - now;
        let taken = used + step <= WINDOW;
        let used_after = if taken { used + step } else { used };
        if taken {
            if entries.len() >= ENTRIES && !entries.contains_key(&key) {
                make_room(&mut entries, now);
            }
            entries.insert(key, now + used_after);
        }
        let seconds = |micros: i64| (micros + 999_999) / 1_000_000;
        let wait = if taken { 0 } else { u64::try_from(seconds(used + step - WINDOW)).unwrap_or(1).max(1) };
        Some(Allowance {
            limit: per_minute,
            remaining: (WINDOW - used_after) / step,
            reset_seconds: seconds(used_after),
            wait_seconds: wait,
        })
    }
}

/// Forgets whose allowance is whole again; when nobody's is, whose will be first.
fn make_room(entries: &mut HashMap<u64, i64>, now: i64) {
    entries.retain(|_, at| *at > now);
    if entries.len() >= ENTRIES
        && let Some(first) = entries.iter().min_by_key(|(_, at)| **at).map(|(key, _)| *key)
    {
        entries.remove(&first);
    }
}

/// Health, the page and its files, and the documentation's page are not counted.
fn counts(path: &str) -> bool {
    path.starts_with("/api/") && path != "/api/docs" && !path.starts_with("/api/docs/")
}

/// Addresses of one IPv6 network count as one: whoever has one has all of them.
fn whose(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("{:x?}", &v6.segments()[..4]),
    }
}

/// Lets a request pass as long as its token, or its address, has some of its allowance left.
///
/// A token counts by itself once it was good. Until then the address counts, so that guessing tokens gains nothing.
pub(crate) async fn limit(State(desk): State<Desk>, request: Request<Body>, next: Next) -> Response {
    let limits = &desk.limits;
    let path = request.uri().path();
    if limits.per_minute == 0 || !counts(path) {
        return next.run(request).await;
    }
    let in_envelope = is_copilots(path);
    let now = desk.app.clock.now();
    let token = token(request.headers()).map(|token| limits.key(token));
    let of_token = token.and_then(|token| limits.take_known(token, now));
    let allowance = of_token.unwrap_or_else(|| {
        let address = address::of(request.headers(), request.extensions(), &desk.options.trusted_proxies);
        limits.take(&limits.addresses, limits.key(&whose(address)), now)
    });
    if allowance.wait_seconds > 0 {
        let mut response = error::rate_limited(allowance.wait_seconds, in_envelope);
        tell(response.headers_mut(), allowance);
        return response;
    }
    let mut response = next.run(request).await;
    let mut told = allowance;
    if let (Some(token), None) = (token, of_token)
        && response.status() != StatusCode::UNAUTHORIZED
    {
        told = limits.take(&limits.tokens, token, now);
    }
    tell(response.headers_mut(), told);
    response
}

fn token(headers: &HeaderMap) -> Option<&str> {
    extract::bearer(headers).or_else(|| socket_token(headers))
}

fn tell(headers: &mut HeaderMap, allowance: Allowance) {
    let figures = [
        ("ratelimit-limit", i64::from(allowance.limit)),
        ("ratelimit-remaining", allowance.remaining),
        ("ratelimit-reset", allowance.reset_seconds),
    ];
    for (name, figure) in figures {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(figure));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_000_000_000;

    #[test]
    fn an_allowance_is_used_up_and_grows_back() {
        let limits = Limits::new(6);
        let take = |at: Millis| limits.take(&limits.addresses, 1, at);
        for left in (0..6).rev() {
            let allowance = take(NOW);
            assert_eq!((allowance.remaining, allowance.wait_seconds), (left, 0));
        }
        assert_eq!((take(NOW).wait_seconds, take(NOW).reset_seconds), (10, 60));
        assert_eq!((take(NOW + 9_999).wait_seconds, take(NOW + 10_000).wait_seconds), (1, 0));
        assert_eq!(take(NOW + 10_000).wait_seconds, 10);
        assert_eq!(take(NOW + 10 * MINUTE).remaining, 5);
        assert_eq!(limits.take(&limits.addresses, 2, NOW).remaining, 5);
    }

    #[test]
    fn a_token_is_known_only_after_it_was_good() {
        let limits = Limits::new(10);
        assert_eq!(limits.take_known(7, NOW), None);
        limits.take(&limits.tokens, 7, NOW);
        assert_eq!(limits.take_known(7, NOW).map(|allowance| allowance.remaining), Some(8));
    }

    #[test]
    fn memory_is_bounded() {
        let limits = Limits::new(10);
        for key in 0..200_000_u64 {
            limits.take(&limits.addresses, key.wrapping_mul(0x9e37_79b9_7f4a_7c15), NOW);
        }
        let held: usize = limits.addresses.0.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(held <= SHARDS * ENTRIES && held > ENTRIES, "{held}");
    }

    #[test]
    fn networks_of_version_six_count_as_one() {
        let whose = |text: &str| whose(text.parse().unwrap());
        assert_eq!(whose("2001:db8:1:2::1"), whose("2001:db8:1:2:ffff::9"));
        assert_ne!(whose("2001:db8:1:2::1"), whose("2001:db8:1:3::1"));
        assert_ne!(whose("192.0.2.1"), whose("192.0.2.2"));
    }

    #[test]
    fn what_is_counted() {
        for (path, expect) in [
            ("/api/tickets", true),
            ("/api/openapi.json", true),
            ("/api/docs/index.html", false),
            ("/healthz", false),
            ("/readyz", false),
            ("/tickets", false),
            ("/assets/x.js", false),
            ("/twilio/voice", false),
        ] {
            assert_eq!(counts(path), expect, "{path}");
        }
    }
}
