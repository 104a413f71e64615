//! The text as the automaton sees it: full-width letters and digits in ASCII, invisible characters gone.

use std::borrow::Cow;
use std::ops::Range;

/// Bytes to search, and where each of them came from.
pub(crate) struct View<'t> {
    bytes: Cow<'t, [u8]>,
    /// For each byte of the view where its character begins and ends in the text; empty when they are the same.
    origin: Vec<(usize, usize)>,
}

impl<'t> View<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        // Most texts have nothing to be mapped and are searched in place.
        if text.is_ascii() || !text.chars().any(|c| mapped(c) != Some(c)) {
            return Self { bytes: Cow::Borrowed(text.as_bytes()), origin: Vec::new() };
        }
        let mut bytes = Vec::with_capacity(text.len());
        let mut origin = Vec::with_capacity(text.len());
        for (start, c) in text.char_indices() {
            if let Some(seen) = mapped(c) {
                let mut buffer = [0_u8; 4];
                let encoded = seen.encode_utf8(&mut buffer).as_bytes();
                bytes.extend_from_slice(encoded);
                origin.extend(encoded.iter().map(|_| (start, start + c.len_utf8())));
            }
        }
        Self { bytes: Cow::Owned(bytes), origin }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where a range of the view lies in the text.
    pub(crate) fn original(&self, range: &Range<usize>) -> (usize, usize) {
        if self.origin.is_empty() {
            return (range.start, range.end);
        }
        (self.origin[range.start].0, self.origin[range.end - 1].1)
    }
}

/// What a character looks like to a reader; `None` when it cannot be seen.
fn mapped(c: char) -> Option<char> {
    match c {
        '\u{ad}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{feff}' => None,
        // The full-width forms of ASCII stand in the same order.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{3000}' => Some(' '),
        '\u{2010}'..='\u{2012}' => Some('-'),
        _ => Some(c),
    }
}
