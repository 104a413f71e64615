//! Staff who own the relations to organizations.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use patchcord_app::AppError;
use patchcord_app::account_managers::{AccountManagerPatch, NewAccountManager, Query};
use patchcord_app::rows::AccountManager;
use patchcord_domain::ticket_input::Faults;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::users::present;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsViewer, Body, Id, Params};
use crate::lists::{self, created, order, part};
use crate::name_paging::wanted_by_name;
use crate::paging::Page;
use crate::shape::{self, AccountManagerRow};

/// Filters, order and page.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccountManagerQuery {
    /// Words that name, email or phone must have; the last may be the beginning of one.
    q: Option<String>,
    /// name, createdAt or updatedAt; with `-` before it the largest comes first. `name` when absent.
    sort: Option<String>,
    /// 1 to 100; 25 when absent.
    limit: Option<u64>,
    /// At most 10,000.
    offset: Option<u64>,
    /// From 1, instead of an offset.
    page: Option<u64>,
    /// `nextCursor` of the page before, instead of an offset.
    cursor: Option<String>,
    /// `exact` fills `total`.
    count: Option<String>,
}

/// Account managers that fit the filters.
#[utoipa::path(get, path = "/api/account-managers", tag = "people and things", params(AccountManagerQuery),
    responses((status = 200, description = "A page of account managers", body = Page<AccountManagerRow>)))]
pub(crate) async fn list_account_managers(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<AccountManagerQuery>,
) -> Result<Json<Page<AccountManagerRow>>, ApiError> {
    let (cursor, count) = (params.cursor.as_deref(), params.count.as_deref());
    let asked = wanted_by_name(params.limit, params.offset, params.page, cursor, count)?;
    let mut faults = Faults::default();
    let words = lists::words(&mut faults, params.q.as_deref());
    let slice = order(&mut faults, params.sort.as_deref());
    let slice = faults.into_result(slice).map_err(AppError::Invalid)?;
    let (sort, slice) = (slice.sort, part(slice, &asked)?);
    let found = desk.app.list_account_managers(&actor, Query { words, slice }, asked.count).await?;
    Ok(lists::page(&found, &asked, sort))
}

/// A new account manager.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountManagerInput {
    /// 1 to 200 characters.
    #[schema(example = "Grace Hopper")]
    name: String,
    #[schema(example = "grace@example.com")]
    email: Option<String>,
    /// In any common notation; a national one as it is dialled in the workspace's country.
    #[schema(example = "+12025550143")]
    phone: Option<String>,
}

/// Adds an account manager.
#[utoipa::path(post, path = "/api/account-managers", tag = "people and things", request_body = AccountManagerInput,
    responses((status = 201, description = "Added; Location names it", body = AccountManagerRow)))]
pub(crate) async fn add_account_manager(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Body { value, once }: Body<AccountManagerInput>,
) -> Result<Response, ApiError> {
    fn added(row: &AccountManager) -> (u16, Value) {
        (201, shape::value(&AccountManagerRow::from(row)))
    }
    let AccountManagerInput { name, email, phone } = value;
    let input = NewAccountManager { name, email, phone };
    let done = desk.app.add_account_manager(&actor, input, once, added).await?;
    Ok(created(&done, added, "/api/account-managers"))
}

/// One account manager.
#[utoipa::path(get, path = "/api/account-managers/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the account manager")),
    responses((status = 200, description = "The account manager", body = AccountManagerRow)))]
pub(crate) async fn get_account_manager(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<AccountManagerRow>, ApiError> {
    Ok(Json(AccountManagerRow::from(&desk.app.account_manager(&actor, &id).await?)))
}

/// Changes of an account manager. Absent fields stay; null empties those that can be empty.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountManagerChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
}

/// Changes an account manager.
#[utoipa::path(patch, path = "/api/account-managers/{id}", tag = "people and things", request_body = AccountManagerChanges, params(("id" = String, Path, description = "Id of the account manager")),
    responses((status = 200, description = "The account manager as they are now", body = AccountManagerRow)))]
pub(crate) async fn patch_account_manager(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
    Body { value, .. }: Body<AccountManagerChanges>,
) -> Result<Json<AccountManagerRow>, ApiError> {
    let AccountManagerChanges { version, name, email, phone } = value;
    let patch = AccountManagerPatch { version, name, email, phone };
    Ok(Json(AccountManagerRow::from(&desk.app.patch_account_manager(&actor, &id, patch).await?)))
}

/// Takes an account manager out for good. One who has organizations is 409 `in_use`.
#[utoipa::path(delete, path = "/api/account-managers/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the account manager")),
    responses((status = 204, description = "They are gone")))]
pub(crate) async fn remove_account_manager(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.remove_account_manager(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
