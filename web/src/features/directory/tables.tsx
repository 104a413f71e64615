import { Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { type Schemas, type TicketLine, api } from "~/api/client";
import { useLookups } from "~/api/queries";
import { Dot } from "~/components/dot";
import { Failure } from "~/components/route-error";
import { DataTable, TableSkeleton } from "~/components/table";
import { Age } from "~/components/time";
import { agentName } from "~/lib/agents";
import { CALL_STATUSES, OUTCOMES, callerOf, clock, colorOf, isLive, labelOf } from "~/lib/calls";
import { capital } from "~/lib/text";
import classes from "./directory.module.css";

const COLORS: Record<string, string> = { ONLINE: "var(--desk-good)", OFFLINE: "var(--desk-late)" };

export function DeviceState({ status }: { status: string }) {
  return <Dot color={COLORS[status]}>{capital(status.toLowerCase())}</Dot>;
}

export function OrganizationLink({ organization }: { organization: { id: string; name: string } }) {
  return (
    <Link className={classes.link} to="/organizations/$organization" params={{ organization: organization.id }}>
      {organization.name}
    </Link>
  );
}

export function ContactLink({ contact }: { contact: { id: string; name: string } }) {
  return (
    <Link className={classes.link} to="/contacts/$contact" params={{ contact: contact.id }}>
      {contact.name}
    </Link>
  );
}

export function ContactTable({ contacts }: { contacts: Schemas["ContactRow"][] }) {
  return (
    <DataTable label="Contacts" columns={["Name", "Organization", "Phone", "E-mail"]}>
      {contacts.map((contact) => (
        <Table.Tr key={contact.id}>
          <Table.Td fw={600}>
            <ContactLink contact={contact} />
            {contact.isVip && " · VIP"}
          </Table.Td>
          <Table.Td>{contact.organization.name}</Table.Td>
          <Table.Td>{contact.phone}</Table.Td>
          <Table.Td>{contact.email}</Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}

interface DeviceTableProps {
  devices: Schemas["DeviceRow"][];
  /** Buttons at the end of a row. */
  actions?: (device: Schemas["DeviceRow"]) => ReactNode;
}

export function DeviceTable({ devices, actions }: DeviceTableProps) {
  const { deviceTypes } = useLookups();
  const columns = ["Name", "Type", "Organization", "Address", "State"];
  return (
    <DataTable label="Devices" columns={actions ? [...columns, ""] : columns}>
      {devices.map((device) => (
        <Table.Tr key={device.id}>
          <Table.Td fw={600}>
            <Link className={classes.link} to="/devices/$device" params={{ device: device.id }}>
              {device.name}
            </Link>
          </Table.Td>
          <Table.Td>{deviceTypes.find(({ key }) => key === device.type)?.label ?? device.type}</Table.Td>
          <Table.Td>{device.organization.name}</Table.Td>
          <Table.Td ff="monospace">{device.ipAddress}</Table.Td>
          <Table.Td>
            <DeviceState status={device.status} />
          </Table.Td>
          {actions && <Table.Td ta="right">{actions(device)}</Table.Td>}
        </Table.Tr>
      ))}
    </DataTable>
  );
}

function TicketTable({ tickets }: { tickets: TicketLine[] }) {
  const { statuses } = useLookups();
  return (
    <DataTable label="Tickets" columns={["Number", "Subject", "Opened", "Status"]}>
      {tickets.map((ticket) => {
        const status = statuses.find(({ key }) => key === ticket.status);
        return (
          <Table.Tr key={ticket.id}>
            <Table.Td ff="monospace">{ticket.label}</Table.Td>
            <Table.Td fw={600}>
              <Link className={classes.link} to="/tickets/$ticket" params={{ ticket: ticket.label }}>
                {ticket.subject}
              </Link>
            </Table.Td>
            <Table.Td>
              <Age at={ticket.createdAt} />
            </Table.Td>
            <Table.Td>
              <Dot color={status?.color}>{status?.label ?? ticket.status}</Dot>
            </Table.Td>
          </Table.Tr>
        );
      })}
    </DataTable>
  );
}

/** Whose tickets or calls: a customer's, a person's or a device's. */
export interface Of {
  organizationId?: string;
  contactId?: string;
  deviceId?: string;
}

function queryOf({ organizationId, contactId, deviceId }: Of) {
  return {
    limit: 10,
    ...(organizationId && { organizationId: [organizationId] }),
    ...(contactId && { contactId: [contactId] }),
    ...(deviceId && { deviceId: [deviceId] }),
  };
}

/** The newest calls of a customer or a person, or about a device. */
export function CallsOf(of: Of) {
  const { data, error, refetch } = useQuery(api.queryOptions("get", "/api/calls", { params: { query: queryOf(of) } }));
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!data) return <TableSkeleton label="calls" rows={2} />;
  if (data.items.length === 0) return <p className={classes.none}>No calls yet.</p>;
  return (
    <DataTable label="Calls" columns={["Caller", "About", "Agent", "Began", "Lasted", "Outcome"]}>
      {data.items.map((call) => (
        <Table.Tr key={call.id}>
          <Table.Td fw={600}>
            <Link className={classes.link} to="/calls/$call" params={{ call: call.id }}>
              {callerOf(call)}
            </Link>
          </Table.Td>
          <Table.Td className={classes.about}>{call.ticket?.subject ?? call.summary}</Table.Td>
          <Table.Td>{call.currentAgent && agentName(call.currentAgent)}</Table.Td>
          <Table.Td>
            <Age at={call.startedAt} />
          </Table.Td>
          <Table.Td>{call.durationSeconds !== null && clock(call.durationSeconds * 1_000)}</Table.Td>
          <Table.Td>
            {isLive(call) ? (
              <Dot color={colorOf(CALL_STATUSES, call.status)}>{labelOf(CALL_STATUSES, call.status)}</Dot>
            ) : (
              <Dot color={colorOf(OUTCOMES, call.aiResolution)}>{labelOf(OUTCOMES, call.aiResolution)}</Dot>
            )}
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  );
}

/** The newest tickets of a customer or a person, or about a device. */
export function TicketsOf(of: Of) {
  const query = queryOf(of);
  const { data, error, refetch } = useQuery(api.queryOptions("get", "/api/tickets", { params: { query } }));
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!data) return <TableSkeleton label="tickets" rows={2} />;
  if (data.items.length === 0) return <p className={classes.none}>No tickets yet.</p>;
  return <TicketTable tickets={data.items} />;
}
