import { Table } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { Building2, CircleUserRound, MonitorSmartphone } from "lucide-react";
import { client } from "~/api/client";
import { useIsAdmin, useMayAct } from "~/api/session";
import { Dot } from "~/components/dot";
import { Empty } from "~/components/empty";
import { Listing } from "~/components/listing";
import { Page } from "~/components/page";
import { DataTable } from "~/components/table";
import { capital } from "~/lib/text";
import { usePages } from "~/lib/pages";
import { ContactForm } from "./contact-form";
import { DeviceForm } from "./device-form";
import { OrganizationForm } from "./organization-form";
import { type ListProps, Words } from "./parts";
import { AddButton } from "./row-actions";
import { ContactTable, DeviceTable, OrganizationLink } from "./tables";

export function Organizations({ search, onSearch }: ListProps) {
  const { q } = search;
  const list = usePages(["get", "/api/organizations", { q }], (at, signal) =>
    client.GET("/api/organizations", { params: { query: { limit: 50, ...(q && { q }), ...at } }, signal }),
  );
  const isAdmin = useIsAdmin();
  const navigate = useNavigate();
  const add = isAdmin && (
    <AddButton
      what="organization"
      variant="filled"
      form={OrganizationForm}
      onSaved={({ id }) => void navigate({ to: "/organizations/$organization", params: { organization: id } })}
    />
  );
  return (
    <Page title="Organizations" about="The customers that you support." actions={add}>
      <Words search={search} onSearch={onSearch} label="Search organizations" />
      <Listing
        list={list}
        label="organizations"
        empty={
          <Empty icon={Building2} title={q ? "No organization fits" : "No organizations yet"}>
            {q
              ? "Try fewer or other words."
              : "Make the first one here, or let them come by the API or an imported file."}
          </Empty>
        }
      >
        {(items) => (
          <DataTable label="Organizations" columns={["Name", "U-E code", "Domain", "Account manager", "State"]}>
            {items.map((row) => (
              <Table.Tr key={row.id}>
                <Table.Td fw={600}>
                  <OrganizationLink organization={row} />
                </Table.Td>
                <Table.Td ff="monospace">{row.ueCode}</Table.Td>
                <Table.Td>{row.domain}</Table.Td>
                <Table.Td>{row.accountManager?.name}</Table.Td>
                <Table.Td>
                  <Dot color={row.status === "ACTIVE" ? "var(--desk-good)" : null}>
                    {capital(row.status.toLowerCase())}
                  </Dot>
                </Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
      </Listing>
    </Page>
  );
}

export function Contacts({ search, onSearch }: ListProps) {
  const { q } = search;
  const list = usePages(["get", "/api/contacts", { q }], (at, signal) =>
    client.GET("/api/contacts", { params: { query: { limit: 50, ...(q && { q }), ...at } }, signal }),
  );
  const mayAct = useMayAct();
  const navigate = useNavigate();
  const add = mayAct && (
    <AddButton
      what="contact"
      variant="filled"
      form={ContactForm}
      onSaved={({ id }) => void navigate({ to: "/contacts/$contact", params: { contact: id } })}
    />
  );
  return (
    <Page
      title="Contacts"
      about="The people at your customers, found by name, telephone number or e-mail address."
      actions={add}
    >
      <Words search={search} onSearch={onSearch} label="Search contacts" />
      <Listing
        list={list}
        label="contacts"
        empty={
          <Empty icon={CircleUserRound} title={q ? "No contact fits" : "No contacts yet"}>
            {q
              ? "Try fewer or other words."
              : "Make the first one here, or let them come by the API or an imported file."}
          </Empty>
        }
      >
        {(items) => <ContactTable contacts={items} />}
      </Listing>
    </Page>
  );
}

export function Devices({ search, onSearch }: ListProps) {
  const { q } = search;
  const list = usePages(["get", "/api/devices", { q }], (at, signal) =>
    client.GET("/api/devices", { params: { query: { limit: 50, ...(q && { q }), ...at } }, signal }),
  );
  const mayAct = useMayAct();
  const navigate = useNavigate();
  const add = mayAct && (
    <AddButton
      what="device"
      size="lg"
      variant="filled"
      form={DeviceForm}
      onSaved={({ id }) => void navigate({ to: "/devices/$device", params: { device: id } })}
    />
  );
  return (
    <Page
      title="Devices"
      about="What your customers work with, found by name, serial number, asset tag or address."
      actions={add}
    >
      <Words search={search} onSearch={onSearch} label="Search devices" />
      <Listing
        list={list}
        label="devices"
        empty={
          <Empty icon={MonitorSmartphone} title={q ? "No device fits" : "No devices yet"}>
            {q
              ? "Try fewer or other words."
              : "Make the first one here, or let them come by the API or an imported file."}
          </Empty>
        }
      >
        {(items) => <DeviceTable devices={items} />}
      </Listing>
    </Page>
  );
}
