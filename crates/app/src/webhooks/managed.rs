//! The operator's endpoint (`AI_WEBHOOK_URL`): each workspace has one for all of its events, kept as the settings say.

use std::time::Duration;

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::webhook::ALL;
use patchcord_store::rows::WebhookEndpoint;
use patchcord_store::unscoped::webhooks as all;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{Managed, facts, open_secret};
use crate::workspaces::OPERATOR;
use crate::{App, AppError};

/// New workspaces get theirs after this time at the latest.
const EVERY: Duration = Duration::from_secs(60);

/// Keeps the operator's endpoints until the token is cancelled.
pub(super) async fn run(app: App, stop: CancellationToken) {
    loop {
        if let Err(error) = keep(&app).await {
            tracing::warn!(%error, "the operator's webhook is not in every workspace; trying again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Makes, changes and takes out the operator's endpoints, so that they are as the settings say.
pub(super) async fn keep(app: &App) -> Result<(), AppError> {
    let wanted = app.options.managed_webhook.clone();
    for endpoint in all::managed(app.store.reader()).await? {
        let fits = wanted.as_ref().is_some_and(|wanted| {
            endpoint.url == wanted.url && open_secret(app, &endpoint, &endpoint.secret).as_ref() == Some(&wanted.secret)
        });
        if !fits {
            change(app, endpoint, wanted.clone()).await?;
        }
    }
    let Some(wanted) = wanted else { return Ok(()) };
    for workspace in all::without_managed(app.store.reader(), &wanted.url).await? {
        match add(app, workspace, wanted.clone()).await {
            // Another node was faster.
            Err(AppError::Conflict("taken", _)) | Ok(()) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn add(app: &App, workspace: WorkspaceId, wanted: Managed) -> Result<(), AppError> {
    let app = app.clone();
    app.store
        .clone()
        .write(move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&workspace);
                let mut row = app.new_endpoint(tenant, wanted.url, json!([ALL]), &wanted.secret);
                row.is_managed = true;
                tenant.add(row.clone()).await?;
                app.log_change(tenant, OPERATOR, "webhook.added", &row.id, None, Some(facts(&row))).await
            })
        })
        .await
}

/// Gives an endpoint the settings' address and secret, or takes it out when there is none any more.
async fn change(app: &App, seen: WebhookEndpoint, wanted: Option<Managed>) -> Result<(), AppError> {
    let app = app.clone();
    app.store
        .clone()
        .write(move |tx| {
            Box::pin(async move {
                let workspace = WorkspaceId::new(seen.workspace_id.as_str());
                let tenant = tx.tenant(&workspace);
                let Some(mut row) = tenant.lock::<WebhookEndpoint>(&seen.id).await? else { return Ok(()) };
                if row.deleted_at.is_some() {
                    return Ok(());
                }
                let before = Some(facts(&row));
                let Some(wanted) = wanted else {
                    app.bury(tenant, row).await?;
                    return app.log_change(tenant, OPERATOR, "webhook.deleted", &seen.id, before, None).await;
                };
                row.url = wanted.url;
                if open_secret(&app, &row, &row.secret).as_ref() != Some(&wanted.secret) {
                    app.change_secret(&mut row, &wanted.secret);
                }
                tenant.save(row.clone()).await?;
                app.log_change(tenant, OPERATOR, "webhook.changed", &row.id, before, Some(facts(&row))).await
            })
        })
        .await
}
