//! What forms offer to choose from.

use patchcord_domain::user::Actor;
use patchcord_store::workspaces;

use crate::{App, AppError};

/// What differs from workspace to workspace; the enumerations are in the domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookups {
    /// Parts of the product or service that tickets may be about.
    pub product_areas: Vec<String>,
}

/// Device types with their labels, in the order of the data model.
pub const DEVICE_TYPES: [(&str, &str); 8] = [
    ("WORKSTATION", "Workstation"),
    ("SERVER", "Server"),
    ("LAPTOP", "Laptop"),
    ("PRINTER", "Printer"),
    ("PHONE", "Phone"),
    ("NETWORK", "Network gear"),
    ("MOBILE", "Mobile"),
    ("OTHER", "Other"),
];

impl App {
    /// The workspace's own choices.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lookups(&self, actor: &Actor) -> Result<Lookups, AppError> {
        let workspace = workspaces::own(self.store.tenant(&actor.workspace_id)).await?;
        let areas = workspace.map(|workspace| workspace.product_areas).unwrap_or_default();
        let product_areas =
            areas.as_array().into_iter().flatten().filter_map(|area| area.as_str().map(str::to_owned)).collect();
        Ok(Lookups { product_areas })
    }
}
