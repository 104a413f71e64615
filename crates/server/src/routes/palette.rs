//! Finding anything by what people type.

use axum::Json;
use axum::extract::State;
use patchcord_app::AppError;
use patchcord_app::palette::{Found, Kind};
use patchcord_domain::ticket_input::Faults;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsViewer, Params};
use crate::lists::each;
use crate::paging::Items;

/// What to look for, and among what.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// Words, the last of which may be the beginning of one; or the number of a ticket, a U-E code, a phone number in any common
    /// notation, an email, or a device's serial number, asset tag, IP address or host name. At most 200 characters.
    #[serde(default)]
    q: String,
    /// ticket, contact, organization, device, article; everything when absent. May be repeated, or list several with commas.
    #[serde(default)]
    kinds: Vec<String>,
}

/// Something that was found.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FoundItem {
    /// ticket, contact, organization, device or article.
    #[schema(example = "contact")]
    kind: &'static str,
    id: String,
    /// Subject, name or title.
    #[schema(example = "Ada Byron")]
    title: String,
    /// What else tells it from others.
    #[schema(example = "Hartwell & Finch LLP · +12025550143")]
    subtitle: String,
    /// Whether `q` is its very number, code, phone, email, serial number, asset tag, address or host name.
    is_exact: bool,
}

impl From<Found> for FoundItem {
    fn from(found: Found) -> Self {
        let Found { kind, id, title, subtitle, is_exact } = found;
        Self { kind: kind.as_str(), id, title, subtitle, is_exact }
    }
}

/// What fits, at most 20: exact hits first, then of each kind in turn what fits best.
#[utoipa::path(get, path = "/api/search", tag = "people and things", params(SearchQuery),
    responses((status = 200, description = "What was found", body = Items<FoundItem>)))]
pub(crate) async fn search_everything(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<SearchQuery>,
) -> Result<Json<Items<FoundItem>>, ApiError> {
    let mut faults = Faults::default();
    let text = faults.text("q", &params.q, 0, 200);
    let named = each(&mut faults, "kinds", &params.kinds);
    let named: Vec<Kind> =
        named.into_iter().filter_map(|name| faults.one_of("kinds", name, Kind::parse, Kind::ALLOWED)).collect();
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| named.is_empty() || named.contains(kind)).collect();
    let (text, kinds) = faults.into_result((text, kinds)).map_err(AppError::Invalid)?;
    let found = desk.app.search(&actor, &text, &kinds).await?;
    Ok(Json(Items { items: found.into_iter().map(FoundItem::from).collect() }))
}
