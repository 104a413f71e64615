//! What forms offer to choose from.

use axum::Json;
use axum::extract::State;
use patchcord_app::lookups::DEVICE_TYPES;
use patchcord_domain::copilot::Tone;
use patchcord_domain::ticket::{CATEGORIES, Channel, Priority, Status};
use patchcord_domain::user::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Desk;
use crate::error::ApiError;
use crate::extract::AsViewer;

/// A value with its words, colour and place.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Choice {
    key: String,
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<String>,
    sort: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_open: Option<bool>,
}

/// Every choice.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LookupLists {
    statuses: Vec<Choice>,
    priorities: Vec<Choice>,
    channels: Vec<Choice>,
    device_types: Vec<Choice>,
    roles: Vec<Choice>,
    tones: Vec<Choice>,
    categories: Vec<Choice>,
    product_areas: Vec<String>,
}

fn choices<'c>(values: impl IntoIterator<Item = (&'c str, String, Option<&'c str>)>) -> Vec<Choice> {
    let choice = |(sort, (key, label, color)): (usize, (&str, String, Option<&str>))| Choice {
        key: key.to_owned(),
        label,
        color: color.map(str::to_owned),
        sort,
        is_open: None,
    };
    values.into_iter().enumerate().map(choice).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Statuses, priorities, channels, device types, roles, tones and categories, and the workspace's product areas.
#[utoipa::path(get, path = "/api/lookups", tag = "people and things",
    responses((status = 200, description = "Every choice", body = LookupLists)))]
pub(crate) async fn lookups(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
) -> Result<Json<LookupLists>, ApiError> {
    let own = desk.app.lookups(&actor).await?;
    let mut statuses = choices(Status::ALL.iter().map(|s| (s.as_str(), s.label().to_owned(), Some(s.color()))));
    for (choice, status) in statuses.iter_mut().zip(Status::ALL) {
        choice.is_open = Some(status.is_open());
    }
    Ok(Json(LookupLists {
        statuses,
        priorities: choices(Priority::ALL.iter().map(|p| (p.as_str(), p.label().to_owned(), Some(p.color())))),
        channels: choices(Channel::ALL.iter().map(|c| (c.as_str(), c.label().to_owned(), None))),
        device_types: choices(DEVICE_TYPES.iter().map(|(key, label)| (*key, (*label).to_owned(), None))),
        roles: choices(Role::ALL.iter().map(|r| (r.as_str(), capital(&r.as_str().to_lowercase()), None))),
        tones: choices(Tone::ALL.iter().map(|t| (t.as_str(), capital(t.as_str()), None))),
        categories: choices(CATEGORIES.iter().map(|c| (*c, capital(c), None))),
        product_areas: own.product_areas,
    }))
}
