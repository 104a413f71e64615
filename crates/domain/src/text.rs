//! Folding text for search, and measuring it for limits.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Folds text for full-text search: lower case, no accents, everything that is not a letter or digit becomes one space.
///
/// Both databases index this form and queries are folded the same way, so that `Café` finds `cafe` on either.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return fold_ascii(text);
    }
    let mut folded = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        if c.is_alphanumeric() {
            if gap && !folded.is_empty() {
                folded.push(' ');
            }
            gap = false;
            folded.extend(c.to_lowercase());
        } else {
            gap = true;
        }
    }
    folded
}

/// The same for ASCII, which decomposes into nothing; several times as fast.
fn fold_ascii(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded.make_ascii_lowercase();
    folded
}

/// Number of characters (Unicode scalar values), the unit of every length limit of the contract.
pub fn length(text: &str) -> usize {
    text.chars().count()
}

/// The longest prefix with at most `max` characters.
pub fn head(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).map_or(text, |(end, _)| &text[..end])
}

/// The last `max` characters of a text, or all of it.
pub fn tail(text: &str, max: usize) -> &str {
    match text.char_indices().rev().nth(max) {
        Some((before, dropped)) => &text[before + dropped.len_utf8()..],
        None => text,
    }
}

/// Trims white space at both ends and takes out control characters other than line feeds and tabs: `\r\n` becomes `\n`,
/// and a NUL, which PostgreSQL cannot store, disappears.
pub fn clean(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control() || *c == '\n' || *c == '\t').collect()
}

/// The line of a text that has most of the searched words, cut to about `max` characters around the first of them; a word may be
/// the beginning of one. None when no line has any.
pub fn excerpt(text: &str, words: &str, max: usize) -> Option<String> {
    let words = fold(words);
    let wanted: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
    let begins = |part: &str| {
        let folded = fold(part);
        wanted.iter().filter(|word| folded.split(' ').any(|has| has.starts_with(**word))).count()
    };
    let mut best = (0, "");
    for line in text.lines() {
        let found = begins(line);
        if found > best.0 {
            best = (found, line);
        }
    }
    let (found, line) = best;
    if found == 0 {
        return None;
    }
    if length(line) <= max {
        return Some(line.to_owned());
    }
    let mut before = Vec::new();
    for part in line.split(' ') {
        if begins(part) > 0 {
            break;
        }
        before.push(part);
    }
    // A third of the room is for what stands before.
    let (mut skipped, mut room) = (before.len(), max / 3);
    while let Some(last) = skipped.checked_sub(1) {
        let Some(rest) = room.checked_sub(length(before[last]) + 1) else { break };
        (skipped, room) = (last, rest);
    }
    let rest = line.split(' ').skip(skipped).collect::<Vec<_>>().join(" ");
    let shown = head(&rest, max);
    let start = if skipped > 0 { "… " } else { "" };
    let end = if shown.len() < rest.len() { "…" } else { "" };
    Some(format!("{start}{shown}{end}"))
}

/// Number of single-character insertions, deletions and substitutions that lead from one text to the other
/// (Levenshtein 1966), counted over at most the first 2,000 characters of each.
pub fn edit_distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().take(2_000).collect();
    let to: Vec<char> = to.chars().take(2_000).collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_text() {
        for (text, max, first, last) in
            [("", 2, "", ""), ("né", 2, "né", "né"), ("née", 2, "né", "ée"), ("née", 0, "", ""), ("né€", 1, "n", "€")]
        {
            assert_eq!((head(text, max), tail(text, max)), (first, last), "{text:?} {max}");
        }
    }

    #[test]
    fn excerpts() {
        let text = "Caller: Hello.\nAgent: The Café printer is jammed.\nCaller: It is the printer in the hall.";
        assert_eq!(excerpt(text, "PRINTER jam", 80).as_deref(), Some("Agent: The Café printer is jammed."));
        assert_eq!(excerpt(text, "cafe", 80).as_deref(), Some("Agent: The Café printer is jammed."));
        assert_eq!(excerpt(text, "hall", 20).as_deref(), Some("… the hall."));
        assert_eq!(excerpt(text, "caller", 12).as_deref(), Some("Caller: Hell…"));
        assert_eq!((excerpt(text, "ammed", 80), excerpt(text, "", 80), excerpt("", "a", 80)), (None, None, None));
    }

    #[test]
    fn plain_text_is_folded_like_any_other() {
        for text in ["", " ", "a", "  VPN -- drops (again!) ", "v2.14\n\tNB-1207\0x_y", "!?", "A.B"] {
            // One letter that is not ASCII makes the whole text take the other way.
            assert_eq!(fold(&format!("é {text}")), format!("e {}", fold(text)).trim_end(), "{text:?}");
        }
    }

    #[test]
    fn folding() {
        for (text, folded) in [
            ("Café Überprüfung", "cafe uberprufung"),
            ("  VPN -- drops (again!) ", "vpn drops again"),
            ("TKT-0042", "tkt 0042"),
            ("ﬁle №5", "file no5"),
            ("日本語 テスト", "日本語 テスト"),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn distances() {
        for (from, to, distance) in [("", "", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("größe", "grösse", 2)] {
            assert_eq!(edit_distance(from, to), distance);
            assert_eq!(edit_distance(to, from), distance);
        }
    }

    #[test]
    fn heads_and_cleaning_respect_characters() {
        assert_eq!(head("äöü", 2), "äö");
        assert_eq!(head("ab", 5), "ab");
        assert_eq!(clean(" a\r\nb\0c\t "), "a\nbc");
    }
}
