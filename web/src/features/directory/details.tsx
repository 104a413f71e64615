import { Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Schemas, api } from "~/api/client";
import { useLookups } from "~/api/queries";
import { Page } from "~/components/page";
import { Failure } from "~/components/route-error";
import { TableSkeleton } from "~/components/table";
import { Age } from "~/components/time";
import { capital } from "~/lib/text";
import classes from "./directory.module.css";
import { Facts } from "./parts";
import { ContactTable, DeviceState, DeviceTable, TicketsOf } from "./tables";

/** A page of one thing, in each of its states. */
function Loaded<T>({
  what,
  query: { data, error, refetch },
  children,
}: {
  what: string;
  query: { data: T | undefined; error: unknown; refetch: () => unknown };
  children: (data: T) => ReactNode;
}) {
  if (data !== undefined) return children(data);
  return (
    <Page title={what}>
      {error ? <Failure error={error} onRetry={() => void refetch()} /> : <TableSkeleton label={what} />}
    </Page>
  );
}

function OrganizationLink({ organization }: { organization: { id: string; name: string } }) {
  return (
    <Link className={classes.link} to="/organizations/$organization" params={{ organization: organization.id }}>
      {organization.name}
    </Link>
  );
}

export function OrganizationPage({ id }: { id: string }) {
  const params = { params: { path: { id } } };
  const query = useQuery(api.queryOptions("get", "/api/organizations/{id}", params));
  const contacts = useQuery(api.queryOptions("get", "/api/organizations/{id}/contacts", params));
  const devices = useQuery(api.queryOptions("get", "/api/organizations/{id}/devices", params));
  return (
    <Loaded what="Organization" query={query}>
      {(row) => (
        <Page title={row.name} about="Organization">
          <Facts
            facts={[
              ["U-E code", row.ueCode],
              ["Domain", row.domain],
              ["Account manager", row.accountManager?.name],
              ["State", capital(row.status.toLowerCase())],
              ["Notes", row.notes],
            ]}
          />
          <Title order={2} mb="xs">
            Newest tickets
          </Title>
          <TicketsOf organizationId={row.id} />
          <Title order={2} mt="lg" mb="xs">
            Contacts
          </Title>
          {contacts.data?.items.length ? <ContactTable contacts={contacts.data.items} /> : <p>None.</p>}
          <Title order={2} mt="lg" mb="xs">
            Devices
          </Title>
          {devices.data?.items.length ? <DeviceTable devices={devices.data.items} /> : <p>None.</p>}
        </Page>
      )}
    </Loaded>
  );
}

export function ContactPage({ id }: { id: string }) {
  const query = useQuery(api.queryOptions("get", "/api/contacts/{id}", { params: { path: { id } } }));
  return (
    <Loaded what="Contact" query={query}>
      {(row) => (
        <Page title={row.name} about={row.title ? `Contact · ${row.title}` : "Contact"}>
          <Facts
            facts={[
              ["Organization", <OrganizationLink key="organization" organization={row.organization} />],
              ["Location", row.location?.name],
              ["Phone", row.phone],
              ["E-mail", row.email],
              ["Special care", row.isVip ? "Yes (VIP)" : null],
              ["Language", row.preferredLanguage],
            ]}
          />
          <Title order={2} mb="xs">
            Newest tickets
          </Title>
          <TicketsOf contactId={row.id} />
        </Page>
      )}
    </Loaded>
  );
}

export function DevicePage({ id }: { id: string }) {
  const { deviceTypes } = useLookups();
  const query = useQuery(api.queryOptions("get", "/api/devices/{id}", { params: { path: { id } } }));
  return (
    <Loaded what="Device" query={query}>
      {(row: Schemas["DeviceDetail"]) => (
        <Page title={row.name} about={deviceTypes.find(({ key }) => key === row.type)?.label ?? row.type}>
          <Facts
            facts={[
              ["State", <DeviceState key="state" status={row.status} />],
              ["Last seen", row.lastSeenAt && <Age at={row.lastSeenAt} />],
              ["Organization", <OrganizationLink key="organization" organization={row.organization} />],
              ["Location", row.location?.name],
              ["Model", [row.manufacturer?.name, row.model?.name].filter(Boolean).join(" ")],
              ["System", [row.operatingSystem?.name, row.operatingSystem?.osVersion].filter(Boolean).join(" ")],
              ["Domain", row.domain?.name],
              ["Serial number", row.serialNumber],
              ["Asset tag", row.assetTag],
              ["IP address", row.ipAddress],
              ["MAC address", row.macAddress],
              ["Warranty until", row.warrantyUntil],
              ["Notes", row.notes],
            ]}
          />
        </Page>
      )}
    </Loaded>
  );
}
