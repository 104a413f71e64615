//! What a use case may refuse, by what the caller can do about it. How it looks on the wire is the server's business.

use std::borrow::Cow;

use patchcord_domain::FieldError;
use patchcord_domain::time::Millis;
use patchcord_domain::user::{Actor, Role};
use patchcord_llm::ModelError;
use patchcord_store::StoreError;
use patchcord_store::rows::{
    AccountManager, Article, Macro, PhoneNumber, SavedView, SupportAgent, User, WebhookEndpoint,
};

use crate::teams::FullTeam;
use crate::ticket_detail::Detail;
use crate::workspace_settings::WorkspaceSettings;

/// Why a use case did not happen. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// There is no such thing, or it is another workspace's, which is the same to the caller.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The actor's role does not allow it.
    #[error("this needs the role {}", .0.as_str())]
    Forbidden(Role),
    /// Nobody is signed in, or the credentials are wrong. The first text is a stable code.
    #[error("{1}")]
    Unauthenticated(&'static str, &'static str),
    /// The identity is a valid one, but no user here belongs to it.
    #[error("this identity has no user here; ask an administrator to add you with this e-mail address")]
    NotProvisioned,
    /// Fields of the request are wrong; all of them are named.
    #[error("{}", first(.0))]
    Invalid(Vec<FieldError>),
    /// It does not fit the present state. The first text is a stable code.
    #[error("{1}")]
    Conflict(&'static str, String),
    /// A value of a field that only one row may have belongs to another one.
    #[error("{0}")]
    Taken(FieldError),
    /// The row was changed since the caller read it; this is how it looks now.
    #[error("it was changed in the meantime; the answer carries the present state")]
    Stale(Current),
    /// More than is taken.
    #[error("{0}")]
    TooLarge(String),
    /// A kind of file that is not taken.
    #[error("{0}")]
    UnsupportedFile(String),
    /// Too many tries; the number is after how many seconds the next one is heard.
    #[error("too many attempts; try again in {0} seconds")]
    TooManyAttempts(u64),
    /// The database, the storage or the model cannot be used right now.
    #[error("{0}")]
    Unavailable(String),
    /// A model, or another server, gave no usable answer. The code is stable, the text for people.
    #[error("{detail}")]
    Upstream {
        /// A stable code.
        code: Cow<'static, str>,
        /// What a person can do about it.
        detail: String,
        /// After how many seconds the same may work; none when somebody has to change something first.
        retry_after: Option<u64>,
    },
    /// It took longer than the caller can be kept waiting.
    #[error("{0}")]
    TimedOut(String),
    /// The workspace has spent what it may spend today; the number is how many seconds are left of the day.
    #[error("{0}")]
    OverBudget(String, u64),
    /// A worker lost its lease: what it did is taken back and somebody else does it.
    #[error("the lease was lost")]
    LeaseLost,
    /// A fault of the program. The text is for the log only.
    #[error("internal error: {0}")]
    Internal(String),
}

/// The present state of a row that was changed in the meantime.
#[derive(Debug)]
pub enum Current {
    /// Of a ticket.
    Ticket(Box<Detail>),
    /// Of a user.
    User(Box<User>),
    /// Of a saved view.
    SavedView(Box<SavedView>),
    /// Of a macro.
    Macro(Box<Macro>),
    /// Of the workspace.
    Workspace(Box<WorkspaceSettings>),
    /// Of an article.
    Article(Box<Article>),
    /// Of an endpoint of webhooks.
    Webhook(Box<WebhookEndpoint>),
    /// Of a support agent.
    SupportAgent(Box<SupportAgent>),
    /// Of a team.
    Team(Box<FullTeam>),
    /// Of a phone number.
    PhoneNumber(Box<PhoneNumber>),
    /// Of an organization.
    Organization(Box<crate::organizations::Line>),
    /// Of a contact.
    Contact(Box<crate::contacts::Line>),
    /// Of a location.
    Location(Box<crate::locations::Line>),
    /// Of an account manager.
    AccountManager(Box<AccountManager>),
    /// Of a device.
    Device(Box<crate::devices::Detail>),
    /// Of an entry of a catalogue.
    Entry(crate::catalogues::Catalogue, Box<crate::catalogues::Entry>),
    /// Of a call.
    Call(Box<crate::calls::CallDetail>),
    /// Of a service-level policy.
    SlaPolicy(Box<crate::sla_policies::Line>),
}

impl AppError {
    /// One wrong field.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        AppError::Invalid(vec![FieldError::new(field, message)])
    }

    /// A value that belongs to another row.
    pub fn taken(field: &str, message: impl Into<String>) -> Self {
        AppError::Taken(FieldError::new(field, message))
    }

    /// What a model's failure means to somebody who waits for its answer.
    pub(crate) fn of_model(error: &ModelError, now: Millis) -> Self {
        let seconds = |ms: u64| ms.div_ceil(1_000).max(1);
        let retry_after = match error {
            ModelError::Timeout => return AppError::TimedOut(error.to_string()),
            ModelError::RateLimited { retry_after_ms } => Some(retry_after_ms.map_or(5, seconds)),
            ModelError::CircuitOpen { until } => Some(seconds(u64::try_from(until - now).unwrap_or(0))),
            error if error.is_transient() => Some(2),
            _ => None,
        };
        AppError::Upstream { code: error.code().into(), detail: error.to_string(), retry_after }
    }
}

fn first(errors: &[FieldError]) -> String {
    errors.first().map(ToString::to_string).unwrap_or_default()
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full(_) => AppError::Unavailable("the disk is full; nothing was saved".into()),
            StoreError::Unavailable(detail) => {
                tracing::warn!(detail, "the database cannot be used");
                AppError::Unavailable("the database cannot be used right now; nothing was saved".into())
            }
            StoreError::Taken(detail) => {
                tracing::debug!(detail, "a unique value is taken");
                AppError::Conflict("taken", "something with this value is already there".into())
            }
            StoreError::Reference(detail) => {
                tracing::debug!(detail, "a reference does not hold");
                AppError::Conflict("in_use", "something that this refers to is gone, or still refers to this".into())
            }
            StoreError::LeaseLost(_) => AppError::LeaseLost,
            StoreError::Internal(detail) => AppError::Internal(detail),
        }
    }
}

/// Who may act is asked once per use case, here.
pub(crate) fn require(actor: &Actor, needed: Role) -> Result<(), AppError> {
    if actor.may(needed) { Ok(()) } else { Err(AppError::Forbidden(needed)) }
}
