//! Organizations, contacts, locations and account managers on the wire.

use patchcord_app::rows::AccountManager;
use patchcord_app::{contacts, locations, organizations};
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Ref, reference};

/// An organization.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrganizationRow {
    id: String,
    name: String,
    /// 4 to 8 digits; callers say or key them in.
    #[schema(required, example = "4821")]
    ue_code: Option<String>,
    #[schema(required, example = "example.com")]
    domain: Option<String>,
    #[schema(required)]
    account_manager_id: Option<String>,
    /// Who owns the relation.
    #[schema(required)]
    account_manager: Option<Ref>,
    #[schema(required)]
    notes: Option<String>,
    #[schema(example = "ACTIVE")]
    status: String,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<&organizations::Line> for OrganizationRow {
    fn from(line: &organizations::Line) -> Self {
        Self {
            id: line.id.clone(),
            name: line.name.clone(),
            ue_code: line.u_e_code.clone(),
            domain: line.domain.clone(),
            account_manager_id: line.account_manager_id.clone(),
            account_manager: reference(line.account_manager_id.clone(), line.account_manager_name.clone()),
            notes: line.notes.clone(),
            status: line.status.clone(),
            version: line.version,
            created_at: to_rfc3339(line.created_at),
            updated_at: to_rfc3339(line.updated_at),
        }
    }
}

/// The organization of a contact.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomerRef {
    id: String,
    name: String,
    #[schema(required, example = "4821")]
    ue_code: Option<String>,
}

/// A contact.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactRow {
    id: String,
    organization_id: String,
    organization: CustomerRef,
    #[schema(required)]
    location_id: Option<String>,
    #[schema(required)]
    location: Option<Ref>,
    name: String,
    #[schema(required)]
    email: Option<String>,
    /// E.164.
    #[schema(required, example = "+12025550143")]
    phone: Option<String>,
    #[schema(required)]
    title: Option<String>,
    /// Whether special care is due.
    is_vip: bool,
    /// The tag of a language (BCP 47).
    #[schema(required, example = "en")]
    preferred_language: Option<String>,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<&contacts::Line> for ContactRow {
    fn from(line: &contacts::Line) -> Self {
        Self {
            id: line.id.clone(),
            organization_id: line.organization_id.clone(),
            organization: CustomerRef {
                id: line.organization_id.clone(),
                name: line.organization_name.clone(),
                ue_code: line.u_e_code.clone(),
            },
            location_id: line.location_id.clone(),
            location: reference(line.location_id.clone(), line.location_name.clone()),
            name: line.name.clone(),
            email: line.email.clone(),
            phone: line.phone.clone(),
            title: line.title.clone(),
            is_vip: line.is_vip,
            preferred_language: line.preferred_language.clone(),
            version: line.version,
            created_at: to_rfc3339(line.created_at),
            updated_at: to_rfc3339(line.updated_at),
        }
    }
}

/// A location.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LocationRow {
    id: String,
    organization_id: String,
    organization: Ref,
    name: String,
    #[schema(required)]
    address: Option<String>,
    #[schema(required)]
    city: Option<String>,
    /// Two letters (ISO 3166-1).
    #[schema(required, example = "US")]
    country: Option<String>,
    /// E.164.
    #[schema(required, example = "+12025550143")]
    phone: Option<String>,
    /// A time zone of the IANA database.
    #[schema(required, example = "America/New_York")]
    timezone: Option<String>,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<&locations::Line> for LocationRow {
    fn from(line: &locations::Line) -> Self {
        Self {
            id: line.id.clone(),
            organization_id: line.organization_id.clone(),
            organization: Ref { id: line.organization_id.clone(), name: line.organization_name.clone() },
            name: line.name.clone(),
            address: line.address.clone(),
            city: line.city.clone(),
            country: line.country.clone(),
            phone: line.phone.clone(),
            timezone: line.timezone.clone(),
            version: line.version,
            created_at: to_rfc3339(line.created_at),
            updated_at: to_rfc3339(line.updated_at),
        }
    }
}

/// An account manager.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountManagerRow {
    id: String,
    name: String,
    #[schema(required)]
    email: Option<String>,
    /// E.164.
    #[schema(required, example = "+12025550143")]
    phone: Option<String>,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<&AccountManager> for AccountManagerRow {
    fn from(row: &AccountManager) -> Self {
        Self {
            id: row.id.clone(),
            name: row.name.clone(),
            email: row.email.clone(),
            phone: row.phone.clone(),
            version: row.version,
            created_at: to_rfc3339(row.created_at),
            updated_at: to_rfc3339(row.updated_at),
        }
    }
}
