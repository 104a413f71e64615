//! Numbers that name a person or an account: cards, social security numbers, phones, bank accounts.

use std::ops::Range;

use super::Kind;
use super::patterns::Verdict;

/// Decides about a run of digits and separators.
pub(super) fn decide(bytes: &[u8], range: Range<usize>) -> Verdict {
    let harmless = Verdict::Harmless { go_on_at: range.end };
    if is_part_of_a_word(bytes, &range) {
        return harmless;
    }
    let text = &bytes[range.clone()];
    if let Some(kind) = kind(text, &bytes[range.start.saturating_sub(24)..range.start], true) {
        return Verdict::Secret(kind, range);
    }
    // Two numbers that only a space divides are one candidate; each may be a secret on its own.
    match split(text) {
        Some(parts) => parts
            .into_iter()
            .find_map(|part| {
                let at = range.start + part.start..range.start + part.end;
                kind(&text[part], &bytes[at.start.saturating_sub(24)..at.start], false)
                    .map(|kind| Verdict::Secret(kind, at))
            })
            .unwrap_or(harmless),
        None => harmless,
    }
}

/// Hashes, part numbers, versions and addresses have letters or further parts right beside the digits.
fn is_part_of_a_word(bytes: &[u8], range: &Range<usize>) -> bool {
    let joins = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let before = &bytes[..range.start];
    let after = &bytes[range.end..];
    let word_before = match before {
        [.., b] if joins(*b) => true,
        [.., a, b'-' | b'.' | b'/' | b'#' | b':' | b'='] => {
            a.is_ascii_alphanumeric() && bytes[range.start] != b'+' && !ends_with_scheme(before)
        }
        _ => false,
    };
    let word_after = match after {
        [b, ..] if joins(*b) => true,
        // A letter behind a full stop begins a sentence without its space, or is the end of a file's name.
        [b'.', b, ..] => joins(*b) && !b.is_ascii_alphabetic(),
        [b'-' | b':' | b'/', b, ..] => joins(*b),
        _ => false,
    };
    word_before || word_after
}

/// `tel:`, `phone:`, `card=` and the like introduce a number; they are not part of it.
fn ends_with_scheme(before: &[u8]) -> bool {
    let Some((b':' | b'=' | b'#', name)) = before.split_last() else { return false };
    let letters = name.iter().rev().take_while(|b| b.is_ascii_alphabetic()).count();
    letters >= 2
}

/// `whole` says that the text is not a part of a longer run of numbers, in which a zero at the beginning means nothing.
fn kind(text: &[u8], before: &[u8], whole: bool) -> Option<Kind> {
    let digits: Vec<u8> = text.iter().filter(|b| b.is_ascii_digit()).map(|b| b - b'0').collect();
    if is_card(text, &digits) {
        Some(Kind::Card)
    } else if is_ssn(text) {
        Some(Kind::Ssn)
    } else if is_phone(text, &digits, before, whole) {
        Some(Kind::Phone)
    } else {
        None
    }
}

/// 13 to 19 digits of an issuer's range that pass the check of ISO/IEC 7812-1, alone or in groups.
fn is_card(text: &[u8], digits: &[u8]) -> bool {
    let plain = text.iter().all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'-'));
    let groups = groups(text);
    let grouped = groups.len() == 1 || groups.iter().all(|group| (3..=6).contains(group));
    plain && grouped && (13..=19).contains(&digits.len()) && matches!(digits[0], 2..=6) && luhn(digits)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(*digit) * if place % 2 == 1 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// `ddd-dd-dddd` outside the ranges that are never given (areas 000, 666 and from 900, group 00, serial 0000).
fn is_ssn(text: &[u8]) -> bool {
    let form = text.len() == 11
        && text
            .iter()
            .enumerate()
            .all(|(i, b)| if i == 3 || i == 6 { matches!(b, b'-' | b' ') } else { b.is_ascii_digit() });
    form && text[3] == text[6]
        && !(text.starts_with(b"000") || text.starts_with(b"666") || text[0] == b'9')
        && &text[4..6] != b"00"
        && &text[7..] != b"0000"
}

fn is_phone(text: &[u8], digits: &[u8], before: &[u8], whole: bool) -> bool {
    let groups = groups(text);
    if text[0] == b'+' {
        return (8..=15).contains(&digits.len()) && digits[0] != 0;
    }
    if is_date(text, &groups) || !(9..=15).contains(&digits.len()) {
        return false;
    }
    let dotted = text.contains(&b'.');
    let told = is_told(before);
    match groups.as_slice() {
        // North America: (202) 555-0143, 202-555-0143, 1-202-555-0143.
        [3, 3, 4] => digits[0] >= 2 && digits[3] >= 2,
        [1, 3, 3, 4] => digits[0] == 1 && digits[1] >= 2,
        // One run of digits is a phone number only when somebody says so.
        [10..=12] => told && (digits[0] == 0 || digits.len() >= 10),
        // 01 23 45 67 89 and 01.23.45.67.89.
        [2, 2, 2, 2, 2] => digits[0] == 0 && digits[1] != 0,
        _ if dotted || !whole => false,
        // 0049 30 1234567: international with the prefix of Europe.
        _ if digits.starts_with(&[0, 0]) => digits[2] != 0 && digits.len() >= 10 && groups.len() >= 2,
        // 020 7946 0958, 030/1234567, 0171 1234567, 089 12 34 56 78.
        _ if digits[0] == 0 && groups.len() >= 2 && (2..=6).contains(&groups[0]) => {
            digits.len() <= 13 && groups[1..].iter().all(|group| *group >= 2) && digits[1] != 0
        }
        _ => told && groups.len() >= 2 && groups.iter().all(|group| *group >= 2),
    }
}

/// Lengths of the runs of digits.
fn groups(text: &[u8]) -> Vec<usize> {
    text.split(|b| !b.is_ascii_digit()).map(<[u8]>::len).filter(|length| *length > 0).collect()
}

/// 24.11.2026 10…, 2026-11-24 10….
fn is_date(text: &[u8], groups: &[usize]) -> bool {
    let number = |place: usize| -> u32 {
        let run = text.split(|b| !b.is_ascii_digit()).filter(|run| !run.is_empty()).nth(place).unwrap_or_default();
        run.iter().fold(0, |sum: u32, b| sum.wrapping_mul(10).wrapping_add(u32::from(b - b'0')))
    };
    match groups {
        [1 | 2, 1 | 2, 4, ..] => number(0) <= 31 && number(1) <= 31 && (1900..2200).contains(&number(2)),
        [4, 2, 2, ..] => (1900..2200).contains(&number(0)) && number(1) <= 12 && number(2) <= 31,
        _ => false,
    }
}

/// Whether the words before say that a phone number follows.
fn is_told(before: &[u8]) -> bool {
    let before = before.to_ascii_lowercase();
    ["phone", "tel", "call", "mobil", "cell", "fax", "handy", "reach me", "ring", "sms", "whatsapp", "text me"]
        .iter()
        .any(|word| before.windows(word.len()).any(|window| window == word.as_bytes()))
}

/// Where a candidate may be divided: at spaces that follow a group.
fn split(text: &[u8]) -> Option<Vec<Range<usize>>> {
    let spaces: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b' ').take(12).collect();
    let mut parts = Vec::new();
    for space in &spaces {
        parts.push(0..*space);
        parts.push(space + 1..text.len());
    }
    parts.retain(|part| part.len() >= 9 && text[part.start].is_ascii_digit() | matches!(text[part.start], b'+' | b'('));
    if parts.is_empty() { None } else { Some(parts) }
}

/// The length of the bank account number (ISO 13616) that the text begins with, when its check digits are right.
pub(super) fn iban(text: &[u8]) -> Option<usize> {
    // Words in capitals may follow; the longest beginning that passes the check is the number.
    let ends = (15..=text.len()).rev().filter(|end| *end == text.len() || text[*end] == b' ');
    ends.into_iter().find(|end| {
        let account: Vec<u8> = text[..*end].iter().copied().filter(|b| *b != b' ').collect();
        (15..=34).contains(&account.len()) && mod_97(&account) == 1
    })
}

/// The remainder of ISO 7064 MOD 97-10, with the first four characters moved to the end.
fn mod_97(account: &[u8]) -> u32 {
    account[4..].iter().chain(&account[..4]).fold(0, |rest, b| {
        let value = if b.is_ascii_digit() { u32::from(b - b'0') } else { u32::from(b - b'A') + 10 };
        (rest * if value > 9 { 100 } else { 10 } + value) % 97
    })
}
