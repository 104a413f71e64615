//! The saved views and macros of the demonstration, checked by the same rules as those that people write.

use patchcord_domain::time::{DAY, Millis};
use patchcord_store::{Tenant, Tx};

use crate::macros::NewMacro;
use crate::saved_views::NewView;
use crate::seed::Seeded;
use crate::seed::directory::Directory;
use crate::seed::files::Files;
use crate::{App, AppError};

/// How long they have been there.
const SINCE: Millis = 200 * DAY;

/// Writes the views and macros of a workspace and counts them.
pub(super) async fn write(
    app: &App,
    tenant: Tenant<'_, Tx>,
    files: &Files,
    workspace: &str,
    directory: &Directory,
    seeded: &mut Seeded,
) -> Result<(), AppError> {
    for view in files.views.iter().filter(|view| view.workspace == workspace) {
        let owner = view.owner.as_deref().map(|email| directory.user_id(email)).transpose()?;
        let (filters, sort) = (view.filters.clone(), view.sort.clone());
        let input = NewView { name: view.name.clone(), filters, sort, is_shared: owner.is_none() };
        let mut row = app.new_view(owner, input).map_err(|error| refused("view", &view.name, &error))?;
        row.created_at -= SINCE;
        row.updated_at -= SINCE;
        tenant.add(row).await?;
        seeded.saved_views += 1;
    }
    for one in files.macros.iter().filter(|one| one.workspace == workspace) {
        let owner = one.owner.as_deref().map(|email| directory.user_id(email)).transpose()?;
        let (body, actions) = (one.body.clone(), one.actions.clone());
        let input = NewMacro { name: one.name.clone(), body, actions, is_shared: owner.is_none() };
        let mut row = app.new_macro(owner, input).map_err(|error| refused("macro", &one.name, &error))?;
        row.created_at -= SINCE;
        row.updated_at -= SINCE;
        tenant.add(row).await?;
        seeded.macros += 1;
    }
    Ok(())
}

fn refused(kind: &str, name: &str, error: &AppError) -> AppError {
    AppError::Internal(format!("demo {kind} {name:?}: {error}"))
}
