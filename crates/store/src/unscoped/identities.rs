//! Identities of an identity provider: whose they are is found before there is a workspace.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::StoreError;
use crate::entities::users;
use crate::rows::User;

/// The user who is linked with this issuer and subject, in whichever workspace.
pub async fn user<C: ConnectionTrait>(connection: &C, issuer: &str, subject: &str) -> Result<Option<User>, StoreError> {
    Ok(users::Entity::find()
        .filter(users::Column::ExternalIssuer.eq(issuer))
        .filter(users::Column::ExternalSubject.eq(subject))
        .one(connection)
        .await?)
}
