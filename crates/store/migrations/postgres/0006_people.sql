-- Organizations, contacts, locations and account managers are listed by name without regard to case, and by time; whatever
-- may be deleted is looked for among the rows that point to it.
-- In the C collation lower() knows the letters A to Z only, as it does on the other engine.

DROP INDEX organizations_by_name;
DROP INDEX locations_by_organization;
DROP INDEX contacts_by_organization;

CREATE INDEX organizations_by_name ON organizations (workspace_id, (lower(name COLLATE "C")), id);
CREATE INDEX organizations_by_created ON organizations (workspace_id, created_at, id);
CREATE INDEX organizations_by_updated ON organizations (workspace_id, updated_at, id);
CREATE INDEX organizations_by_account_manager ON organizations (workspace_id, account_manager_id, (lower(name COLLATE "C")), id);

CREATE INDEX account_managers_by_name ON account_managers (workspace_id, (lower(name COLLATE "C")), id);
CREATE INDEX account_managers_by_created ON account_managers (workspace_id, created_at, id);
CREATE INDEX account_managers_by_updated ON account_managers (workspace_id, updated_at, id);

CREATE INDEX locations_by_organization ON locations (workspace_id, organization_id, (lower(name COLLATE "C")), id);
CREATE INDEX locations_by_name ON locations (workspace_id, (lower(name COLLATE "C")), id);
CREATE INDEX locations_by_created ON locations (workspace_id, created_at, id);
CREATE INDEX locations_by_updated ON locations (workspace_id, updated_at, id);

CREATE INDEX contacts_by_organization ON contacts (workspace_id, organization_id, (lower(name COLLATE "C")), id);
CREATE INDEX contacts_by_location ON contacts (workspace_id, location_id) WHERE location_id IS NOT NULL;
CREATE INDEX contacts_by_name ON contacts (workspace_id, (lower(name COLLATE "C")), id);
CREATE INDEX contacts_by_created ON contacts (workspace_id, created_at, id);
CREATE INDEX contacts_by_updated ON contacts (workspace_id, updated_at, id);
CREATE INDEX contacts_vip ON contacts (workspace_id, (lower(name COLLATE "C")), id) WHERE is_vip;

CREATE INDEX ticket_messages_by_contact ON ticket_messages (workspace_id, author_contact_id)
    WHERE author_contact_id IS NOT NULL;
