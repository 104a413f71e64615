//! Reading a file line by line: what is no table at all is told at once, and what is wrong with a line at the line.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use csv::ByteRecord;
use patchcord_domain::csv_shape::{Scanner, separator};
use patchcord_domain::import::{Kind, LINES_MAX, Mapping, cell, header};

use super::pass::LineFault;
use crate::AppError;

/// Bytes that are scanned at once, and most of a line of names.
const CHUNK: usize = 65_536;
/// Bytes that are read ahead of the line that is looked at.
const BUFFER: usize = 16_384;
/// Marks UTF-8.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line of a file.
pub(super) struct Line {
    /// Where it begins; the line of names is the first one.
    pub(super) number: u64,
    /// Its cells by the columns of the kind, or what is wrong with it.
    pub(super) cells: Result<Vec<Option<String>>, LineFault>,
}

/// A file that is being read.
pub(super) struct Table {
    reader: csv::Reader<Numbered>,
    separator: u8,
    /// Names of the cells as the file has them.
    names: Vec<String>,
    /// Which column each cell is.
    positions: Vec<Option<usize>>,
    columns: usize,
    lines: u64,
    ended: bool,
}

type Opened = Result<Table, Vec<LineFault>>;

impl Table {
    /// Opens a file of which nothing is known yet: every byte is looked at.
    ///
    /// # Errors
    /// When the disk fails.
    pub(super) fn open_checked(mut file: File, kind: Kind, mapping: &Mapping) -> Result<Opened, AppError> {
        let (begins, mark) = beginning(&mut file)?;
        if begins.is_empty() {
            return Ok(Err(vec![LineFault::of_file(1, "the file is empty")]));
        }
        if begins.starts_with(b"\xff\xfe") || begins.starts_with(b"\xfe\xff") {
            return Ok(Err(vec![LineFault::of_file(1, "the file is UTF-16; save it as UTF-8")]));
        }
        let mut scanner = Scanner::new(separator(&begins));
        file.seek(SeekFrom::Start(mark)).map_err(failed)?;
        let mut chunk = vec![0_u8; CHUNK];
        loop {
            let read = file.read(&mut chunk).map_err(failed)?;
            let scanned = if read == 0 { scanner.finish() } else { scanner.feed(&chunk[..read]) };
            if let Err(broken) = scanned {
                return Ok(Err(vec![LineFault::of_file(broken.line, broken.message)]));
            }
            if read == 0 {
                break;
            }
        }
        file.rewind().map_err(failed)?;
        Self::open(file, kind, mapping)
    }

    /// Opens a file that was looked at before.
    ///
    /// # Errors
    /// When the disk fails.
    pub(super) fn open(mut file: File, kind: Kind, mapping: &Mapping) -> Result<Opened, AppError> {
        let (begins, mark) = beginning(&mut file)?;
        file.seek(SeekFrom::Start(mark)).map_err(failed)?;
        let separator = separator(&begins);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(BUFFER)
            .from_reader(Numbered::new(file));
        let mut record = ByteRecord::new();
        reader.read_byte_record(&mut record).map_err(broken)?;
        let mut names = Vec::new();
        for (index, name) in record.iter().enumerate() {
            let Ok(name) = std::str::from_utf8(name) else {
                let message = format!("the name of column {} is not UTF-8; save the file as UTF-8", index + 1);
                return Ok(Err(vec![LineFault::of_file(1, &message)]));
            };
            names.push(name.trim().to_owned());
        }
        if names.is_empty() {
            return Ok(Err(vec![LineFault::of_file(1, "the file is empty")]));
        }
        // Spreadsheets leave empty columns behind the last one.
        while names.len() > 1 && names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        let positions = match header(kind, &names, mapping) {
            Ok(positions) => positions,
            Err(faults) => {
                let told = faults.into_iter().map(|fault| LineFault {
                    line: 1,
                    column: fault.column,
                    value: None,
                    message: fault.message,
                });
                return Ok(Err(told.collect()));
            }
        };
        let columns = kind.columns().len();
        Ok(Ok(Self { reader, separator, names, positions, columns, lines: 0, ended: false }))
    }

    /// What stands between the cells.
    pub(super) fn separator(&self) -> char {
        char::from(self.separator)
    }

    /// The next lines, at most `most`; none at the end. Lines without anything in them are passed over.
    ///
    /// # Errors
    /// When the disk fails.
    pub(super) fn read(&mut self, most: usize) -> Result<Vec<Line>, AppError> {
        let mut lines = Vec::new();
        let mut record = ByteRecord::new();
        while lines.len() < most && !self.ended && self.reader.read_byte_record(&mut record).map_err(broken)? {
            if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            let from = record.position().map_or(0, csv::Position::byte);
            let number = self.reader.get_mut().line_at(from);
            self.lines += 1;
            if self.lines > LINES_MAX {
                self.ended = true;
                let message = format!("the file has more than {LINES_MAX} lines; cut it into several");
                lines.push(Line { number, cells: Err(LineFault::of_file(number, &message)) });
                break;
            }
            lines.push(Line { number, cells: self.cells(&record, number) });
        }
        Ok(lines)
    }

    fn cells(&mut self, record: &ByteRecord, number: u64) -> Result<Vec<Option<String>>, LineFault> {
        let expected = self.names.len();
        // Cells without anything in them behind the last column do no harm.
        if record.len() < expected || record.iter().skip(expected).any(|cell| !cell.trim_ascii().is_empty()) {
            let message = format!("the line has {} cells, but there are {expected} columns", record.len());
            return Err(LineFault::of_file(number, &message));
        }
        let mut cells = vec![None; self.columns];
        for ((bytes, position), name) in record.iter().zip(&self.positions).zip(&self.names) {
            let Ok(text) = std::str::from_utf8(bytes) else {
                // The rest will not be either: one fault says it all.
                self.ended = true;
                let message = "the line is not UTF-8; save the file as UTF-8. The lines behind it were not read";
                return Err(LineFault { column: Some(name.clone()), ..LineFault::of_file(number, message) });
            };
            if text.contains('\0') {
                let message = "the cell has a NUL character; save the file as UTF-8 text";
                return Err(LineFault { column: Some(name.clone()), ..LineFault::of_file(number, message) });
            }
            if let Some(position) = position {
                cells[*position] = cell(text).map(str::to_owned);
            }
        }
        Ok(cells)
    }
}

/// A file that knows the lines of what was read of it. A reader of tables says where it went on, which may be in front of empty
/// lines, or between the two characters that end a line.
struct Numbered {
    file: File,
    /// How many bytes were read.
    offset: u64,
    /// The line that is being read, and where it begins.
    line: u64,
    from: u64,
    empty: bool,
    /// Where lines that are not empty begin, and their numbers: those that were read ahead.
    lines: VecDeque<(u64, u64)>,
}

impl Numbered {
    fn new(file: File) -> Self {
        Self { file, offset: 0, line: 1, from: 0, empty: true, lines: VecDeque::new() }
    }

    /// The first line with something in it that begins at this byte or behind it. What is before is forgotten.
    fn line_at(&mut self, byte: u64) -> u64 {
        while self.lines.front().is_some_and(|(from, _)| *from < byte) {
            self.lines.pop_front();
        }
        self.lines.front().map_or(self.line, |(_, line)| *line)
    }
}

impl Read for Numbered {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        for byte in &buffer[..read] {
            self.offset += 1;
            if *byte == b'\n' {
                (self.line, self.from, self.empty) = (self.line + 1, self.offset, true);
            } else if *byte != b'\r' && self.empty {
                self.empty = false;
                self.lines.push_back((self.from, self.line));
            }
        }
        Ok(read)
    }
}

/// The first bytes behind the mark of UTF-8, and how long that is.
fn beginning(file: &mut File) -> Result<(Vec<u8>, u64), AppError> {
    let mut bytes = Vec::with_capacity(CHUNK);
    file.by_ref().take(CHUNK as u64).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.starts_with(UTF8_MARK) {
        bytes.drain(..UTF8_MARK.len());
        return Ok((bytes, UTF8_MARK.len() as u64));
    }
    Ok((bytes, 0))
}

fn failed(error: std::io::Error) -> AppError {
    AppError::Internal(format!("reading an import: {error}"))
}

fn broken(error: csv::Error) -> AppError {
    AppError::Internal(format!("reading an import: {error}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn opened(content: &str) -> Table {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file.rewind().unwrap();
        Table::open_checked(file, Kind::Organizations, &Mapping::new())
            .unwrap()
            .unwrap_or_else(|faults| panic!("{faults:?}"))
    }

    #[test]
    fn lines_come_in_pieces_with_their_numbers() {
        let mut table = opened("\u{feff}\nname;ueCode\n\"two\nlines\";1\n;\n\nA;2\nB\n");
        assert_eq!(table.separator(), ';');
        let first = table.read(2).unwrap();
        let numbers: Vec<u64> = first.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [3, 7]);
        let cells = first[0].cells.as_ref().unwrap();
        assert_eq!((cells[0].as_deref(), cells[1].as_deref()), (Some("two\nlines"), Some("1")));
        let last = table.read(2).unwrap();
        assert_eq!(last.len(), 1);
        assert_eq!(last[0].cells.as_ref().unwrap_err().message, "the line has 1 cells, but there are 2 columns");
        assert!(table.read(2).unwrap().is_empty());
    }

    #[test]
    fn lines_that_windows_ends_have_the_same_numbers() {
        let mut table = opened("name,ueCode\r\nA,1\r\n\r\n\r\n\"B\r\nC\",2\r\nD,3");
        let lines = table.read(9).unwrap();
        let numbers: Vec<u64> = lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [2, 5, 7]);
    }

    #[test]
    fn a_file_has_an_end() {
        let content = format!("name\n{}", "A\n".repeat(usize::try_from(LINES_MAX).unwrap() + 5));
        let mut table = opened(&content);
        let (mut read, mut faults) = (0, Vec::new());
        loop {
            let piece = table.read(1_000).unwrap();
            if piece.is_empty() {
                break;
            }
            read += piece.len() as u64;
            faults.extend(piece.into_iter().filter_map(|line| line.cells.err()));
        }
        assert_eq!((read, faults.len()), (LINES_MAX + 1, 1));
        assert_eq!((faults[0].line, faults[0].message.contains("more than 100000 lines")), (LINES_MAX + 2, true));
    }
}
