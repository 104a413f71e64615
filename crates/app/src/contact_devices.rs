//! Which contact uses which device. Both belong to one organization; one device of a contact may be the first.

use patchcord_domain::user::{Actor, Role};
use patchcord_store::contact_devices;
use patchcord_store::rows::{Contact, Device};
use serde_json::json;

use crate::error::require;
use crate::{App, AppError};

/// That a contact uses a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The contact.
    pub contact_id: String,
    /// The device.
    pub device_id: String,
    /// Whether it is the contact's first device.
    pub is_primary: bool,
}

impl App {
    /// Notes that a contact uses a device. As the first device it takes that place from any other one. Without a word about
    /// that, a new one is not the first, and one that was there stays as it is.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when one of them is not the actor's to see; [`AppError::Conflict`] `other_organization`.
    pub async fn set_contact_device(
        &self,
        actor: &Actor,
        contact_id: &str,
        device_id: &str,
        is_primary: Option<bool>,
    ) -> Result<Use, AppError> {
        require(actor, Role::Agent)?;
        let (app, actor) = (self.clone(), actor.clone());
        let (contact_id, device_id) = (contact_id.to_owned(), device_id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    // Locked, so that of two first devices at one moment one is the first, and neither goes elsewhere.
                    let contact = tenant.lock::<Contact>(&contact_id).await?.ok_or(AppError::NotFound("contact"))?;
                    let device = tenant.lock::<Device>(&device_id).await?.ok_or(AppError::NotFound("device"))?;
                    if contact.organization_id != device.organization_id {
                        let detail = "the device belongs to another organization than the contact".to_owned();
                        return Err(AppError::Conflict("other_organization", detail));
                    }
                    let before = contact_devices::use_of(tenant, &contact_id, &device_id).await?;
                    let is_primary = is_primary.unwrap_or(before.unwrap_or(false));
                    if before != Some(is_primary) {
                        contact_devices::set_use(tenant, &contact_id, &device_id, is_primary).await?;
                        let from = before.map(|first| json!({"deviceId": device_id, "isPrimary": first}));
                        let to = json!({"deviceId": device_id, "isPrimary": is_primary});
                        let action = "contact.device_set";
                        app.log_change(tenant, &actor.user_id, action, &contact_id, from, Some(to)).await?;
                    }
                    Ok(Use { contact_id, device_id, is_primary })
                })
            })
            .await
    }

    /// Takes a device from a contact.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the contact does not use it, or one of them is not the actor's to see.
    pub async fn forget_contact_device(
        &self,
        actor: &Actor,
        contact_id: &str,
        device_id: &str,
    ) -> Result<(), AppError> {
        require(actor, Role::Agent)?;
        let (app, actor) = (self.clone(), actor.clone());
        let (contact_id, device_id) = (contact_id.to_owned(), device_id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = contact_devices::use_of(tenant, &contact_id, &device_id).await?;
                    let is_primary = before.ok_or(AppError::NotFound("device of this contact"))?;
                    if !contact_devices::forget_use(tenant, &contact_id, &device_id).await? {
                        return Err(AppError::NotFound("device of this contact"));
                    }
                    let from = json!({"deviceId": device_id, "isPrimary": is_primary});
                    let action = "contact.device_removed";
                    app.log_change(tenant, &actor.user_id, action, &contact_id, Some(from), None).await
                })
            })
            .await
    }
}
