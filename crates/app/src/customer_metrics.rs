//! What organizations and contacts are to the desk, as of the last count.

use futures::Stream;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::metrics;

use crate::error::require;
use crate::{App, AppError};

pub use patchcord_store::metrics::{CustomerLine, CustomerQuery, CustomerSort, Kind};

/// Rows of a page of an export.
const PAGE: u64 = 500;

/// A page of customers.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerPage {
    /// The lines.
    pub lines: Vec<CustomerLine>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all, when that was asked for.
    pub total: Option<i64>,
}

impl App {
    /// A page of the organizations or contacts that have or had tickets.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn customer_figures(
        &self,
        actor: &Actor,
        mut query: CustomerQuery,
        count: bool,
    ) -> Result<CustomerPage, AppError> {
        require(actor, Role::Viewer)?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
        query.limit += 1;
        let mut lines = metrics::customers(tenant, &query).await?;
        let has_more = lines.len() > wanted;
        lines.truncate(wanted);
        let total = if count { Some(metrics::count_customers(tenant, query.kind).await?) } else { None };
        Ok(CustomerPage { lines, has_more, total })
    }

    /// All of them, in pages. The next page is read when the one before was taken; the first is read here, so that what is
    /// wrong is told before anything was sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn export_customers(
        &self,
        actor: &Actor,
        mut query: CustomerQuery,
    ) -> Result<impl Stream<Item = Result<Vec<CustomerLine>, AppError>> + Send + use<>, AppError> {
        require(actor, Role::Agent)?;
        (query.limit, query.offset, query.after) = (PAGE, 0, None);
        let (app, workspace) = (self.clone(), actor.workspace_id.clone());
        let first = metrics::customers(app.store.tenant(&workspace), &query).await?;
        let state = (app, workspace, query, Some(first));
        Ok(futures::stream::try_unfold(state, |(app, workspace, mut query, ready)| async move {
            let page = match ready {
                Some(page) => page,
                None => metrics::customers(app.store.tenant(&workspace), &query).await?,
            };
            let Some(last) = page.last() else { return Ok(None) };
            query.after = Some((last.sort_value, last.id.clone()));
            // A page that is not full is the last one: an empty one stands for the end.
            let next = if (page.len() as u64) < PAGE { Some(Vec::new()) } else { None };
            Ok(Some((page, (app, workspace, query, next))))
        }))
    }
}
