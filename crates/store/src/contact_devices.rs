//! Which contact uses which device.

use sea_orm::ConnectionTrait;

use crate::{StoreError, Tenant, Tx};

/// Whether a contact uses a device, and whether it is the contact's first one.
pub async fn use_of<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    contact_id: &str,
    device_id: &str,
) -> Result<Option<bool>, StoreError> {
    let sql = "SELECT is_primary FROM contact_devices WHERE workspace_id = $1 AND contact_id = $2 AND device_id = $3";
    let row = tenant.connection.query_one_raw(tenant.statement(sql, [contact_id.into(), device_id.into()])).await?;
    Ok(row.map(|row| row.try_get("", "is_primary")).transpose()?)
}

/// Notes that a contact uses a device. A first device takes that place from any other one; the contact must be locked.
pub async fn set_use(
    tenant: Tenant<'_, Tx>,
    contact_id: &str,
    device_id: &str,
    is_primary: bool,
) -> Result<(), StoreError> {
    if is_primary {
        let others = "UPDATE contact_devices SET is_primary = $4 \
                      WHERE workspace_id = $1 AND contact_id = $2 AND device_id <> $3 AND is_primary";
        let values = [contact_id.into(), device_id.into(), false.into()];
        tenant.connection.execute_raw(tenant.statement(others, values)).await?;
    }
    let own = "INSERT INTO contact_devices (workspace_id, contact_id, device_id, is_primary) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (workspace_id, contact_id, device_id) DO UPDATE SET is_primary = excluded.is_primary";
    let values = [contact_id.into(), device_id.into(), is_primary.into()];
    tenant.connection.execute_raw(tenant.statement(own, values)).await?;
    Ok(())
}

/// Takes a device from a contact; says whether the contact used it.
pub async fn forget_use(tenant: Tenant<'_, Tx>, contact_id: &str, device_id: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM contact_devices WHERE workspace_id = $1 AND contact_id = $2 AND device_id = $3";
    let delete = tenant.statement(sql, [contact_id.into(), device_id.into()]);
    Ok(tenant.connection.execute_raw(delete).await?.rows_affected() == 1)
}
