//! Two workspaces with people, a customer, a device and an article each.

use patchcord_app::App;
use patchcord_app::users::NewUser;
use patchcord_domain::id::{WorkspaceId, new_id};
use patchcord_store::StoreError;
use patchcord_store::devices::search_text;
use patchcord_store::rows::{Article, Contact, Device, Location, Organization};
use patchcord_store::search;
use serde_json::json;

use super::Random;

/// The password of everybody.
pub(crate) const PASSWORD: &str = "a long enough secret";

/// `north` has `admin@`, `agent@` and `viewer@north.test`; `south` has the same at `south.test`.
#[derive(Clone)]
pub(crate) struct Town {
    pub(crate) north: Place,
    pub(crate) south: Place,
}

/// What a workspace begins with, by ids.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) workspace: WorkspaceId,
    pub(crate) organization: String,
    pub(crate) location: String,
    pub(crate) contact: String,
    pub(crate) device: String,
    pub(crate) article: String,
}

impl Town {
    pub(crate) async fn build(app: &App) -> Self {
        Self { north: Place::build(app, "north").await, south: Place::build(app, "south").await }
    }

    /// Only the first workspace; `south` is the same one.
    pub(super) async fn one(app: &App) -> Self {
        let north = Place::build(app, "north").await;
        Self { south: north.clone(), north }
    }
}

impl Place {
    async fn build(app: &App, name: &str) -> Self {
        let person = |role: &str| NewUser {
            email: format!("{}@{name}.test", role.to_lowercase()),
            name: format!("{role} of {name}"),
            role: role.to_owned(),
            password: Some(PASSWORD.to_owned()),
            phone: None,
        };
        let (workspace, _) = app.add_workspace(name, person("ADMIN")).await.unwrap();
        for role in ["AGENT", "VIEWER"] {
            app.operator_add_user(&workspace.slug, person(role)).await.unwrap();
        }
        let id = WorkspaceId::new(workspace.id);
        let place = Self {
            workspace: id.clone(),
            organization: new_id(&Random),
            location: new_id(&Random),
            contact: new_id(&Random),
            device: new_id(&Random),
            article: new_id(&Random),
        };
        let rows = place.rows(name, app.clock.now());
        let location = place.location(name, app.clock.now());
        app.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&id);
                    let (organization, contact, device, article) = rows;
                    tenant.add(organization).await?;
                    tenant.add(location).await?;
                    tenant.add(contact).await?;
                    let text = search_text(&device.name, [device.serial_number.as_deref(), None, None]);
                    search::replace(tenant, search::DEVICE, &device.id, &text).await?;
                    tenant.add(device).await?;
                    let text = format!("{} {}", article.title, article.body);
                    search::replace(tenant, search::ARTICLE, &article.id, &text).await?;
                    tenant.add(article).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .unwrap();
        place
    }

    fn location(&self, name: &str, at: i64) -> Location {
        Location {
            workspace_id: self.workspace.as_str().to_owned(),
            id: self.location.clone(),
            organization_id: self.organization.clone(),
            name: format!("Pier 4 {name}"),
            address: None,
            city: None,
            country: None,
            phone: None,
            timezone: None,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }

    fn rows(&self, name: &str, at: i64) -> (Organization, Contact, Device, Article) {
        let workspace_id = self.workspace.as_str().to_owned();
        let organization = Organization {
            workspace_id: workspace_id.clone(),
            id: self.organization.clone(),
            name: format!("Harbour Freight {name}"),
            u_e_code: Some("4711".into()),
            domain: None,
            account_manager_id: None,
            notes: None,
            status: "ACTIVE".into(),
            version: 1,
            created_at: at,
            updated_at: at,
        };
        let contact = Contact {
            workspace_id: workspace_id.clone(),
            id: self.contact.clone(),
            organization_id: self.organization.clone(),
            location_id: None,
            name: "Jonas Berg".into(),
            email: Some(format!("jonas@{name}.example")),
            phone: Some("+12025550143".into()),
            title: None,
            is_vip: false,
            preferred_language: None,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        let device = Device {
            workspace_id: workspace_id.clone(),
            id: self.device.clone(),
            organization_id: self.organization.clone(),
            location_id: None,
            name: "HF-LAP-07".into(),
            r#type: "LAPTOP".into(),
            manufacturer_id: None,
            model_id: None,
            operating_system_id: None,
            domain_id: None,
            serial_number: Some("5CG1234XYZ".into()),
            asset_tag: None,
            ip_address: None,
            mac_address: None,
            status: "ONLINE".into(),
            last_seen_at: None,
            warranty_until: None,
            notes: None,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        let article = Article {
            workspace_id,
            id: self.article.clone(),
            title: "The VPN drops after a while".into(),
            body:
                "Renew the VPN certificate in the client's settings.\n\nThen restart the VPN client and connect again."
                    .into(),
            tags: json!(["vpn"]),
            product_area: None,
            status: "PUBLISHED".into(),
            source: None,
            updated_by: None,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        (organization, contact, device, article)
    }
}
