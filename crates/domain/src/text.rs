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

/// Trims white space at both ends and takes out control characters other than line feeds and tabs: `\r\n` becomes `\n`,
/// and a NUL, which PostgreSQL cannot store, disappears.
pub fn clean(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control() || *c == '\n' || *c == '\t').collect()
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
