//! One reading of a file: what was found so far, what is wrong, and what was made on the way.

use std::collections::{HashMap, HashSet};

use aws_lc_rs::digest;
use patchcord_domain::device::matched;
use patchcord_domain::import::{Column, FAULTS_TOLD, Kind, VALUE_TOLD};
use patchcord_domain::phone::Country;
use patchcord_domain::text::head;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::time::Millis;
use patchcord_domain::user::Actor;
use patchcord_store::imports::Manager;

use super::NewImport;
use super::file::Line;
use crate::{App, AppError};

/// Most locations and entries of catalogues that one file may bring along.
const MADE_MAX: usize = 10_000;

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineFault {
    /// The line; the line of names is the first one.
    pub line: u64,
    /// The column, when one is to blame.
    pub column: Option<String>,
    /// What stands there, at most 100 characters of it.
    pub value: Option<String>,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl LineFault {
    pub(super) fn of_file(line: u64, message: &str) -> Self {
        Self { line, column: None, value: None, message: message.to_owned() }
    }
}

/// What a file brings along besides its own rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each counts what it is called")]
pub struct Besides {
    pub locations: u64,
    pub manufacturers: u64,
    pub models: u64,
    pub operating_systems: u64,
    pub domains: u64,
}

/// What became, or would become, of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Of an import that was written; the audit log has it under this id.
    pub id: Option<String>,
    /// What the file is a list of.
    pub kind: Kind,
    /// Whether it was only tried out.
    pub dry_run: bool,
    /// What stands between its cells.
    pub separator: char,
    /// Lines, besides that of the names and empty ones.
    pub lines: u64,
    /// Lines that nothing is wrong with.
    pub valid: u64,
    /// Rows that are new.
    pub created: u64,
    /// Rows that change.
    pub updated: u64,
    /// Rows that are there as the file has them.
    pub unchanged: u64,
    /// What is added besides.
    pub besides: Besides,
    /// How much is wrong in all.
    pub error_count: u64,
    /// The first of that.
    pub errors: Vec<LineFault>,
}

/// One line that was read.
pub(super) struct Cells {
    pub(super) number: u64,
    columns: &'static [Column],
    values: Vec<Option<String>>,
    faults: Faults,
    /// Says that faults were noted, for lines that are looked at in several steps.
    wrong: bool,
}

impl Cells {
    /// What stands in a column; none when it is empty, or when the file has no such column.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let position = self.columns.iter().position(|column| column.name == name)?;
        self.values[position].as_deref()
    }

    /// What stands in a column, when it passes a check; what is wrong with it is noted.
    pub(super) fn read<T>(&mut self, name: &str, check: impl FnOnce(&mut Faults, &str, &str) -> T) -> Option<T> {
        let mut own = Faults::default();
        let value = check(&mut own, name, self.get(name)?);
        match own.into_result(value) {
            Ok(value) => Some(value),
            Err(faults) => {
                faults.into_iter().for_each(|fault| self.faults.add(&fault.field, fault.message));
                None
            }
        }
    }

    /// The same for what is read again later: what is wrong is left to that.
    pub(super) fn peek<T>(&self, name: &str, check: impl FnOnce(&mut Faults, &str, &str) -> T) -> Option<T> {
        let mut own = Faults::default();
        let value = check(&mut own, name, self.get(name)?);
        own.into_result(value).ok()
    }

    /// Whether something stands in any of these columns.
    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.get(name).is_some())
    }

    /// Notes that something is wrong.
    pub(super) fn fault(&mut self, column: &str, message: impl Into<String>) {
        self.faults.add(column, message);
    }
}

/// What identifies a line within its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// Two lines with it are the same thing.
    Own,
    /// Others may have it as well, unless it is all that one of them has.
    Shared,
}

/// One reading of a file.
pub(super) struct Pass {
    pub(super) app: App,
    pub(super) now: Millis,
    pub(super) workspace_id: String,
    pub(super) create_missing: bool,
    /// Whose national telephone numbers are written without a country.
    pub(super) country: Option<Country>,
    pub(super) managers: Option<Vec<Manager>>,
    pub(super) report: Report,
    /// What was made on the way: kind, whose, and name in lower case → id.
    made: HashMap<(&'static str, String, String), String>,
    /// Hashes of what identifies lines → the line, and with what weight.
    seen: HashMap<u128, (u64, Weight)>,
    /// Rows that were there and that a line is about → the line.
    touched: HashMap<String, u64>,
    /// Rows that this pass has added: no line is about them but their own.
    created: HashSet<String>,
}

impl Pass {
    pub(super) async fn new(app: &App, actor: &Actor, input: &NewImport) -> Result<Self, AppError> {
        let country = match input.kind {
            Kind::Contacts => app.country_of(&actor.workspace_id, true).await?,
            Kind::Organizations | Kind::Devices => None,
        };
        Ok(Self {
            app: app.clone(),
            now: app.clock.now(),
            workspace_id: actor.workspace_id.as_str().to_owned(),
            create_missing: input.create_missing,
            country,
            managers: None,
            report: Report {
                id: None,
                kind: input.kind,
                dry_run: input.dry_run,
                separator: ',',
                lines: 0,
                valid: 0,
                created: 0,
                updated: 0,
                unchanged: 0,
                besides: Besides::default(),
                error_count: 0,
                errors: Vec::new(),
            },
            made: HashMap::new(),
            seen: HashMap::new(),
            touched: HashMap::new(),
            created: HashSet::new(),
        })
    }

    /// Counts a fault, and keeps it while there are few.
    pub(super) fn fault(&mut self, fault: LineFault) {
        self.report.error_count += 1;
        if self.report.errors.len() < FAULTS_TOLD {
            self.report.errors.push(fault);
        }
    }

    /// Counts lines; those that cannot be read are told and left out.
    pub(super) fn taken(&mut self, piece: Vec<Line>) -> Vec<Cells> {
        let columns = self.report.kind.columns();
        let mut lines = Vec::with_capacity(piece.len());
        for Line { number, cells } in piece {
            self.report.lines += 1;
            match cells {
                Ok(values) => {
                    lines.push(Cells { number, columns, values, faults: Faults::default(), wrong: false });
                }
                Err(fault) => self.fault(fault),
            }
        }
        lines
    }

    /// Tells the faults of a line that were noted; says whether it is still a good one.
    pub(super) fn settle(&mut self, cells: &mut Cells) -> bool {
        if let Err(faults) = std::mem::take(&mut cells.faults).into_result(()) {
            cells.wrong = true;
            for fault in faults {
                let value = cells.get(&fault.field).map(|text| head(text, VALUE_TOLD).to_owned());
                self.fault(LineFault {
                    line: cells.number,
                    column: Some(fault.field).filter(|field| !field.is_empty()),
                    value,
                    message: fault.message,
                });
            }
        }
        !cells.wrong
    }

    /// Counts what becomes of a good line. A row that is not there yet is counted as created.
    pub(super) fn count<R: PartialEq>(&mut self, before: Option<&R>, row: &R) -> bool {
        self.report.valid += 1;
        match before {
            None => self.report.created += 1,
            Some(before) if before == row => {
                self.report.unchanged += 1;
                return false;
            }
            Some(_) => self.report.updated += 1,
        }
        true
    }

    /// Notes what identifies a line: the first of the keys by itself, the others so far as no line has nothing else. Says so when
    /// another line of the file has it already.
    pub(super) fn identify(&mut self, cells: &mut Cells, keys: &[(&'static str, String)], own: usize) {
        for (index, (column, value)) in keys.iter().enumerate() {
            let weight = if index < own.max(1) { Weight::Own } else { Weight::Shared };
            let hash = digest::digest(&digest::SHA256, format!("{column}\n{value}").as_bytes());
            let mut short = [0_u8; 16];
            short.copy_from_slice(&hash.as_ref()[..16]);
            let hash = u128::from_be_bytes(short);
            match self.seen.get(&hash) {
                None => _ = self.seen.insert(hash, (cells.number, weight)),
                Some((line, before)) if weight == Weight::Own || *before == Weight::Own => {
                    cells.fault(column, format!("line {line} has the same"));
                }
                Some(_) => {}
            }
        }
    }

    /// Whether a row was there before this file.
    pub(super) fn was_there(&self, id: &str) -> bool {
        !self.created.contains(id)
    }

    /// Notes that a line is about a row that was there; says so at the line when another one is as well.
    pub(super) fn touch(&mut self, cells: &mut Cells, id: &str) {
        match self.touched.get(id) {
            Some(line) => cells.fault("", format!("line {line} is about the same one")),
            None => _ = self.touched.insert(id.to_owned(), cells.number),
        }
    }

    /// A new id for a row that a line adds.
    pub(super) fn new_id(&mut self) -> String {
        let id = self.app.id();
        self.created.insert(id.clone());
        id
    }

    /// The id of something that is made on the way, once for each name; and whether it is made now. `None` when there are too many.
    pub(super) fn make(&mut self, what: &'static str, of: &str, name: &str) -> Option<(String, bool)> {
        let key = (what, of.to_owned(), matched(name));
        if let Some(id) = self.made.get(&key) {
            return Some((id.clone(), false));
        }
        if self.made.len() >= MADE_MAX {
            return None;
        }
        let id = self.app.id();
        self.made.insert(key, id.clone());
        Some((id, true))
    }
}
