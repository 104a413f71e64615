//! Every ticket that fits the filters, page by page: what is held in memory is one page.

use futures::Stream;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::ticket_list::{self, Line, Query};

use crate::error::require;
use crate::ticket_filters::resolve_people;
use crate::{App, AppError};

/// Rows of a page.
const PAGE: u64 = 500;

impl App {
    /// The tickets that fit, in pages. The next page is read when the one before was taken; whoever stops taking ends it.
    /// The first page is read here, so that what is wrong is told before anything was sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn export_tickets(
        &self,
        actor: &Actor,
        mut query: Query,
    ) -> Result<impl Stream<Item = Result<Vec<Line>, AppError>> + Send + use<>, AppError> {
        require(actor, Role::Agent)?;
        resolve_people(self.store.tenant(&actor.workspace_id), actor, &mut query).await?;
        (query.limit, query.offset, query.now) = (PAGE, 0, self.clock.now());
        let (app, workspace) = (self.clone(), actor.workspace_id.clone());
        let first = ticket_list::page(app.store.tenant(&workspace), &query).await?;
        let state = (app, workspace, query, Some(first));
        Ok(futures::stream::try_unfold(state, |(app, workspace, mut query, ready)| async move {
            let page = match ready {
                Some(page) => page,
                None => ticket_list::page(app.store.tenant(&workspace), &query).await?,
            };
            let Some(last) = page.last() else { return Ok(None) };
            query.after = Some((last.sort_value, last.id.clone()));
            // A page that is not full is the last one: an empty one stands for the end.
            let next = if (page.len() as u64) < PAGE { Some(Vec::new()) } else { None };
            Ok(Some((page, (app, workspace, query, next))))
        }))
    }
}
