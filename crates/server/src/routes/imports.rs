//! Lists of organizations, contacts and devices from a file: received in pieces, tried out, written as a whole or not at all.

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use patchcord_app::AppError;
use patchcord_app::imports::{NewImport, Report, Spool, Spooled};
use patchcord_domain::import::{FILE_MAX, Kind, Mapping, unknown_targets};
use patchcord_domain::text::head;
use patchcord_domain::ticket_input::Faults;
use serde_json::Value;
use utoipa::ToSchema;

use super::answered;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, once};
use crate::shape::{self, ImportReport};

/// What surrounds a file in a form, at most, in bytes.
const ENVELOPE: usize = 64 * 1024;
/// Longest value of a small field, in bytes.
const FIELD_MAX: usize = 16 * 1024;
/// Longest name of a file that is kept, in characters.
const FILE_NAME_MAX: usize = 200;

/// A file and what shall become of it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the form; the handler reads it part by part")]
pub(crate) struct ImportForm {
    /// Comma-separated values (RFC 4180) in UTF-8, with or without its mark; at most 32 MiB and 100,000 lines. Semicolons and tabs
    /// are found out by themselves. The first line has the names of the columns, as in JSON (`serialNumber`) or as people call them
    /// (`Serial no`, `Host name`, `Company`); `id`, `createdAt` and `updatedAt` of an export are passed over.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// organizations, contacts, devices.
    #[schema(example = "devices")]
    kind: String,
    /// Whether the file is only tried out; true unless it is `false`.
    dry_run: Option<bool>,
    /// Whether locations, manufacturers, models, operating systems and domains that are missing are added; false when absent.
    create_missing: Option<bool>,
    /// A JSON object that explains columns: the name in the file and the name of the column that it is, or null to pass it over.
    #[schema(example = json!("{\"Bezeichnung\": \"name\", \"Farbe\": null}"))]
    mapping: Option<String>,
}

/// Reads a file of organizations, contacts or devices.
///
/// Organizations (`name`, `ueCode`, `domain`, `accountManager`, `notes`, `status`) are known by their U-E code, else by their name.
/// Contacts (`organization` or `ueCode`, `location`, `name`, `email`, `phone`, `title`, `isVip`, `preferredLanguage`) are known
/// within their organization by the e-mail address, else by the telephone number. Devices (`organization` or `ueCode`, `location`,
/// `name`, `type`, `manufacturer`, `model`, `operatingSystem`, `osVersion`, `domain`, `serialNumber`, `assetTag`, `ipAddress`,
/// `macAddress`, `status`, `lastSeenAt`, `warrantyUntil`, `notes`) are known within their organization by the serial number, else
/// the asset tag, else the host name. What is known is changed, anything else is added; an empty cell leaves what is there. An
/// organization is named by its name or U-E code, a location by its name within the organization, entries of catalogues by their
/// names, an account manager by name or e-mail address; none of that regards case.
///
/// A trial run answers with what would happen and with what is wrong, line by line. The real run decides anew by what is there at
/// that moment, in one transaction: when anything is wrong with any line, the answer is 422 with the lines and nothing is written.
#[utoipa::path(post, path = "/api/import", tag = "people and things",
    request_body(content = ImportForm, content_type = "multipart/form-data"),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same key, file and fields within 24 h give the first answer again; for real runs only")),
    responses((status = 200, description = "What became, or would become, of the file", body = ImportReport),
        (status = 422, description = "The form is wrong; or, in a real run, lines are: `errors` names them as `lines[17].serialNumber`, and nothing was written", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn import(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    mut request: Request,
) -> Result<Response, ApiError> {
    fn reported(report: &Report) -> (u16, Value) {
        (200, shape::value(&ImportReport::from(report)))
    }
    let most = usize::try_from(FILE_MAX).unwrap_or(usize::MAX);
    DefaultBodyLimit::max(most + ENVELOPE).apply(&mut request);
    let (parts, body) = request.into_parts();
    let form = Multipart::from_request(Request::from_parts(parts.clone(), body), &desk).await;
    let input = read(form.map_err(|_| ApiError::WrongContentType)?).await?;
    // The envelope of a form differs from one sending to the next; what makes it the same request is what it carries.
    let mapping = serde_json::to_string(&input.mapping).unwrap_or_default();
    let identity = format!(
        "{} {} {} {} {} {mapping}",
        input.file.sha256,
        input.kind.as_str(),
        input.create_missing,
        input.file_name.len(),
        input.file_name
    );
    let once = if input.dry_run { None } else { once(&parts, identity.as_bytes())? };
    Ok(answered(&desk.app.import(&actor, input, once, reported).await?, reported))
}

/// The fields of a form as they were sent.
#[derive(Default)]
struct Form {
    file: Option<(String, Spooled)>,
    kind: Option<String>,
    dry_run: Option<String>,
    create_missing: Option<String>,
    mapping: Option<String>,
}

async fn read(mut form: Multipart) -> Result<NewImport, ApiError> {
    let mut fields = Form::default();
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        let small = match name.as_str() {
            "file" if fields.file.is_none() => {
                fields.file = Some(spool(field).await?);
                continue;
            }
            "kind" => &mut fields.kind,
            "dryRun" => &mut fields.dry_run,
            "createMissing" => &mut fields.create_missing,
            "mapping" => &mut fields.mapping,
            _ => return Err(unknown_field()),
        };
        if small.is_some() {
            return Err(unknown_field());
        }
        *small = Some(text(&name, field).await?);
    }
    checked(fields)
}

fn unknown_field() -> ApiError {
    ApiError::invalid(
        "form",
        "takes one `file`, one `kind`, and at most one each of `dryRun`, `createMissing`, `mapping`",
    )
}

fn checked(form: Form) -> Result<NewImport, ApiError> {
    let mut faults = Faults::default();
    if form.file.is_none() {
        faults.add("file", "is missing");
    }
    let kind = form.kind.as_deref().unwrap_or_default();
    let kind = faults.one_of("kind", kind, Kind::parse, Kind::ALLOWED);
    let mut flag = |name: &str, text: Option<String>, absent: bool| match text.as_deref().map(str::trim) {
        None | Some("") => absent,
        Some("true") => true,
        Some("false") => false,
        Some(_) => {
            faults.add(name, "must be true or false");
            absent
        }
    };
    let dry_run = flag("dryRun", form.dry_run, true);
    let create_missing = flag("createMissing", form.create_missing, false);
    let mapping = form.mapping.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let mapping = match mapping.map(serde_json::from_str::<Mapping>) {
        None => Mapping::new(),
        Some(Ok(mapping)) => mapping,
        Some(Err(_)) => {
            faults.add("mapping", "must be a JSON object of names of columns; null passes a column over");
            Mapping::new()
        }
    };
    if let Some(kind) = kind {
        for name in unknown_targets(kind, &mapping) {
            let columns: Vec<&str> = kind.columns().iter().map(|column| column.name).collect();
            let message =
                format!("{:?} is no column of {}: they have {}", head(name, 100), kind.as_str(), columns.join(", "));
            faults.add("mapping", message);
        }
    }
    match (faults.into_result(()), form.file, kind) {
        (Ok(()), Some((file_name, file)), Some(kind)) => {
            Ok(NewImport { file_name, file, kind, dry_run, create_missing, mapping })
        }
        (Err(wrong), ..) => Err(AppError::Invalid(wrong).into()),
        _ => Err(unknown_field()),
    }
}

/// Puts a file on the disk while it arrives.
async fn spool(mut field: Field<'_>) -> Result<(String, Spooled), ApiError> {
    let name: String = field.file_name().unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    let mut spool = Spool::new()?;
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        spool.write(&chunk).await?;
    }
    Ok((head(&name, FILE_NAME_MAX).to_owned(), spool.finish().await?))
}

async fn text(name: &str, mut field: Field<'_>) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > FIELD_MAX {
            return Err(ApiError::invalid(name, "is too long"));
        }
    }
    String::from_utf8(bytes).map_err(|_| ApiError::invalid(name, "is not UTF-8"))
}

/// Why a form cannot be read: it is too large, or it is not one.
fn unreadable(error: MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::App(AppError::TooLarge("files have at most 32 MiB; cut it into several".into()))
    } else {
        ApiError::Malformed("the body is not a complete multipart form".into())
    }
}
