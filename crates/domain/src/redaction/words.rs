//! Secrets that are known by the words around them: `password: …`, credentials in addresses and headers.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use super::Kind;
use super::patterns::Verdict;

/// A word for a secret, a sign of assignment and a value; the word may be the end of a longer name (`DB_PASSWORD`).
pub(super) const ASSIGNMENT: &str = concat!(
    r"(?i)(?:pass ?word|passwd|pass ?phrase|passcode|passwort|kennwort|mot de passe|mdp|contrase(?:n|\xc3\xb1)a|clave|pwd|",
    r"api[_ -]?key|client[_ -]?secret|access[_ -]?key|secret[_ -]?key|account ?key|shared ?access ?key|",
    r"auth[_ -]?token|access[_ -]?token|refresh[_ -]?token|secret|token|",
    r"\bpin|\bpass)",
    r#"["'`]{0,2}[ \t]{0,3}(?::|=|=>|:=)[ \t]{0,3}(?:"[^"\r\n]{1,200}"|'[^'\r\n]{1,200}'|`[^`\r\n]{1,200}`|[^\s"'`,;]{1,200})"#,
);

/// A password that a sentence tells: `the password is Winter2026!`.
pub(super) const SENTENCE: &str = concat!(
    r"(?i)(?:pass ?word|pass ?phrase|passcode|passwort|kennwort|mot de passe|contrase(?:n|\xc3\xb1)a|clave|\bpwd)",
    r"(?: [a-z]{1,12}){0,3}? (?:is|was|ist|war|lautet|est|es|to|auf|:)[ \t]{1,3}",
    r#"["'`]?[^\s"'`,;]{6,100}"#,
);

/// `three_or_more_words_without_digits` after `api_` or `token_` are the name of a setting.
pub(super) fn is_setting_name(text: &[u8]) -> bool {
    let name = text.splitn(2, |b| *b == b'_').nth(1).unwrap_or_default();
    let words: Vec<&[u8]> = name.split(|b| *b == b'_').collect();
    words.len() >= 3
        && words.iter().all(|word| (1..=12).contains(&word.len()) && word.iter().all(u8::is_ascii_lowercase))
}

/// Whether a value is not just a word: it has a digit, or a sign in the middle, or both cases mixed.
pub(super) fn looks_random(value: &[u8]) -> bool {
    let digit = value.iter().any(u8::is_ascii_digit);
    let letter = value.iter().any(u8::is_ascii_alphabetic);
    let sign =
        value.iter().any(|b| matches!(b, b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'+' | b'=' | b'~'));
    let inner_upper = value.iter().skip(1).any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    (digit && letter) || sign || inner_upper
}

/// Whether a value is `user:password` in Base64 (RFC 7617).
pub(super) fn is_basic_credentials(value: &[u8]) -> bool {
    let decoded = STANDARD.decode(value).or_else(|_| STANDARD_NO_PAD.decode(value));
    decoded.is_ok_and(|bytes| bytes.contains(&b':') && bytes.iter().all(|b| !b.is_ascii_control()))
}

/// Where the password stands in `scheme://user:password@`.
pub(super) fn url_password(text: &[u8]) -> Option<Range<usize>> {
    let authority = text.windows(3).position(|window| window == b"://")? + 3;
    let colon = authority + text[authority..].iter().position(|b| *b == b':')?;
    let password = colon + 1..text.len() - 1;
    if is_placeholder(&text[password.clone()]) { None } else { Some(password) }
}

/// Decides about `word: value`.
pub(super) fn assignment(bytes: &[u8], range: Range<usize>) -> Verdict {
    let text = &bytes[range.clone()];
    let sign = text.iter().position(|b| matches!(b, b':' | b'=')).unwrap_or(0);
    let mut start = sign;
    while start < text.len() && matches!(text[start], b':' | b'=' | b'>' | b' ' | b'\t') {
        start += 1;
    }
    let word = text[..sign].to_ascii_lowercase();
    let (mut value, quoted) = unquoted(&text[start..], range.start + start);
    if !quoted {
        value = without_closing_signs(bytes, value);
    }
    let go_on = Verdict::Harmless { go_on_at: range.start + start };
    let secret = &bytes[value.clone()];
    if secret.is_empty() || is_placeholder(secret) || (!quoted && is_said(secret)) {
        return go_on;
    }
    let strong = ["pass", "pwd", "mdp", "kennwort", "contrase", "clave"].iter().any(|w| contains(&word, w.as_bytes()));
    let named = [b"key".as_slice(), b"client", b"auth", b"access", b"refresh"].iter().any(|w| contains(&word, w));
    let enough = if strong {
        true
    } else if contains(&word, b"pin") {
        (4..=8).contains(&secret.len()) && secret.iter().all(u8::is_ascii_digit)
    } else {
        // `token: expired` speaks about a token; a secret one is long and not a word.
        secret.len() >= 8 && (looks_random(secret) || (named && secret.len() >= 16))
    };
    if enough { Verdict::Secret(Kind::Token, value) } else { go_on }
}

/// Decides about `the password is value`: only a value that is not a word is taken for one.
pub(super) fn sentence(bytes: &[u8], range: Range<usize>) -> Verdict {
    let text = &bytes[range.clone()];
    let gap = text.iter().rposition(|b| matches!(b, b' ' | b'\t')).map_or(0, |gap| gap + 1);
    let quote = usize::from(matches!(text[gap], b'"' | b'\'' | b'`'));
    let value = without_closing_signs(bytes, range.start + gap + quote..range.end);
    let secret = &bytes[value.clone()];
    if secret.len() >= 6 && looks_random(secret) && !is_placeholder(secret) && !is_said(secret) {
        Verdict::Secret(Kind::Token, value)
    } else {
        Verdict::Harmless { go_on_at: range.start + gap }
    }
}

fn unquoted(value: &[u8], at: usize) -> (Range<usize>, bool) {
    match value.first() {
        Some(quote @ (b'"' | b'\'' | b'`')) if value.len() >= 2 && value.last() == Some(quote) => {
            (at + 1..at + value.len() - 1, true)
        }
        _ => (at..at + value.len(), false),
    }
}

/// A full stop or bracket after a value belongs to the sentence.
fn without_closing_signs(bytes: &[u8], mut value: Range<usize>) -> Range<usize> {
    while value.end > value.start && matches!(bytes[value.end - 1], b'.' | b')' | b']' | b'}' | b'>' | b'?') {
        if bytes[value.start..value.end].starts_with(b"<") || bytes[value.start..value.end].starts_with(b"[") {
            break;
        }
        value.end -= 1;
    }
    value
}

/// `${KEY}`, `<your token>`, `[TOKEN_REDACTED]`, `{{secret}}`, `%KEY%`, `$KEY`, `****`, `...`.
fn is_placeholder(value: &[u8]) -> bool {
    let first = value.first().copied().unwrap_or_default();
    let dollar = first == b'$' && value[1..].iter().all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'{' | b'}'));
    matches!(first, b'<' | b'[' | b'{')
        || value.starts_with(b"${")
        || dollar
        || (value.len() > 2 && first == b'%' && value.last() == Some(&b'%'))
        || value.iter().all(|b| matches!(b, b'*' | b'.' | b'x' | b'X' | b'-' | b'_' | b'#'))
}

/// Words that follow `password:` when somebody merely speaks about it.
fn is_said(value: &[u8]) -> bool {
    const SAID: &[&str] = &[
        "a",
        "about",
        "after",
        "again",
        "all",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "but",
        "can",
        "cannot",
        "can't",
        "change",
        "changed",
        "correct",
        "correctly",
        "das",
        "der",
        "did",
        "didn't",
        "die",
        "do",
        "does",
        "doesn't",
        "don't",
        "el",
        "ein",
        "expired",
        "expires",
        "expiry",
        "failed",
        "for",
        "forgot",
        "forgotten",
        "from",
        "has",
        "hat",
        "have",
        "he",
        "her",
        "his",
        "how",
        "i",
        "ich",
        "i'm",
        "i've",
        "if",
        "in",
        "incorrect",
        "invalid",
        "is",
        "ist",
        "it",
        "it's",
        "la",
        "le",
        "length",
        "los",
        "minimum",
        "missing",
        "must",
        "my",
        "n/a",
        "needs",
        "never",
        "new",
        "no",
        "none",
        "not",
        "nicht",
        "null",
        "of",
        "ok",
        "old",
        "on",
        "or",
        "our",
        "please",
        "policy",
        "rejected",
        "required",
        "reset",
        "resets",
        "same",
        "see",
        "set",
        "she",
        "should",
        "since",
        "so",
        "still",
        "that",
        "the",
        "their",
        "then",
        "there",
        "they",
        "this",
        "to",
        "too",
        "true",
        "false",
        "tried",
        "try",
        "un",
        "une",
        "unknown",
        "user",
        "users",
        "was",
        "wasn't",
        "we",
        "what",
        "when",
        "where",
        "which",
        "who",
        "why",
        "will",
        "with",
        "won't",
        "wrong",
        "yes",
        "you",
        "your",
    ];
    std::str::from_utf8(value).is_ok_and(|value| SAID.contains(&value.to_ascii_lowercase().as_str()))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
