//! Whether bytes are comma-separated values as RFC 4180 has them, told with the line: a state machine that reads in pieces.
//!
//! It is strict where a reader of such files would guess: a quote that is never closed, and text behind a closing quote. It says
//! so at the line where the cell begins, because that is where a person has to look.

/// Most bytes of one cell: a quote that is missing must not swallow the rest of the file.
pub const CELL_MAX: usize = 65_536;
/// What may stand between cells.
pub const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// Why bytes are no such values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong, and what to do about it.
    pub message: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell.
    Start,
    /// In a cell without quotes around it.
    Plain,
    /// Between the quotes of a cell.
    Quoted,
    /// Behind a quote within quotes: the end of the cell, or the first of two that stand for one.
    Quote,
}

/// Reads bytes in pieces of any size.
#[derive(Debug, Clone)]
pub struct Scanner {
    separator: u8,
    state: State,
    line: u64,
    /// Where the cell begins.
    from: u64,
    bytes: usize,
}

impl Scanner {
    /// Before the first byte.
    pub fn new(separator: u8) -> Self {
        Self { separator, state: State::Start, line: 1, from: 1, bytes: 0 }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// At the first fault.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        for byte in bytes {
            self.next(*byte)?;
        }
        Ok(())
    }

    /// Says that there is no more.
    ///
    /// # Errors
    /// When a cell is not closed.
    pub fn finish(&self) -> Result<(), Broken> {
        if self.state == State::Quoted {
            return Err(Broken { line: self.from, message: "a quote is opened here and never closed" });
        }
        Ok(())
    }

    fn next(&mut self, byte: u8) -> Result<(), Broken> {
        if byte == b'\n' {
            self.line += 1;
        }
        self.bytes += 1;
        if self.bytes > CELL_MAX {
            let message = "a cell that begins here has more than 65,536 bytes; is a closing quote missing?";
            return Err(Broken { line: self.from, message });
        }
        let ends = byte == self.separator || byte == b'\n' || byte == b'\r';
        self.state = match (self.state, byte) {
            (State::Start, b'"') => State::Quoted,
            (State::Quoted, b'"') => State::Quote,
            (State::Quote, b'"') | (State::Quoted, _) => State::Quoted,
            (State::Quote, _) if !ends => {
                let message = "text stands behind a closing quote; a quote within a cell is written twice";
                return Err(Broken { line: self.from, message });
            }
            _ if ends => State::Start,
            _ => State::Plain,
        };
        if self.state == State::Start {
            (self.from, self.bytes) = (self.line, 0);
        }
        Ok(())
    }
}

/// What stands between the cells of a first line: the separator that it has most of, outside quotes; a comma when it has none.
pub fn separator(first_line: &[u8]) -> u8 {
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut in_quotes = false;
    for byte in first_line.iter().skip_while(|byte| matches!(byte, b'\n' | b'\r')) {
        match byte {
            b'"' => in_quotes = !in_quotes,
            b'\n' | b'\r' if !in_quotes => break,
            byte if !in_quotes => {
                if let Some(index) = SEPARATORS.iter().position(|separator| separator == byte) {
                    counts[index] += 1;
                }
            }
            _ => {}
        }
    }
    // The first of those that are equally many.
    let most = counts.iter().copied().max().unwrap_or(0);
    counts.iter().position(|count| *count == most).map_or(b',', |index| SEPARATORS[index])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn broken(text: &str) -> Option<(u64, bool)> {
        let mut scanner = Scanner::new(b',');
        let result = scanner.feed(text.as_bytes()).and_then(|()| scanner.finish());
        result.err().map(|broken| (broken.line, broken.message.contains("never closed")))
    }

    #[test]
    fn what_is_broken_and_where() {
        for (text, expect) in [
            ("", None),
            ("a,b\nc,d\n", None),
            ("\"a\",\"b\"\r\n\"c\"\"d\",\"\"", None),
            ("\"two\nlines\",x\n", None),
            ("15\" screen,x\n", None),
            ("a,\"b\n\nc", Some((1, true))),
            ("a\nb\n\"c", Some((3, true))),
            ("a\n\"b\"c,d\n", Some((2, false))),
            ("a\n\"two\nlines\" x\n", Some((2, false))),
            ("\"a\" ,b", Some((1, false))),
        ] {
            assert_eq!(broken(text), expect, "{text:?}");
        }
        let long = format!("a\n\"{}", "x".repeat(CELL_MAX));
        assert_eq!(broken(&long), Some((2, false)));
        let fits = format!("a\n{}\n", "x".repeat(CELL_MAX - 1));
        assert_eq!(broken(&fits), None);
    }

    #[test]
    fn separators_are_found() {
        for (line, expect) in [
            ("name,city", b','),
            ("name;city;\"a,b,c,d\"", b';'),
            ("name\tcity", b'\t'),
            ("name", b','),
            ("", b','),
            ("\n\r\na;b", b';'),
            ("a;b\nc,d,e,f", b';'),
            ("a;b\r\nc,d,e,f", b';'),
            ("a,b;c", b','),
        ] {
            assert_eq!(separator(line.as_bytes()), expect, "{line:?}");
        }
    }

    /// A table written as RFC 4180 has it.
    fn written(rows: &[Vec<String>]) -> String {
        let cell = |text: &String| format!("\"{}\"", text.replace('"', "\"\""));
        rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n").collect()
    }

    proptest! {
        #[test]
        fn what_is_well_written_is_never_broken(rows in prop::collection::vec(prop::collection::vec("[a\",;\n\r\té]{0,8}", 1..4), 0..6)) {
            prop_assert_eq!(broken(&written(&rows)), None);
        }

        #[test]
        fn the_size_of_the_pieces_does_not_matter(text in "[a\",\n\r]{0,60}", size in 1_usize..7) {
            let mut whole = Scanner::new(b',');
            let expect = whole.feed(text.as_bytes()).and_then(|()| whole.finish());
            let mut pieces = Scanner::new(b',');
            let result = text.as_bytes().chunks(size).try_for_each(|piece| pieces.feed(piece));
            prop_assert_eq!(result.and_then(|()| pieces.finish()), expect);
        }

        #[test]
        fn a_lost_quote_is_noticed_or_harmless(rows in prop::collection::vec(prop::collection::vec("[ab\n]{0,5}", 1..4), 1..6), at in any::<prop::sample::Index>()) {
            let text = written(&rows);
            let quotes: Vec<usize> = text.match_indices('"').map(|(index, _)| index).collect();
            let lost = quotes[at.index(quotes.len())];
            let text = format!("{}{}", &text[..lost], &text[lost + 1..]);
            // Nothing is swallowed: a cell that opens again is closed again.
            if broken(&text).is_none() {
                prop_assert!(text.matches('"').count() % 2 == 1);
            }
        }
    }
}
