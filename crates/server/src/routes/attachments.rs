//! Files of tickets: sent as a form, given back inert.

use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use patchcord_app::AppError;
use patchcord_app::attachments::NewAttachment;
use patchcord_app::rows::Attachment;
use patchcord_domain::ticket::ATTACHMENT_MAX;
use serde_json::Value;
use utoipa::ToSchema;

use super::answered;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAgent, AsViewer, Id, once};
use crate::shape::{self, AttachmentRow};

/// What surrounds a file in a form, at most, in bytes.
const ENVELOPE: usize = 64 * 1024;

/// A file, and the message that it belongs to.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the form; the handler reads it part by part")]
pub(crate) struct AttachmentForm {
    /// .txt .log .png .jpg .jpeg .json, at most 5 MiB.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    message_id: Option<String>,
}

/// Attaches a file. The same content on the same ticket gives the attachment that is already there.
#[utoipa::path(post, path = "/api/tickets/{id}/attachments", tag = "tickets",
    request_body(content = AttachmentForm, content_type = "multipart/form-data"),
    params(("id" = String, Path, description = "Id or number of the ticket"), ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Attached", body = AttachmentRow)))]
pub(crate) async fn attach(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    mut request: Request,
) -> Result<Response, ApiError> {
    fn attached(row: &Attachment) -> (u16, Value) {
        (201, shape::value(&AttachmentRow::from(row)))
    }
    DefaultBodyLimit::max(ATTACHMENT_MAX + ENVELOPE).apply(&mut request);
    let (parts, body) = request.into_parts();
    let form = Multipart::from_request(Request::from_parts(parts.clone(), body), &desk).await;
    let (file_name, content, message_id) = read(form.map_err(|_| ApiError::WrongContentType)?).await?;
    // The envelope of a form differs from one sending to the next; what makes it the same request is what it carries. The
    // lengths keep the end of one part from being taken for the beginning of the next.
    let message = message_id.as_deref().unwrap_or_default();
    let mut identity = format!("{} {} {file_name}{message}", file_name.len(), message.len()).into_bytes();
    identity.extend_from_slice(&content);
    let once = once(&parts, &identity)?;
    let file = NewAttachment { file_name, content, message_id };
    Ok(answered(&desk.app.attach(&actor, &id, file, once, attached).await?, attached))
}

async fn read(mut form: Multipart) -> Result<(String, Bytes, Option<String>), ApiError> {
    let (mut file, mut message_id) = (None, None);
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name() {
            Some("file") if file.is_none() => {
                let name = field.file_name().unwrap_or_default().to_owned();
                file = Some((name, field.bytes().await.map_err(unreadable)?));
            }
            Some("messageId") if message_id.is_none() => {
                let text = field.text().await.map_err(unreadable)?;
                message_id = Some(text).filter(|text| !text.is_empty());
            }
            _ => return Err(ApiError::invalid("form", "takes one `file` and at most one `messageId`")),
        }
    }
    let (name, content) = file.ok_or_else(|| ApiError::invalid("file", "is missing"))?;
    Ok((name, content, message_id))
}

/// Why a form cannot be read: it is too large, or it is not one.
fn unreadable(error: MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        ApiError::App(AppError::TooLarge("files have at most 5 MiB".into()))
    } else {
        ApiError::Malformed("the body is not a complete multipart form".into())
    }
}

/// A file, to be saved and never to be run or shown in place.
#[utoipa::path(get, path = "/api/attachments/{id}", tag = "tickets", params(("id" = String, Path, description = "Id of the attachment")),
    responses((status = 200, description = "The bytes of the file", body = Vec<u8>, content_type = "application/octet-stream")))]
pub(crate) async fn download(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let (row, content) = desk.app.attachment(&actor, &id).await?;
    let mut response = content.into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_str(&row.content_type);
    headers.insert(header::CONTENT_TYPE, kind.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    let disposition = HeaderValue::from_str(&disposition(&row.file_name));
    headers.insert(header::CONTENT_DISPOSITION, disposition.unwrap_or(HeaderValue::from_static("attachment")));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// `attachment` with the name in the form of RFC 6266, every byte outside a short list escaped.
fn disposition(name: &str) -> String {
    let mut escaped = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename*=UTF-8''{escaped}")
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn names_are_escaped() {
        assert_eq!(disposition("a b\"\r\nü.txt"), "attachment; filename*=UTF-8''a%20b%22%0D%0A%C3%BC.txt");
    }
}
