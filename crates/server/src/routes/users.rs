//! Users of the workspace, for administrators.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use patchcord_app::users::{Invited, NewUser, UserPatch};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answered;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, Body, Id, Params};
use crate::paging::{Page, wanted};
use crate::shape::{self, AddedUser, UserRow};

/// Which page of users.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UserQuery {
    /// 1 to 100; 25 when absent.
    limit: Option<u64>,
    /// At most 10,000.
    offset: Option<u64>,
    /// From 1, instead of an offset.
    page: Option<u64>,
    /// `exact` fills `total`.
    count: Option<String>,
}

/// The users of the workspace by name.
#[utoipa::path(get, path = "/api/users", tag = "users", params(UserQuery),
    responses((status = 200, description = "A page of users", body = Page<UserRow>)))]
pub(crate) async fn list_users(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Params(query): Params<UserQuery>,
) -> Result<Json<Page<UserRow>>, ApiError> {
    let page = wanted(query.limit, query.offset, query.page, None, query.count.as_deref())?;
    let found = desk.app.list_users(&actor, page.limit, page.offset, page.count).await?;
    Ok(Json(Page {
        items: found.users.iter().map(UserRow::from).collect(),
        limit: page.limit,
        offset: page.offset,
        has_more: found.has_more,
        next_cursor: None,
        total: found.total,
    }))
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserInput {
    #[schema(example = "mara@example.com")]
    email: String,
    name: String,
    /// ADMIN, AGENT or VIEWER.
    role: String,
    /// A first password; without one the answer carries an invitation.
    password: Option<String>,
    #[schema(example = "+12025550143")]
    phone: Option<String>,
}

/// Adds a user, with a password or an invitation.
#[utoipa::path(post, path = "/api/users", tag = "users", request_body = UserInput, params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Added", body = AddedUser)))]
pub(crate) async fn add_user(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Body { value, once }: Body<UserInput>,
) -> Result<Response, ApiError> {
    fn added(added: &Invited) -> (u16, Value) {
        (201, shape::value(&AddedUser::from(added)))
    }
    let UserInput { email, name, role, password, phone } = value;
    let input = NewUser { email, name, role, password, phone };
    Ok(answered(&desk.app.add_user(&actor, input, once, added).await?, added))
}

/// One user.
#[utoipa::path(get, path = "/api/users/{id}", tag = "users", params(("id" = String, Path, description = "Id of the user")),
    responses((status = 200, description = "The user", body = UserRow)))]
pub(crate) async fn get_user(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<Json<UserRow>, ApiError> {
    Ok(Json(UserRow::from(&desk.app.user(&actor, &id).await?)))
}

/// Changes of a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    name: Option<String>,
    /// ADMIN, AGENT or VIEWER.
    role: Option<String>,
    /// Null empties it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    /// True ends every session of the user at once.
    disabled: Option<bool>,
}

/// Tells null, which empties a field, from absence, which leaves it alone.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// Changes a user.
#[utoipa::path(patch, path = "/api/users/{id}", tag = "users", request_body = UserChanges, params(("id" = String, Path, description = "Id of the user")),
    responses((status = 200, description = "The user as it is now", body = UserRow)))]
pub(crate) async fn patch_user(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
    Body { value, .. }: Body<UserChanges>,
) -> Result<Json<UserRow>, ApiError> {
    let UserChanges { version, name, role, phone, disabled } = value;
    let patch = UserPatch { version, name, role, phone, disabled };
    Ok(Json(UserRow::from(&desk.app.patch_user(&actor, &id, patch).await?)))
}
