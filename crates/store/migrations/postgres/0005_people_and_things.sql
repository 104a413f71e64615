-- Devices and their catalogues are found by what people read off them, without regard to case; whatever may be deleted is
-- looked for among the rows that point to it.
-- In the C collation lower() knows the letters A to Z only, as it does on the other engine.

DROP INDEX devices_by_name;
DROP INDEX devices_by_organization;
CREATE INDEX devices_by_name ON devices (workspace_id, (lower(name COLLATE "C")), id);
CREATE INDEX devices_by_organization ON devices (workspace_id, organization_id, (lower(name COLLATE "C")), id);
CREATE INDEX devices_by_created ON devices (workspace_id, created_at, id);
CREATE INDEX devices_by_updated ON devices (workspace_id, updated_at, id);
CREATE INDEX devices_by_serial_number ON devices (workspace_id, (lower(serial_number COLLATE "C")));
CREATE INDEX devices_by_asset_tag ON devices (workspace_id, (lower(asset_tag COLLATE "C")));
CREATE INDEX devices_by_ip_address ON devices (workspace_id, ip_address) WHERE ip_address IS NOT NULL;
CREATE INDEX devices_by_mac_address ON devices (workspace_id, mac_address) WHERE mac_address IS NOT NULL;
CREATE INDEX devices_by_location ON devices (workspace_id, location_id) WHERE location_id IS NOT NULL;
CREATE INDEX devices_by_manufacturer ON devices (workspace_id, manufacturer_id) WHERE manufacturer_id IS NOT NULL;
CREATE INDEX devices_by_model ON devices (workspace_id, model_id) WHERE model_id IS NOT NULL;
CREATE INDEX devices_by_operating_system ON devices (workspace_id, operating_system_id)
    WHERE operating_system_id IS NOT NULL;
CREATE INDEX devices_by_domain ON devices (workspace_id, domain_id) WHERE domain_id IS NOT NULL;
CREATE INDEX tickets_by_device ON tickets (workspace_id, device_id, status) WHERE device_id IS NOT NULL;

CREATE INDEX device_manufacturers_by_name ON device_manufacturers (workspace_id, (lower(name COLLATE "C")), id);
CREATE INDEX device_models_by_name ON device_models (workspace_id, (lower(name COLLATE "C")), id);
CREATE INDEX device_models_by_manufacturer ON device_models (workspace_id, manufacturer_id, (lower(name COLLATE "C")), id);
CREATE INDEX operating_systems_by_name ON operating_systems (workspace_id, (lower(name COLLATE "C")), id);
CREATE INDEX domains_by_name ON domains (workspace_id, (lower(name COLLATE "C")), id);
