import type { ReactNode } from "react";
import type { TicketDetail } from "~/api/client";
import { useLookups } from "~/api/queries";
import { Age } from "~/components/time";
import { capital } from "~/lib/text";
import classes from "./ticket.module.css";

/** Everything that is known around a ticket. */
export function TicketDetails({ ticket }: { ticket: TicketDetail }) {
  const { channels } = useLookups();
  const { contact, organization, device } = ticket;
  return (
    <>
      <Group title="Ticket">
        <Fact name="Assignee">{ticket.assignee?.name ?? "Nobody"}</Fact>
        <Fact name="Product area">{ticket.productArea}</Fact>
        <Fact name="Category">{ticket.category && capital(ticket.category)}</Fact>
        <Fact name="Tags">{ticket.tags.join(", ")}</Fact>
        <Fact name="Channel">{channels.find(({ key }) => key === ticket.channel)?.label ?? ticket.channel}</Fact>
        <Fact name="Opened">
          <Age at={ticket.createdAt} />
        </Fact>
        <Fact name="Opened by">{ticket.createdBy?.name}</Fact>
      </Group>
      <Group title="Customer">
        <Fact name="Contact">{contact && (contact.isVip ? `${contact.name} · VIP` : contact.name)}</Fact>
        <Fact name="Role">{contact?.title}</Fact>
        <Fact name="E-mail">{contact?.email}</Fact>
        <Fact name="Phone">{contact?.phone}</Fact>
        <Fact name="Organization">{organization?.name}</Fact>
      </Group>
      {device && (
        <Group title="Device">
          <Fact name="Name">{device.name}</Fact>
          <Fact name="Model">{[device.manufacturer, device.model].filter(Boolean).join(" ")}</Fact>
          <Fact name="System">{device.operatingSystem}</Fact>
          <Fact name="Status">{capital(device.status.toLowerCase())}</Fact>
          <Fact name="Serial">{device.serialNumber}</Fact>
          <Fact name="Asset tag">{device.assetTag}</Fact>
          <Fact name="Address">{device.ipAddress}</Fact>
        </Group>
      )}
    </>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2 className={classes.detailsTitle}>{title}</h2>
      <dl className={classes.details}>{children}</dl>
    </section>
  );
}

/** Left out when there is nothing to tell. */
function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (!children) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
