//! What secrets look like, and what is decided about each candidate.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Input, meta};

use super::{Kind, numbers, words};

/// What a pattern finds; several patterns may find the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// Certainly a secret, as a whole.
    Token,
    /// `api_…` and `token_…`, which may be the name of a setting.
    MaybeName,
    /// `Bearer …`.
    Bearer,
    /// `Basic …`.
    Basic,
    /// `scheme://user:password@`.
    Url,
    /// `password: …` and its like.
    Assignment,
    /// A word that nearly always introduces a secret, and what was said after it.
    Sentence,
    Email,
    Iban,
    Number,
    Ip,
}

/// In the order of preference where two begin at the same place. `\b` is that of ASCII: letters of other scripts do not
/// hide a secret.
const PATTERNS: &[(Found, &str)] = &[
    (
        Found::Token,
        r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(?s:.)*?(?:-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
    (Found::Token, r"https://hooks\.slack\.com/[A-Za-z0-9/_-]{10,}"),
    (Found::Url, r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@]{0,100}:[^\s/@]{1,200}@"),
    (Found::Token, r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    (Found::Token, r"\bgh[pousr]_[A-Za-z0-9]{20,}"),
    (Found::Token, r"\bgithub_pat_[A-Za-z0-9_]{20,}"),
    (Found::Token, r"\bglpat-[A-Za-z0-9_-]{16,}"),
    (Found::Token, r"\b(?:sk[_-]|pk_|rk_|secret_)[A-Za-z0-9_-]{20,}"),
    (Found::Token, r"\b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,}"),
    (Found::MaybeName, r"\b(?:api|token)_[A-Za-z0-9_-]{20,}"),
    (Found::Token, r"\b(?:whsec|pck)_[A-Za-z0-9+/=_-]{16,}"),
    (Found::Token, r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    (Found::Token, r"\bAIza[A-Za-z0-9_-]{30,}"),
    (Found::Token, r"\bya29\.[A-Za-z0-9_-]{20,}"),
    (Found::Token, r"\bGOCSPX-[A-Za-z0-9_-]{20,}"),
    (Found::Token, r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    (Found::Token, r"\bxapp-[A-Za-z0-9-]{10,}"),
    (Found::Token, r"\bSK[0-9a-f]{32}\b"),
    (Found::Token, r"\bnpm_[A-Za-z0-9]{30,}"),
    (Found::Token, r"\bpypi-[A-Za-z0-9_-]{16,}"),
    (Found::Token, r"\bhf_[A-Za-z0-9]{20,}"),
    (Found::Token, r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    (Found::Token, r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}"),
    (Found::Bearer, r"\b(?i:bearer)[ \t]+[A-Za-z0-9._~+/=-]{8,}"),
    (Found::Basic, r"\b(?i:basic)[ \t]+[A-Za-z0-9+/]{6,}={0,2}"),
    (Found::Assignment, words::ASSIGNMENT),
    (Found::Sentence, words::SENTENCE),
    (Found::Email, r"[A-Za-z0-9._%+'\x80-\xff-]+@[A-Za-z0-9\x80-\xff-]+(?:\.[A-Za-z0-9\x80-\xff-]+)+"),
    (Found::Iban, r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"),
    (Found::Number, r"\+?\(?[0-9](?:[ ().\-/]{0,3}[0-9]){6,40}"),
];

const IP_PATTERNS: &[(Found, &str)] =
    &[(Found::Ip, r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b"), (Found::Ip, r"\b[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}")];

/// The compiled patterns.
pub(crate) struct Finder {
    regex: Regex,
    found: Vec<Found>,
}

impl Finder {
    pub(crate) fn new(ip_addresses: bool) -> Self {
        // Addresses come first: four numbers with dots between them are otherwise a candidate for a phone number.
        let ips: &[_] = if ip_addresses { IP_PATTERNS } else { &[] };
        let all: Vec<&(Found, &str)> = ips.iter().chain(PATTERNS).collect();
        let patterns: Vec<&str> = all.iter().map(|(_, pattern)| *pattern).collect();
        let regex = meta::Builder::new()
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .configure(
                meta::Config::new().utf8_empty(false).hybrid_cache_capacity(8 << 20).nfa_size_limit(Some(32 << 20)),
            )
            .build_many(&patterns)
            .expect("the patterns are part of the program and compile");
        Self { regex, found: all.iter().map(|(found, _)| *found).collect() }
    }

    /// The next candidate at or after a place.
    pub(crate) fn next(&self, bytes: &[u8], from: usize) -> Option<(Found, Range<usize>)> {
        if from > bytes.len() {
            return None;
        }
        let found = self.regex.search(&Input::new(bytes).span(from..bytes.len()))?;
        Some((self.found[found.pattern().as_usize()], found.range()))
    }
}

/// What is to be done about a candidate.
pub(crate) enum Verdict {
    /// This part is a secret.
    Secret(Kind, Range<usize>),
    /// Nothing here; the search goes on at this place.
    Harmless { go_on_at: usize },
}

/// Decides about a candidate.
pub(crate) fn decide(found: Found, bytes: &[u8], range: Range<usize>) -> Verdict {
    let text = &bytes[range.clone()];
    let harmless = Verdict::Harmless { go_on_at: range.end };
    let secret = |kind| Verdict::Secret(kind, range.clone());
    match found {
        Found::Token => secret(Kind::Token),
        Found::Email => secret(Kind::Email),
        Found::MaybeName if words::is_setting_name(text) => harmless,
        Found::MaybeName => secret(Kind::Token),
        Found::Bearer | Found::Basic => {
            let value = text.iter().rposition(|b| matches!(b, b' ' | b'\t')).map_or(0, |gap| gap + 1);
            let hit = if found == Found::Bearer {
                words::looks_random(&text[value..]) || text.len() - value >= 20
            } else {
                words::is_basic_credentials(&text[value..])
            };
            if hit { secret(Kind::Token) } else { Verdict::Harmless { go_on_at: range.start + value } }
        }
        Found::Url => match words::url_password(text) {
            Some(inside) => Verdict::Secret(Kind::Token, range.start + inside.start..range.start + inside.end),
            None => harmless,
        },
        Found::Assignment => words::assignment(bytes, range),
        Found::Sentence => words::sentence(bytes, range),
        Found::Iban => match numbers::iban(text) {
            Some(length) => Verdict::Secret(Kind::Iban, range.start..range.start + length),
            None => Verdict::Harmless { go_on_at: range.start + 4 },
        },
        Found::Number => numbers::decide(bytes, range),
        Found::Ip => {
            let end = range.end - usize::from(text.ends_with(b":") && !text.ends_with(b"::"));
            let address = std::str::from_utf8(&bytes[range.start..end]).ok().and_then(|text| text.parse().ok());
            match address {
                Some(address) if is_public(address) => Verdict::Secret(Kind::Ip, range.start..end),
                _ => harmless,
            }
        }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64;
    !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || v4.is_broadcast() || shared)
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    let first = v6.segments()[0];
    let local = first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80;
    !(v6.is_loopback() || v6.is_unspecified() || local)
}
