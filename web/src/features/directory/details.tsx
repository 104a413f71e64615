import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { contactsOf, devicesOf } from "~/api/choices";
import { type Schemas, api, client } from "~/api/client";
import { useLookups } from "~/api/queries";
import { useIsAdmin, useMayAct } from "~/api/session";
import { Dot } from "~/components/dot";
import { Page } from "~/components/page";
import { Failure } from "~/components/route-error";
import { DataTable, TableSkeleton } from "~/components/table";
import { Age } from "~/components/time";
import { languageName } from "~/lib/language";
import { capital } from "~/lib/text";
import { day } from "~/lib/time";
import { ContactForm, contactBody, contactValues } from "./contact-form";
import { DeviceForm, deviceBody, deviceValues } from "./device-form";
import classes from "./directory.module.css";
import { LinkButton, MakeFirst, Unlink } from "./links";
import { useLocations } from "./locations";
import { OrganizationForm, organizationBody, organizationValues } from "./organization-form";
import { Facts } from "./parts";
import { AddButton, RowActions } from "./row-actions";
import { Section, Sheet } from "./section";
import {
  CallsOf,
  ContactLink,
  ContactTable,
  DeviceState,
  DeviceTable,
  type Of,
  OrganizationLink,
  TicketsOf,
} from "./tables";
import { Wellbeing } from "./wellbeing";

interface Answer<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

/** A page of one thing, in each of its states. */
function Loaded<T>({ what, query, children }: { what: string; query: Answer<T>; children: (data: T) => ReactNode }) {
  const { data, error, refetch } = query;
  if (data !== undefined) return children(data);
  return (
    <Page title={what}>
      {error ? <Failure error={error} onRetry={() => void refetch()} /> : <TableSkeleton label={what} />}
    </Page>
  );
}

/** What belongs to it, in each of its states. */
function Rows<T>({
  query,
  label,
  children,
}: {
  query: Answer<{ items: T[] }>;
  label: string;
  children: (items: T[]) => ReactNode;
}) {
  const { data, error, refetch } = query;
  if (data && data.items.length > 0) return children(data.items);
  if (data) return <p className={classes.none}>None yet.</p>;
  return error ? <Failure error={error} onRetry={() => void refetch()} /> : <TableSkeleton label={label} rows={2} />;
}

/** Rows of each part of a page. */
const LIMIT = 50;

export function OrganizationPage({ id }: { id: string }) {
  const query = useQuery(api.queryOptions("get", "/api/organizations/{id}", { params: { path: { id } } }));
  return (
    <Loaded what="Organization" query={query}>
      {(row) => <Organization row={row} />}
    </Loaded>
  );
}

function Organization({ row }: { row: Schemas["OrganizationRow"] }) {
  const { id } = row;
  const isAdmin = useIsAdmin();
  const mayAct = useMayAct();
  const of = { params: { path: { id }, query: { limit: LIMIT } } };
  const contacts = useQuery(api.queryOptions("get", "/api/organizations/{id}/contacts", of));
  const devices = useQuery(api.queryOptions("get", "/api/organizations/{id}/devices", of));
  const locations = useLocations(row);
  const isActive = row.status === "ACTIVE";
  return (
    <Page
      title={row.name}
      about="Organization"
      actions={
        <RowActions
          what="organization"
          row={row}
          name={row.name}
          mayChange={isAdmin}
          form={OrganizationForm}
          remove={() => client.DELETE("/api/organizations/{id}", { params: { path: { id } } })}
          restore={(params) =>
            client.POST("/api/organizations", { params, body: organizationBody(organizationValues(row)) })
          }
          back="/organizations"
        />
      }
    >
      <Sheet
        facts={
          <Facts
            facts={[
              [
                "State",
                <Dot key="state" color={isActive ? "var(--desk-good)" : null}>
                  {capital(row.status.toLowerCase())}
                </Dot>,
              ],
              ["U-E code", row.ueCode],
              ["Domain", row.domain],
              ["Manager", row.accountManager?.name],
              ["Since", <Age key="since" at={row.createdAt} />],
              ["Health", <Wellbeing key="health" organizationId={id} />],
              ["Notes", row.notes],
            ]}
          />
        }
      >
        <Section title="Newest tickets" actions={<AllTickets organizationId={id} />}>
          <TicketsOf organizationId={id} />
        </Section>
        <Section title="Newest calls" actions={<AllCalls organizationId={id} />}>
          <CallsOf organizationId={id} />
        </Section>
        <Section
          title="Contacts"
          actions={mayAct && <AddButton what="contact" form={ContactForm} organization={row} />}
        >
          <Rows query={contacts} label="contacts">
            {(items) => <ContactTable contacts={items} />}
          </Rows>
        </Section>
        <Section
          title="Devices"
          actions={mayAct && <AddButton what="device" size="lg" form={DeviceForm} organization={row} />}
        >
          <Rows query={devices} label="devices">
            {(items) => <DeviceTable devices={items} />}
          </Rows>
        </Section>
        <Section title="Locations" actions={locations.add}>
          {locations.table}
        </Section>
      </Sheet>
    </Page>
  );
}

/** To the list of tickets, with nothing in it but these. */
function AllTickets(search: Of) {
  return (
    <Link className={classes.more} to="/tickets" search={search}>
      All tickets
    </Link>
  );
}

/** How many are open, and the way to them. */
function OpenTickets({ deviceId, count }: { deviceId: string; count: number }) {
  const { statuses } = useLookups();
  const open = statuses.filter(({ isOpen }) => isOpen).map(({ key }) => key);
  if (count === 0) return "0";
  return (
    <Link to="/tickets" search={{ deviceId, status: open.join(",") }}>
      {count}
    </Link>
  );
}

/** To the list of calls, with nothing in it but these. */
function AllCalls(search: Of) {
  return (
    <Link className={classes.more} to="/calls" search={search}>
      All calls
    </Link>
  );
}

export function ContactPage({ id }: { id: string }) {
  const query = useQuery(api.queryOptions("get", "/api/contacts/{id}", { params: { path: { id } } }));
  return (
    <Loaded what="Contact" query={query}>
      {(row) => <Contact row={row} />}
    </Loaded>
  );
}

function Contact({ row }: { row: Schemas["ContactRow"] }) {
  const { id } = row;
  const mayAct = useMayAct();
  const devices = useQuery(
    api.queryOptions("get", "/api/devices", { params: { query: { contact: [id], limit: LIMIT, sort: "name" } } }),
  );
  return (
    <Page
      title={row.name}
      about={row.title ? `Contact · ${row.title}` : "Contact"}
      actions={
        <RowActions
          what="contact"
          row={row}
          name={row.name}
          mayChange={mayAct}
          form={ContactForm}
          remove={() => client.DELETE("/api/contacts/{id}", { params: { path: { id } } })}
          restore={(params) => client.POST("/api/contacts", { params, body: contactBody(contactValues(row)) })}
          back="/contacts"
        />
      }
    >
      <Sheet
        facts={
          <Facts
            facts={[
              ["Organization", <OrganizationLink key="organization" organization={row.organization} />],
              ["U-E code", row.organization.ueCode],
              ["Location", row.location?.name],
              ["Phone", row.phone],
              ["E-mail", row.email],
              ["Special care", row.isVip ? "Yes (VIP)" : null],
              ["Language", row.preferredLanguage && languageName(row.preferredLanguage)],
            ]}
          />
        }
      >
        <Section title="Newest tickets" actions={<AllTickets contactId={id} />}>
          <TicketsOf contactId={id} />
        </Section>
        <Section title="Newest calls" actions={<AllCalls contactId={id} />}>
          <CallsOf contactId={id} />
        </Section>
        <Section
          title="Devices"
          actions={
            mayAct && (
              <LinkButton
                label="Link a device"
                field="Device"
                hint={`Of ${row.organization.name}.`}
                among={["devices", row.organizationId]}
                load={devicesOf(row.organizationId)}
                pairOf={(deviceId) => ({ contactId: id, deviceId })}
              />
            )
          }
        >
          <Rows query={devices} label="devices">
            {(items) => (
              <DeviceTable
                devices={items}
                {...(mayAct && {
                  actions: ({ id: deviceId, name }) => <Unlink name={name} contactId={id} deviceId={deviceId} />,
                })}
              />
            )}
          </Rows>
        </Section>
      </Sheet>
    </Page>
  );
}

export function DevicePage({ id }: { id: string }) {
  const query = useQuery(api.queryOptions("get", "/api/devices/{id}", { params: { path: { id } } }));
  return (
    <Loaded what="Device" query={query}>
      {(row) => <Device row={row} />}
    </Loaded>
  );
}

function Device({ row }: { row: Schemas["DeviceDetail"] }) {
  const { id } = row;
  const { deviceTypes } = useLookups();
  const mayAct = useMayAct();
  return (
    <Page
      title={row.name}
      about={deviceTypes.find(({ key }) => key === row.type)?.label ?? row.type}
      actions={
        <RowActions
          what="device"
          row={row}
          name={row.name}
          mayChange={mayAct}
          size="lg"
          form={DeviceForm}
          remove={() => client.DELETE("/api/devices/{id}", { params: { path: { id } } })}
          restore={(params) => client.POST("/api/devices", { params, body: deviceBody(deviceValues(row)) })}
          back="/devices"
        />
      }
    >
      <Sheet
        facts={
          <Facts
            facts={[
              ["Health", <DeviceState key="state" status={row.status} />],
              ["Last seen", row.lastSeenAt && <Age key="seen" at={row.lastSeenAt} />],
              ["Open tickets", <OpenTickets key="open" deviceId={id} count={row.openTickets} />],
              ["Organization", <OrganizationLink key="organization" organization={row.organization} />],
              ["Location", row.location?.name],
              ["Model", [row.manufacturer?.name, row.model?.name].filter(Boolean).join(" ")],
              ["System", [row.operatingSystem?.name, row.operatingSystem?.osVersion].filter(Boolean).join(" ")],
              ["Domain", row.domain?.name],
              ["Serial number", row.serialNumber],
              ["Asset tag", row.assetTag],
              ["IP address", row.ipAddress],
              ["MAC address", row.macAddress],
              ["Warranty until", row.warrantyUntil && day(row.warrantyUntil)],
              ["Notes", row.notes],
            ]}
          />
        }
      >
        <Section title="Newest tickets" actions={<AllTickets deviceId={id} />}>
          <TicketsOf deviceId={id} />
        </Section>
        <Section title="Newest calls" actions={<AllCalls deviceId={id} />}>
          <CallsOf deviceId={id} />
        </Section>
        <Section
          title="People"
          actions={
            mayAct && (
              <LinkButton
                label="Link a contact"
                field="Contact"
                hint={`Of ${row.organization.name}.`}
                among={["contacts", row.organization.id]}
                load={contactsOf(row.organization.id)}
                pairOf={(contactId) => ({ contactId, deviceId: id })}
              />
            )
          }
        >
          {row.contacts.length === 0 ? (
            <p className={classes.none}>Nobody yet.</p>
          ) : (
            <DataTable label="People" columns={["Name", "Phone", "E-mail", "Uses it", ...(mayAct ? [""] : [])]}>
              {row.contacts.map((user) => (
                <User key={user.id} user={user} deviceId={id} mayAct={mayAct} />
              ))}
            </DataTable>
          )}
        </Section>
      </Sheet>
    </Page>
  );
}

interface UserProps {
  user: Schemas["DeviceUser"];
  deviceId: string;
  mayAct: boolean;
}

function User({ user, deviceId, mayAct }: UserProps) {
  const pair = { name: user.name, contactId: user.id, deviceId, isPrimary: user.isPrimary };
  return (
    <Table.Tr>
      <Table.Td fw={600}>
        <ContactLink contact={user} />
      </Table.Td>
      <Table.Td>{user.phone}</Table.Td>
      <Table.Td>{user.email}</Table.Td>
      <Table.Td>{user.isPrimary ? "As the first device" : "Too"}</Table.Td>
      {mayAct && (
        <Table.Td>
          <div className={classes.buttons}>
            {!user.isPrimary && <MakeFirst {...pair} />}
            <Unlink {...pair} />
          </div>
        </Table.Td>
      )}
    </Table.Tr>
  );
}
