//! Reports of imports on the wire.

use patchcord_app::imports::{LineFault, Report};
use serde::Serialize;
use utoipa::ToSchema;

/// One thing that is wrong with a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ImportFault {
    /// The line of the file; that of the names is the first one.
    line: u64,
    /// The column, when one is to blame.
    #[schema(required)]
    column: Option<String>,
    /// What stands there, at most 100 characters of it.
    #[schema(required)]
    value: Option<String>,
    /// What is wrong and what to do about it.
    message: String,
}

impl From<&LineFault> for ImportFault {
    fn from(fault: &LineFault) -> Self {
        Self {
            line: fault.line,
            column: fault.column.clone(),
            value: fault.value.clone(),
            message: fault.message.clone(),
        }
    }
}

/// What a file brings along besides its own rows, when `createMissing` is true.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportBesides {
    locations: u64,
    manufacturers: u64,
    models: u64,
    operating_systems: u64,
    domains: u64,
}

/// What became, or would become, of a file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportReport {
    /// Of an import that was written; the audit log has it under this id. Null for a trial run.
    #[schema(required)]
    import_id: Option<String>,
    #[schema(example = "devices")]
    kind: &'static str,
    dry_run: bool,
    /// Whether it was written.
    applied: bool,
    /// What stands between the cells, as it was found out.
    #[schema(value_type = String, example = ",")]
    separator: char,
    /// Lines, besides that of the names and empty ones.
    lines: u64,
    /// Lines that nothing is wrong with.
    valid: u64,
    /// Rows that are new.
    created: u64,
    /// Rows that change.
    updated: u64,
    /// Rows that are there as the file has them.
    unchanged: u64,
    /// What is added besides.
    also_created: ImportBesides,
    /// How much is wrong in all.
    error_count: u64,
    /// The first 1,000 of that.
    errors: Vec<ImportFault>,
}

impl From<&Report> for ImportReport {
    fn from(report: &Report) -> Self {
        let besides = &report.besides;
        Self {
            import_id: report.id.clone(),
            kind: report.kind.as_str(),
            dry_run: report.dry_run,
            applied: report.id.is_some(),
            separator: report.separator,
            lines: report.lines,
            valid: report.valid,
            created: report.created,
            updated: report.updated,
            unchanged: report.unchanged,
            also_created: ImportBesides {
                locations: besides.locations,
                manufacturers: besides.manufacturers,
                models: besides.models,
                operating_systems: besides.operating_systems,
                domains: besides.domains,
            },
            error_count: report.error_count,
            errors: report.errors.iter().map(ImportFault::from).collect(),
        }
    }
}
