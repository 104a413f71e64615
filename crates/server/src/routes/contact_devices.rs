//! Which contact uses which device.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAgent, Body, TwoIds};
use crate::shape::ContactDeviceRow;

/// How a contact uses a device. An empty object says only that.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ContactDeviceInput {
    /// Whether it is the contact's first device; any other one is not the first any more. Absent: it stays as it is.
    is_primary: Option<bool>,
}

/// Notes that a contact uses a device of the same organization. The same again changes nothing.
#[utoipa::path(put, path = "/api/contacts/{id}/devices/{deviceId}", tag = "people and things", request_body = ContactDeviceInput, params(("id" = String, Path, description = "Id of the contact"), ("deviceId" = String, Path, description = "Id of the device")),
    responses((status = 200, description = "As it is now", body = ContactDeviceRow),
        (status = 409, description = "`other_organization`: contact and device belong to different ones", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn set_contact_device(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    TwoIds(id, device_id): TwoIds,
    Body { value, .. }: Body<ContactDeviceInput>,
) -> Result<Json<ContactDeviceRow>, ApiError> {
    let done = desk.app.set_contact_device(&actor, &id, &device_id, value.is_primary).await?;
    Ok(Json(ContactDeviceRow::from(done)))
}

/// Takes a device from a contact.
#[utoipa::path(delete, path = "/api/contacts/{id}/devices/{deviceId}", tag = "people and things", params(("id" = String, Path, description = "Id of the contact"), ("deviceId" = String, Path, description = "Id of the device")),
    responses((status = 204, description = "The contact does not use it any more")))]
pub(crate) async fn remove_contact_device(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    TwoIds(id, device_id): TwoIds,
) -> Result<StatusCode, ApiError> {
    desk.app.forget_contact_device(&actor, &id, &device_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
