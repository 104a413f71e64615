import { Table } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Building2, CircleUserRound, MonitorSmartphone } from "lucide-react";
import { client } from "~/api/client";
import { Empty } from "~/components/empty";
import { Listing } from "~/components/listing";
import { Page } from "~/components/page";
import { DataTable } from "~/components/table";
import { capital } from "~/lib/text";
import { usePages } from "~/lib/pages";
import classes from "./directory.module.css";
import { type ListProps, Words } from "./parts";
import { ContactTable, DeviceTable } from "./tables";

export function Organizations({ search, onSearch }: ListProps) {
  const { q } = search;
  const list = usePages(["get", "/api/organizations", { q }], (at, signal) =>
    client.GET("/api/organizations", { params: { query: { limit: 50, ...(q && { q }), ...at } }, signal }),
  );
  return (
    <Page title="Organizations" about="The customers that you support.">
      <Words search={search} onSearch={onSearch} label="Search organizations" />
      <Listing
        list={list}
        label="organizations"
        empty={
          <Empty icon={Building2} title={q ? "No organization fits" : "No organizations yet"}>
            {q ? "Try fewer or other words." : "They come by the API or by importing a file."}
          </Empty>
        }
      >
        {(items) => (
          <DataTable label="Organizations" columns={["Name", "U-E code", "Domain", "Account manager", "State"]}>
            {items.map((row) => (
              <Table.Tr key={row.id}>
                <Table.Td fw={600}>
                  <Link className={classes.link} to="/organizations/$organization" params={{ organization: row.id }}>
                    {row.name}
                  </Link>
                </Table.Td>
                <Table.Td ff="monospace">{row.ueCode}</Table.Td>
                <Table.Td>{row.domain}</Table.Td>
                <Table.Td>{row.accountManager?.name}</Table.Td>
                <Table.Td>{capital(row.status.toLowerCase())}</Table.Td>
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
  return (
    <Page title="Contacts" about="The people at your customers, found by name, telephone number or e-mail address.">
      <Words search={search} onSearch={onSearch} label="Search contacts" />
      <Listing
        list={list}
        label="contacts"
        empty={
          <Empty icon={CircleUserRound} title={q ? "No contact fits" : "No contacts yet"}>
            {q ? "Try fewer or other words." : "They come by the API or by importing a file."}
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
  return (
    <Page title="Devices" about="What your customers work with, found by name, serial number, asset tag or address.">
      <Words search={search} onSearch={onSearch} label="Search devices" />
      <Listing
        list={list}
        label="devices"
        empty={
          <Empty icon={MonitorSmartphone} title={q ? "No device fits" : "No devices yet"}>
            {q ? "Try fewer or other words." : "They come by the API or by importing a file."}
          </Empty>
        }
      >
        {(items) => <DeviceTable devices={items} />}
      </Listing>
    </Page>
  );
}
